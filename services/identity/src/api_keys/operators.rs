//! Keys at the command line.

use banyan_kernel::{Network, Scopes, Timestamp, Uuid};
use banyan_store::Tx;
use sea_orm::{QueryOrder as _, QuerySelect as _};

use super::{For, Wanted};
use crate::entity::api_key;
use crate::store::api_keys;
use crate::{Identity, IdentityError};

/// More keys than are listed at once.
const MOST_LISTED: u64 = 1_000;

/// A key that the one at the command line makes.
#[derive(Clone, Debug)]
pub struct NewKey<'a> {
    pub email: &'a str,
    pub name: &'a str,
    pub scopes: Scopes,
    pub networks: &'a [Network],
    pub plan: Option<&'a str>,
    /// From now on; without it the key counts until it is revoked.
    pub lives_seconds: Option<u32>,
}

/// A key without its text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeySummary {
    pub id: Uuid,
    pub user: Uuid,
    pub name: String,
    pub scopes: Vec<String>,
    pub plan: Option<String>,
    pub created_at: Timestamp,
    pub expires_at: Option<Timestamp>,
    pub last_used_at: Option<Timestamp>,
}

impl Identity {
    /// Makes a key for the account with the address; gives its id and its text, which is shown once.
    ///
    /// # Errors
    /// [`IdentityError::Hidden`] when nobody has the address, [`IdentityError::ScopeNotHeld`] for more than the account may.
    pub async fn create_key(&self, tenant: &str, new: &NewKey<'_>) -> Result<(Uuid, String), IdentityError> {
        let tenant = self.known_tenant(tenant)?;
        let user = self.person_by_email(tenant, new.email).await?.user.id;
        let expires_at = new.lives_seconds.map(|seconds| self.0.clock.now().plus_seconds(seconds.into()));
        let wanted = Wanted { name: new.name, scopes: new.scopes, networks: new.networks, plan: new.plan, expires_at };
        let made = self.create_api_key(&self.own(tenant), tenant, None, For::Anybody(user), &wanted).await?;
        Ok((made.0.id, made.1))
    }

    /// The keys of an account, or of the whole tenant, the newest first.
    ///
    /// # Errors
    /// [`IdentityError::Hidden`] when nobody has the address.
    pub async fn list_keys(&self, tenant: &str, email: Option<&str>) -> Result<Vec<KeySummary>, IdentityError> {
        let tenant = self.known_tenant(tenant)?;
        let user = match email {
            Some(email) => Some(self.person_by_email(tenant, email).await?.user.id),
            None => None,
        };
        let read = move |tx: Tx| async move {
            let newest = api_keys::live(user).order_by_desc(api_key::Column::CreatedAt).limit(MOST_LISTED);
            newest.all(&tx).await.map_err(IdentityError::from)
        };
        Ok(self.own(tenant).read(read).await?.into_iter().map(KeySummary::of).collect())
    }

    /// Takes a key away.
    ///
    /// # Errors
    /// [`IdentityError::Hidden`] when the tenant has no such key.
    pub async fn revoke_key(&self, tenant: &str, id: Uuid) -> Result<(), IdentityError> {
        let tenant = self.known_tenant(tenant)?;
        self.revoke_api_key(&self.own(tenant), id).await
    }
}

impl KeySummary {
    fn of(row: api_key::Model) -> Self {
        Self {
            scopes: api_keys::texts(&row.scopes).map(str::to_owned).collect(),
            id: row.id,
            user: row.user_id,
            name: row.name,
            plan: row.plan,
            created_at: Timestamp::from_micros(row.created_at),
            expires_at: row.expires_at.map(Timestamp::from_micros),
            last_used_at: row.last_used_at.map(Timestamp::from_micros),
        }
    }
}
