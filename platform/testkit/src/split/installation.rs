//! What the processes of one test share: database, clock, secrets.

use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex, PoisonError};

use banyan_kernel::{OsRandom, Timestamp, Uuid};
use banyan_store::idempotency::Cipher;
use tokio::sync::OnceCell;
use tokio_postgres::Client;

use super::MASTER_KEY;
use super::processes::Processes;
use crate::database;

/// Of the database that a migrated one is copied from; the rest says of which program.
const TEMPLATE: &str = "banyan_split_";
const LOCK: i64 = 7_305_804_402_546;
/// The tenant of tests.
const TENANT: &str = "upcoach";

/// One test's installation. Its processes are started by the first call, and end with it.
pub(crate) struct Installation {
    pub(super) instances: usize,
    pub(super) url: String,
    pub(super) folder: PathBuf,
    pub(super) cipher: Cipher,
    variables: Mutex<Vec<(String, String)>>,
    processes: OnceCell<Processes>,
}

/// Where the time stands, in a folder of the test.
pub(crate) fn clock_file(folder: &Path) -> PathBuf {
    folder.join("clock.testing")
}

impl Installation {
    /// Makes the test's database from one that is migrated already.
    pub(crate) async fn make(instances: usize, folder: &Path) -> Self {
        let (server, name) = (database::server_url(), database::new_name());
        let cipher = Cipher::new(MASTER_KEY, Arc::new(OsRandom));
        let url = database::with_name(&server, &name);
        let (variables, processes) = (Mutex::default(), OnceCell::new());
        let installation = Self { instances, url, folder: folder.to_owned(), cipher, variables, processes };
        installation.copy(&server, &name).await;
        installation
    }

    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    /// A setting of the processes that are still to be started.
    pub(crate) fn set(&self, variable: &str, value: &str) {
        assert!(self.processes.get().is_none(), "{variable} comes too late: the processes run");
        self.variables.lock().unwrap_or_else(PoisonError::into_inner).push((variable.to_owned(), value.to_owned()));
    }

    /// The doors, behind which `service` answers.
    pub(super) async fn processes(&self, service: &str) -> &Processes {
        self.processes.get_or_init(|| Processes::start(self, service)).await
    }

    /// A command of the program with a data directory of its own, on the test's database and by its clock.
    pub(super) fn command(&self, name: &str, url: &str, arguments: &[&str]) -> Command {
        let data = self.folder.join(name);
        std::fs::DirBuilder::new().mode(0o700).create(&data).expect("a data directory can be made");
        std::os::unix::fs::symlink(clock_file(&self.folder), data.join("clock.testing")).expect("the clock can be linked");
        let mut command = Command::new(program());
        command.args(arguments).arg("--data").arg(&data).env_clear().current_dir(&self.folder);
        command.env("DATABASE_URL", url).env("BANYAN_MASTER_KEY", "07".repeat(32));
        command.env("BANYAN_DATABASE_POOL_MIN", "0").env("BANYAN_DATABASE_POOL_MAX", "4");
        command.envs(self.variables.lock().unwrap_or_else(PoisonError::into_inner).iter().cloned());
        command.stdin(Stdio::null());
        command
    }

    /// The first test of a program makes what all copy; they take turns at it.
    async fn copy(&self, server: &str, name: &str) {
        let (client, template) = (connect(server).await, template());
        run(&client, &format!("SELECT pg_advisory_lock({LOCK})")).await;
        let there = client.query_opt("SELECT 1 FROM pg_database WHERE datname = $1", &[&template]).await;
        if there.expect("databases can be listed").is_none() {
            let unfinished = format!("{template}_unfinished");
            run(&client, &format!("DROP DATABASE IF EXISTS {unfinished}")).await;
            run(&client, &format!("CREATE DATABASE {unfinished}")).await;
            self.migrate(&database::with_name(server, &unfinished)).await;
            run(&client, &format!("ALTER DATABASE {unfinished} RENAME TO {template}")).await;
        }
        run(&client, &format!("CREATE DATABASE {name} TEMPLATE {template}")).await;
    }

    async fn migrate(&self, url: &str) {
        let mut command = self.command("migrate", url, &["migrate"]);
        let output = tokio::task::spawn_blocking(move || command.output()).await.expect("a command runs");
        let output = output.expect("the program can be started");
        assert!(output.status.success(), "banyan migrate: {}", String::from_utf8_lossy(&output.stderr));
    }

    /// The tenant of tests, and others.
    pub(crate) async fn tenants(&self) -> (Uuid, Vec<Uuid>) {
        let client = connect(&self.url).await;
        let rows = client.query("SELECT id, name FROM identity.tenants ORDER BY name", &[]).await.expect("tenants can be read");
        let tenants: Vec<(Uuid, String)> = rows.iter().map(|row| (row.get(0), row.get(1))).collect();
        let own = tenants.iter().find(|tenant| tenant.1 == TENANT).expect("the tenant of tests is there").0;
        (
            own,
            tenants
                .into_iter()
                .filter(|tenant| tenant.0 != own && tenant.1 != banyan_kernel::OPERATORS)
                .map(|tenant| tenant.0)
                .collect(),
        )
    }

    /// A token of the installation that says who calls, good from `now` on.
    pub(super) async fn token(&self, caller: &banyan_kernel::Caller, now: Timestamp) -> Option<String> {
        super::tokens::of(self, caller, now).await
    }
}

/// Of this build, so that another one's tables are never taken for its own.
fn template() -> String {
    let program = program();
    let told = std::fs::metadata(&program).unwrap_or_else(|error| {
        panic!("{}: {error}: tests of several processes need the program: cargo build -p banyan-server", program.display())
    });
    format!("{TEMPLATE}{:x}_{:x}", told.mtime(), told.mtime_nsec())
}

/// `target/debug/banyan`, beside the folder of the test's own program.
pub(super) fn program() -> PathBuf {
    let test = std::env::current_exe().expect("a program knows where it is");
    test.parent().and_then(Path::parent).expect("a test's program is in target/…/deps").join("banyan")
}

pub(super) async fn connect(url: &str) -> Client {
    let (client, connection) = tokio_postgres::connect(url, tokio_postgres::NoTls).await.expect("PostgreSQL answers");
    tokio::spawn(connection);
    client
}

/// Runs a statement as the superuser, past all rules.
pub(crate) async fn execute(url: &str, sql: &str) {
    run(&connect(url).await, sql).await;
}

async fn run(client: &Client, sql: &str) {
    client.batch_execute(sql).await.unwrap_or_else(|error| panic!("{sql}: {error:?}"));
}
