//! A database for one test.

use banyan_store::{Engine, EngineKind, PostgresOptions};
use tempfile::TempDir;
use uuid::Uuid;

/// The variable that names the PostgreSQL of the run; `cargo xtask test` sets it.
const POSTGRES_VARIABLE: &str = "BANYAN_TEST_POSTGRES_URL";

/// An empty database that no other test sees.
pub struct TestDatabase {
    pub engine: Engine,
    directory: TempDir,
    url: Option<String>,
}

impl TestDatabase {
    /// # Panics
    /// When the engine is missing: a test never skips in silence.
    pub async fn new(kind: EngineKind) -> Self {
        let directory = tempfile::tempdir().expect("a temporary directory can be made");
        match kind {
            EngineKind::Sqlite => Self { engine: Engine::sqlite(directory.path()), directory, url: None },
            EngineKind::Postgres => Self::of(directory, &new_postgres().await).await,
        }
    }

    /// A database of PostgreSQL that is there.
    pub(crate) async fn of(directory: TempDir, url: &str) -> Self {
        let mut options = PostgresOptions::new(url.to_owned());
        options.min_connections = 0;
        let engine = Engine::postgres(options).await.expect("PostgreSQL answers");
        Self { engine, directory, url: Some(url.to_owned()) }
    }

    /// A directory of the test's own, removed with it.
    pub fn directory(&self) -> &std::path::Path {
        self.directory.path()
    }

    /// The URL of the test's own PostgreSQL database.
    pub fn postgres_url(&self) -> Option<&str> {
        self.url.as_deref()
    }
}

/// Makes a database on the run's PostgreSQL; it goes with that server.
async fn new_postgres() -> String {
    let (url, name) = (server_url(), new_name());
    let (client, connection) = tokio_postgres::connect(&url, tokio_postgres::NoTls).await.expect("the run's PostgreSQL answers");
    let driver = tokio::spawn(connection);
    client.batch_execute(&format!("CREATE DATABASE {name}")).await.expect("a database can be made");
    drop(client);
    let _closed = driver.await;
    with_name(&url, &name)
}

/// The superuser's URL of the run's PostgreSQL.
pub(crate) fn server_url() -> String {
    #[expect(clippy::disallowed_methods, reason = "tests are configured by the environment")]
    std::env::var(POSTGRES_VARIABLE).unwrap_or_else(|_| {
        panic!("{POSTGRES_VARIABLE} is not set: run the tests with `cargo xtask test`, or start one with `cargo xtask postgres start`")
    })
}

/// A name that no other test's database has.
pub(crate) fn new_name() -> String {
    #[expect(clippy::disallowed_methods, reason = "a name that no other test has")]
    let id = Uuid::now_v7();
    format!("banyan_test_{}", id.simple())
}

/// The URL of another database of the same server.
pub(crate) fn with_name(url: &str, name: &str) -> String {
    let mut url: url::Url = url.parse().expect("the variable holds a URL");
    url.set_path(name);
    url.into()
}
