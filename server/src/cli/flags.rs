mod experiments;
mod tokens;

use std::path::PathBuf;

use anyhow::{Context as _, Result, bail};
use clap::Subcommand;
use serde_json::{Value, json};

use super::calls::{encoded, refusal};
use super::installation::Installation;
use super::{Ended, terminal};
use crate::acts::{Act, Answer, FlagsAsked, perform};

const FLAGS: &str = "/api/v1/admin/flags";

/// Feature flags: look at them, switch them, take them out and in.
///
/// Works beside a running server: what is done here counts there at once, in other processes within a second. Every act is in the
/// history and in the audit log.
#[derive(Subcommand)]
#[command(after_help = "Examples:\n  banyan flags list --tenant upcoach --search dashboard\n  \
                        banyan flags on new-dashboard --tenant upcoach --environment development --reason \"to look at it\"\n  \
                        banyan flags kill new-dashboard --tenant upcoach --reason \"errors since noon\"\n  \
                        banyan flags export --tenant upcoach --environment production > flags.json\n  \
                        banyan flags import flags.json --tenant acme --environment development --dry-run")]
pub(crate) enum Command {
    List(List),
    /// Show a flag with what it says of each environment.
    Show(One),
    /// Switch a flag on in an environment, for whom its strategies say.
    On(Switch),
    /// Switch a flag off in an environment, for everybody.
    Off(Switch),
    Kill(Kill),
    Import(Import),
    Export(Export),
    #[command(subcommand)]
    Experiments(experiments::Command),
    #[command(subcommand)]
    Tokens(tokens::Command),
}

/// List flags by key.
#[derive(clap::Args)]
pub(crate) struct List {
    /// A part of the key or the description.
    #[arg(long, value_name = "TEXT")]
    search: Option<String>,
    /// With this tag.
    #[arg(long)]
    tag: Option<String>,
    /// In this part of their life only.
    #[arg(long, value_parser = ["active", "stale", "archived"])]
    state: Option<String>,
    #[command(flatten)]
    look: Look,
}

#[derive(clap::Args)]
pub(crate) struct One {
    /// The flag.
    key: String,
    #[command(flatten)]
    look: Look,
}

#[derive(clap::Args)]
pub(crate) struct Switch {
    /// The flag.
    key: String,
    /// The environment.
    #[arg(long, value_name = "NAME", default_value = "production")]
    environment: String,
    #[command(flatten)]
    deed: Deed,
}

/// Switch a flag off everywhere, at once: no approval is asked for.
#[derive(clap::Args)]
pub(crate) struct Kill {
    /// The flag.
    key: String,
    #[command(flatten)]
    deed: Deed,
}

/// Take flags in that Unleash or Banyan exported: all of them, or none where something cannot be taken.
#[derive(clap::Args)]
pub(crate) struct Import {
    /// The document; `-` reads standard input.
    file: PathBuf,
    /// Into which environment the settings go.
    #[arg(long, value_name = "NAME", default_value = "production")]
    environment: String,
    /// Look only; change nothing.
    #[arg(long)]
    dry_run: bool,
    #[command(flatten)]
    deed: Deed,
}

/// Write flags to standard output in the form in which Unleash exports.
#[derive(clap::Args)]
pub(crate) struct Export {
    /// Whose settings.
    #[arg(long, value_name = "NAME", default_value = "production")]
    environment: String,
    /// Flags with this tag only.
    #[arg(long)]
    tag: Option<String>,
    #[command(flatten)]
    look: Look,
}

/// What every look has.
#[derive(clap::Args)]
pub(super) struct Look {
    /// The tenant.
    #[arg(long, value_name = "NAME")]
    tenant: String,
    /// For programs.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    installation: Installation,
}

/// What everything has that changes something.
#[derive(clap::Args)]
pub(super) struct Deed {
    /// Why, for those who read it later.
    #[arg(long, value_name = "TEXT", value_parser = clap::builder::NonEmptyStringValueParser::new())]
    reason: Option<String>,
    #[command(flatten)]
    look: Look,
}

impl Command {
    pub(crate) fn run(self) -> Result<Ended> {
        match self {
            Self::List(list) => list.run(),
            Self::Show(one) => {
                let flag = one.look.get(&format!("{FLAGS}/{}", encoded(&one.key)))?;
                one.look.say(&flag, || sheet(&flag))
            }
            Self::On(switch) => switch.run("on"),
            Self::Off(switch) => switch.run("off"),
            Self::Kill(kill) => {
                let flag = kill.deed.post(&format!("{FLAGS}/{}/kill", encoded(&kill.key)), None)?;
                kill.deed.look.say(&flag, || format!("{} is off everywhere.", kill.key))
            }
            Self::Import(import) => import.run(),
            Self::Export(export) => export.run(),
            Self::Experiments(command) => command.run(),
            Self::Tokens(command) => command.run(),
        }
    }
}

impl List {
    fn run(&self) -> Result<Ended> {
        let named = [("search", &self.search), ("tag", &self.tag), ("state", &self.state)];
        let query: String =
            named.iter().filter_map(|(name, value)| Some(format!("&{name}={}", encoded(value.as_ref()?)))).collect();
        let mut flags = Vec::new();
        for page in 1.. {
            let answer = self.look.get(&format!("{FLAGS}?orderBy=key&order=ASC&limit=100&page={page}{query}"))?;
            flags.extend(answer["data"].as_array().cloned().unwrap_or_default());
            if answer["pagination"]["hasNext"] != true {
                break;
            }
        }
        self.look.say(&json!(flags), || {
            let rows: Vec<[String; 5]> = flags.iter().map(row).collect();
            terminal::table(["KEY", "TYPE", "ON IN", "OWNER", "DESCRIPTION"], &rows)
        })
    }
}

impl Switch {
    fn run(&self, how: &str) -> Result<Ended> {
        let flag =
            self.deed.post(&format!("{FLAGS}/{}/environments/{}/{how}", encoded(&self.key), encoded(&self.environment)), None)?;
        self.deed.look.say(&flag, || format!("{} is {how} in {}.", self.key, self.environment))
    }
}

impl Import {
    fn run(&self) -> Result<Ended> {
        let text = if self.file.as_os_str() == "-" {
            std::io::read_to_string(std::io::stdin()).context("standard input cannot be read")?
        } else {
            std::fs::read_to_string(&self.file).with_context(|| format!("{} cannot be read", self.file.display()))?
        };
        let data: Value = serde_json::from_str(&text).with_context(|| format!("{} is no JSON", self.file.display()))?;
        let body = json!({ "environment": self.environment, "dryRun": self.dry_run, "data": data });
        let done = self.deed.post("/api/v1/admin/flag-import", Some(body))?;
        let count = |part: &str| done[part].as_array().map_or(0, Vec::len);
        self.deed.look.say(&done, || {
            let begin = if self.dry_run { "It would be" } else { "It is" };
            format!("{begin} {} new, {} changed, {} as they were.", count("created"), count("changed"), done["unchanged"])
        })
    }
}

impl Export {
    fn run(&self) -> Result<Ended> {
        let tag = self.tag.as_ref().map(|tag| format!("&tag={}", encoded(tag))).unwrap_or_default();
        let document = self.look.get(&format!("/api/v1/admin/flag-export?environment={}{tag}", encoded(&self.environment)))?;
        terminal::say(&serde_json::to_string_pretty(&document)?)?;
        Ok(Ended::Well)
    }
}

impl Look {
    pub(super) fn get(&self, path: &str) -> Result<Value> {
        self.ask("GET", path, None, None)
    }

    fn ask(&self, method: &str, path: &str, body: Option<Value>, reason: Option<String>) -> Result<Value> {
        let (tenant, method, path) = (self.tenant.clone(), method.to_owned(), path.to_owned());
        match perform(&self.installation.load()?, &Act::AskFlags(FlagsAsked { tenant, method, path, body, reason }))? {
            Answer::Flags(told) if told.status < 400 => Ok(told.body),
            Answer::Flags(told) if told.status == 403 => {
                bail!(
                    "there is no such flag, environment, experiment or token in `{}`; `banyan flags list` shows the flags",
                    self.tenant
                )
            }
            Answer::Flags(told) => Err(refusal(&told.body, "the service of flags refuses this")),
            _ => bail!("the running server answered something else: use this command in its version"),
        }
    }

    /// The answer for programs, or a text for people.
    pub(super) fn say(&self, answer: &Value, text: impl FnOnce() -> String) -> Result<Ended> {
        let text = if self.json { serde_json::to_string_pretty(answer)? } else { text() };
        terminal::say(&text)?;
        Ok(Ended::Well)
    }
}

impl Deed {
    pub(super) fn post(&self, path: &str, body: Option<Value>) -> Result<Value> {
        self.look.ask("POST", path, body, self.reason.clone())
    }

    pub(super) fn delete(&self, path: &str) -> Result<Value> {
        self.look.ask("DELETE", path, None, self.reason.clone())
    }

    pub(super) fn look(&self) -> &Look {
        &self.look
    }
}

fn row(flag: &Value) -> [String; 5] {
    let text = |member: &str| flag[member].as_str().unwrap_or_default().to_owned();
    [text("key"), text("type"), on_in(flag).join(", "), text("owner"), text("description").chars().take(60).collect()]
}

fn on_in(flag: &Value) -> Vec<String> {
    let environments = flag["environments"].as_object().into_iter().flatten();
    environments.filter(|(_, settings)| settings["enabled"] == true).map(|(name, _)| name.clone()).collect()
}

fn sheet(flag: &Value) -> String {
    let text = |member: &str| flag[member].as_str().unwrap_or("-").to_owned();
    let mut lines = vec![
        format!("{}, {}, version {}", text("key"), text("type"), flag["version"]),
        format!("description {}", text("description")),
        format!("owner {}, project {}, expires {}", text("owner"), text("project"), text("expiresAt")),
    ];
    for (name, settings) in flag["environments"].as_object().into_iter().flatten() {
        let on = if settings["enabled"] == true { "on" } else { "off" };
        lines.push(format!("{name}: {on}"));
        lines.extend(settings["strategies"].as_array().into_iter().flatten().map(|strategy| format!("  {strategy}")));
        lines.extend(settings["variants"].as_array().into_iter().flatten().map(|variant| format!("  variant {variant}")));
    }
    lines.join("\n")
}
