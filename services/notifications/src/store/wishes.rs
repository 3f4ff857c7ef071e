//! What a person wants: how soon each topic comes by which channel, when not to disturb, and where pushes go.

use banyan_kernel::Uuid;
use banyan_store::{Store, StoreError, Tx};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder};

use super::execute;
use crate::entity::{endpoint, preference, profile};
use crate::hours::QuietHours;
use crate::topic::{Channel, Mode, Topic};

/// A person's choices.
#[derive(Clone, Debug, Default)]
pub(crate) struct Wishes(Vec<preference::Model>);

impl Wishes {
    pub(crate) async fn of(tx: &Tx, user: Uuid) -> Result<Self, StoreError> {
        Ok(Self(preference::Entity::find().filter(preference::Column::UserId.eq(user)).all(tx).await?))
    }

    /// What was chosen, or else what is usual. A choice that is not allowed any more counts as none.
    pub(crate) fn mode(&self, topic: Topic, channel: Channel) -> Mode {
        let chosen = self.0.iter().find(|row| row.topic == topic && row.channel == channel);
        chosen.map(|row| row.mode).filter(|mode| topic.allows(channel, *mode)).unwrap_or_else(|| topic.usual(channel))
    }
}

pub(crate) async fn choose(tx: &Tx, user: Uuid, topic: Topic, channel: Channel, mode: Mode) -> Result<(), StoreError> {
    const CHANGE: &str = "UPDATE preferences SET mode = $1, updated_at = $2 WHERE user_id = $3 AND topic = $4 AND channel = $5";
    const NEW: &str = "INSERT INTO preferences (tenant_id, id, user_id, topic, channel, mode, updated_at) \
        VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT DO NOTHING";
    let now = tx.now().micros();
    let change = || [mode.word().into(), now.into(), user.into(), topic.word().into(), channel.word().into()];
    if execute(tx, CHANGE, change()).await? > 0 {
        return Ok(());
    }
    let new = [
        tx.caller().tenant.into(),
        tx.new_id().into(),
        user.into(),
        topic.word().into(),
        channel.word().into(),
        mode.word().into(),
        now.into(),
    ];
    if execute(tx, NEW, new).await? == 0 {
        // Somebody was quicker.
        execute(tx, CHANGE, change()).await?;
    }
    Ok(())
}

pub(crate) async fn profile(tx: &Tx, user: Uuid) -> Result<Option<profile::Model>, StoreError> {
    Ok(profile::Entity::find().filter(profile::Column::UserId.eq(user)).one(tx).await?)
}

impl profile::Model {
    pub(crate) fn quiet_hours(&self) -> Option<QuietHours> {
        Some(QuietHours { from: self.quiet_from?, to: self.quiet_to? })
    }
}

/// Those that still take pushes, the oldest first.
pub(crate) async fn endpoints(tx: &Tx, user: Uuid) -> Result<Vec<endpoint::Model>, StoreError> {
    let select = endpoint::Entity::find().filter(endpoint::Column::UserId.eq(user));
    Ok(select.filter(endpoint::Column::GoneAt.is_null()).order_by_asc(endpoint::Column::Id).all(tx).await?)
}

pub(crate) async fn endpoint(tx: &Tx, id: Uuid) -> Result<Option<endpoint::Model>, StoreError> {
    Ok(endpoint::Entity::find().filter(endpoint::Column::Id.eq(id)).one(tx).await?)
}

pub(crate) async fn endpoint_worked(tx: &Tx, id: Uuid) -> Result<(), StoreError> {
    const SQL: &str = "UPDATE endpoints SET last_success_at = $1 WHERE id = $2";
    execute(tx, SQL, [tx.now().micros().into(), id.into()]).await.map(drop)
}

pub(crate) async fn endpoint_gone(tx: &Tx, id: Uuid, reason: &str) -> Result<(), StoreError> {
    const SQL: &str = "UPDATE endpoints SET gone_at = $1, reason = $2 WHERE id = $3 AND gone_at IS NULL";
    execute(tx, SQL, [tx.now().micros().into(), reason.into(), id.into()]).await.map(drop)
}

/// Where the pushes go; nothing where it cannot be opened.
pub(crate) fn target(store: &Store, endpoint: &endpoint::Model) -> Option<serde_json::Value> {
    let plain = store.environment().cipher.open(&endpoint.target, endpoint.id.as_bytes()).ok()?;
    serde_json::from_slice(&plain).ok()
}

/// What is to be different about disturbing; what is `None` stays.
#[derive(Clone, Debug)]
pub(crate) struct Quiet {
    pub(crate) hours: Option<Option<QuietHours>>,
    pub(crate) zone: Option<Option<String>>,
}

pub(crate) async fn disturb(tx: &Tx, user: Uuid, quiet: &Quiet) -> Result<(), StoreError> {
    const HOURS: &str = "UPDATE profiles SET quiet_from = $1, quiet_to = $2, updated_at = $3 WHERE user_id = $4";
    const ZONE: &str = "UPDATE profiles SET time_zone = $1, updated_at = $2 WHERE user_id = $3";
    have_profile(tx, user).await?;
    let now = tx.now().micros();
    if let Some(hours) = quiet.hours {
        let (from, to) = (hours.map(|hours| hours.from), hours.map(|hours| hours.to));
        execute(tx, HOURS, [from.into(), to.into(), now.into(), user.into()]).await?;
    }
    if let Some(zone) = &quiet.zone {
        execute(tx, ZONE, [zone.clone().into(), now.into(), user.into()]).await?;
    }
    Ok(())
}

/// From here on the person has a row.
async fn have_profile(tx: &Tx, user: Uuid) -> Result<(), StoreError> {
    const SQL: &str = "INSERT INTO profiles (tenant_id, id, user_id, updated_at) VALUES ($1, $2, $3, $4) \
        ON CONFLICT DO NOTHING";
    let values = [tx.caller().tenant.into(), tx.new_id().into(), user.into(), tx.now().micros().into()];
    execute(tx, SQL, values).await.map(drop)
}
