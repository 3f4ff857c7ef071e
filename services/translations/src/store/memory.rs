//! Earlier translations and the glossary.

use banyan_http::{FieldError, Paged, Paging};
use banyan_kernel::Uuid;
use banyan_store::{StoreError, Tx};
use sea_orm::{ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder, QuerySelect};
use sha2::{Digest, Sha256};

use super::execute;
use crate::entity::memory::{Column, Entity, Model};
use crate::entity::{term, translation};
use crate::error::TranslationsError;

/// So many are looked through for a suggestion, the latest.
const MOST_REMEMBERED: u64 = 5_000;
/// The most words of a glossary that warnings look at.
const MOST_TERMS: u64 = 5_000;
const TERM_ORDERS: &[(&str, term::Column)] = &[("term", term::Column::Term), ("createdAt", term::Column::CreatedAt)];

/// Remembers what was approved. What is known already stays as it is.
pub(crate) async fn remember(tx: &Tx, row: &translation::Model) -> Result<(), TranslationsError> {
    const SQL: &str = "INSERT INTO translation_memory (tenant_id, id, locale, digest, key, source, text, created_at) \
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT DO NOTHING";
    let mut digest = Sha256::new();
    digest.update(row.source.as_bytes());
    digest.update([0]);
    digest.update(row.text.as_bytes());
    let digest: String = digest.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
    let values = [
        row.tenant_id.into(),
        tx.new_id().into(),
        row.locale.as_str().into(),
        digest.into(),
        row.key.as_str().into(),
        row.source.as_str().into(),
        row.text.as_str().into(),
        tx.now().micros().into(),
    ];
    execute(tx, SQL, values).await?;
    Ok(())
}

pub(crate) async fn remembered(tx: &Tx, locale: &str) -> Result<Vec<Model>, TranslationsError> {
    let select = Entity::find().filter(Column::Locale.eq(locale)).order_by_desc(Column::CreatedAt).limit(MOST_REMEMBERED);
    Ok(select.all(tx).await?)
}

pub(crate) async fn terms(tx: &Tx, locale: &str) -> Result<Vec<term::Model>, TranslationsError> {
    Ok(term::Entity::find().filter(term::Column::Locale.eq(locale)).limit(MOST_TERMS).all(tx).await?)
}

pub(crate) async fn list_terms(tx: &Tx, locale: Option<&str>, paging: &Paging) -> Result<Paged<term::Model>, TranslationsError> {
    let select = locale.map_or_else(term::Entity::find, |locale| term::Entity::find().filter(term::Column::Locale.eq(locale)));
    Ok(paging.fetch(tx, select, TERM_ORDERS).await?)
}

pub(crate) async fn add_term(tx: &Tx, row: term::Model) -> Result<term::Model, TranslationsError> {
    let taken = || TranslationsError::Field { field: "term", error: FieldError::new("taken", "translations-field-term-taken") };
    let same = term::Entity::find()
        .filter(term::Column::Locale.eq(row.locale.as_str()))
        .filter(term::Column::Term.eq(row.term.as_str()));
    if same.one(tx).await?.is_some() {
        return Err(taken());
    }
    let inserted = term::Entity::insert(row.clone().into_active_model()).exec_without_returning(tx).await;
    inserted.map_err(|error| match StoreError::from(error) {
        StoreError::Unique { .. } => taken(),
        error => error.into(),
    })?;
    Ok(row)
}

pub(crate) async fn remove_term(tx: &Tx, id: Uuid) -> Result<(), TranslationsError> {
    let removed = term::Entity::delete_many().filter(term::Column::Id.eq(id)).exec(tx).await?;
    if removed.rows_affected == 0 { Err(TranslationsError::Hidden) } else { Ok(()) }
}
