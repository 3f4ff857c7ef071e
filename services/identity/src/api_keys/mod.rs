//! API keys: made, changed, rotated, revoked; and what they prove at the door.

mod operators;
mod standing;
pub(crate) mod token;

use banyan_kernel::{Caller, Network, Scopes, Timestamp, Uuid};
use banyan_store::audit::Record;
use banyan_store::idempotency::IdempotencyKey;
use banyan_store::{Rows, Tx};
use serde_json::json;

pub use operators::{KeySummary, NewKey};
pub(crate) use standing::KeyStanding;

use crate::entity::api_key;
use crate::keeping::announce;
use crate::model::{Kind, Person};
use crate::signals::Signal;
use crate::store::accounts;
use crate::store::api_keys::{self, ApiKeyChange, NewApiKey};
use crate::view::ApiKeyView;
use crate::{Identity, IdentityError};
use token::KeyToken;

/// Of one person. Who needs more makes service accounts.
pub(crate) const MOST_KEYS: usize = 25;
/// For how long the old secret may count beside the new one.
pub(crate) const LONGEST_OVERLAP_SECONDS: u32 = 30 * 86_400;
pub(crate) const DEFAULT_OVERLAP_SECONDS: u32 = 86_400;

/// What is wanted of a key.
#[derive(Clone, Debug, Default)]
pub(crate) struct Wanted<'a> {
    pub(crate) name: &'a str,
    pub(crate) scopes: Scopes,
    pub(crate) networks: &'a [Network],
    pub(crate) plan: Option<&'a str>,
    pub(crate) expires_at: Option<Timestamp>,
}

/// Whose key it is to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum For {
    /// The one who asks.
    Oneself(Uuid),
    /// A service account, by those who run the tenant. People make their own: a key of somebody else would be their log-in.
    Program(Uuid),
    /// Anybody, by the one at the command line.
    Anybody(Uuid),
}

impl For {
    const fn user(self) -> Uuid {
        match self {
            Self::Oneself(id) | Self::Program(id) | Self::Anybody(id) => id,
        }
    }
}

impl Identity {
    /// Makes a key. Its text is shown once, here.
    pub(crate) async fn create_api_key(
        &self,
        rows: &Rows,
        tenant: Uuid,
        key: Option<&IdempotencyKey>,
        whose: For,
        wanted: &Wanted<'_>,
    ) -> Result<(ApiKeyView, String), IdentityError> {
        if wanted.expires_at.is_some_and(|time| time <= self.0.clock.now()) {
            return Err(IdentityError::ExpiresInThePast);
        }
        let token = KeyToken::new(tenant, self.0.ids.next(), &*self.0.random);
        let token = &token;
        let made = rows.write_once(key, move |tx| async move {
            let owner = accounts::person(&tx, whose.user()).await?.filter(Person::is_active).ok_or(IdentityError::Hidden)?;
            if matches!(whose, For::Program(_)) && owner.user.kind != Kind::Service.word() {
                return Err(IdentityError::NotAProgram);
            }
            if let Some(beyond) = wanted.scopes.iter().find(|one| !owner.rights.roles.allow(*one)) {
                return Err(IdentityError::ScopeNotHeld(beyond));
            }
            if api_keys::count(&tx, owner.user.id).await? >= MOST_KEYS as u64 {
                return Err(IdentityError::TooManyKeys(MOST_KEYS));
            }
            let new = NewApiKey {
                id: token.id,
                user: owner.user.id,
                name: wanted.name,
                scopes: wanted.scopes,
                networks: wanted.networks,
                plan: wanted.plan,
                expires_at: wanted.expires_at,
                secret_hash: token.fingerprint(),
            };
            let row = api_keys::add(&tx, new).await?;
            let detail = json!({ "scopes": row.scopes, "networks": row.networks, "plan": row.plan });
            tx.audit(Record::new("api-key.created").subject(row.user_id).object("api-key", row.id).detail(detail));
            Ok::<_, IdentityError>((ApiKeyView::from(row), token.reveal().to_owned()))
        });
        made.await
    }

    /// Changes name, networks, plan or end of a key that the caller sees.
    pub(crate) async fn change_api_key(
        &self,
        rows: &Rows,
        id: Uuid,
        change: &ApiKeyChange,
    ) -> Result<api_key::Model, IdentityError> {
        if change.expires_at.flatten().is_some_and(|time| time <= self.0.clock.now()) {
            return Err(IdentityError::ExpiresInThePast);
        }
        let changed = rows.write(move |tx| async move {
            if !api_keys::change(&tx, id, change).await? {
                return Err(IdentityError::Hidden);
            }
            changed(&tx, id, "api-key.changed").await
        });
        self.let_know(changed.await?)
    }

    /// Gives a key another secret; the present one counts on for `overlap_seconds`.
    pub(crate) async fn rotate_api_key(
        &self,
        caller: &Caller,
        key: Option<&IdempotencyKey>,
        id: Uuid,
        overlap_seconds: u32,
    ) -> Result<(ApiKeyView, String), IdentityError> {
        let token = KeyToken::new(caller.tenant, id, &*self.0.random);
        let token = &token;
        let rows = self.rows(caller);
        let rotated = rows.write_once(key, move |tx| async move {
            let row = api_keys::find(&tx, id).await?.ok_or(IdentityError::Hidden)?;
            let until = tx.now().plus_seconds(overlap_seconds.into());
            if !api_keys::rotate(&tx, &row, token.fingerprint(), until).await? {
                return Err(IdentityError::Hidden);
            }
            let (row, _) = changed(&tx, id, "api-key.rotated").await?;
            Ok::<_, IdentityError>((ApiKeyView::from(row), token.reveal().to_owned()))
        });
        let (view, text) = rotated.await?;
        self.heed(&[Signal::RightsRaised { user: id, version: view.version() }]);
        Ok((view, text))
    }

    /// Takes a key away. It counts no longer, on all nodes within a second.
    pub(crate) async fn revoke_api_key(&self, rows: &Rows, id: Uuid) -> Result<(), IdentityError> {
        let revoked = rows.write(move |tx| async move {
            if !api_keys::revoke(&tx, id).await? {
                return Err(IdentityError::Hidden);
            }
            changed(&tx, id, "api-key.revoked").await
        });
        self.let_know(revoked.await?).map(drop)
    }

    /// The caller's rows, if the key is one of the caller's own: whoever runs the tenant has calls of their own for others'.
    pub(crate) async fn own_keys(&self, caller: &Caller, id: Uuid) -> Result<Rows, IdentityError> {
        let user = caller.user_id();
        let read = move |tx: Tx| async move {
            let row = api_keys::find(&tx, id).await?.filter(|row| Some(row.user_id) == user);
            row.map(drop).ok_or(IdentityError::Hidden)
        };
        let rows = self.rows(caller);
        rows.read(read).await?;
        Ok(rows)
    }

    fn let_know(&self, (row, signal): (api_key::Model, Signal)) -> Result<api_key::Model, IdentityError> {
        self.heed(&[signal]);
        Ok(row)
    }
}

/// What nodes remember of the key is outdated.
async fn changed(tx: &Tx, id: Uuid, action: &str) -> Result<(api_key::Model, Signal), IdentityError> {
    let row = api_keys::find(tx, id).await?.ok_or(IdentityError::Hidden)?;
    let signal = Signal::RightsRaised { user: id, version: row.version };
    announce(tx, &[signal]).await?;
    tx.audit(Record::new(action).subject(row.user_id).object("api-key", id));
    Ok((row, signal))
}
