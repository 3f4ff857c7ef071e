//! Sessions of an application's demo people: `demo/context.toml`.

use std::collections::BTreeMap;

use banyan_kernel::application::{ApplicationError, Document, parse_toml};
use banyan_kernel::{Caller, RequestId, Role as TenantRole, Roles, Uuid};
use banyan_store::{Store, Tx};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use serde::Deserialize;
use serde_json::Value;

use crate::entity::{item, participant, session};
use crate::error::ContextError;
use crate::model::Role;
use crate::store::items::{self, Content};
use crate::store::{participants, sessions};

/// Why the demo data could not be written.
#[derive(Debug, thiserror::Error)]
pub enum DemoError {
    #[error(transparent)]
    Document(#[from] ApplicationError),
    #[error(transparent)]
    Context(#[from] ContextError),
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Demo {
    sessions: Vec<DemoSession>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct DemoSession {
    /// Once for its owner.
    title: String,
    description: Option<String>,
    owner: String,
    #[serde(default)]
    editors: Vec<String>,
    #[serde(default)]
    viewers: Vec<String>,
    #[serde(default)]
    items: Vec<DemoItem>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct DemoItem {
    /// The owner or an editor.
    by: String,
    kind: String,
    title: Option<String>,
    value: Value,
}

/// Writes the demo data of `document` for the people whose ids are given by e-mail address, as those people. It may run at each start. The
/// engine's suggestions follow as soon as its jobs run.
///
/// # Errors
/// A document that cannot be read or names somebody else; what the store answers.
pub async fn seed_demo(
    store: &Store,
    tenant: Uuid,
    people: &BTreeMap<String, Uuid>,
    document: &Document,
) -> Result<(), DemoError> {
    let demo: Demo = parse_toml(&document.path, &document.text)?;
    for one in &demo.sessions {
        let owner = document.person(people, &one.owner)?;
        let mut guests = Vec::new();
        for (list, role) in [(&one.editors, Role::Editor), (&one.viewers, Role::Viewer)] {
            for guest in list {
                guests.push((document.person(people, guest)?, role));
            }
        }
        let mut written = Vec::new();
        for item in &one.items {
            written.push((document.person(people, &item.by)?, item));
        }
        let guests = &guests;
        let rows = store.bind(&acting(store, tenant, owner));
        let id = rows.write(move |tx| async move { begin(&tx, owner, one, guests).await }).await?;
        for (author, item) in written {
            let rows = store.bind(&acting(store, tenant, author));
            rows.write(move |tx| async move { add(&tx, id, item).await }).await?;
        }
    }
    Ok(())
}

fn acting(store: &Store, tenant: Uuid, person: Uuid) -> Caller {
    Caller::user(tenant, person, Roles::from_iter([TenantRole::User]), RequestId(store.environment().ids.next()))
}

/// The session of this title that the owner takes part in, or a new one.
async fn begin(tx: &Tx, owner: Uuid, demo: &DemoSession, guests: &[(Uuid, Role)]) -> Result<Uuid, ContextError> {
    let mine = participant::Entity::find().filter(participant::Column::UserId.eq(owner)).all(tx).await?;
    let ids: Vec<Uuid> = mine.into_iter().filter(|row| row.role == Role::Owner).map(|row| row.session_id).collect();
    for id in ids {
        let known = session::Entity::find().filter(session::Column::Id.eq(id)).filter(session::Column::Title.eq(&demo.title));
        if known.one(tx).await?.is_some() {
            return Ok(id);
        }
    }
    let session = sessions::create(tx, owner, &demo.title, demo.description.as_deref()).await?;
    for (guest, role) in guests {
        participants::put(tx, session.id, *guest, *role).await?;
    }
    Ok(session.id)
}

/// Adds the item unless the author has added one of this title, or is no part of the session any more.
async fn add(tx: &Tx, session: Uuid, demo: &DemoItem) -> Result<(), ContextError> {
    let known = item::Entity::find().filter(item::Column::SessionId.eq(session)).filter(item::Column::Kind.eq(&demo.kind));
    let known = match &demo.title {
        Some(title) => known.filter(item::Column::Title.eq(title)),
        None => known.filter(item::Column::Title.is_null()),
    };
    if known.one(tx).await?.is_some() {
        return Ok(());
    }
    match sessions::writable(tx, session).await {
        Ok(_) => {}
        // Somebody has put it away, ended it, or taken the author out: it stays as they left it.
        Err(ContextError::Hidden | ContextError::Conflict(_)) => return Ok(()),
        Err(error) => return Err(error),
    }
    let content = Content { kind: demo.kind.clone(), title: demo.title.clone(), value: demo.value.clone() };
    items::create(tx, session, &content).await.map(drop)
}
