//! What tells those who run the installation that something needs them: once, again after some hours, and when it is over.
//!
//! Each service with such troubles is looked at once a minute by a job of its own ([`watch`]), so by one process in a cluster. That a trouble is known
//! stands in the service's database, as the job that will remind of it. What is told is a job for each receiver ([`tell`]).

mod receivers;
mod tell;
#[cfg(test)]
mod tests;
mod troubles;
mod watch;

use std::sync::Arc;
use std::time::Duration;

use banyan_events::Consumers;
use banyan_events::jobs::{Cron, JobHandler, Jobs, Missed, Queue, Schedule};
use banyan_kernel::{Clock, Random};
use banyan_locale::Catalogues;
use banyan_store::Store;
use banyan_telemetry::HealthRegistry;

use crate::data::DataDirectory;
use crate::house::mail_settings;
use crate::settings::Settings;

pub(crate) use receivers::{Receiver, Receivers, names_of, sample};
pub(crate) use troubles::Trouble;

/// The queue of all that is told.
const QUEUE: &str = "alerts";

/// The words of alerts: locale, file, text.
pub(crate) const MESSAGES: [(&str, &str, &str); 2] = [
    ("en-US", "server/locales/en-US/alerts.ftl", include_str!("../../locales/en-US/alerts.ftl")),
    ("id-ID", "server/locales/id-ID/alerts.ftl", include_str!("../../locales/id-ID/alerts.ftl")),
];

/// What alerts need. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Alerts {
    receivers: Arc<Receivers>,
    repeat: Duration,
}

/// A service that is looked at.
#[derive(Clone)]
pub(crate) struct Watched {
    pub(crate) store: Store,
    pub(crate) consumers: Option<Consumers>,
    pub(crate) health: HealthRegistry,
}

impl Alerts {
    /// As the settings say; nothing where nobody is to be told, or where the settings do not fit, which the log says.
    pub(crate) fn of(
        settings: &Settings,
        data: &DataDirectory,
        catalogues: &Arc<Catalogues>,
        clock: &Arc<dyn Clock>,
        random: &Arc<dyn Random>,
    ) -> Option<Self> {
        if !settings.alerts.enabled || names_of(settings).is_empty() {
            return None;
        }
        match Receivers::new(settings, &mail_settings(settings, &data.mail()), catalogues, clock, random) {
            Ok(receivers) => Some(Self { receivers: Arc::new(receivers), repeat: settings.alerts.repeat.0 }),
            Err(error) => {
                tracing::error!(error = format!("{error:#}"), "no alerts leave: the settings do not fit");
                None
            }
        }
    }

    /// The service's jobs with those of its alerts.
    pub(crate) fn beside(&self, jobs: Jobs, watched: &Watched) -> Jobs {
        let (of_watch, of_reminder, of_tell) = ((self.clone(), watched.clone()), (self.clone(), watched.clone()), self.clone());
        let jobs = jobs
            .queue(Queue::new(QUEUE).workers(4))
            .handle(JobHandler::new(move |_: watch::Watch, context| {
                watch::watch(of_watch.0.clone(), of_watch.1.clone(), context)
            }))
            .handle(JobHandler::new(move |job: watch::Reminder, context| {
                watch::remind(of_reminder.0.clone(), of_reminder.1.clone(), job, context)
            }))
            .handle(JobHandler::new(move |job: tell::Tell, context| tell::tell(of_tell.clone(), job, context)));
        match Cron::new("* * * * *", "UTC") {
            Ok(cron) => jobs.schedule(Schedule::new("alerts", cron, |_| watch::Watch {}).missed(Missed::RunOnce)),
            Err(error) => {
                tracing::error!(%error, "nothing is looked at for alerts");
                jobs
            }
        }
    }
}
