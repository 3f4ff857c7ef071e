//! The door: from a bearer token to a caller. The edge remembers what is verified here; whether it still counts, it asks each time.

use std::sync::Arc;

use banyan_kernel::{Caller, ErrorCode, RequestId, Timestamp, Uuid};
use banyan_store::Tx;

use crate::people::Language;
use crate::tokens::{Claims, LEEWAY_SECONDS, Refusal};
use crate::{Identity, IdentityError, TenantInfo, TenantsWatch, store};

/// An access token whose signature, type, issuer, audience and times are right.
#[derive(Clone, Debug)]
pub struct Authenticated {
    claims: Arc<Claims>,
    language: Arc<Language>,
    identity: Identity,
}

impl Authenticated {
    /// Whose token it is; for another tenant it is worthless.
    pub fn tenant(&self) -> Uuid {
        self.claims.tenant
    }

    pub fn user(&self) -> Uuid {
        self.claims.user
    }

    pub fn caller(&self, request: RequestId) -> Caller {
        self.claims.caller(request)
    }

    /// From then on it is refused; the leeway for other nodes' clocks is added.
    pub fn expires(&self) -> Timestamp {
        Timestamp::from_seconds(self.claims.expires_at).plus_seconds(LEEWAY_SECONDS)
    }

    /// The session has ended, the account is disabled, or roles or organisations have changed since it was issued.
    pub fn is_revoked(&self) -> bool {
        self.identity.0.revocations.contains(&self.claims)
    }

    /// BCP 47: the language that the person has chosen, as it is now; none until she did.
    pub fn language(&self) -> Option<Arc<str>> {
        self.language.get()
    }
}

impl Identity {
    /// Verifies a bearer token. It may be of any tenant: compare [`Authenticated::tenant`].
    ///
    /// # Errors
    /// [`ErrorCode::InvalidToken`] for whatever is not a token of ours that counts, [`ErrorCode::TokenExpired`], and
    /// [`ErrorCode::ServiceUnavailable`] when the person cannot be read.
    pub async fn authenticate(&self, token: &str) -> Result<Authenticated, ErrorCode> {
        let claims = Arc::new(self.0.tokens.verify(token).map_err(Refusal::code)?);
        if self.0.revocations.contains(&claims) {
            return Err(ErrorCode::InvalidToken);
        }
        let language = self.0.languages.hold(claims.user);
        if let Err(error) = self.read_language(claims.tenant, claims.user, &language).await {
            tracing::error!(%error, user = %claims.user, "the language of a person cannot be read");
            return Err(ErrorCode::ServiceUnavailable);
        }
        Ok(Authenticated { claims, language, identity: self.clone() })
    }

    /// Reads a person's choice into its place.
    pub(crate) async fn read_language(&self, tenant: Uuid, user: Uuid, place: &Language) -> Result<(), IdentityError> {
        let before = place.before_reading();
        let read = move |tx: Tx| async move { Ok::<_, IdentityError>(store::accounts::find(&tx, user).await?) };
        let row = self.own(tenant).read(read).await?;
        place.was_read(row.and_then(|row| row.locale).as_deref(), before);
        Ok(())
    }

    /// The tenant of this name, from memory.
    pub fn tenant_named(&self, name: &str) -> Option<TenantInfo> {
        self.0.tenants.named(name)
    }

    pub fn tenant(&self, id: Uuid) -> Option<TenantInfo> {
        self.0.tenants.get(id)
    }

    /// Tells of new and changed tenants.
    pub fn watch_tenants(&self) -> TenantsWatch {
        self.0.tenants.watch()
    }

    /// All tenants, in the order of their names.
    pub fn tenants(&self) -> Vec<TenantInfo> {
        self.0.tenants.all()
    }
}
