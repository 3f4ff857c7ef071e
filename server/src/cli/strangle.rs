mod ask;
mod show;
mod steps;

use std::net::TcpStream;
use std::time::Duration;

use anyhow::{Result, bail};
use clap::Subcommand;
use serde_json::json;
use url::Url;

use super::installation::Installation;
use super::{Ended, terminal};
use ask::{Gateway, LEGACY, MIGRATIONS};
use steps::{Canary, Finish, Observe, Shadow, Undo};

/// Move a system of before to Banyan, one feature at a time, while its clients go on calling.
///
/// Works beside a running server: the door follows at once, in other processes within a second. Every step is kept with its
/// reason, and with what the door had seen until then; all of them are in the audit log.
#[derive(Subcommand)]
#[command(
    after_help = "Examples:\n  banyan strangle start http://127.0.0.1:4000 --reason \"Banyan goes in front\"\n  banyan strangle routes\n  \
                        banyan strangle observe goals --path /api/v1/goals --service goals\n  \
                        banyan strangle shadow goals --ignore '/data/*/id'\n  banyan strangle report goals\n  \
                        banyan strangle canary goals --percent 10 --reason \"no differences in a week\"\n  \
                        banyan strangle finish goals --reason \"a week at 100 per cent\"\n  \
                        banyan strangle undo goals --reason \"goals are missing\"\n  \
                        banyan strangle all-back --yes --reason \"a bad night\""
)]
pub(crate) enum Command {
    Start(Start),
    Routes(Routes),
    Observe(Observe),
    Shadow(Shadow),
    Canary(Canary),
    Finish(Finish),
    Undo(Undo),
    Status(Status),
    Report(Report),
    AllBack(AllBack),
    Stop(Stop),
}

/// Put a system of before behind the door. It answers what it answered before, also where Banyan has a service of its own for the path.
#[derive(clap::Args)]
#[command(after_help = "Examples:\n  banyan strangle start http://127.0.0.1:4000 --reason \"Banyan goes in front\"\n  \
                        banyan strangle start https://old.example.net --host app.example.org --auth optional --keep content --reason \"the first day\"")]
pub(crate) struct Start {
    /// Scheme, host and port, such as http://127.0.0.1:4000.
    url: String,
    /// A host that it answers for (default: every one). May be given several times.
    #[arg(long = "host", value_name = "NAME")]
    hosts: Vec<String>,
    /// `public`: the door reads no credential of its requests. `optional`: one that is there must be Banyan's, and the system hears
    /// who asks in the signed caller.
    #[arg(long, value_name = "WORD", value_parser = ["public", "optional"], default_value = "public")]
    auth: String,
    /// A service of Banyan whose paths stay its own from the start; identity and gateway always do. May be given several times.
    #[arg(long, value_name = "SERVICE")]
    keep: Vec<String>,
    /// Do not try whether somebody answers there.
    #[arg(long)]
    unchecked: bool,
    #[command(flatten)]
    deed: Deed,
}

/// List what was asked for since the server started, by template, with traffic, failures, latency, and the migration that has the path.
#[derive(clap::Args)]
pub(crate) struct Routes {
    #[command(flatten)]
    look: Look,
}

/// Show how far each migration is, or one of them with all its steps.
#[derive(clap::Args)]
pub(crate) struct Status {
    /// The migration (default: all).
    name: Option<String>,
    #[command(flatten)]
    look: Look,
}

/// Show what the door saw of a migration: traffic of both sides, differences by field, evidence of a roll-back.
#[derive(clap::Args)]
pub(crate) struct Report {
    /// The migration.
    name: String,
    #[command(flatten)]
    look: Look,
}

/// Take every migration back at once: the system of before answers everything again.
#[derive(clap::Args)]
#[command(after_help = "Example:\n  banyan strangle all-back --yes --reason \"a bad night\"")]
pub(crate) struct AllBack {
    #[command(flatten)]
    deed: Deed,
}

/// Take the system of before away from behind the door. What Banyan has itself answers then, the rest is not found.
#[derive(clap::Args)]
pub(crate) struct Stop {
    #[command(flatten)]
    deed: Deed,
}

/// What every look has.
#[derive(clap::Args)]
struct Look {
    /// For programs.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    installation: Installation,
}

/// What everything has that matters.
#[derive(clap::Args)]
struct Deed {
    /// Why, for those who read it later.
    #[arg(long, value_name = "TEXT", value_parser = clap::builder::NonEmptyStringValueParser::new())]
    reason: String,
    /// Do not ask.
    #[arg(long)]
    yes: bool,
    #[command(flatten)]
    look: Look,
}

impl Deed {
    /// Says whether to go on.
    fn agreed(&self, question: &str) -> Result<bool> {
        if self.yes || terminal::confirm(question, "--yes")? {
            return Ok(true);
        }
        terminal::complain("Nothing was changed.");
        Ok(false)
    }
}

impl Command {
    pub(crate) fn run(self) -> Result<Ended> {
        match self {
            Self::Start(start) => start.run(),
            Self::Routes(routes) => routes.run(),
            Self::Observe(observe) => observe.run(),
            Self::Shadow(shadow) => shadow.run(),
            Self::Canary(canary) => canary.run(),
            Self::Finish(finish) => finish.run(),
            Self::Undo(undo) => undo.run(),
            Self::Status(status) => status.run(),
            Self::Report(report) => report.run(),
            Self::AllBack(all_back) => all_back.run(),
            Self::Stop(stop) => stop.run(),
        }
    }
}

impl Start {
    fn run(self) -> Result<Ended> {
        let gateway = Gateway::of(&self.deed.look.installation)?;
        if !self.unchecked {
            answers(&self.url)?;
        }
        let known = gateway.get(LEGACY)?;
        let known = known["legacy"]["url"].as_str().filter(|url| *url != self.url);
        let question = match known {
            Some(before) => format!("{} takes the place of {before}. Go on?", self.url),
            None => format!("{} answers everything that has not moved, instead of services of Banyan. Go on?", self.url),
        };
        if !self.deed.agreed(&question)? {
            return Ok(Ended::Wrong);
        }
        let body = json!({ "url": self.url, "hosts": self.hosts, "auth": self.auth, "keep": self.keep });
        let told = gateway.put(LEGACY, body, &self.deed.reason)?;
        let text = format!("{} stands behind the door. `banyan strangle routes` shows what it is asked for.", self.url);
        self.deed.look.say(&told, || text)
    }
}

/// A wrong address would keep everybody out.
fn answers(url: &str) -> Result<()> {
    let remedy = "start it first, or give --unchecked";
    let Ok(parsed) = Url::parse(url) else { bail!("`{url}` is not an address such as http://127.0.0.1:4000") };
    let addresses = parsed.socket_addrs(|| None).unwrap_or_default();
    let reached = |address| TcpStream::connect_timeout(address, Duration::from_secs(3)).is_ok();
    if addresses.iter().any(reached) { Ok(()) } else { bail!("nobody listens at {url}: {remedy}") }
}

impl Look {
    /// The answer for programs, or a text for people.
    fn say(&self, answer: &serde_json::Value, text: impl FnOnce() -> String) -> Result<Ended> {
        let text = if self.json { serde_json::to_string_pretty(answer)? } else { text() };
        terminal::say(&text)?;
        Ok(Ended::Well)
    }
}

impl Routes {
    fn run(&self) -> Result<Ended> {
        let gateway = Gateway::of(&self.look.installation)?;
        let observed = gateway.seen_by_the_door("/api/v1/gateway/observed-routes")?;
        let migrations = gateway.migrations()?;
        self.look.say(&observed, || show::observed(&observed, &migrations))
    }
}

impl Status {
    fn run(&self) -> Result<Ended> {
        let gateway = Gateway::of(&self.look.installation)?;
        let Some(name) = &self.name else {
            let legacy = gateway.get(LEGACY)?;
            let migrations = gateway.migrations()?;
            let answer = json!({ "legacy": legacy["legacy"], "migrations": migrations });
            return self.look.say(&answer, || show::all(&legacy, &migrations));
        };
        let (migration, _) = gateway.migration(name)?;
        let steps = gateway.get(&format!("{MIGRATIONS}/{}/steps?limit=100", migration.id))?;
        let answer = json!({ "migration": migration, "steps": steps["data"] });
        self.look.say(&answer, || show::one(&migration, &steps["data"]))
    }
}

impl Report {
    fn run(&self) -> Result<Ended> {
        let gateway = Gateway::of(&self.look.installation)?;
        let (migration, _) = gateway.migration(&self.name)?;
        let report = gateway.get(&format!("{MIGRATIONS}/{}/report", migration.id))?;
        self.look.say(&report, || show::report(&migration, &report))
    }
}

impl AllBack {
    fn run(self) -> Result<Ended> {
        let gateway = Gateway::of(&self.deed.look.installation)?;
        if !self.deed.agreed("The system of before answers everything again, whatever has moved. Go on?")? {
            return Ok(Ended::Wrong);
        }
        let told = gateway.post("/api/v1/gateway/all-back", json!({ "why": self.deed.reason }), None)?;
        self.deed.look.say(&told, || format!("{} migrations were taken back.", told["taken"]))
    }
}

impl Stop {
    fn run(self) -> Result<Ended> {
        let gateway = Gateway::of(&self.deed.look.installation)?;
        if !self.deed.agreed("Banyan answers what it has itself; the rest is not found any more. Go on?")? {
            return Ok(Ended::Wrong);
        }
        let told = gateway.remove(LEGACY, &self.deed.reason)?;
        self.deed.look.say(&told, || "No system of before stands behind the door.".to_owned())
    }
}
