mod webhooks;

use anyhow::Result;
use banyan_events::log::{DeadLetter, GroupState, RelayState};
use banyan_kernel::{Timestamp, Uuid};
use clap::Subcommand;

use super::installation::Installation;
use super::listing::Page;
use super::{Ended, terminal};
use crate::acts::events::{EventsAct, EventsAnswer, From, Which};
use crate::acts::{Act, Answer, perform};

/// Events: who handles them, how far each has come, and what could not be handled.
#[derive(Subcommand)]
#[command(after_help = "Examples:\n  banyan events consumers\n  banyan events dead list --tenant upcoach\n  \
                        banyan events dead redrive 01941f29-7c00-7000-8000-0000000000cc --reason \"mail server is back\"")]
pub(crate) enum Command {
    Consumers(Consumers),
    Relay(Relay),
    #[command(subcommand)]
    Dead(Dead),
    Replay(Replay),
    #[command(subcommand)]
    Webhooks(webhooks::Webhooks),
    Forget(Forget),
}

/// Show every consumer: its partitions, their owners, how many events it has still to handle, how many wait or are dead.
#[derive(clap::Args)]
pub(crate) struct Consumers {
    /// For programs, with all partitions.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    installation: Installation,
}

/// Show how far programs outside (by NATS, Redis, RabbitMQ) have been given each service's events, and what keeps them from leaving.
#[derive(clap::Args)]
pub(crate) struct Relay {
    /// For programs.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    installation: Installation,
}

/// Dead letters: events that were tried ten times, or that cannot be understood.
///
/// Every act on one is in the service's audit log, with the reason that you give.
#[derive(Subcommand)]
pub(crate) enum Dead {
    List(List),
    Show(Show),
    Edit(Edit),
    Redrive(Redrive),
    Drop(Drop),
}

#[derive(clap::Args)]
struct Choice {
    /// Of the consumers of this service alone.
    #[arg(long, value_name = "NAME")]
    service: Option<String>,
    /// Of this tenant alone.
    #[arg(long, value_name = "NAME")]
    tenant: Option<String>,
    /// Of this consumer alone.
    #[arg(long, value_name = "NAME")]
    consumer: Option<String>,
    /// Of this type alone, such as identity.user.registered.
    #[arg(long = "type", value_name = "TYPE")]
    kind: Option<String>,
    /// About this subject alone.
    #[arg(long)]
    subject: Option<String>,
}

/// List dead letters in the order of their events.
#[derive(clap::Args)]
pub(crate) struct List {
    #[command(flatten)]
    choice: Choice,
    #[command(flatten)]
    page: Page,
    /// For programs.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    installation: Installation,
}

/// Show one with its data and its last errors.
#[derive(clap::Args)]
pub(crate) struct Show {
    /// The dead letter, as the list has it.
    id: Uuid,
    #[command(flatten)]
    installation: Installation,
}

/// Give one other data. It stays dead until it is driven again.
#[derive(clap::Args)]
pub(crate) struct Edit {
    /// The dead letter, as the list has it.
    id: Uuid,
    /// The event's new data, in JSON.
    #[arg(long = "with", value_name = "JSON")]
    with: String,
    /// Why, for the audit log.
    #[arg(long)]
    reason: String,
    #[command(flatten)]
    installation: Installation,
}

/// Let one, or all that fit, be tried again from the first attempt on.
#[derive(clap::Args)]
pub(crate) struct Redrive {
    /// The dead letter, as the list has it.
    #[arg(required_unless_present = "all", conflicts_with = "all")]
    id: Option<Uuid>,
    /// All that fit the choice.
    #[arg(long)]
    all: bool,
    #[command(flatten)]
    choice: Choice,
    /// Why, for the audit log.
    #[arg(long)]
    reason: String,
    #[command(flatten)]
    installation: Installation,
}

/// Let go of one: it will never be handled.
#[derive(clap::Args)]
pub(crate) struct Drop {
    /// The dead letter, as the list has it.
    id: Uuid,
    /// Why, for the audit log.
    #[arg(long)]
    reason: String,
    #[command(flatten)]
    installation: Installation,
}

/// Tell a consumer everything again that happened from some place on. Effects happen again.
#[derive(clap::Args)]
#[command(after_help = "Examples:\n  banyan events replay identity mails --source identity --from 2026-01-31T00:00:00Z")]
pub(crate) struct Replay {
    /// The service whose consumer it is.
    service: String,
    /// The consumer.
    consumer: String,
    /// The service whose events are told again.
    #[arg(long, value_name = "NAME")]
    source: String,
    /// From this time on.
    #[arg(long, value_name = "TIME", required_unless_present_any = ["after", "beginning"])]
    from: Option<Timestamp>,
    /// After this place, as `banyan events consumers --json` shows places.
    #[arg(long, value_name = "PLACE", conflicts_with = "from")]
    after: Option<String>,
    /// From the first event that is still there.
    #[arg(long, conflicts_with_all = ["from", "after"])]
    beginning: bool,
    /// Do not ask.
    #[arg(long)]
    yes: bool,
    #[command(flatten)]
    installation: Installation,
}

/// Forget a reader that will not come back: old events wait for it no longer.
#[derive(clap::Args)]
pub(crate) struct Forget {
    /// The reader, as service.consumer.
    reader: String,
    /// The service whose log it read.
    #[arg(long, value_name = "NAME")]
    source: String,
    #[command(flatten)]
    installation: Installation,
}

impl Command {
    pub(crate) fn run(&self) -> Result<Ended> {
        match self {
            Self::Consumers(arguments) => arguments.run(),
            Self::Relay(arguments) => arguments.run(),
            Self::Dead(command) => command.run(),
            Self::Replay(arguments) => arguments.run(),
            Self::Webhooks(command) => command.run(),
            Self::Forget(arguments) => {
                let act = EventsAct::Forget { source: arguments.source.clone(), reader: arguments.reader.clone() };
                act_on(&arguments.installation, act)?;
                terminal::say("Forgotten.").map(|()| Ended::Well)
            }
        }
    }
}

fn act_on(installation: &Installation, act: EventsAct) -> Result<EventsAnswer> {
    match perform(&installation.load()?, &Act::Events(act))? {
        Answer::Events(answer) => Ok(answer),
        _ => anyhow::bail!("the running server answered something else: is it another version of this program?"),
    }
}

impl Choice {
    fn which(&self) -> Which {
        Which {
            service: self.service.clone(),
            tenant: self.tenant.clone(),
            consumer: self.consumer.clone(),
            kind: self.kind.clone(),
            subject: self.subject.clone(),
        }
    }
}

impl Consumers {
    fn run(&self) -> Result<Ended> {
        let EventsAnswer::Consumers(states) = act_on(&self.installation, EventsAct::Consumers)? else { return Ok(Ended::Wrong) };
        let text = if self.json { serde_json::to_string_pretty(&states)? } else { consumers_as_text(&states) };
        terminal::say(&text).map(|()| Ended::Well)
    }
}

impl Relay {
    fn run(&self) -> Result<Ended> {
        let EventsAnswer::Relays(states) = act_on(&self.installation, EventsAct::Relay)? else { return Ok(Ended::Wrong) };
        if self.json {
            return terminal::say(&serde_json::to_string_pretty(&states)?).map(|()| Ended::Well);
        }
        if states.is_empty() {
            terminal::say(
                "Events go nowhere outside: none of `events.nats.url`, `events.redis.url` and `events.rabbitmq.url` is set.",
            )?;
            return Ok(Ended::Well);
        }
        terminal::say(&relays_as_text(&states)).map(|()| Ended::Well)
    }
}

fn relays_as_text(states: &[RelayState]) -> String {
    let row = |state: &RelayState| {
        [
            state.service.clone(),
            state.sink.clone(),
            state.owners.len().to_string(),
            state.lag.to_string(),
            state.sequence.map_or_else(|| "-".to_owned(), |sequence| sequence.to_string()),
            state.here.sent.to_string(),
            state.here.refills.to_string(),
            state.here.trouble.clone().unwrap_or_else(|| "-".to_owned()),
        ]
    };
    let heading = ["SERVICE", "TO", "PROCESSES", "BEHIND", "SEQUENCE", "SENT HERE", "REFILLS", "TROUBLE"];
    terminal::table(heading, &states.iter().map(row).collect::<Vec<_>>())
}

fn consumers_as_text(states: &[GroupState]) -> String {
    let row = |state: &GroupState| {
        let mut owners: Vec<_> = state.partitions.iter().filter_map(|partition| partition.owner).collect();
        let free = state.partitions.len() - owners.len();
        owners.sort_unstable();
        owners.dedup();
        [
            state.service.clone(),
            state.consumer.clone(),
            state.source.clone(),
            owners.len().to_string(),
            free.to_string(),
            state.lag.to_string(),
            state.waiting.to_string(),
            state.dead.to_string(),
        ]
    };
    let heading = ["SERVICE", "CONSUMER", "READS", "PROCESSES", "FREE", "BEHIND", "WAITING", "DEAD"];
    terminal::table(heading, &states.iter().map(row).collect::<Vec<_>>())
}

impl Dead {
    fn run(&self) -> Result<Ended> {
        match self {
            Self::List(list) => list.run(),
            Self::Show(show) => {
                let answer = act_on(&show.installation, EventsAct::ShowDead { id: show.id })?;
                let EventsAnswer::Dead(letters) = answer else { return Ok(Ended::Wrong) };
                terminal::say(&serde_json::to_string_pretty(&letters.first())?)?;
                Ok(Ended::Well)
            }
            Self::Edit(edit) => {
                let data = serde_json::from_str(&edit.with)
                    .map_err(|error| terminal::Usage(format!("`--with` is no JSON ({error}): put it into single quotes")))?;
                act_on(&edit.installation, EventsAct::EditDead { id: edit.id, data, reason: edit.reason.clone() })?;
                terminal::say("Changed. `banyan events dead redrive` lets it be tried again.")?;
                Ok(Ended::Well)
            }
            Self::Redrive(redrive) => redrive.run(),
            Self::Drop(dropped) => {
                act_on(&dropped.installation, EventsAct::DropDead { id: dropped.id, reason: dropped.reason.clone() })?;
                terminal::say("Dropped.").map(|()| Ended::Well)
            }
        }
    }
}

impl List {
    fn run(&self) -> Result<Ended> {
        let act = EventsAct::ListDead { which: self.choice.which(), after: self.page.after, limit: self.page.limit };
        let EventsAnswer::Dead(letters) = act_on(&self.installation, act)? else { return Ok(Ended::Wrong) };
        if self.json {
            terminal::say(&serde_json::to_string_pretty(&letters)?)?;
            return Ok(Ended::Well);
        }
        terminal::say(&dead_as_text(&letters))?;
        if let Some(last) = letters.last().filter(|_| letters.len() as u64 == u64::from(self.page.limit)) {
            terminal::complain(&format!("There may be more: --after {}", last.id));
        }
        Ok(Ended::Well)
    }
}

fn dead_as_text(letters: &[DeadLetter]) -> String {
    let row = |letter: &DeadLetter| {
        let error = letter.history.last().map(|attempt| attempt.error.clone()).unwrap_or_default();
        [letter.id.to_string(), letter.consumer.clone(), letter.kind.clone(), letter.dead_at.to_string(), error]
    };
    terminal::table(["ID", "CONSUMER", "TYPE", "DEAD SINCE", "LAST ERROR"], &letters.iter().map(row).collect::<Vec<_>>())
}

impl Redrive {
    fn run(&self) -> Result<Ended> {
        let act = match self.id {
            Some(id) => EventsAct::RedriveDead { id, reason: self.reason.clone() },
            None => EventsAct::RedriveAll { which: self.choice.which(), reason: self.reason.clone() },
        };
        let EventsAnswer::Count(count) = act_on(&self.installation, act)? else { return Ok(Ended::Wrong) };
        terminal::say(&format!("{count} will be tried again.")).map(|()| Ended::Well)
    }
}

impl Replay {
    fn run(&self) -> Result<Ended> {
        let from = match (&self.from, &self.after) {
            (Some(time), _) => From::Time(*time),
            (_, Some(place)) => From::After(place.clone()),
            _ => From::Beginning,
        };
        let question =
            format!("{}.{} is told everything again from there on; its effects happen again.", self.service, self.consumer);
        if !self.yes && !terminal::confirm(&question, "--yes")? {
            return Ok(Ended::Wrong);
        }
        let act = EventsAct::Replay {
            service: self.service.clone(),
            consumer: self.consumer.clone(),
            source: self.source.clone(),
            from,
        };
        let EventsAnswer::Place(place) = act_on(&self.installation, act)? else { return Ok(Ended::Wrong) };
        terminal::say(&format!("From {place} on.")).map(|()| Ended::Well)
    }
}
