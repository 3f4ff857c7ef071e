//! Which accounts may publish which types.

use banyan_kernel::{Timestamp, Uuid};
use banyan_store::Tx;
use banyan_store::audit::Record;
use sea_orm::{ConnectionTrait, FromQueryResult};
use serde_json::json;

use crate::accept::statement;
use crate::error::DoorError;

/// Of a tenant.
pub(crate) const MOST_PUBLISHERS: usize = 500;

/// Words that begin types of Banyan itself, now or later: a program outside must not be taken for it.
const RESERVED: [&str; 22] = [
    "banyan",
    "identity",
    "content",
    "goals",
    "gateway",
    "events",
    "notifications",
    "flags",
    "realtime",
    "cache",
    "ai",
    "media",
    "payments",
    "trading",
    "users",
    "jobs",
    "sagas",
    "search",
    "billing",
    "audit",
    "tenant",
    "system",
];

#[derive(Clone, Debug, FromQueryResult)]
pub(crate) struct Publisher {
    pub(crate) id: Uuid,
    pub(crate) account_id: Uuid,
    pub(crate) prefix: String,
    pub(crate) created_by: Uuid,
    pub(crate) created_at: i64,
}

impl Publisher {
    pub(crate) fn created(&self) -> Timestamp {
        Timestamp::from_micros(self.created_at)
    }
}

/// Whether types may begin so: a type by its form, in small letters, which is not Banyan's own.
pub(crate) fn is_free(prefix: &str) -> bool {
    let first = prefix.split('.').next().unwrap_or_default();
    let of_contracts = || banyan_contracts::catalogue::event_types().iter().any(|one| one.kind.split('.').next() == Some(first));
    prefix == prefix.to_ascii_lowercase() && !RESERVED.contains(&first) && !of_contracts()
}

/// The type itself, or what follows it after a point.
pub(crate) fn covers(prefix: &str, kind: &str) -> bool {
    kind.strip_prefix(prefix).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
}

pub(crate) async fn prefixes_of(tx: &Tx, account: Uuid) -> Result<Vec<String>, DoorError> {
    const SQL: &str =
        "SELECT id, account_id, prefix, created_by, created_at FROM publishers WHERE account_id = $1 ORDER BY prefix";
    let rows = tx.query_all_raw(statement(tx, SQL, vec![account.into()])).await?;
    rows.iter().map(|row| Ok(Publisher::from_query_result(row, "")?.prefix)).collect()
}

pub(crate) async fn list(tx: &Tx) -> Result<Vec<Publisher>, DoorError> {
    const SQL: &str = "SELECT id, account_id, prefix, created_by, created_at FROM publishers ORDER BY created_at, id LIMIT $1";
    let most = i64::try_from(MOST_PUBLISHERS).unwrap_or(i64::MAX);
    let rows = tx.query_all_raw(statement(tx, SQL, vec![most.into()])).await?;
    rows.iter().map(|row| Publisher::from_query_result(row, "").map_err(DoorError::from)).collect()
}

/// Declares a prefix; one that is declared already stays as it is.
pub(crate) async fn declare(tx: &Tx, account: Uuid, prefix: &str, by: Uuid) -> Result<Publisher, DoorError> {
    const SQL: &str =
        "INSERT INTO publishers (tenant_id, id, account_id, prefix, created_by, created_at) VALUES ($1, $2, $3, $4, $5, $6)";
    let known = list(tx).await?;
    if let Some(there) = known.iter().find(|one| one.account_id == account && one.prefix == prefix) {
        return Ok(there.clone());
    }
    if known.len() >= MOST_PUBLISHERS {
        return Err(DoorError::TooMany(MOST_PUBLISHERS));
    }
    let new = Publisher {
        id: tx.new_id(),
        account_id: account,
        prefix: prefix.to_owned(),
        created_by: by,
        created_at: tx.now().micros(),
    };
    let values = vec![
        tx.caller().tenant.into(),
        new.id.into(),
        new.account_id.into(),
        new.prefix.clone().into(),
        new.created_by.into(),
        new.created_at.into(),
    ];
    tx.execute_raw(statement(tx, SQL, values)).await?;
    let detail = json!({ "account": account, "prefix": prefix });
    tx.audit(Record::new("events.publisher.declared").object("publisher", new.id).detail(detail));
    Ok(new)
}

pub(crate) async fn remove(tx: &Tx, id: Uuid) -> Result<(), DoorError> {
    let sql = "DELETE FROM publishers WHERE id = $1";
    if tx.execute_raw(statement(tx, sql, vec![id.into()])).await?.rows_affected() == 0 {
        return Err(DoorError::Hidden);
    }
    tx.audit(Record::new("events.publisher.removed").object("publisher", id));
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_prefix_covers_whole_words() {
        assert!(covers("com.acme", "com.acme") && covers("com.acme", "com.acme.order.paid"));
        assert!(!covers("com.acme", "com.acmeevil.order") && !covers("com.acme", "com.ac") && !covers("com.acme", "x.com.acme"));
    }

    #[test]
    fn nobody_is_given_banyans_own_types() {
        for prefix in ["identity.user", "goals.goal", "banyan.x", "events.outside", "Identity.user", "payments.x"] {
            assert!(!is_free(prefix), "{prefix}");
        }
        assert!(is_free("com.acme"));
    }
}
