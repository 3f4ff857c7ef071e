//! The rows of documents. Who may is decided before: here the service acts for itself.

mod versions;

use std::sync::Arc;

use banyan_http::Problem;
use banyan_kernel::Uuid;
use banyan_store::{Store, StoreError, Tx};
use sea_orm::{ColumnTrait, ConnectionTrait, DbErr, EntityTrait, QueryFilter, QueryResult, QuerySelect, Statement, Value};

use crate::entity::document;
use crate::room::RoomKey;

pub(crate) use versions::NewVersion;

#[derive(Debug, thiserror::Error)]
pub(crate) enum DocumentError {
    /// It was deleted, or is another one by now.
    #[error("the document is gone")]
    Gone,
    /// Nobody has written anything.
    #[error("there is no such document yet")]
    Nothing,
    #[error("the document has no such version")]
    NoVersion,
    #[error("the document has as many named versions as may be")]
    FullOfVersions,
    #[error("the document is not worked on")]
    Broken,
    #[error(transparent)]
    Problem(#[from] Problem),
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<DbErr> for DocumentError {
    fn from(error: DbErr) -> Self {
        Self::Store(error.into())
    }
}

/// What is stored of a document, as far as it was asked for.
#[derive(Debug)]
pub(crate) struct Stored {
    pub(crate) row: document::Model,
    /// Updates that bring whoever has asked to `row.seq`, in any order.
    pub(crate) updates: Vec<Vec<u8>>,
    /// What is not in the snapshot yet.
    pub(crate) loose: Loose,
}

/// Updates that stand beside a document's snapshot.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Loose {
    pub(crate) count: usize,
    pub(crate) bytes: usize,
}

/// An update that is to be kept.
#[derive(Clone, Debug)]
pub(crate) struct New {
    pub(crate) content: Arc<Vec<u8>>,
    pub(crate) author: Option<Uuid>,
}

/// Where new updates stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Placed {
    pub(crate) document: Uuid,
    pub(crate) first: i64,
    pub(crate) last: i64,
}

#[derive(Clone)]
pub(crate) struct Documents(pub(crate) Store);

impl Documents {
    /// What was stored after `seq`; all of it after 0. Nothing where there is no such document.
    pub(crate) async fn since(&self, room: &RoomKey, seq: i64) -> Result<Option<Stored>, DocumentError> {
        let (rows, name) = (self.0.system(room.tenant), room.name.as_ref());
        let read = rows.read(move |tx| async move {
            let Some(row) = named(&tx, name).await? else { return Ok(None) };
            let mut updates = Vec::new();
            if row.snapshot_seq > seq {
                updates.push(state(&tx, row.id, row.id).await?.ok_or(DocumentError::Gone)?);
            }
            let from = seq.max(row.snapshot_seq);
            let mut loose = Loose::default();
            if row.seq > from {
                const SQL: &str =
                    "SELECT content FROM document_updates WHERE document_id = $1 AND seq > $2 AND seq <= $3 ORDER BY seq";
                for found in query(&tx, SQL, [row.id.into(), from.into(), row.seq.into()]).await? {
                    let content: Vec<u8> = found.try_get("", "content")?;
                    loose = Loose { count: loose.count + 1, bytes: loose.bytes + content.len() };
                    updates.push(content);
                }
            }
            Ok::<_, DocumentError>(Some(Stored { row, updates, loose }))
        });
        read.await
    }

    /// Which document it is, and how far it has come.
    pub(crate) async fn place(&self, room: &RoomKey) -> Result<Option<(Uuid, i64)>, DocumentError> {
        let (rows, name) = (self.0.system(room.tenant), room.name.as_ref());
        let read = rows.read(move |tx| async move { named(&tx, name).await });
        Ok(read.await?.map(|row| (row.id, row.seq)))
    }

    /// Keeps updates. `known` is the document as it was read; nothing where there was none, and then it is made.
    ///
    /// # Errors
    /// [`DocumentError::Gone`] where it was deleted since it was read.
    pub(crate) async fn append(&self, room: &RoomKey, known: Option<Uuid>, new: &[New]) -> Result<Placed, DocumentError> {
        let (rows, name) = (self.0.system(room.tenant), room.name.as_ref());
        let written = rows.write(move |tx| async move {
            if known.is_none() {
                make(&tx, name).await?;
            }
            let row = locked(&tx, name).await?.filter(|row| known.is_none_or(|known| known == row.id));
            let row = row.ok_or(DocumentError::Gone)?;
            let now = tx.now().micros();
            let mut seq = row.seq;
            for one in new {
                const SQL: &str = "INSERT INTO document_updates (tenant_id, id, document_id, seq, content, author_id, created_at) \
                    VALUES ($1, $2, $3, $4, $5, $6, $7)";
                seq += 1;
                let tenant: Value = tx.caller().tenant.into();
                let (id, content): (Value, Value) = (tx.new_id().into(), one.content.as_ref().clone().into());
                execute(&tx, SQL, [tenant, id, row.id.into(), seq.into(), content, one.author.into(), now.into()]).await?;
            }
            const ADVANCE: &str = "UPDATE documents SET seq = $1, updated_at = $2 WHERE id = $3";
            execute(&tx, ADVANCE, [seq.into(), now.into(), row.id.into()]).await?;
            Ok::<_, DocumentError>(Placed { document: row.id, first: row.seq + 1, last: seq })
        });
        written.await
    }

    /// Puts one state in the place of all updates up to `seq`. Does nothing where the document has come further meanwhile.
    pub(crate) async fn compact(&self, room: &RoomKey, document: Uuid, seq: i64, content: &[u8]) -> Result<bool, DocumentError> {
        let (rows, name) = (self.0.system(room.tenant), room.name.as_ref());
        let written = rows.write(move |tx| async move {
            let row = locked(&tx, name).await?.filter(|row| row.id == document).ok_or(DocumentError::Gone)?;
            if row.seq != seq || row.snapshot_seq >= seq {
                return Ok(false);
            }
            const OLD: &str = "DELETE FROM document_states WHERE id = $1";
            execute(&tx, OLD, [document.into()]).await?;
            keep_state(&tx, document, document, content).await?;
            const UPDATES: &str = "DELETE FROM document_updates WHERE document_id = $1 AND seq <= $2";
            execute(&tx, UPDATES, [document.into(), seq.into()]).await?;
            const MARK: &str = "UPDATE documents SET snapshot_seq = $1 WHERE id = $2";
            execute(&tx, MARK, [seq.into(), document.into()]).await?;
            Ok::<_, DocumentError>(true)
        });
        written.await
    }

    /// See [`forget`].
    pub(crate) async fn delete(&self, room: &RoomKey) -> Result<(), DocumentError> {
        let (rows, name) = (self.0.system(room.tenant), room.name.as_ref());
        let written = rows.write(move |tx| async move { forget(&tx, name).await });
        written.await
    }
}

/// The document of a room goes with all that was ever kept of it, if there is one.
pub(crate) async fn forget(tx: &Tx, name: &str) -> Result<(), DocumentError> {
    execute(tx, "DELETE FROM documents WHERE name = $1", [name.into()]).await.map(drop)
}

/// A person's name goes from what they wrote and kept, which is their room's.
pub(crate) async fn erase(tx: &Tx, user: Uuid) -> Result<(), StoreError> {
    for sql in [
        "UPDATE document_updates SET author_id = NULL WHERE author_id = $1",
        "UPDATE document_versions SET author_id = NULL WHERE author_id = $1",
    ] {
        tx.execute_raw(Statement::from_sql_and_values(tx.get_database_backend(), sql, [user.into()])).await?;
    }
    Ok(())
}

async fn named(tx: &Tx, name: &str) -> Result<Option<document::Model>, DocumentError> {
    Ok(document::Entity::find().filter(document::Column::Name.eq(name)).one(tx).await?)
}

/// Until the transaction ends.
async fn locked(tx: &Tx, name: &str) -> Result<Option<document::Model>, DocumentError> {
    Ok(document::Entity::find().filter(document::Column::Name.eq(name)).lock_exclusive().one(tx).await?)
}

/// One that is there already stays.
async fn make(tx: &Tx, name: &str) -> Result<(), DocumentError> {
    const SQL: &str = "INSERT INTO documents (tenant_id, id, name, seq, snapshot_seq, version_seq, versioned_at, created_at, updated_at) \
        VALUES ($1, $2, $3, 0, 0, 0, $4, $5, $6) ON CONFLICT (tenant_id, name) DO NOTHING";
    let (now, id) = (tx.now().micros(), tx.new_id());
    execute(tx, SQL, [tx.caller().tenant.into(), id.into(), name.into(), now.into(), now.into(), now.into()]).await.map(drop)
}

async fn state(tx: &Tx, id: Uuid, document: Uuid) -> Result<Option<Vec<u8>>, DocumentError> {
    const SQL: &str = "SELECT content FROM document_states WHERE id = $1 AND document_id = $2";
    let found = query(tx, SQL, [id.into(), document.into()]).await?;
    Ok(found.first().map(|row| row.try_get("", "content")).transpose()?)
}

async fn keep_state(tx: &Tx, id: Uuid, document: Uuid, content: &[u8]) -> Result<(), DocumentError> {
    const SQL: &str = "INSERT INTO document_states (tenant_id, id, document_id, content) VALUES ($1, $2, $3, $4)";
    execute(tx, SQL, [tx.caller().tenant.into(), id.into(), document.into(), content.to_vec().into()]).await.map(drop)
}

async fn query<const N: usize>(tx: &Tx, sql: &str, values: [Value; N]) -> Result<Vec<QueryResult>, DocumentError> {
    Ok(tx.query_all_raw(Statement::from_sql_and_values(tx.get_database_backend(), sql, values)).await?)
}

/// How many rows it changed.
async fn execute<const N: usize>(tx: &Tx, sql: &str, values: [Value; N]) -> Result<u64, DocumentError> {
    let statement = Statement::from_sql_and_values(tx.get_database_backend(), sql, values);
    Ok(tx.execute_raw(statement).await?.rows_affected())
}
