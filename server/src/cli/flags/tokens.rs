use anyhow::Result;
use banyan_kernel::{Timestamp, Uuid};
use clap::Subcommand;
use serde_json::{Value, json};

use super::{Deed, Ended, Look, terminal};

const TOKENS: &str = "/api/v1/admin/flag-tokens";

/// Tokens of programs that ask for flags by Unleash's protocol or OFREP.
#[derive(Subcommand)]
#[command(
    after_help = "Examples:\n  banyan flags tokens create --tenant upcoach --name shop --kind client --environment production\n  \
                        banyan flags tokens list --tenant upcoach\n  \
                        banyan flags tokens revoke --tenant upcoach 01941f29-7c00-7000-8000-0000000000cc"
)]
pub(crate) enum Command {
    /// List tokens, the newest first, without their texts.
    List(Look),
    Create(Create),
    Revoke(Revoke),
}

/// Make a token. Its text is printed once and is nowhere else.
#[derive(clap::Args)]
pub(crate) struct Create {
    /// What the token is for.
    #[arg(long)]
    name: String,
    /// `client` for servers, `frontend` for browsers and apps, `admin` for administrators.
    #[arg(long, value_parser = ["client", "frontend", "admin"])]
    kind: String,
    /// The environment whose flags it gives; not for administrators.
    #[arg(long, value_name = "NAME")]
    environment: Option<String>,
    /// A project whose flags it gives (default: all). May be given several times.
    #[arg(long = "project", value_name = "NAME")]
    projects: Vec<String>,
    /// Until when it counts, as 2030-01-15T00:00:00Z (default: until it is revoked).
    #[arg(long, value_name = "TIME")]
    expires: Option<Timestamp>,
    #[command(flatten)]
    deed: Deed,
}

/// Take a token away. It counts no longer, everywhere within a second.
#[derive(clap::Args)]
pub(crate) struct Revoke {
    /// Its id, as the list has it.
    id: Uuid,
    #[command(flatten)]
    deed: Deed,
}

impl Command {
    pub(crate) fn run(self) -> Result<Ended> {
        match self {
            Self::List(look) => list(&look),
            Self::Create(create) => {
                let Create { name, kind, environment, projects, expires, deed } = create;
                let body =
                    json!({ "name": name, "kind": kind, "environment": environment, "projects": projects, "expiresAt": expires });
                let made = deed.post(TOKENS, Some(body))?;
                deed.look().say(&made, || made["secret"].as_str().unwrap_or_default().to_owned())
            }
            Self::Revoke(revoke) => {
                let done = revoke.deed.delete(&format!("{TOKENS}/{}", revoke.id))?;
                revoke.deed.look().say(&done, || "It counts no more.".to_owned())
            }
        }
    }
}

fn list(look: &Look) -> Result<Ended> {
    let answer = look.get(&format!("{TOKENS}?limit=100"))?;
    let row = |token: &Value| {
        let text = |member: &str| token[member].as_str().unwrap_or("-").to_owned();
        let state = if token["revokedAt"].is_null() { text("expiresAt") } else { "revoked".to_owned() };
        [text("id"), text("kind"), text("environment"), text("name"), text("hint"), state]
    };
    let rows: Vec<[String; 6]> = answer["data"].as_array().into_iter().flatten().map(row).collect();
    look.say(&answer["data"], || terminal::table(["ID", "KIND", "ENVIRONMENT", "NAME", "TOKEN", "UNTIL"], &rows))
}
