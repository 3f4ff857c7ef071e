//! What documents were: kept beside what they become.

use banyan_http::{Paged, Paging};
use banyan_kernel::Uuid;
use banyan_store::Tx;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, Select, Value};

use super::{DocumentError, Documents, execute, keep_state, locked, named, query, state};
use crate::entity::document_version::{Column, Entity, Model};
use crate::room::RoomKey;

/// Versions of a document that the service keeps by itself; the oldest go.
const MOST_AUTOMATIC: i64 = 50;
/// Those that people named; they stay until somebody deletes them.
const MOST_NAMED: i64 = 100;
/// What lists may be ordered by; the first is the default.
const ORDERS: &[(&str, Column)] = &[("seq", Column::Seq), ("createdAt", Column::CreatedAt), ("size", Column::Size)];

/// What a version is to be.
#[derive(Clone, Debug)]
pub(crate) struct NewVersion {
    /// Where it is to be kept once, however often it is asked for.
    pub(crate) id: Option<Uuid>,
    pub(crate) name: Option<String>,
    pub(crate) author: Option<Uuid>,
    pub(crate) seq: i64,
}

impl Documents {
    /// Keeps what the document is now, beside what it becomes. Gives the version that has the id already, if there is one.
    pub(crate) async fn keep_version(
        &self,
        room: &RoomKey,
        document: Uuid,
        version: &NewVersion,
        content: &[u8],
    ) -> Result<Model, DocumentError> {
        let (rows, name) = (self.0.system(room.tenant), room.name.as_ref());
        let written = rows.write(move |tx| async move {
            let row = locked(&tx, name).await?.filter(|row| row.id == document).ok_or(DocumentError::Gone)?;
            if let Some(id) = version.id
                && let Some(there) = of_document(id, document).one(&tx).await?
            {
                return Ok(there);
            }
            let (id, now) = (version.id.unwrap_or_else(|| tx.new_id()), tx.now().micros());
            if version.name.is_some() && count_named(&tx, document).await? >= MOST_NAMED {
                return Err(DocumentError::FullOfVersions);
            }
            const SQL: &str = "INSERT INTO document_versions (tenant_id, id, document_id, name, seq, size, author_id, created_at) \
                VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";
            let size = i64::try_from(content.len()).unwrap_or(i64::MAX);
            let (tenant, name): (Value, Value) = (row.tenant_id.into(), version.name.clone().into());
            let values = [tenant, id.into(), document.into(), name, version.seq.into(), size.into(), version.author.into(), now.into()];
            execute(&tx, SQL, values).await?;
            keep_state(&tx, id, document, content).await?;
            if version.name.is_none() {
                const MARK: &str = "UPDATE documents SET version_seq = $1, versioned_at = $2 WHERE id = $3";
                execute(&tx, MARK, [version.seq.into(), now.into(), document.into()]).await?;
                trim(&tx, document).await?;
            }
            Ok::<_, DocumentError>(Model {
                tenant_id: row.tenant_id,
                id,
                document_id: document,
                name: version.name.clone(),
                seq: version.seq,
                size,
                author_id: version.author,
                created_at: now,
            })
        });
        written.await
    }

    pub(crate) async fn versions(&self, room: &RoomKey, paging: &Paging) -> Result<Paged<Model>, DocumentError> {
        let (rows, name) = (self.0.system(room.tenant), room.name.as_ref());
        let read = rows.read(move |tx| async move {
            let document = named(&tx, name).await?.map_or_else(Uuid::nil, |row| row.id);
            let select = Entity::find().filter(Column::DocumentId.eq(document));
            Ok::<_, DocumentError>(paging.fetch(&tx, select, ORDERS).await?)
        });
        read.await
    }

    /// A version with its content.
    pub(crate) async fn version(&self, room: &RoomKey, id: Uuid) -> Result<(Model, Vec<u8>), DocumentError> {
        let (rows, name) = (self.0.system(room.tenant), room.name.as_ref());
        let read = rows.read(move |tx| async move {
            let document = named(&tx, name).await?.ok_or(DocumentError::NoVersion)?;
            let version = of_document(id, document.id).one(&tx).await?.ok_or(DocumentError::NoVersion)?;
            let content = state(&tx, id, document.id).await?.ok_or(DocumentError::NoVersion)?;
            Ok::<_, DocumentError>((version, content))
        });
        read.await
    }

    /// # Errors
    /// [`DocumentError::NoVersion`] where there is none of that id.
    pub(crate) async fn delete_version(&self, room: &RoomKey, id: Uuid) -> Result<(), DocumentError> {
        let (rows, name) = (self.0.system(room.tenant), room.name.as_ref());
        let written = rows.write(move |tx| async move {
            let document = locked(&tx, name).await?.ok_or(DocumentError::NoVersion)?.id;
            const SQL: &str = "DELETE FROM document_versions WHERE id = $1 AND document_id = $2";
            if execute(&tx, SQL, [id.into(), document.into()]).await? == 0 {
                return Err(DocumentError::NoVersion);
            }
            const STATE: &str = "DELETE FROM document_states WHERE id = $1";
            execute(&tx, STATE, [id.into()]).await.map(drop)
        });
        written.await
    }
}

fn of_document(id: Uuid, document: Uuid) -> Select<Entity> {
    Entity::find().filter(Column::Id.eq(id)).filter(Column::DocumentId.eq(document))
}

async fn count_named(tx: &Tx, document: Uuid) -> Result<i64, DocumentError> {
    const SQL: &str = "SELECT COUNT(*) AS number FROM document_versions WHERE document_id = $1 AND name IS NOT NULL";
    let found = query(tx, SQL, [document.into()]).await?;
    Ok(found.first().map(|row| row.try_get("", "number")).transpose()?.unwrap_or(0))
}

/// Of those that the service kept by itself the latest stay.
async fn trim(tx: &Tx, document: Uuid) -> Result<(), DocumentError> {
    const OLD: &str = "SELECT id FROM document_versions WHERE document_id = $1 AND name IS NULL ORDER BY created_at DESC, id DESC \
        LIMIT 1000 OFFSET $2";
    for row in query(tx, OLD, [document.into(), MOST_AUTOMATIC.into()]).await? {
        let id: Uuid = row.try_get("", "id")?;
        execute(tx, "DELETE FROM document_versions WHERE id = $1", [id.into()]).await?;
        execute(tx, "DELETE FROM document_states WHERE id = $1", [id.into()]).await?;
    }
    Ok(())
}
