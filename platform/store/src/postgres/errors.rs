//! The server's errors as the store's.

use std::error::Error;

use tokio_postgres::error::SqlState;

use crate::error::StoreError;

/// The server's error classes in the store's words.
#[expect(clippy::needless_pass_by_value, reason = "the shape of map_err")]
pub(crate) fn failed(error: tokio_postgres::Error) -> StoreError {
    let Some(server) = error.as_db_error() else {
        return match error.is_closed() {
            true => StoreError::Unavailable(error.to_string()),
            false => StoreError::Database(describe(&error)),
        };
    };
    let named = |name: Option<&str>| name.unwrap_or_default().to_owned();
    match *server.code() {
        SqlState::UNIQUE_VIOLATION => StoreError::Unique { constraint: named(server.constraint()) },
        SqlState::FOREIGN_KEY_VIOLATION => StoreError::ForeignKey,
        SqlState::INSUFFICIENT_PRIVILEGE => StoreError::RowSecurity { table: refused_table(server.message()) },
        SqlState::NOT_NULL_VIOLATION | SqlState::CHECK_VIOLATION => StoreError::Constraint(server.message().to_owned()),
        SqlState::T_R_SERIALIZATION_FAILURE | SqlState::T_R_DEADLOCK_DETECTED => StoreError::Conflict,
        SqlState::QUERY_CANCELED => StoreError::DeadlineExceeded,
        SqlState::ADMIN_SHUTDOWN | SqlState::CRASH_SHUTDOWN | SqlState::CANNOT_CONNECT_NOW | SqlState::TOO_MANY_CONNECTIONS => {
            StoreError::Unavailable(server.message().to_owned())
        }
        _ => StoreError::Database(format!("{} ({})", server.message(), server.code().code())),
    }
}

/// The table's name stands in quotes in the server's message, or at its end.
fn refused_table(message: &str) -> String {
    message.split('"').nth(1).or_else(|| message.rsplit(' ').next()).unwrap_or_default().to_owned()
}

fn describe(error: &tokio_postgres::Error) -> String {
    match error.source() {
        Some(source) => format!("{error}: {source}"),
        None => error.to_string(),
    }
}
