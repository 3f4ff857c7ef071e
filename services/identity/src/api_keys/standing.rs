//! Whom an API key stands for, and what it may do.

use std::net::IpAddr;
use std::sync::Arc;

use banyan_kernel::{Caller, ErrorCode, Network, RequestId, Roles, Scopes, Timestamp, Uuid};
use banyan_store::{StoreError, Tx};

use super::token::KeyToken;
use crate::entity::api_key;
use crate::model::Person;
use crate::revocations::Revocations;
use crate::store::{accounts, api_keys};
use crate::tokens::LIFETIME_SECONDS;
use crate::{Identity, IdentityError};

/// How exactly it is known when a key was last used, in seconds.
const TOUCHED_EACH: i64 = 600;

/// A key and its owner, as they were when the key was verified.
#[derive(Clone, Debug)]
pub(crate) struct KeyStanding {
    pub(crate) tenant: Uuid,
    pub(crate) user: Uuid,
    pub(crate) key: Uuid,
    pub(crate) plan: Option<Arc<str>>,
    roles: Roles,
    organisations: Arc<[Uuid]>,
    scopes: Scopes,
    networks: Vec<Network>,
    rights_version: i64,
    key_version: i64,
    /// Seconds since the epoch.
    read_at: i64,
    pub(crate) expires: Timestamp,
}

impl KeyStanding {
    pub(crate) fn caller(&self, request: RequestId) -> Caller {
        let owner = Caller::user(self.tenant, self.user, self.roles, request);
        owner.with_organisations(self.organisations.clone()).with_key(self.key, self.scopes)
    }

    /// Something of the key or of its owner's rights has changed since they were read.
    pub(crate) fn is_revoked(&self, revocations: &Revocations) -> bool {
        revocations.outdates(self.key, self.key_version, self.read_at)
            || revocations.outdates(self.user, self.rights_version, self.read_at)
    }

    pub(crate) fn counts_from(&self, address: IpAddr) -> bool {
        self.networks.is_empty() || self.networks.iter().any(|network| network.contains(address))
    }
}

impl Identity {
    /// Finds the key and its owner.
    ///
    /// # Errors
    /// [`ErrorCode::InvalidToken`] for what is no key of ours, or of nobody who is active; [`ErrorCode::TokenExpired`], and
    /// [`ErrorCode::ServiceUnavailable`] when that cannot be read.
    pub(crate) async fn key_standing(&self, text: &str) -> Result<KeyStanding, ErrorCode> {
        let token = KeyToken::parse(text).ok_or(ErrorCode::InvalidToken)?;
        self.tenant(token.tenant).ok_or(ErrorCode::InvalidToken)?;
        // Taken before the rows are read, so that whatever is revoked meanwhile counts.
        let now = self.0.clock.now();
        let id = token.id;
        let read = move |tx: Tx| async move { Ok::<_, IdentityError>(owned(&tx, id).await?) };
        let found = self.own(token.tenant).read(read).await.map_err(|error| {
            tracing::error!(%error, "an API key cannot be read");
            ErrorCode::ServiceUnavailable
        })?;
        let (row, person) = found.ok_or(ErrorCode::InvalidToken)?;
        let until = secret_counts_until(&row, &token, now).ok_or(ErrorCode::InvalidToken)?;
        if row.revoked_at.is_some() || !person.is_active() {
            return Err(ErrorCode::InvalidToken);
        }
        if row.expires_at.is_some_and(|expires| expires <= now.micros()) {
            return Err(ErrorCode::TokenExpired);
        }
        let networks = api_keys::networks(&row).ok_or(ErrorCode::InvalidToken)?;
        self.note_use(&row, now).await;
        // No longer than a revocation is remembered; after that the key is read again.
        let ends = [Some(now.plus_seconds(LIFETIME_SECONDS)), row.expires_at.map(Timestamp::from_micros), until];
        Ok(KeyStanding {
            tenant: token.tenant,
            user: person.user.id,
            key: row.id,
            plan: row.plan.as_deref().map(Arc::from),
            roles: person.rights.roles,
            organisations: person.rights.organisations.into(),
            scopes: api_keys::scopes(&row),
            networks,
            rights_version: person.rights.version,
            key_version: row.version,
            read_at: now.seconds(),
            expires: ends.into_iter().flatten().min().unwrap_or(now),
        })
    }

    /// That it cannot be noted is no reason to refuse.
    async fn note_use(&self, row: &api_key::Model, now: Timestamp) {
        let before = now.plus_seconds(-TOUCHED_EACH);
        if row.last_used_at.is_some_and(|used| used >= before.micros()) {
            return;
        }
        let id = row.id;
        let touch = move |tx: Tx| async move { Ok::<_, IdentityError>(api_keys::touch(&tx, id, before).await?) };
        if let Err(error) = self.own(row.tenant_id).write(touch).await {
            tracing::warn!(%error, key = %id, "the use of an API key was not noted");
        }
    }
}

async fn owned(tx: &Tx, id: Uuid) -> Result<Option<(api_key::Model, Person)>, StoreError> {
    let Some(row) = api_keys::find(tx, id).await? else { return Ok(None) };
    let owner = accounts::person(tx, row.user_id).await?;
    Ok(owner.map(|owner| (row, owner)))
}

/// Some(None) for the key's secret, Some(end) for the one before it while that counts, None for any other.
fn secret_counts_until(row: &api_key::Model, token: &KeyToken, now: Timestamp) -> Option<Option<Timestamp>> {
    if token.has_fingerprint(&row.secret_hash) {
        return Some(None);
    }
    let until = Timestamp::from_micros(row.previous_until?);
    let previous = token.has_fingerprint(row.previous_hash.as_deref()?);
    (previous && now < until).then_some(Some(until))
}
