//! A small service for the tests of transactions: notes of people.
#![allow(unreachable_pub, reason = "an entity's derived parts are public")]

use banyan_store::migrate::Schema;
use banyan_store::schema::{ColumnType, Table};
use banyan_store::{Policy, Rows, StoreError, Tx};
use sea_orm::entity::prelude::*;
use sea_orm::{ActiveValue::Set, QueryOrder};

pub(crate) fn schema() -> Schema {
    let notes = Table::new("notes", Policy::owned_by("user_id"))
        .column("user_id", ColumnType::Uuid)
        .column("text", ColumnType::Text)
        .column("stars", ColumnType::Integer)
        .column("created_at", ColumnType::Timestamp)
        .optional("extra", ColumnType::Json)
        .index(&["user_id", "created_at"])
        .unique(&["user_id", "text"]);
    Schema::new("notes", vec![notes])
}

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "notes")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub tenant_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub user_id: Uuid,
    pub text: String,
    pub stars: i64,
    pub created_at: i64,
    pub extra: Option<Json>,
}

impl ActiveModelBehavior for ActiveModel {}

banyan_store::record!(Model { tenant_id, id, user_id, text, stars, created_at, extra as json });

/// The caller's note, not yet written.
pub(crate) fn note(tx: &Tx, text: &str) -> ActiveModel {
    ActiveModel {
        tenant_id: Set(tx.caller().tenant),
        id: Set(tx.new_id()),
        user_id: Set(tx.caller().user_id().unwrap_or_default()),
        text: Set(text.to_owned()),
        stars: Set(0),
        created_at: Set(tx.now().micros()),
        extra: Set(Some(serde_json::json!({ "b": 1, "a": [true, null] }))),
    }
}

pub(crate) async fn insert(tx: &Tx, text: &str) -> Result<Model, StoreError> {
    Ok(note(tx, text).insert(tx).await?)
}

pub(crate) async fn texts(rows: &Rows) -> Vec<String> {
    let notes: Vec<Model> = rows
        .read(|tx| async move { Ok::<_, StoreError>(Entity::find().order_by_asc(Column::Text).all(&tx).await?) })
        .await
        .unwrap();
    notes.into_iter().map(|note| note.text).collect()
}
