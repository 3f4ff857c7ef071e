//! What can go wrong in the store, and what the caller is told of it.

use banyan_kernel::ErrorCode;
use sea_orm::DbErr;

/// A failure of the store. [`StoreError::code`] says what the caller is told; details stay in the log.
#[derive(Clone, Debug, thiserror::Error)]
pub enum StoreError {
    /// Row security refused the new row (PostgreSQL 42501, SQLite `RAISE`).
    #[error("row security refuses the change to `{table}`")]
    RowSecurity { table: String },
    /// A unique index or primary key has the value already (SQLSTATE 23505).
    #[error("`{constraint}` has this value already")]
    Unique { constraint: String },
    /// The row points at one that is not there, or others point at it (SQLSTATE 23503).
    #[error("a foreign key refuses the change")]
    ForeignKey,
    /// NOT NULL, CHECK, or a value of the wrong type.
    #[error("a constraint refuses the change: {0}")]
    Constraint(String),
    /// The statement is one that the store does not let through (schema-qualified names, PRAGMA, ATTACH, several statements, …).
    #[error("statement refused: {0}")]
    Refused(String),
    /// Serialization failure, deadlock or busy: the transaction may be tried again.
    #[error("the transaction met another one")]
    Conflict,
    /// No connection, or none free before the deadline.
    #[error("the database cannot be reached: {0}")]
    Unavailable(String),
    #[error("the statement ran longer than its deadline")]
    DeadlineExceeded,
    /// The idempotency key was used for another request.
    #[error("the idempotency key was used for another request")]
    IdempotencyKeyReused,
    /// The first request with this idempotency key is still running.
    #[error("the first request with this idempotency key is still running")]
    IdempotencyInProgress,
    /// The data directory or schema was written by a newer Banyan.
    #[error("{0}")]
    Newer(String),
    /// The service's tables are not there, of an earlier version or closed to the log-in role, and may not be changed here.
    #[error("{0}")]
    Outdated(String),
    #[error("the database answered: {0}")]
    Database(String),
    #[error(transparent)]
    Orm(DbErr),
    #[error("{0}")]
    Io(String),
}

impl StoreError {
    /// The answer that the person gets when nobody above knows better.
    pub fn code(&self) -> ErrorCode {
        match self {
            Self::RowSecurity { .. } => ErrorCode::Forbidden,
            Self::Unique { .. } => ErrorCode::AlreadyExists,
            Self::ForeignKey => ErrorCode::Conflict,
            Self::Conflict | Self::Unavailable(_) => ErrorCode::ServiceUnavailable,
            Self::DeadlineExceeded => ErrorCode::DeadlineExceeded,
            Self::IdempotencyKeyReused => ErrorCode::IdempotencyKeyReused,
            Self::IdempotencyInProgress => ErrorCode::IdempotencyInProgress,
            _ => ErrorCode::Internal,
        }
    }

    /// The unique index named `constraint` (`idx_users_email`) refused the row.
    pub fn is_unique(&self, index: &str) -> bool {
        matches!(self, Self::Unique { constraint } if constraint == index)
    }
}

impl From<DbErr> for StoreError {
    fn from(error: DbErr) -> Self {
        if let DbErr::TryIntoErr { source, .. } = &error
            && let Some(carried) = source.downcast_ref::<StoreError>()
        {
            return carried.clone();
        }
        Self::Orm(error)
    }
}

/// SeaORM's calls return [`DbErr`]; ours travels inside it and comes out by `From<DbErr>`.
impl From<StoreError> for DbErr {
    fn from(error: StoreError) -> Self {
        DbErr::TryIntoErr { from: "statement", into: "result", source: std::sync::Arc::new(error) }
    }
}
