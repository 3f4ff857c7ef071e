use anyhow::Result;
use banyan_events::jobs::{Filter, JobSheet, JobState, ScheduleLine};
use clap::Subcommand;

use super::installation::Installation;
use super::listing::{One, Page};
use super::{Ended, terminal};
use crate::acts::{Act, Answer, JobsAsked, Of, perform};

/// Work beside the requests: look at it, have it done again, cancel it.
///
/// Works beside a running server.
#[derive(Subcommand)]
#[command(
    after_help = "Examples:\n  banyan jobs list --state failed\n  banyan jobs show 0190…\n  banyan jobs retry 0190…\n  banyan jobs schedules --json"
)]
pub(crate) enum Command {
    List(List),
    /// Show one job with its errors and what it is about.
    Show(One),
    /// Have a job done again that failed or was cancelled, or at once that waits.
    Retry(One),
    /// Cancel a job: one that runs is asked to stop.
    Cancel(One),
    Schedules(Schedules),
}

/// List jobs, the latest first.
#[derive(clap::Args)]
pub(crate) struct List {
    /// Of this service only.
    #[arg(long)]
    service: Option<String>,
    /// In this state only: waiting, ready, running, done, failed, cancelled.
    #[arg(long)]
    state: Option<JobState>,
    /// Of this kind only.
    #[arg(long)]
    kind: Option<String>,
    #[command(flatten)]
    page: Page,
    /// For programs.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    installation: Installation,
}

/// List schedules, with when each is due next.
#[derive(clap::Args)]
pub(crate) struct Schedules {
    /// For programs.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    installation: Installation,
}

impl Command {
    pub(crate) fn run(self) -> Result<Ended> {
        let (service, asked, json, installation) = match self {
            Self::List(list) => {
                let filter = Filter { state: list.state, kind: list.kind, after: list.page.after, limit: Some(list.page.limit) };
                (list.service, JobsAsked::List { filter }, list.json, list.installation)
            }
            Self::Show(one) => (None, JobsAsked::Show { id: one.id }, one.json, one.installation),
            Self::Retry(one) => (None, JobsAsked::Retry { id: one.id }, one.json, one.installation),
            Self::Cancel(one) => (None, JobsAsked::Cancel { id: one.id }, one.json, one.installation),
            Self::Schedules(all) => (None, JobsAsked::Schedules, all.json, all.installation),
        };
        let one = !matches!(asked, JobsAsked::List { .. } | JobsAsked::Schedules);
        let text = match perform(&installation.load()?, &Act::AskJobs { service, asked })? {
            Answer::Jobs(jobs) if json => serde_json::to_string_pretty(&jobs)?,
            Answer::Jobs(jobs) if one => jobs.iter().map(sheet).collect::<Vec<_>>().join("\n"),
            Answer::Jobs(jobs) => listed(&jobs),
            Answer::Schedules(lines) if json => serde_json::to_string_pretty(&lines)?,
            Answer::Schedules(lines) => scheduled(&lines),
            _ => return Ok(Ended::Wrong),
        };
        terminal::say(&text)?;
        Ok(Ended::Well)
    }
}

fn listed(jobs: &[Of<JobSheet>]) -> String {
    let row = |of: &Of<JobSheet>| {
        let job = &of.item;
        let error = job.errors.last().map(|failure| failure.error.chars().take(60).collect()).unwrap_or_default();
        [
            job.id.to_string(),
            of.service.clone(),
            job.kind.clone(),
            job.state.word().to_owned(),
            job.attempts.to_string(),
            job.due_at.to_string(),
            error,
        ]
    };
    terminal::table(
        ["ID", "SERVICE", "KIND", "STATE", "ATTEMPTS", "DUE", "LAST ERROR"],
        &jobs.iter().map(row).collect::<Vec<_>>(),
    )
}

fn sheet(of: &Of<JobSheet>) -> String {
    let job = &of.item;
    let time = |time: Option<banyan_kernel::Timestamp>| time.map_or_else(|| "-".to_owned(), |time| time.to_string());
    let mut lines = vec![
        format!("{} of {}, {} in queue {}", job.kind, of.service, job.state.word(), job.queue),
        format!("id {}, tenant {}, priority {}", job.id, job.tenant, job.priority),
        format!("made {}, due {}, begun {}, ended {}", job.created_at, job.due_at, time(job.started_at), time(job.ended_at)),
        format!("attempts {}", job.attempts),
    ];
    if let Some(percent) = job.percent {
        lines.push(format!("{percent} % {}", job.message.as_deref().unwrap_or_default()));
    }
    if let Some(payload) = &job.payload {
        lines.push(format!("about {payload}"));
    }
    lines.extend(job.errors.iter().map(|failure| format!("{} attempt {}: {}", failure.at, failure.attempt, failure.error)));
    lines.join("\n")
}

fn scheduled(lines: &[Of<ScheduleLine>]) -> String {
    let row = |of: &Of<ScheduleLine>| {
        let line = &of.item;
        let last = line.last_at.map_or_else(|| "-".to_owned(), |time| time.to_string());
        [of.service.clone(), line.name.clone(), line.cron.clone(), line.zone.clone(), line.next_at.to_string(), last]
    };
    terminal::table(["SERVICE", "NAME", "CRON", "ZONE", "NEXT", "LAST"], &lines.iter().map(row).collect::<Vec<_>>())
}
