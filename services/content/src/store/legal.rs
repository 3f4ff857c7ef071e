//! A tenant's own versions of legal texts.

use banyan_kernel::{Timestamp, Uuid};
use banyan_store::Tx;
use sea_orm::{ActiveModelTrait, ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder, QuerySelect};

use crate::entity::legal_text;
use crate::entity::legal_text::{Purpose, Purposes};
use crate::entity::legal_version::{Column, Entity, Kind, Model, State};
use crate::error::ContentError;
use crate::legal::{Shelves, Text};

/// The texts of a kind that count at `now`, in all languages: the tenant's own, or else the files'.
pub(crate) async fn current(
    tx: &Tx,
    shelves: &Shelves,
    app: &str,
    kind: Kind,
    now: Timestamp,
) -> Result<Vec<Text>, ContentError> {
    let own = Entity::find()
        .filter(Column::Kind.eq(kind))
        .filter(Column::State.eq(State::Published))
        .filter(Column::EffectiveAt.lte(now.micros()))
        .order_by_desc(Column::EffectiveAt)
        .order_by_desc(Column::Number);
    match own.one(tx).await? {
        Some(row) => texts(tx, &row).await,
        None => Ok(of_files(shelves, app, kind).filter(|text| text.effective_at <= now).cloned().collect()),
    }
}

/// The texts of a published version that counts or counted at `now`, in all languages.
pub(crate) async fn published(tx: &Tx, shelves: &Shelves, app: &str, kind: Kind, number: i64) -> Result<Vec<Text>, ContentError> {
    match find(tx, kind, number).await? {
        Some(row) if row.state == State::Published => texts(tx, &row).await,
        _ => Ok(of_files(shelves, app, kind).filter(|text| text.number == number).cloned().collect()),
    }
}

fn of_files<'s>(shelves: &'s Shelves, app: &str, kind: Kind) -> impl Iterator<Item = &'s Text> {
    shelves.of(app).iter().filter(move |text| text.kind == kind)
}

pub(crate) async fn find(tx: &Tx, kind: Kind, number: i64) -> Result<Option<Model>, ContentError> {
    Ok(Entity::find().filter(Column::Kind.eq(kind)).filter(Column::Number.eq(number)).one(tx).await?)
}

/// A draft, locked until the transaction ends.
pub(crate) async fn draft(tx: &Tx, kind: Kind, number: i64) -> Result<Model, ContentError> {
    let select = Entity::find().filter(Column::Kind.eq(kind)).filter(Column::Number.eq(number)).lock_exclusive();
    match select.one(tx).await? {
        None => Err(ContentError::Missing),
        Some(row) if row.state == State::Published => Err(ContentError::Conflict("legal-published-stays")),
        Some(row) => Ok(row),
    }
}

/// All versions of a tenant, the latest of each kind first. There are few.
pub(crate) async fn all(tx: &Tx) -> Result<Vec<Model>, ContentError> {
    Ok(Entity::find().order_by_asc(Column::Kind).order_by_desc(Column::Number).all(tx).await?)
}

pub(crate) async fn rows(tx: &Tx, version: Uuid) -> Result<Vec<legal_text::Model>, ContentError> {
    let select = legal_text::Entity::find().filter(legal_text::Column::VersionId.eq(version));
    Ok(select.order_by_asc(legal_text::Column::Locale).all(tx).await?)
}

/// The texts of a version as people read them.
pub(crate) async fn texts(tx: &Tx, version: &Model) -> Result<Vec<Text>, ContentError> {
    let rows = rows(tx, version.id).await?;
    let text = |row: legal_text::Model| Text {
        kind: version.kind,
        number: version.number,
        locale: row.locale,
        title: row.title,
        text: row.text,
        purposes: row.purposes.0,
        effective_at: Timestamp::from_micros(version.effective_at.unwrap_or(version.created_at)),
        version: Some(version.id),
    };
    Ok(rows.into_iter().map(text).collect())
}

/// A draft that begins with `texts`. Its number follows all that there were.
pub(crate) async fn begin(tx: &Tx, kind: Kind, after: i64, texts: &[Text]) -> Result<Model, ContentError> {
    let latest = Entity::find().filter(Column::Kind.eq(kind)).order_by_desc(Column::Number).limit(1).one(tx).await?;
    let now = tx.now().micros();
    let row = Model {
        tenant_id: tx.caller().tenant,
        id: tx.new_id(),
        kind,
        number: latest.map_or(after, |row| row.number.max(after)) + 1,
        state: State::Draft,
        effective_at: None,
        published_at: None,
        published_by: None,
        author_id: tx.caller().user_id(),
        version: 1,
        created_at: now,
        updated_at: now,
    };
    Entity::insert(row.clone().into_active_model()).exec_without_returning(tx).await?;
    for text in texts {
        write(tx, row.id, None, &text.locale, &text.title, &text.text, &text.purposes).await?;
    }
    Ok(row)
}

/// Writes the words of a draft in one language, over those that there were.
pub(crate) async fn write(
    tx: &Tx,
    version: Uuid,
    before: Option<&legal_text::Model>,
    locale: &str,
    title: &str,
    text: &str,
    purposes: &[Purpose],
) -> Result<legal_text::Model, ContentError> {
    let row = legal_text::Model {
        tenant_id: tx.caller().tenant,
        id: before.map_or_else(|| tx.new_id(), |row| row.id),
        version_id: version,
        locale: locale.to_owned(),
        title: title.to_owned(),
        text: text.to_owned(),
        purposes: Purposes(purposes.to_vec()),
        version: before.map_or(1, |row| row.version + 1),
        updated_at: tx.now().micros(),
    };
    let changes = row.clone().into_active_model();
    match before {
        None => {
            legal_text::Entity::insert(changes).exec_without_returning(tx).await?;
        }
        Some(before) => {
            let mut changes = changes.reset_all();
            for column in [legal_text::Column::TenantId, legal_text::Column::Id, legal_text::Column::VersionId] {
                changes.not_set(column);
            }
            let update = legal_text::Entity::update_many().set(changes).filter(legal_text::Column::Id.eq(before.id));
            update.filter(legal_text::Column::Version.eq(before.version)).exec(tx).await?;
        }
    }
    Ok(row)
}

/// From `effective_at` on the version counts, and is never changed again.
pub(crate) async fn publish(tx: &Tx, before: &Model, effective_at: Timestamp) -> Result<Model, ContentError> {
    let now = tx.now().micros();
    let after = Model {
        state: State::Published,
        effective_at: Some(effective_at.micros()),
        published_at: Some(now),
        published_by: tx.caller().user_id(),
        version: before.version + 1,
        updated_at: now,
        ..before.clone()
    };
    let mut changes = after.clone().into_active_model().reset_all();
    for column in [Column::TenantId, Column::Id, Column::Kind, Column::Number] {
        changes.not_set(column);
    }
    let update = Entity::update_many().set(changes).filter(Column::Id.eq(before.id)).filter(Column::Version.eq(before.version));
    if update.exec(tx).await?.rows_affected == 1 { Ok(after) } else { Err(ContentError::Hidden) }
}

/// Removes a draft with its texts.
pub(crate) async fn remove(tx: &Tx, draft: &Model) -> Result<(), ContentError> {
    Entity::delete_many().filter(Column::Id.eq(draft.id)).exec(tx).await?;
    Ok(())
}
