//! Several notifications in one mail: which ones belong to it is decided in one transaction with the mail itself, so that none is lost and
//! none comes twice.

use banyan_events::jobs::{Job, JobContext, JobError, Priority, Retries, enqueue};
use banyan_kernel::{Timestamp, Uuid};
use banyan_store::{StoreError, Tx};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use serde::{Deserialize, Serialize};

use super::plan::{send_at, until};
use crate::App;
use crate::entity::delivery::{Column, Entity, Model};
use crate::entity::notification;
use crate::store::{deliveries, execute};
use crate::topic::{DeliveryState, Mode, Topic, Way};

/// More than these go into the next mail, at once.
pub(crate) const MOST_IN_A_MAIL: u64 = 50;

/// Make the mail of this person and rhythm.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Gather {
    user: Uuid,
    rhythm: Mode,
}

impl Job for Gather {
    const KIND: &'static str = "notifications.gather";
    const RETRIES: Retries = Retries::OVER_DAYS;
}

impl Gather {
    /// One for each moment at which a mail is due.
    pub(crate) async fn enqueue(tx: &Tx, user: Uuid, rhythm: Mode, due: Timestamp) -> Result<(), StoreError> {
        let key = format!("{user}:{}:{}", rhythm.word(), due.seconds());
        enqueue(tx, &Self { user, rhythm }).delay(until(tx.now(), due)).unique(key).await.map(drop)
    }
}

pub(crate) async fn gather(_: App, job: Gather, context: JobContext) -> Result<(), JobError> {
    let job = &job;
    context.finish(move |tx| async move { Ok(make_mail(&tx, job).await?) }).await
}

async fn make_mail(tx: &Tx, job: &Gather) -> Result<(), StoreError> {
    // See `plan::add`.
    const LOCK: &str = "UPDATE inboxes SET last_seq = last_seq WHERE user_id = $1";
    execute(tx, LOCK, [job.user.into()]).await?;
    let now = tx.now();
    let select = Entity::find()
        .filter(Column::UserId.eq(job.user))
        .filter(Column::State.eq(DeliveryState::Gathering))
        .filter(Column::Rhythm.eq(Some(job.rhythm)))
        .filter(Column::DueAt.lte(now.micros()));
    let members = select.order_by_asc(Column::Id).limit(MOST_IN_A_MAIL + 1).all(tx).await?;
    let is_more = members.len() as u64 > MOST_IN_A_MAIL;
    let mut mail = deliveries::new(tx, Some(job.user), Topic::Announcements, Way::Email);
    mail.rhythm = Some(job.rhythm);
    mail.heeds_quiet_hours = true;
    let mut gathered = 0;
    for mut member in members.into_iter().take(usize::try_from(MOST_IN_A_MAIL).unwrap_or(usize::MAX)) {
        if is_unread(tx, &member).await? {
            member.gathered_by = Some(mail.id);
            member.end(now, DeliveryState::Gathered, None);
            gathered += 1;
        } else {
            member.end(now, DeliveryState::Skipped, Some("read"));
        }
        deliveries::save(tx, member).await?;
    }
    if gathered > 0 {
        let id = mail.id;
        deliveries::add(tx, mail).await?;
        send_at(tx, id, Way::Email, now, Priority::Low).await?;
    }
    if is_more {
        Gather::enqueue(tx, job.user, job.rhythm, now.plus_seconds(1)).await?;
    }
    Ok(())
}

async fn is_unread(tx: &Tx, member: &Model) -> Result<bool, StoreError> {
    let Some(id) = member.notification_id else { return Ok(false) };
    let select = notification::Entity::find().filter(notification::Column::Id.eq(id));
    let row = select.one(tx).await?;
    Ok(row.is_some_and(|row| row.read_at.is_none() && row.archived_at.is_none()))
}

/// The notifications of a mail that gathers, the oldest first.
pub(crate) async fn members(tx: &Tx, mail: Uuid) -> Result<Vec<notification::Model>, StoreError> {
    let members = Entity::find().filter(Column::GatheredBy.eq(mail)).order_by_asc(Column::Id).all(tx).await?;
    let ids: Vec<Uuid> = members.iter().filter_map(|member| member.notification_id).collect();
    let select = notification::Entity::find().filter(notification::Column::Id.is_in(ids));
    Ok(select.order_by_asc(notification::Column::Id).all(tx).await?)
}
