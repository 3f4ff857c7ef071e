//! Single connections to PostgreSQL, for what the store has no business with: looking before it opens, diagnosis, dumps.

use std::time::Duration;

use anyhow::{Result, anyhow};
use banyan_kernel::Secret;
use tokio_postgres::{Client, Config, NoTls};

/// The parts of a URL.
pub(crate) fn parse(url: &Secret<String>) -> Result<Config> {
    url.expose().parse().map_err(|_| anyhow!("the database URL is not of the form postgres://user:password@host:5432/database"))
}

/// A connection that ends with its client.
pub(crate) async fn connect(url: &Secret<String>) -> Result<Client> {
    let mut config = parse(url)?;
    config.application_name("banyan").connect_timeout(Duration::from_secs(5));
    let (client, connection) =
        config.connect(NoTls).await.map_err(|error| anyhow!("cannot reach PostgreSQL: {}", explain(&error)))?;
    tokio::spawn(connection);
    Ok(client)
}

/// The error with its cause, which the crate leaves out.
pub(crate) fn explain(error: &tokio_postgres::Error) -> String {
    match (error.as_db_error(), std::error::Error::source(error)) {
        (Some(database), _) => database.message().to_owned(),
        (None, Some(source)) => format!("{error}: {source}"),
        (None, None) => error.to_string(),
    }
}
