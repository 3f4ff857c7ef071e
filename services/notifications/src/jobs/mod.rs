//! What the service does beside requests: it plans deliveries, makes them, and gathers what goes in one mail.

pub(crate) mod code;
pub(crate) mod gather;
pub(crate) mod plan;
pub(crate) mod record;
pub(crate) mod send;
mod to_destination;

use std::time::Duration;

use banyan_events::jobs::{JobHandler, Jobs, Queue, Rate};

use crate::App;

/// Mails of a tenant, so that one with a hundred thousand people does not use up what the mail server takes.
const MAILS_PER_TENANT: Rate = Rate { starts: 600, per: Duration::from_secs(60) };

/// The queue of mails.
pub(crate) const MAILS: &str = "notifications-mails";
/// The queue of all other deliveries.
pub(crate) const OTHERS: &str = "notifications-others";

pub(crate) fn all(app: App) -> Jobs {
    let (planning, mails, others, codes, gathering) = (app.clone(), app.clone(), app.clone(), app.clone(), app);
    Jobs::new()
        .queue(Queue::new(MAILS).workers(4).rate_per_tenant(MAILS_PER_TENANT))
        .queue(Queue::new(OTHERS).workers(8))
        .handle(JobHandler::new(move |job: plan::Plan, context| plan::plan(planning.clone(), job, context)))
        .handle(JobHandler::new(move |job: send::SendMail, context| send::send(mails.clone(), job.delivery, context)))
        .handle(JobHandler::new(move |job: send::SendOther, context| send::send(others.clone(), job.delivery, context)))
        .handle(JobHandler::new(move |job: code::SendCode, context| code::send(codes.clone(), job, context)))
        .handle(JobHandler::new(move |job: gather::Gather, context| gather::gather(gathering.clone(), job, context)))
}
