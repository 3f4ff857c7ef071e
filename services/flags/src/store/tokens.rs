//! Tokens of programs.

use banyan_http::{Paged, Paging};
use banyan_kernel::Uuid;
use banyan_store::Tx;
use banyan_store::audit::Record;
use sea_orm::{ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter};
use serde_json::json;

use super::{execute, revisions};
use crate::entity::token::{Column, Entity, Model};
use crate::error::FlagsError;

/// How many a tenant may have that count.
pub(crate) const MOST: usize = 500;
const ORDERS: &[(&str, Column)] = &[("createdAt", Column::CreatedAt), ("name", Column::Name)];

pub(crate) async fn list(tx: &Tx, paging: &Paging) -> Result<Paged<Model>, FlagsError> {
    Ok(paging.fetch(tx, Entity::find().filter(Column::Tenant.eq(tx.caller().tenant)), ORDERS).await?)
}

/// Those that are not revoked.
pub(crate) async fn living(tx: &Tx, tenant: Uuid) -> Result<Vec<Model>, FlagsError> {
    Ok(Entity::find().filter(Column::Tenant.eq(tenant)).filter(Column::RevokedAt.is_null()).all(tx).await?)
}

pub(crate) async fn insert(tx: &Tx, row: Model, why: Option<&str>) -> Result<Model, FlagsError> {
    revisions::bump(tx, revisions::TOKENS).await?;
    if living(tx, row.tenant).await?.len() >= MOST {
        return Err(FlagsError::TooMany { message: "flags-too-many-tokens", most: MOST });
    }
    Entity::insert(row.clone().into_active_model()).exec_without_returning(tx).await?;
    let detail = json!({ "name": row.name, "kind": row.kind, "environment": row.environment, "why": why });
    tx.audit(Record::new("flag-token.created").object("flag-token", row.id).detail(detail));
    Ok(row)
}

/// Twice is the same as once.
pub(crate) async fn revoke(tx: &Tx, id: Uuid, why: Option<&str>) -> Result<(), FlagsError> {
    const SQL: &str = "UPDATE flag_tokens SET revoked_at = $1 WHERE id = $2 AND tenant = $3 AND revoked_at IS NULL";
    let tenant = tx.caller().tenant;
    let select = Entity::find().filter(Column::Id.eq(id)).filter(Column::Tenant.eq(tenant));
    let row = select.one(tx).await?.ok_or(FlagsError::Hidden)?;
    revisions::bump(tx, revisions::TOKENS).await?;
    if execute(tx, SQL, [tx.now().micros().into(), id.into(), tenant.into()]).await? > 0 {
        tx.audit(Record::new("flag-token.revoked").object("flag-token", id).detail(json!({ "name": row.name, "why": why })));
    }
    Ok(())
}
