//! What can go wrong in identity, and what the person is told of it.

use banyan_http::{FieldError, Problem};
use banyan_kernel::{ErrorCode, Permission, Timestamp};
use banyan_store::StoreError;
use http::HeaderValue;
use http::header::RETRY_AFTER;
use sea_orm::DbErr;

use crate::email::InvalidEmail;
use crate::model::NotAllowed;
use crate::passwords::{HashingError, Weakness};
use crate::tokens::SigningFailed;

#[derive(Debug, thiserror::Error)]
pub enum IdentityError {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Hashing(#[from] HashingError),
    #[error(transparent)]
    Signing(#[from] SigningFailed),
    #[error("e-mail or password is wrong")]
    InvalidCredentials,
    #[error("locked until {until}")]
    Locked { seconds: i64, until: Timestamp },
    #[error("the refresh token is not valid")]
    InvalidRefreshToken,
    /// Unknown, used, expired, or of an address that was changed since.
    #[error("the secret of the mail is not valid any more")]
    InvalidSecret,
    #[error("the password is too weak: {0}")]
    WeakPassword(Weakness),
    #[error("not an e-mail address")]
    InvalidEmail(#[from] InvalidEmail),
    #[error("the e-mail address has an account already")]
    EmailTaken,
    #[error("the name is taken")]
    NameTaken,
    #[error("the tenant does not let people register themselves")]
    RegistrationClosed,
    #[error(transparent)]
    NotAllowed(#[from] NotAllowed),
    /// No such row in the caller's sight.
    #[error("not there, or hidden")]
    Hidden,
    #[error("changed in the meantime")]
    Changed,
    #[error("the state does not allow it")]
    Conflict,
    #[error("a user may be a member of at most {0} organisations")]
    TooManyOrganisations(usize),
    #[error("the owner of the key does not have the permission {0}")]
    ScopeNotHeld(Permission),
    #[error("a user may have at most {0} API keys")]
    TooManyKeys(usize),
    #[error("keys of people are made by themselves")]
    NotAProgram,
    #[error("the time has passed")]
    ExpiresInThePast,
    #[error("`{0}` is not a tenant")]
    UnknownTenant(String),
    /// Lower-case letters, digits and hyphens, as in a host name.
    #[error("`{0}` cannot name a tenant: use lower-case letters, digits and hyphens, beginning with a letter, at most 63")]
    TenantName(String),
    #[error("a stored key cannot be opened: {0}")]
    Key(String),
}

impl From<DbErr> for IdentityError {
    fn from(error: DbErr) -> Self {
        Self::Store(error.into())
    }
}

impl From<IdentityError> for Problem {
    fn from(error: IdentityError) -> Self {
        match error {
            IdentityError::Store(error) => error.into(),
            IdentityError::Hashing(HashingError::Overloaded) => {
                Self::new(ErrorCode::Overloaded).header(RETRY_AFTER, HeaderValue::from_static("1"))
            }
            IdentityError::InvalidCredentials => ErrorCode::InvalidCredentials.into(),
            IdentityError::Locked { seconds, until } => Self::new(ErrorCode::AccountLocked)
                .header(RETRY_AFTER, HeaderValue::from(seconds))
                .extension("retryAfter", until.to_string()),
            IdentityError::InvalidRefreshToken => ErrorCode::InvalidToken.into(),
            IdentityError::InvalidSecret => {
                Self::invalid("token", FieldError::new("invalid-or-expired", "identity-secret-invalid"))
            }
            IdentityError::WeakPassword(weakness) => {
                Self::new(ErrorCode::WeakPassword).field("password", FieldError::new(weakness.code(), weakness.message()))
            }
            IdentityError::InvalidEmail(_) => Self::invalid("email", FieldError::email()),
            IdentityError::EmailTaken => {
                Self::new(ErrorCode::AlreadyExists).detail_message("identity-email-taken", []).field("email", FieldError::taken())
            }
            IdentityError::NameTaken => Self::new(ErrorCode::AlreadyExists).field("name", FieldError::taken()),
            IdentityError::RegistrationClosed => {
                Self::new(ErrorCode::Forbidden).detail_message("identity-registration-closed", [])
            }
            IdentityError::NotAllowed(NotAllowed::Myself) => {
                Self::new(ErrorCode::Conflict).detail_message("identity-not-oneself", [])
            }
            IdentityError::NotAllowed(NotAllowed::OwnersOnly) => {
                Self::new(ErrorCode::Forbidden).detail_message("identity-owners-only", [])
            }
            IdentityError::NotAllowed(NotAllowed::LastOwner) => {
                Self::new(ErrorCode::Conflict).detail_message("identity-last-owner", [])
            }
            IdentityError::Hidden => Self::hidden(),
            IdentityError::Changed => ErrorCode::PreconditionFailed.into(),
            IdentityError::Conflict => ErrorCode::Conflict.into(),
            IdentityError::TooManyOrganisations(most) => {
                Self::new(ErrorCode::Unprocessable).detail_message("identity-too-many-organisations", [("max", most.into())])
            }
            IdentityError::ScopeNotHeld(permission) => {
                let error = FieldError::new("not-held", "identity-scope-not-held").with("scope", permission.name());
                Self::invalid("scopes", error)
            }
            IdentityError::TooManyKeys(most) => {
                Self::new(ErrorCode::Unprocessable).detail_message("identity-too-many-keys", [("max", most.into())])
            }
            IdentityError::NotAProgram => Self::invalid("userId", FieldError::new("not-a-program", "identity-not-a-program")),
            IdentityError::ExpiresInThePast => {
                Self::invalid("expiresAt", FieldError::new("in-the-past", "identity-expires-in-the-past"))
            }
            IdentityError::UnknownTenant(_) | IdentityError::TenantName(_) => ErrorCode::Unprocessable.into(),
            IdentityError::Signing(_) | IdentityError::Key(_) | IdentityError::Hashing(HashingError::Failed) => {
                Self::internal(&error)
            }
        }
    }
}
