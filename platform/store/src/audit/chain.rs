//! One link of the chain and its digest.

use banyan_kernel::Uuid;
use sea_orm::FromQueryResult;
use sha2::{Digest, Sha256};

use super::{Head, Record, actor_of};
use crate::tx::Tx;

/// A record as it is stored.
#[derive(Clone, Debug, FromQueryResult)]
pub(crate) struct Link {
    pub(crate) tenant: Uuid,
    pub(crate) id: Uuid,
    pub(crate) position: i64,
    pub(crate) occurred_at: i64,
    pub(crate) actor: String,
    pub(crate) actor_id: Option<Uuid>,
    pub(crate) request_id: Uuid,
    pub(crate) action: String,
    pub(crate) subject_id: Option<Uuid>,
    pub(crate) object: Option<String>,
    pub(crate) object_id: Option<Uuid>,
    pub(crate) permission: Option<String>,
    pub(crate) reason: Option<String>,
    /// JSON as text, so that both engines give back the bytes that were digested.
    pub(crate) detail: String,
    pub(crate) previous_hash: Vec<u8>,
    pub(crate) hash: Vec<u8>,
}

impl Link {
    pub(super) fn after(head: &Head, tx: &Tx, record: Record) -> Self {
        let caller = tx.caller();
        let (actor, actor_id) = actor_of(caller.actor);
        let (object, object_id) = record.object.map_or((None, None), |(kind, id)| (Some(kind), Some(id)));
        let mut link = Self {
            tenant: caller.tenant,
            id: tx.new_id(),
            position: head.position + 1,
            occurred_at: tx.now().micros(),
            actor,
            actor_id,
            request_id: caller.request.0,
            action: record.action,
            subject_id: record.subject,
            object,
            object_id,
            permission: record.permission.map(str::to_owned),
            reason: record.reason,
            detail: record.detail.to_string(),
            previous_hash: head.hash.clone(),
            hash: Vec::new(),
        };
        link.hash = link.digest();
        link
    }

    /// SHA-256 over every field but the digest itself, each led by its length so that no two records share an encoding.
    pub(super) fn digest(&self) -> Vec<u8> {
        let mut hasher = Sha256::new();
        let mut field = |bytes: Option<&[u8]>| match bytes {
            None => hasher.update(u64::MAX.to_be_bytes()),
            Some(bytes) => {
                hasher.update((bytes.len() as u64).to_be_bytes());
                hasher.update(bytes);
            }
        };
        field(Some(&self.previous_hash));
        field(Some(self.tenant.as_bytes()));
        field(Some(self.id.as_bytes()));
        field(Some(&self.position.to_be_bytes()));
        field(Some(&self.occurred_at.to_be_bytes()));
        field(Some(self.actor.as_bytes()));
        field(self.actor_id.as_ref().map(|id| id.as_bytes().as_slice()));
        field(Some(self.request_id.as_bytes()));
        field(Some(self.action.as_bytes()));
        field(self.subject_id.as_ref().map(|id| id.as_bytes().as_slice()));
        field(self.object.as_deref().map(str::as_bytes));
        field(self.object_id.as_ref().map(|id| id.as_bytes().as_slice()));
        field(self.permission.as_deref().map(str::as_bytes));
        field(self.reason.as_deref().map(str::as_bytes));
        field(Some(self.detail.as_bytes()));
        hasher.finalize().to_vec()
    }
}
