//! Whom a token of another system stands for: the person as Banyan knows them, with the rights that Banyan has stored.

use std::sync::Arc;

use banyan_kernel::{Caller, ErrorCode, OPERATORS, RequestId, Roles, Timestamp, Uuid};
use banyan_store::{StoreError, Tx};

use crate::email::Email;
use crate::model::{Kind, Person};
use crate::revocations::Revocations;
use crate::store::accounts;
use crate::tokens::{self, LIFETIME_SECONDS, LegacyClaims};
use crate::{Identity, IdentityError};

/// A person without a session, as they were when the token was verified.
#[derive(Clone, Debug)]
pub(crate) struct Standing {
    pub(crate) tenant: Uuid,
    pub(crate) user: Uuid,
    roles: Roles,
    organisations: Arc<[Uuid]>,
    rights_version: i64,
    /// Seconds since the epoch.
    read_at: i64,
    pub(crate) expires: Timestamp,
}

impl Standing {
    pub(crate) fn caller(&self, request: RequestId) -> Caller {
        Caller::user(self.tenant, self.user, self.roles, request).with_organisations(self.organisations.clone())
    }

    /// The account is disabled, or its rights have changed since they were read.
    pub(crate) fn is_revoked(&self, revocations: &Revocations) -> bool {
        revocations.outdates(self.user, self.rights_version, self.read_at)
    }
}

impl Identity {
    /// Finds the person of a legacy token whose signature and times are right.
    ///
    /// # Errors
    /// [`ErrorCode::InvalidToken`] when the tenant has no such person or the account is disabled, and
    /// [`ErrorCode::ServiceUnavailable`] when that cannot be read.
    pub(crate) async fn standing(&self, claims: LegacyClaims) -> Result<Standing, ErrorCode> {
        let tenant = self.legacy_tenant(claims.tenant.as_deref()).ok_or(ErrorCode::InvalidToken)?;
        // Taken before the rights are read, so that whatever is revoked meanwhile counts.
        let now = self.0.clock.now();
        let wanted = &claims;
        let read = move |tx: Tx| async move { Ok::<_, IdentityError>(person(&tx, wanted).await?) };
        let person = self.own(tenant).read(read).await.map_err(|error| {
            tracing::error!(%error, "the person of a legacy token cannot be read");
            ErrorCode::ServiceUnavailable
        })?;
        let person = person.filter(Person::is_active).ok_or(ErrorCode::InvalidToken)?;
        // No longer than a revocation is remembered; after that the person is read again.
        let counts_until = now.plus_seconds(LIFETIME_SECONDS);
        Ok(Standing {
            tenant,
            user: person.user.id,
            roles: person.rights.roles,
            organisations: person.rights.organisations.into(),
            rights_version: person.rights.version,
            read_at: now.seconds(),
            expires: tokens::expiry(claims.expires_at).min(counts_until),
        })
    }

    /// A UUID or a name is that tenant or none; without a claim it is the default application's. Never the operators': whoever knows
    /// the other system's secret must not come to stand above all tenants.
    fn legacy_tenant(&self, claimed: Option<&str>) -> Option<Uuid> {
        let tenant = match claimed {
            None => self.tenant_named(self.0.applications.default_application().name()),
            Some(text) => match text.parse::<Uuid>() {
                Ok(id) => self.tenant(id),
                Err(_) => self.tenant_named(text),
            },
        };
        tenant.filter(|tenant| *tenant.name != *OPERATORS).map(|tenant| tenant.id)
    }
}

/// By id if one of the ids is somebody's in the tenant, else by address. Programs have credentials of their own.
async fn person(tx: &Tx, claims: &LegacyClaims) -> Result<Option<Person>, StoreError> {
    let mut found = None;
    for id in &claims.users {
        found = accounts::find(tx, *id).await?;
        if found.is_some() {
            break;
        }
    }
    if found.is_none()
        && let Some(email) = claims.email.as_deref().and_then(|text| Email::parse(text).ok())
    {
        found = accounts::find_by_email(tx, &email).await?;
    }
    match found.filter(|user| user.kind == Kind::Person.word()) {
        Some(user) => Ok(Some(accounts::with_rights(tx, user).await?)),
        None => Ok(None),
    }
}
