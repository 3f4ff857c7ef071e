//! Every change with who, why, and what was before and after.

use banyan_contracts::flags::FlagChanged;
use banyan_http::{Paged, Paging};
use banyan_kernel::Uuid;
use banyan_store::Tx;
use banyan_store::audit::Record;
use sea_orm::{ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder, QuerySelect};
use serde_json::{Value, json};

use crate::document::{self, Difference};
use crate::entity::change::{ActiveModel, Column, Entity, Model};
use crate::error::FlagsError;

/// Changes that are kept of one thing.
const MOST: u64 = 200;
const ORDERS: &[(&str, Column)] = &[("version", Column::Version)];

/// What a change is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Object {
    Flag,
    Segment,
    Environment,
}

impl Object {
    pub(crate) const fn word(self) -> &'static str {
        match self {
            Self::Flag => "flag",
            Self::Segment => "segment",
            Self::Environment => "environment",
        }
    }
}

/// A change that was made.
pub(crate) struct Note<'n> {
    pub(crate) object: Object,
    pub(crate) id: Uuid,
    pub(crate) name: &'n str,
    pub(crate) version: i64,
    /// In the past tense: `created`, `changed`, `archived`.
    pub(crate) act: &'n str,
    pub(crate) environment: Option<&'n str>,
    pub(crate) why: Option<&'n str>,
    pub(crate) before: Value,
    pub(crate) after: Value,
}

/// Writes it into the history, the audit log and the event log.
pub(crate) async fn write(tx: &Tx, note: Note<'_>) -> Result<(), FlagsError> {
    write_all(tx, vec![note], 1).await
}

/// As [`write()`], for many changes in the order in which they are given; `at_once` rows go in one statement.
pub(crate) async fn write_all(tx: &Tx, notes: Vec<Note<'_>>, at_once: usize) -> Result<(), FlagsError> {
    let mut notes = notes.into_iter();
    loop {
        let some: Vec<Note<'_>> = notes.by_ref().take(at_once.max(1)).collect();
        if some.is_empty() {
            return Ok(());
        }
        for note in &some {
            tell(tx, note).await?;
        }
        let old: Vec<Uuid> =
            some.iter().filter(|note| note.version > i64::try_from(MOST).unwrap_or(i64::MAX)).map(|note| note.id).collect();
        let rows: Vec<ActiveModel> = some.into_iter().map(|note| row(tx, note).into_active_model()).collect();
        Entity::insert_many(rows).exec_without_returning(tx).await?;
        for id in old {
            forget_old(tx, id).await?;
        }
    }
}

fn row(tx: &Tx, note: Note<'_>) -> Model {
    Model {
        tenant_id: tx.caller().tenant,
        id: tx.new_id(),
        object: note.object.word().to_owned(),
        object_id: note.id,
        name: note.name.to_owned(),
        version: note.version,
        act: note.act.to_owned(),
        environment: note.environment.map(str::to_owned),
        changed_by: tx.caller().user_id(),
        why: note.why.map(str::to_owned),
        before: note.before,
        after: note.after,
        created_at: tx.now().micros(),
    }
}

/// Tells the audit log and the event log.
async fn tell(tx: &Tx, note: &Note<'_>) -> Result<(), FlagsError> {
    let detail = json!({ "name": note.name, "environment": note.environment, "version": note.version, "why": note.why });
    tx.audit(Record::new(format!("{}.{}", note.object.word(), note.act)).object(note.object.word(), note.id).detail(detail));
    if note.object == Object::Flag {
        let event = FlagChanged {
            flag_id: note.id,
            key: note.name.to_owned(),
            act: note.act.to_owned(),
            environment: note.environment.map(str::to_owned),
            version: note.version,
            changed_by: tx.caller().user_id(),
        };
        tx.publish(&event).await?;
    }
    Ok(())
}

async fn forget_old(tx: &Tx, id: Uuid) -> Result<(), FlagsError> {
    let old = Entity::find().filter(Column::ObjectId.eq(id)).order_by_desc(Column::Version).offset(MOST).limit(MOST);
    let old: Vec<Uuid> = old.all(tx).await?.into_iter().map(|row| row.id).collect();
    if !old.is_empty() {
        Entity::delete_many().filter(Column::Id.is_in(old)).exec(tx).await?;
    }
    Ok(())
}

/// Of one thing.
pub(crate) async fn of(tx: &Tx, id: Uuid, paging: &Paging) -> Result<Paged<Model>, FlagsError> {
    Ok(paging.fetch(tx, Entity::find().filter(Column::ObjectId.eq(id)), ORDERS).await?)
}

pub(crate) async fn version(tx: &Tx, id: Uuid, version: i64) -> Result<Option<Model>, FlagsError> {
    let select = Entity::find().filter(Column::ObjectId.eq(id)).filter(Column::Version.eq(version));
    Ok(select.one(tx).await?)
}

/// The places of `differences` that changes after a version were about, too.
pub(crate) async fn touched_since(
    tx: &Tx,
    id: Uuid,
    version: i64,
    differences: &[Difference],
) -> Result<Vec<String>, FlagsError> {
    let since = Entity::find().filter(Column::ObjectId.eq(id)).filter(Column::Version.gt(version)).all(tx).await?;
    let later: Vec<Difference> = since.iter().flat_map(|change| document::differences(&change.before, &change.after)).collect();
    let meets = |one: &str, other: &str| one == other || within(one, other) || within(other, one);
    let touched = differences.iter().filter(|mine| later.iter().any(|theirs| meets(&mine.path, &theirs.path)));
    Ok(touched.map(|mine| mine.path.clone()).collect())
}

/// Whether the first path leads to a part of what is at the second.
fn within(inner: &str, outer: &str) -> bool {
    inner.strip_prefix(outer).is_some_and(|rest| rest.starts_with('/'))
}
