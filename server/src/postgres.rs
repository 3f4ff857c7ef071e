//! Single connections to PostgreSQL, for what the store has no business with: looking before it opens, diagnosis, dumps.

use anyhow::{Result, anyhow};
use banyan_kernel::Secret;
use banyan_store::{PostgresAddress, TlsMode};
use tokio_postgres::Client;

/// A connection that ends with its client.
pub(crate) async fn connect(url: &Secret<String>) -> Result<Client> {
    PostgresAddress::parse(url)?.connect().await.map_err(|error| match error {
        Some(error) => anyhow!("cannot reach PostgreSQL: {}", explain(&error)),
        None => anyhow!("PostgreSQL does not answer"),
    })
}

/// What is weak about the way to a database: somebody between could read along, or be taken for it.
pub(crate) fn weakness(url: &Secret<String>) -> Option<String> {
    let address = PostgresAddress::parse(url).ok().filter(|address| !address.is_local())?;
    let mode = address.tls_mode();
    let what = match mode {
        TlsMode::Disable => "is never encrypted",
        TlsMode::Prefer => "is encrypted only if the server offers it, and the server proves nothing",
        TlsMode::Require => "is encrypted, but the server proves nothing",
        TlsMode::VerifyCa => "may lead to any server with a certificate of the authority",
        TlsMode::VerifyFull => return None,
    };
    Some(format!("the connection to the database on another machine {what} (sslmode={})", mode.word()))
}

/// The error with its cause, which the crate leaves out.
pub(crate) fn explain(error: &tokio_postgres::Error) -> String {
    match (error.as_db_error(), std::error::Error::source(error)) {
        (Some(database), _) => database.message().to_owned(),
        (None, Some(source)) => format!("{error}: {source}"),
        (None, None) => error.to_string(),
    }
}
