//! The door: from a bearer token or an API key to a caller. The edge remembers what is verified here; whether it still counts, it asks each time.

use std::net::IpAddr;
use std::sync::Arc;

use banyan_kernel::{Caller, ErrorCode, RequestId, Timestamp, Uuid};
use banyan_store::Tx;

use crate::api_keys::{self, KeyStanding};
use crate::legacy::Standing;
use crate::people::Language;
use crate::tokens::{Claims, LEEWAY_SECONDS, Refusal};
use crate::{Identity, IdentityError, TenantInfo, TenantsWatch, store};

/// A token whose signature, type, issuer, audience and times are right.
#[derive(Clone, Debug)]
pub struct Authenticated {
    proof: Proof,
    language: Arc<Language>,
    identity: Identity,
}

/// What the token has shown.
#[derive(Clone, Debug)]
enum Proof {
    Own(Arc<Claims>),
    Legacy(Arc<Standing>),
    Key(Arc<KeyStanding>),
}

impl Authenticated {
    /// Whose token it is; for another tenant it is worthless.
    pub fn tenant(&self) -> Uuid {
        match &self.proof {
            Proof::Own(claims) => claims.tenant,
            Proof::Legacy(standing) => standing.tenant,
            Proof::Key(standing) => standing.tenant,
        }
    }

    pub fn user(&self) -> Uuid {
        match &self.proof {
            Proof::Own(claims) => claims.user,
            Proof::Legacy(standing) => standing.user,
            Proof::Key(standing) => standing.user,
        }
    }

    pub fn caller(&self, request: RequestId) -> Caller {
        match &self.proof {
            Proof::Own(claims) => claims.caller(request),
            Proof::Legacy(standing) => standing.caller(request),
            Proof::Key(standing) => standing.caller(request),
        }
    }

    /// From then on this counts no longer; the leeway for other nodes' clocks is added. A legacy token may then be verified anew.
    pub fn expires(&self) -> Timestamp {
        match &self.proof {
            Proof::Own(claims) => Timestamp::from_seconds(claims.expires_at).plus_seconds(LEEWAY_SECONDS),
            Proof::Legacy(standing) => standing.expires,
            Proof::Key(standing) => standing.expires,
        }
    }

    /// The session has ended, the account is disabled, or roles or organisations have changed since it was issued.
    pub fn is_revoked(&self) -> bool {
        let revocations = &self.identity.0.revocations;
        match &self.proof {
            Proof::Own(claims) => revocations.contains(claims),
            Proof::Legacy(standing) => standing.is_revoked(revocations),
            Proof::Key(standing) => standing.is_revoked(revocations),
        }
    }

    /// The plan by which an API key's requests are limited.
    pub fn plan(&self) -> Option<Arc<str>> {
        match &self.proof {
            Proof::Key(standing) => standing.plan.clone(),
            Proof::Own(_) | Proof::Legacy(_) => None,
        }
    }

    /// Whether it counts when it comes from there: an API key may be bound to networks.
    pub fn counts_from(&self, address: IpAddr) -> bool {
        match &self.proof {
            Proof::Key(standing) => standing.counts_from(address),
            Proof::Own(_) | Proof::Legacy(_) => true,
        }
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
    /// [`ErrorCode::InvalidToken`] for whatever is not a token of ours, or a legacy one, that counts, [`ErrorCode::TokenExpired`], and
    /// [`ErrorCode::ServiceUnavailable`] when the person cannot be read.
    pub async fn authenticate(&self, token: &str) -> Result<Authenticated, ErrorCode> {
        let proof = self.prove(token).await?;
        let mut verified = Authenticated { proof, language: Arc::default(), identity: self.clone() };
        if verified.is_revoked() {
            return Err(ErrorCode::InvalidToken);
        }
        let (tenant, user) = (verified.tenant(), verified.user());
        let language = self.0.languages.hold(user);
        if let Err(error) = self.read_language(tenant, user, &language).await {
            tracing::error!(%error, %user, "the language of a person cannot be read");
            return Err(ErrorCode::ServiceUnavailable);
        }
        verified.language = language;
        Ok(verified)
    }

    async fn prove(&self, token: &str) -> Result<Proof, ErrorCode> {
        if token.starts_with(api_keys::token::PREFIX) {
            return Ok(Proof::Key(Arc::new(self.key_standing(token).await?)));
        }
        match self.0.legacy.as_ref().and_then(|legacy| legacy.verify(token)) {
            Some(claims) => Ok(Proof::Legacy(Arc::new(self.standing(claims.map_err(Refusal::code)?).await?))),
            None => Ok(Proof::Own(Arc::new(self.0.tokens.verify(token).map_err(Refusal::code)?))),
        }
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
