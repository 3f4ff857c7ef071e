//! The steps of a migration, from observing to its end and back.

use anyhow::Result;
use banyan_kernel::Uuid;
use serde_json::{Map, Value, json};

use super::super::Ended;
use super::ask::{Gateway, MIGRATIONS, Migration};
use super::{Deed, Look, show};

/// Begin a migration. The system of before goes on answering; its traffic there is counted.
#[derive(clap::Args)]
#[command(group(clap::ArgGroup::new("target").required(true)),
    after_help = "Examples:\n  banyan strangle observe goals --path /api/v1/goals --service goals\n  \
                  banyan strangle observe quotes --path /api/v1/quotes --url http://127.0.0.1:4001")]
pub(crate) struct Observe {
    /// How the migration is called: small letters, digits and hyphens.
    name: String,
    /// The path that moves, with all below it.
    #[arg(long)]
    path: String,
    /// The service of Banyan that it moves to.
    #[arg(long, group = "target")]
    service: Option<String>,
    /// Scheme, host and port of a new implementation outside Banyan that it moves to.
    #[arg(long, group = "target")]
    url: Option<String>,
    /// The path there, where it differs.
    #[arg(long, value_name = "PATH")]
    rewrite: Option<String>,
    /// Why, for those who read it later.
    #[arg(long, value_name = "TEXT")]
    reason: Option<String>,
    #[command(flatten)]
    look: Look,
}

/// Send copies of requests to the new side and compare the answers. Clients get those of the system of before.
///
/// Only GET and HEAD are copied. `banyan strangle report` shows where answers differ.
#[derive(clap::Args)]
#[command(
    after_help = "Example:\n  banyan strangle shadow goals --sample 25 --additions allowed --ignore '/data/*/id' --ignore '/data/*/createdAt'"
)]
pub(crate) struct Shadow {
    /// The migration.
    name: String,
    /// A JSON pointer, `*` for any one member, that is not compared. May be given several times; the list replaces the one before.
    #[arg(long, value_name = "POINTER")]
    ignore: Vec<String>,
    /// Per cent of the requests that are copied (default: as before, at first 100).
    #[arg(long, value_name = "PERCENT")]
    sample: Option<f64>,
    /// Whether members of the answer that the new side alone has count as differences (default: as before, at first `different`).
    #[arg(long, value_name = "WORD", value_parser = ["different", "allowed"])]
    additions: Option<String>,
    /// What examples of differences show of values: their kind and length, or their beginning, except where a member's name sounds
    /// secret (default: as before, at first `masked`).
    #[arg(long, value_name = "WORD", value_parser = ["masked", "shown"])]
    examples: Option<String>,
    /// Why, for those who read it later.
    #[arg(long, value_name = "TEXT")]
    reason: Option<String>,
    #[command(flatten)]
    look: Look,
}

/// Have the new side answer a share of the requests. When it does worse, the system of before answers all again, at once and by itself.
#[derive(clap::Args)]
#[command(after_help = "Examples:\n  banyan strangle canary goals --percent 10 --reason \"no differences in a week\"\n  \
                        banyan strangle canary goals --header 'x-canary: 1' --reason \"the team tries it\"\n  \
                        banyan strangle canary goals --percent 5 --max-error-rate 0.005 --max-slower 1.2 --min-requests 200 --reason \"payments\"")]
pub(crate) struct Canary {
    /// The migration.
    name: String,
    /// Per cent of the requests (default: none but those that are named).
    #[arg(long)]
    percent: Option<f64>,
    /// A header by which a request asks for the new side.
    #[arg(long, value_name = "NAME: VALUE")]
    header: Option<String>,
    /// A cookie by which a request asks for the new side.
    #[arg(long, value_name = "NAME=VALUE")]
    cookie: Option<String>,
    /// A feature flag: the new side answers those for whom it is on, in their tenant. In place of `--percent`.
    #[arg(long, value_name = "KEY", conflicts_with = "percent")]
    flag: Option<String>,
    /// The id of somebody whom the new side answers. May be given several times; the list replaces the one before.
    #[arg(long = "user", value_name = "ID")]
    users: Vec<Uuid>,
    /// What keeps somebody on one side (default: as before, at first user).
    #[arg(long, value_name = "WORD", value_parser = ["user", "address", "cookie", "request"])]
    sticky: Option<String>,
    /// By how much the new side's share of failures may be higher, from 0 to 1; more, and everything goes back (default: as before, at
    /// first 0.02, two requests of a hundred).
    #[arg(long, value_name = "SHARE")]
    max_error_rate: Option<f64>,
    /// By which factor 95 of 100 answers of the new side may be slower, from 1 to 100; more, and everything goes back (default: as before,
    /// at first 1.5). Differences below 50 ms do not count.
    #[arg(long, value_name = "FACTOR")]
    max_slower: Option<f64>,
    /// How many requests the new side must have had within a minute before it is judged, 5 or more (default: as before, at first 20).
    #[arg(long, value_name = "COUNT")]
    min_requests: Option<u32>,
    #[command(flatten)]
    deed: Deed,
}

/// Have the new side answer everything.
#[derive(clap::Args)]
pub(crate) struct Finish {
    /// The migration.
    name: String,
    #[command(flatten)]
    deed: Deed,
}

/// Have the system of before answer everything again. What the new side stored meanwhile stays there.
#[derive(clap::Args)]
pub(crate) struct Undo {
    /// The migration.
    name: String,
    #[command(flatten)]
    deed: Deed,
}

impl Observe {
    pub(super) fn run(self) -> Result<Ended> {
        let gateway = Gateway::of(&self.look.installation)?;
        let given = json!({
            "name": self.name, "path": self.path, "service": self.service, "url": self.url, "rewrite": self.rewrite, "why": self.reason,
        });
        let made = gateway.post(MIGRATIONS, Value::Object(said(given)), None)?;
        self.look.say(&made, || format!("{} is observed. `banyan strangle shadow {}` compares answers.", self.path, self.name))
    }
}

impl Shadow {
    pub(super) fn run(self) -> Result<Ended> {
        let gateway = Gateway::of(&self.look.installation)?;
        let (migration, tag) = gateway.migration(&self.name)?;
        let ignore = (!self.ignore.is_empty()).then_some(&self.ignore);
        let step = json!({
            "act": "shadow", "ignore": ignore, "sample": self.sample, "additions": self.additions, "examples": self.examples,
            "why": self.reason,
        });
        take(&gateway, &migration, tag, step, &self.look)
    }
}

impl Canary {
    pub(super) fn run(self) -> Result<Ended> {
        let gateway = Gateway::of(&self.deed.look.installation)?;
        let (migration, tag) = gateway.migration(&self.name)?;
        let percent = self.percent.unwrap_or_default();
        let who = self.flag.as_ref().map_or_else(|| format!("{percent} %"), |flag| format!("Whatever `{flag}` is on for"));
        let question =
            format!("{who} of {} goes to {}; it is {} now. Go on?", migration.path, migration.to(), show::stage(&migration));
        if !self.deed.agreed(&question)? {
            return Ok(Ended::Wrong);
        }
        let users = (!self.users.is_empty()).then_some(&self.users);
        let step = json!({
            "act": "canary", "percent": percent, "header": self.header, "cookie": self.cookie, "flag": self.flag, "users": users, "sticky": self.sticky,
            "maxErrorRate": self.max_error_rate, "maxSlower": self.max_slower, "minRequests": self.min_requests,
            "why": self.deed.reason,
        });
        take(&gateway, &migration, tag, step, &self.deed.look)
    }
}

impl Finish {
    pub(super) fn run(self) -> Result<Ended> {
        let question = |migration: &Migration| format!("{} answers all of {}", migration.to(), migration.path);
        decide(&self.name, "finish", question, &self.deed)
    }
}

impl Undo {
    pub(super) fn run(self) -> Result<Ended> {
        let question = |migration: &Migration| format!("The system of before answers all of {} again", migration.path);
        decide(&self.name, "undo", question, &self.deed)
    }
}

fn decide(name: &str, act: &str, question: impl FnOnce(&Migration) -> String, deed: &Deed) -> Result<Ended> {
    let gateway = Gateway::of(&deed.look.installation)?;
    let (migration, tag) = gateway.migration(name)?;
    let question = format!("{}; it is {} now. Go on?", question(&migration), show::stage(&migration));
    if !deed.agreed(&question)? {
        return Ok(Ended::Wrong);
    }
    take(&gateway, &migration, tag, json!({ "act": act, "why": deed.reason }), &deed.look)
}

/// Takes a step from the state that was looked at.
fn take(gateway: &Gateway, migration: &Migration, tag: Option<String>, step: Value, look: &Look) -> Result<Ended> {
    let path = format!("{MIGRATIONS}/{}/steps", migration.id);
    let told = gateway.post(&path, Value::Object(said(step)), tag)?;
    let now: Migration = serde_json::from_value(told.clone())?;
    look.say(&told, || format!("{}: {}", now.name, show::stage(&now)))
}

/// Without what was not said.
fn said(object: Value) -> Map<String, Value> {
    let members = if let Value::Object(members) = object { members } else { Map::new() };
    members.into_iter().filter(|(_, value)| !value.is_null()).collect()
}
