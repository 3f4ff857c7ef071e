//! Programs outside that are told of events by webhooks: subscriptions, what is on its way to each, and what became of it.
//!
//! A consumer of all logs ([`choose`]) writes a row for each event that somebody subscribed to. One job for each subscription ([`pump`])
//! sends what is due, a few at a time, so that a receiver that is slow or dead holds up nobody else.

pub(crate) mod choose;
pub(crate) mod delivery;
pub(crate) mod desk;
pub(crate) mod exit;
pub(crate) mod pump;
pub(crate) mod replay;
pub(crate) mod rows;
mod upkeep;
pub(crate) mod webhook;

use banyan_events::jobs::{Cron, JobHandler, Jobs, Missed, Queue, Schedule};

use crate::App;

/// The queue of all that is sent to subscribers.
const QUEUE: &str = "events-webhooks";

/// Subscriptions of one tenant.
pub(crate) const MOST_WEBHOOKS: usize = 100;

pub(crate) fn jobs(app: App) -> Jobs {
    let (sending, again, tidying) = (app.clone(), app.clone(), app);
    let jobs = Jobs::new()
        // Subscriptions that are served at a time; one tenant's dead receivers leave room for the others'.
        .queue(Queue::new(QUEUE).workers(16).running_per_tenant(8))
        .handle(JobHandler::new(move |job: pump::Pump, context| pump::pump(sending.clone(), job, context)))
        .handle(JobHandler::new(move |job: replay::Replay, context| replay::replay(again.clone(), job, context)))
        .handle(JobHandler::new(move |_: upkeep::Upkeep, context| upkeep::run(tidying.clone(), context)));
    match Cron::new("*/5 * * * *", "UTC") {
        Ok(cron) => jobs.schedule(Schedule::new("webhooks", cron, |_| upkeep::Upkeep {}).missed(Missed::RunOnce)),
        Err(error) => {
            tracing::error!(%error, "old deliveries of webhooks are not tidied away");
            jobs
        }
    }
}
