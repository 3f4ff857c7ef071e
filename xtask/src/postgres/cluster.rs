//! One PostgreSQL data directory and the server on it.

use std::fs::{self, OpenOptions};
use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, anyhow};

use super::account::Account;
use super::binaries::Binaries;
use crate::process;

/// The superuser of a cluster, and the owner of what tests make in it.
const SUPERUSER: &str = "postgres";

/// How often to try another port when somebody took the free one that we found.
const PORT_ATTEMPTS: usize = 3;

/// Whether an acknowledged commit survives a crash of the machine.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Durability {
    /// No fsync: several times faster. For the suite, whose data nobody keeps.
    Fast,
    /// As in production. For durability tests and benchmarks.
    Durable,
}

/// A cluster whose server runs.
pub(crate) struct Cluster {
    binaries: Binaries,
    account: Account,
    folder: PathBuf,
    port: u16,
    password: String,
}

impl Cluster {
    /// Makes the data directory below `folder` if there is none and starts its server.
    pub(super) fn start(folder: &Path, durability: Durability) -> Result<Self> {
        let binaries = Binaries::require()?;
        let account = Account::choose()?;
        account.create_folder(folder)?;
        if !folder.join("data/PG_VERSION").exists() {
            initialise(&binaries, account, folder, durability)?;
        }
        let password = read_text(&folder.join("password"))?;
        let mut cluster = Self { binaries, account, folder: folder.to_owned(), port: 0, password };
        cluster.listen_on_a_free_port()?;
        Ok(cluster)
    }

    /// Makes `folder` a copy of this cluster, which must be durable, and starts a server that follows this one. What was in it is lost.
    pub(super) fn start_replica(&self, folder: &Path) -> Result<Self> {
        if folder.exists() {
            fs::remove_dir_all(folder).with_context(|| format!("cannot delete {}", folder.display()))?;
        }
        self.account.create_folder(folder)?;
        self.account.write_file(&folder.join("password"), &self.password)?;
        let mut copy = self.client("pg_basebackup", "postgres");
        copy.args(["--write-recovery-conf", "--checkpoint=fast", "--wal-method=stream", "--no-sync", "-D"]);
        process::output(self.account.apply(copy.arg(folder.join("data")), folder))?;
        let mut replica = Self {
            binaries: self.binaries.clone(),
            account: self.account,
            folder: folder.to_owned(),
            port: 0,
            password: self.password.clone(),
        };
        replica.listen_on_a_free_port()?;
        Ok(replica)
    }

    /// The cluster in `folder` if its server runs.
    pub(super) fn running(folder: &Path) -> Result<Option<Self>> {
        if !folder.join("data/postmaster.pid").exists() {
            return Ok(None);
        }
        let cluster = Self {
            binaries: Binaries::require()?,
            account: Account::choose()?,
            folder: folder.to_owned(),
            port: read_text(&folder.join("port"))?.parse().context("the port file is damaged")?,
            password: read_text(&folder.join("password"))?,
        };
        let runs = process::succeeds(&mut cluster.pg_ctl(&["status"]));
        Ok(runs.then_some(cluster))
    }

    /// Stops whatever server runs in `folder`, at once and without asking its clients.
    pub(super) fn stop_any(folder: &Path) -> Result<()> {
        match Self::running(folder)? {
            Some(cluster) => cluster.stop(),
            None => Ok(()),
        }
    }

    pub(super) fn stop(&self) -> Result<()> {
        let mut stop = self.pg_ctl(&["stop", "-w", "-m", "fast"]);
        process::output_while_cleaning_up(&mut stop).map(drop)
    }

    /// The URL of a database, as the superuser.
    pub(crate) fn url(&self, database: &str) -> String {
        format!("postgres://{SUPERUSER}:{}@127.0.0.1:{}/{database}", self.password, self.port)
    }

    pub(crate) fn binaries(&self) -> &Binaries {
        &self.binaries
    }

    /// A client program (`psql`, `pgbench`) that logs in to `database` as the superuser.
    pub(crate) fn client(&self, program: &str, database: &str) -> Command {
        let mut command = self.binaries.command(program);
        // In the environment rather than as an argument, which every user of the machine can read.
        command
            .env("PGPASSWORD", &self.password)
            .env("PGHOST", "127.0.0.1")
            .env("PGPORT", self.port.to_string())
            .env("PGUSER", SUPERUSER)
            .env("PGDATABASE", database);
        command
    }

    /// Runs SQL and gives the rows as text, columns separated by `|`.
    pub(crate) fn query(&self, database: &str, sql: &str) -> Result<String> {
        let mut psql = self.client("psql", database);
        psql.args(["-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-c", sql]);
        process::output(&mut psql).map(|text| text.trim().to_owned())
    }

    /// Makes an empty database, dropping one of that name that is there already.
    pub(crate) fn recreate_database(&self, name: &str) -> Result<()> {
        self.query("postgres", &format!("DROP DATABASE IF EXISTS \"{name}\" WITH (FORCE)"))?;
        self.query("postgres", &format!("CREATE DATABASE \"{name}\"")).map(drop)
    }

    /// The process number of the server's parent process.
    pub(crate) fn pid(&self) -> Result<u32> {
        let file = self.folder.join("data/postmaster.pid");
        let text = read_text(&file)?;
        text.lines().next().and_then(|line| line.trim().parse().ok()).with_context(|| format!("{} is damaged", file.display()))
    }

    fn listen_on_a_free_port(&mut self) -> Result<()> {
        let mut failure = anyhow!("no free port");
        for attempt in 0..PORT_ATTEMPTS {
            self.port = self.last_port().filter(|_| attempt == 0).map_or_else(process::free_port, Ok)?;
            // No socket file: everyone comes through the loopback address.
            let options = format!("-p {} -k ''", self.port);
            let log = self.folder.join("log");
            let mut start = self.pg_ctl(&["start", "-w", "-t", "60", "-o", &options]);
            match process::output(start.arg("-l").arg(&log)) {
                Ok(_) => {
                    fs::write(self.folder.join("port"), self.port.to_string())?;
                    return Ok(());
                }
                Err(error) => failure = error,
            }
            process::check_interrupted()?;
            let last_words = last_lines(&fs::read_to_string(&log).unwrap_or_default(), 8);
            failure = failure.context(format!("PostgreSQL does not start:\n{last_words}"));
        }
        Err(failure)
    }

    /// The port of the last start, so that a URL that somebody noted stays good.
    fn last_port(&self) -> Option<u16> {
        let port = read_text(&self.folder.join("port")).ok()?.parse().ok()?;
        TcpListener::bind(("127.0.0.1", port)).is_ok().then_some(port)
    }

    fn pg_ctl(&self, arguments: &[&str]) -> Command {
        let mut command = self.binaries.command("pg_ctl");
        command.args(arguments).arg("-D").arg(self.folder.join("data"));
        self.account.apply(&mut command, &self.folder);
        command
    }
}

/// Makes the data directory: a password for the superuser, settings, who may log in.
fn initialise(binaries: &Binaries, account: Account, folder: &Path, durability: Durability) -> Result<()> {
    let password_file = folder.join("password");
    account.write_file(&password_file, &random_password()?)?;
    let data = folder.join("data");
    account.create_folder(&data)?;

    let mut failure = anyhow!("no locale");
    for locale in locales(durability) {
        let mut initdb = binaries.command("initdb");
        initdb
            .args(["--username", SUPERUSER, "--encoding=UTF8", "--auth=scram-sha-256", "--no-sync"])
            .args(*locale)
            .arg("-D")
            .arg(&data)
            .arg("--pwfile")
            .arg(&password_file);
        match process::output(account.apply(&mut initdb, folder)) {
            Ok(_) => return write_settings(&data, durability),
            Err(error) => failure = error,
        }
    }
    Err(failure)
}

/// How the cluster sorts text. The suite prefers rules of a language: a query that forgets its
/// `COLLATE "C"` then gives another order than SQLite, and a test can notice.
fn locales(durability: Durability) -> &'static [&'static [&'static str]] {
    const LANGUAGE: &[&str] = &["--locale-provider=icu", "--icu-locale=en-US", "--locale=C"];
    const BYTES: &[&str] = &["--locale=C"];
    match durability {
        Durability::Fast => &[LANGUAGE, BYTES],
        Durability::Durable => &[BYTES],
    }
}

fn write_settings(data: &Path, durability: Durability) -> Result<()> {
    let mut settings = String::from(
        "\n# Banyan's test server\nlisten_addresses = '127.0.0.1'\nmax_connections = 800\n\
         max_locks_per_transaction = 256\ntimezone = 'UTC'\nlog_timezone = 'UTC'\nshared_buffers = '256MB'\n",
    );
    if durability == Durability::Fast {
        // Tests make and drop hundreds of databases: without checkpoints and without WAL for copies.
        settings.push_str(
            "fsync = off\nsynchronous_commit = off\nfull_page_writes = off\nwal_level = minimal\n\
             max_wal_senders = 0\nmax_wal_size = '4GB'\ncheckpoint_timeout = '1h'\n",
        );
    }
    OpenOptions::new().append(true).open(data.join("postgresql.conf"))?.write_all(settings.as_bytes())?;
    // The superuser needs its password. Roles that a test makes have no power and none either.
    let log_in = format!(
        "host all {SUPERUSER} 127.0.0.1/32 scram-sha-256\nhost all all 127.0.0.1/32 trust\n\
         host replication {SUPERUSER} 127.0.0.1/32 scram-sha-256\n"
    );
    fs::write(data.join("pg_hba.conf"), log_in)?;
    Ok(())
}

/// Sixteen random bytes in hexadecimal.
fn random_password() -> Result<String> {
    let mut bytes = [0_u8; 16];
    fs::File::open("/dev/urandom")?.read_exact(&mut bytes)?;
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}

fn read_text(file: &Path) -> Result<String> {
    let text = fs::read_to_string(file).with_context(|| format!("cannot read {}", file.display()))?;
    Ok(text.trim().to_owned())
}

/// The last `count` lines of a log.
fn last_lines(text: &str, count: usize) -> String {
    let lines: Vec<&str> = text.lines().collect();
    if lines.is_empty() {
        return "(it wrote no log)".to_owned();
    }
    lines[lines.len().saturating_sub(count)..].join("\n")
}
