use anyhow::Result;
use banyan_kernel::{Network, Permission, Uuid};
use clap::Subcommand;

use super::installation::Installation;
use super::{Ended, terminal};
use crate::acts::{Act, Answer, KeyLine, perform};
use crate::settings::types::parse_millis;

/// Make, list and revoke API keys: how programs act for an account.
///
/// Works beside a running server: what is done here counts there within a second. Every act is in the audit log.
#[derive(Subcommand)]
#[command(after_help = "Examples:\n  banyan key create --tenant upcoach --email rosa@example.org --name \"Nightly export\"\n  \
                        banyan key list --tenant upcoach\n  banyan key revoke --tenant upcoach 01941f29-7c00-7000-8000-0000000000cc")]
pub(crate) enum Command {
    Create(Create),
    List(List),
    Revoke(Revoke),
}

/// Make a key. Its text is printed once and is nowhere else.
#[derive(clap::Args)]
#[command(after_help = "Examples:\n  banyan key create --tenant upcoach --email rosa@example.org --name ci --expires 90d\n  \
                        banyan key create --tenant upcoach --email rosa@example.org --name report --scope analytics.read \
                        --network 203.0.113.0/24")]
pub(crate) struct Create {
    /// The tenant.
    #[arg(long, value_name = "NAME")]
    tenant: String,
    /// The address of the account for which the key acts.
    #[arg(long)]
    email: String,
    /// What the key is for.
    #[arg(long)]
    name: String,
    /// A permission of the account that the key may use, such as users.read. May be given several times.
    #[arg(long = "scope", value_name = "PERMISSION", value_parser = permission)]
    scopes: Vec<Permission>,
    /// A network from which the key counts (default: all). May be given several times.
    #[arg(long = "network", value_name = "NETWORK", value_parser = network)]
    networks: Vec<String>,
    /// The plan by which its requests are limited (default: the account's own limits).
    #[arg(long)]
    plan: Option<String>,
    /// For how long it counts, such as 90d (default: until it is revoked).
    #[arg(long, value_name = "TIME", value_parser = seconds)]
    expires: Option<u32>,
    /// For programs.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    installation: Installation,
}

/// List keys, the newest first, without their texts.
#[derive(clap::Args)]
pub(crate) struct List {
    /// The tenant.
    #[arg(long, value_name = "NAME")]
    tenant: String,
    /// Those of this account alone.
    #[arg(long)]
    email: Option<String>,
    /// For programs.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    installation: Installation,
}

/// Take a key away. It counts no longer, everywhere within a second.
#[derive(clap::Args)]
pub(crate) struct Revoke {
    /// The tenant.
    #[arg(long, value_name = "NAME")]
    tenant: String,
    /// The key, as the list has it.
    id: Uuid,
    #[command(flatten)]
    installation: Installation,
}

fn permission(text: &str) -> Result<Permission, String> {
    text.parse::<Permission>().map_err(|error| error.to_string())
}

fn network(text: &str) -> Result<String, String> {
    text.parse::<Network>().map(|network| network.to_string()).map_err(|error| error.to_string())
}

fn seconds(text: &str) -> Result<u32, String> {
    let seconds = parse_millis(text).map(|millis| millis / 1_000).and_then(|seconds| u32::try_from(seconds).ok());
    seconds.filter(|seconds| *seconds > 0).ok_or_else(|| format!("`{text}` is not a time such as 12h or 90d"))
}

impl Command {
    pub(crate) fn run(self) -> Result<Ended> {
        match self {
            Self::Create(create) => create.run(),
            Self::List(list) => list.run(),
            Self::Revoke(revoke) => revoke.run(),
        }
    }
}

impl Create {
    fn run(self) -> Result<Ended> {
        let loaded = self.installation.load()?;
        let act = Act::CreateKey {
            tenant: self.tenant,
            email: self.email,
            name: self.name,
            scopes: self.scopes,
            networks: self.networks,
            plan: self.plan,
            lives_seconds: self.expires,
        };
        if let Answer::Key(key) = perform(&loaded, &act)? {
            let text = if self.json { serde_json::to_string_pretty(&key)? } else { key.secret };
            terminal::say(&text)?;
        }
        Ok(Ended::Well)
    }
}

impl List {
    fn run(self) -> Result<Ended> {
        let loaded = self.installation.load()?;
        if let Answer::Keys(keys) = perform(&loaded, &Act::ListKeys { tenant: self.tenant, email: self.email })? {
            let text = if self.json { serde_json::to_string_pretty(&keys)? } else { listed(&keys) };
            terminal::say(&text)?;
        }
        Ok(Ended::Well)
    }
}

impl Revoke {
    fn run(self) -> Result<Ended> {
        perform(&self.installation.load()?, &Act::RevokeKey { tenant: self.tenant, id: self.id })?;
        terminal::say("Done.")?;
        Ok(Ended::Well)
    }
}

fn listed(keys: &[KeyLine]) -> String {
    let never = || "-".to_owned();
    let rows: Vec<_> = keys
        .iter()
        .map(|key| {
            let used = key.last_used_at.map_or_else(never, |time| time.to_string());
            let expires = key.expires_at.map_or_else(never, |time| time.to_string());
            [key.id.to_string(), key.name.clone(), key.user.to_string(), key.scopes.join(","), used, expires]
        })
        .collect();
    terminal::table(["ID", "NAME", "USER", "SCOPES", "LAST USED", "EXPIRES"], &rows)
}
