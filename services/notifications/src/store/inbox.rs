//! A person's own inbox: what is in it, what was read.

use banyan_http::{Paged, Paging};
use banyan_kernel::{Timestamp, Uuid};
use banyan_store::{StoreError, Tx};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, FromQueryResult, QueryFilter, QueryOrder, QuerySelect, Statement};

use super::execute;
use super::make::{next_place, tell};
use crate::entity::notification::{Column, Entity, Model};
use crate::error::NotificationsError;
use crate::topic::Topic;

/// Which of them a list shows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Shown {
    /// All but those that were put away.
    #[default]
    Current,
    Unread,
    Archived,
}

pub(crate) async fn list(
    tx: &Tx,
    user: Uuid,
    shown: Shown,
    topic: Option<Topic>,
    paging: &Paging,
) -> Result<Paged<Model>, NotificationsError> {
    let mut select = Entity::find().filter(Column::UserId.eq(user));
    select = match shown {
        Shown::Current => select.filter(Column::ArchivedAt.is_null()),
        Shown::Unread => select.filter(Column::ArchivedAt.is_null()).filter(Column::ReadAt.is_null()),
        Shown::Archived => select.filter(Column::ArchivedAt.is_not_null()),
    };
    if let Some(topic) = topic {
        select = select.filter(Column::Topic.eq(topic));
    }
    Ok(paging.fetch_last(tx, select, &[("createdAt", Column::CreatedAt)]).await?)
}

pub(crate) async fn unread(tx: &Tx, user: Uuid) -> Result<i64, StoreError> {
    const SQL: &str =
        "SELECT COUNT(*) AS unread FROM notifications WHERE user_id = $1 AND archived_at IS NULL AND read_at IS NULL";
    let row = tx.query_one_raw(Statement::from_sql_and_values(tx.get_database_backend(), SQL, [user.into()])).await?;
    Ok(row.map(|row| row.try_get("", "unread")).transpose()?.unwrap_or(0))
}

/// The caller's own.
pub(crate) async fn own(tx: &Tx, id: Uuid) -> Result<Model, NotificationsError> {
    let user = tx.caller().user_id().ok_or(NotificationsError::Hidden)?;
    let select = Entity::find().filter(Column::Id.eq(id)).filter(Column::UserId.eq(user));
    select.one(tx).await?.ok_or(NotificationsError::Hidden)
}

/// As the service sees it.
pub(crate) async fn find(tx: &Tx, id: Uuid) -> Result<Option<Model>, StoreError> {
    Ok(Entity::find().filter(Column::Id.eq(id)).one(tx).await?)
}

/// What is done to one notification.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Act {
    Read,
    Unread,
    Archive,
    Restore,
}

/// Does it to one of the caller's own; what is so already stays as it is.
pub(crate) async fn act(tx: &Tx, id: Uuid, act: Act) -> Result<Model, NotificationsError> {
    let before = own(tx, id).await?;
    let now = Some(tx.now().micros());
    let mut after = before.clone();
    match act {
        Act::Read => after.read_at = before.read_at.or(now),
        Act::Unread => after.read_at = None,
        Act::Archive => after.archived_at = before.archived_at.or(now),
        Act::Restore => after.archived_at = None,
    }
    if after == before {
        return Ok(before);
    }
    after.seq = next_place(tx, before.user_id).await?;
    const SQL: &str = "UPDATE notifications SET read_at = $1, archived_at = $2, seq = $3 WHERE id = $4 AND user_id = $5";
    let values = [after.read_at.into(), after.archived_at.into(), after.seq.into(), id.into(), before.user_id.into()];
    execute(tx, SQL, values).await?;
    tell(tx, before.user_id, after.seq).await?;
    Ok(after)
}

/// Marks as read what was there until a moment; says how many.
pub(crate) async fn read_all(tx: &Tx, user: Uuid, until: Timestamp) -> Result<u64, StoreError> {
    const SQL: &str = "UPDATE notifications SET read_at = $1, seq = $2 \
        WHERE user_id = $3 AND archived_at IS NULL AND read_at IS NULL AND created_at <= $4";
    let seq = next_place(tx, user).await?;
    let values = [tx.now().micros().into(), seq.into(), user.into(), until.micros().into()];
    let read = execute(tx, SQL, values).await?;
    if read > 0 {
        tell(tx, user, seq).await?;
    }
    Ok(read)
}

#[derive(FromQueryResult)]
struct Place {
    last_seq: i64,
}

/// The latest place of an inbox; 0 where nothing has ever happened.
pub(crate) async fn last_place(tx: &Tx, user: Uuid) -> Result<i64, StoreError> {
    const SQL: &str = "SELECT last_seq FROM inboxes WHERE user_id = $1";
    let row = Place::find_by_statement(Statement::from_sql_and_values(tx.get_database_backend(), SQL, [user.into()]));
    Ok(row.one(tx).await?.map_or(0, |place| place.last_seq))
}

/// What has changed after a place, in order of place. Several may share one: then all of them are given, or none.
pub(crate) async fn changes(tx: &Tx, user: Uuid, after: i64, most: u64) -> Result<Vec<Model>, StoreError> {
    let select = Entity::find().filter(Column::UserId.eq(user)).filter(Column::Seq.gt(after));
    let mut rows = select.order_by_asc(Column::Seq).order_by_asc(Column::Id).limit(most + 1).all(tx).await?;
    if rows.len() as u64 > most {
        // Not in the middle of a place.
        let cut = rows.last().map_or(0, |row| row.seq);
        let whole = rows.iter().take_while(|row| row.seq != cut).count();
        if whole > 0 {
            rows.truncate(whole);
        } else {
            let select = Entity::find().filter(Column::UserId.eq(user)).filter(Column::Seq.eq(cut));
            rows = select.order_by_asc(Column::Id).all(tx).await?;
        }
    }
    Ok(rows)
}
