//! Sharing over HTTP: a person lets another (a coach, say) read chosen kinds of her rows in one service, and takes it back.
//!
//! The store keeps and enforces it ([`banyan_store::grants`]); this is the one form in which services offer it. A service adds
//! three handlers under its own path that call [`list`], [`give`] and [`take_back`] with the kinds that it knows.

use banyan_kernel::{Timestamp, Uuid};
use banyan_store::grants;
use banyan_store::idempotency::IdempotencyKey;
use banyan_store::{Rows, StoreError, Tx};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::paging::Order;
use crate::{Check, FieldError, Paged, Paging, Problem, Validate};

/// What somebody may read of somebody else.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Grant {
    /// Whose rows they are.
    pub owner_id: Uuid,
    /// Who may read them.
    pub grantee_id: Uuid,
    /// What may be read.
    pub kinds: Vec<String>,
    /// When the latest of them was given.
    #[schema(value_type = String, format = DateTime)]
    pub granted_at: Timestamp,
}

/// Whom to let read what.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct NewGrant {
    /// The person who may read.
    pub grantee_id: Uuid,
    /// What they may read; the kinds of this service.
    #[schema(min_items = 1, max_items = 20)]
    pub kinds: Vec<String>,
}

impl Validate for NewGrant {
    fn validate(&self, check: &mut Check) {
        check.count("kinds", &self.kinds, 1, 20);
    }
}

/// From whom to take back what.
#[derive(Clone, Debug, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct TakeBack {
    /// The person who may no longer read.
    pub grantee_id: Uuid,
    /// One kind; all kinds of this service if it is left out.
    pub kind: Option<String>,
}

impl Validate for TakeBack {}

/// What the caller has given and received, newest first unless asked otherwise. `orderBy` is `grantedAt`.
///
/// # Errors
/// 422 for another order; what the store answers.
pub async fn list(rows: &Rows, paging: &Paging) -> Result<Paged<Grant>, Problem> {
    paging.ordered_by(&[("grantedAt", ())])?;
    let mut standing = rows.read(|tx| async move { grouped(&tx).await }).await?;
    if paging.order == Order::Ascending {
        standing.reverse();
    }
    Ok(paging.cut(standing.into_iter()))
}

/// The caller lets another read. Giving twice is the same as once. Answers what that person may read now.
///
/// # Errors
/// 401 for an anonymous caller; 422 for a kind that the service does not know, or when the caller names herself.
pub async fn give(rows: &Rows, key: Option<&IdempotencyKey>, known: &[&str], grant: &NewGrant) -> Result<Grant, Problem> {
    let owner = rows.caller().require_user()?;
    let mut check = Check::new();
    if grant.grantee_id == owner {
        check.error("granteeId", FieldError::new("own-account", "field-own-account"));
    }
    for (position, kind) in grant.kinds.iter().enumerate() {
        check_kind(&mut check, &format!("kinds[{position}]"), kind, known);
    }
    check.finish()?;
    let given = rows.write_once(key, move |tx| async move {
        for kind in &grant.kinds {
            grants::grant(&tx, owner, grant.grantee_id, kind).await?;
        }
        let standing = grouped(&tx).await?;
        Ok::<_, StoreError>(standing.into_iter().find(|known| known.owner_id == owner && known.grantee_id == grant.grantee_id))
    });
    given.await?.ok_or_else(|| Problem::internal(&"a grant that was just given is not there"))
}

/// The caller takes back what she gave, with effect on the next read. Taking back nothing is no mistake.
///
/// # Errors
/// 401 for an anonymous caller; 422 for a kind that the service does not know.
pub async fn take_back(rows: &Rows, known: &[&str], which: &TakeBack) -> Result<(), Problem> {
    let owner = rows.caller().require_user()?;
    let mut check = Check::new();
    if let Some(kind) = &which.kind {
        check_kind(&mut check, "kind", kind, known);
    }
    check.finish()?;
    let kinds = known.iter().copied().filter(|kind| which.kind.as_deref().is_none_or(|only| only == *kind));
    let kinds = &kinds.collect::<Vec<_>>();
    rows.write(move |tx| async move {
        for kind in kinds {
            grants::revoke(&tx, owner, which.grantee_id, kind).await?;
        }
        Ok::<_, StoreError>(())
    })
    .await?;
    Ok(())
}

fn check_kind(check: &mut Check, field: &str, kind: &str, known: &[&str]) {
    if !known.contains(&kind) {
        check.error(field, FieldError::not_one_of(known));
    }
}

/// One grant for each pair of people, the newest pair first.
async fn grouped(tx: &Tx) -> Result<Vec<Grant>, StoreError> {
    let mut found: Vec<Grant> = Vec::new();
    for one in grants::list(tx).await? {
        let same = found.iter_mut().find(|grant| grant.owner_id == one.owner_id && grant.grantee_id == one.grantee_id);
        let granted_at = one.created_at();
        match same {
            // Two that gave the same at once left two rows; they count once.
            Some(grant) if grant.kinds.contains(&one.kind) => {}
            Some(grant) => grant.kinds.push(one.kind),
            None => found.push(Grant { owner_id: one.owner_id, grantee_id: one.grantee_id, kinds: vec![one.kind], granted_at }),
        }
    }
    found.iter_mut().for_each(|grant| grant.kinds.sort());
    Ok(found)
}
