//! PostgreSQL servers of a test's own, for what the run's server cannot show: TLS, standbys, crashes.

use std::os::unix::fs::{PermissionsExt as _, chown};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// Root may not run PostgreSQL; this user may on every Unix.
const NOBODY: u32 = 65_534;
const PASSWORD: &str = "only for this test";
const FOLDER: &str = "the folder is the test's own";

/// A server; it stops with this value.
pub struct PostgresServer {
    folder: tempfile::TempDir,
    binaries: PathBuf,
    port: u16,
}

impl PostgresServer {
    /// `files` are put beside its data; `options` go to the server's command line.
    ///
    /// # Panics
    /// When there is no PostgreSQL, or it does not start: a test never skips in silence.
    pub fn start(files: &[(&str, &str)], options: &str) -> Self {
        let server = Self::prepared();
        let arguments = ["--username=postgres", "--encoding=UTF8", "--auth=scram-sha-256", "--no-sync", "--no-locale"];
        let (password, data) = (server.path("password"), server.path("data"));
        server.run("initdb", |command| command.args(arguments).arg("--pwfile").arg(password).arg("-D").arg(data));
        for (name, text) in files {
            server.write(name, text);
        }
        server.serve(options);
        server
    }

    /// A copy that follows this server by streaming.
    ///
    /// # Panics
    /// When it cannot be made.
    pub fn standby(&self, options: &str) -> Self {
        let standby = Self::prepared();
        let (data, port) = (standby.path("data"), self.port.to_string());
        standby.run("pg_basebackup", |command| {
            let command = command.env("PGPASSWORD", PASSWORD).args(["-h", "127.0.0.1", "-U", "postgres", "-p", &port]);
            command.args(["--write-recovery-conf", "--checkpoint=fast", "--wal-method=stream", "--no-sync", "-D"]).arg(data)
        });
        standby.serve(options);
        standby
    }

    fn prepared() -> Self {
        let folder = tempfile::tempdir().expect(FOLDER);
        let port = free_port();
        let server = Self { binaries: binaries(), port, folder };
        server.give_away(server.folder.path());
        server.write("password", PASSWORD);
        server
    }

    /// Starts it again.
    ///
    /// # Panics
    /// When it does not start.
    pub fn serve(&self, options: &str) {
        let port = self.port;
        let options = format!("-c port={port} -c listen_addresses=127.0.0.1 -c unix_socket_directories= -c fsync=off {options}");
        let (data, log) = (self.path("data"), self.path("log"));
        self.run("pg_ctl", |command| command.args(["start", "-w", "-o", &options, "-l"]).arg(log).arg("-D").arg(data));
    }

    /// Of a file beside its data.
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Writes a file beside its data that only the server's user can read.
    ///
    /// # Panics
    /// When it cannot be written.
    pub fn write(&self, name: &str, text: &str) {
        std::fs::write(self.path(name), text).expect(FOLDER);
        std::fs::set_permissions(self.path(name), std::fs::Permissions::from_mode(0o600)).expect(FOLDER);
        self.give_away(&self.path(name));
    }

    fn give_away(&self, path: &Path) {
        if is_root() {
            chown(path, Some(NOBODY), Some(NOBODY)).expect(FOLDER);
        }
    }

    fn command(&self, program: &str) -> Command {
        let mut command = Command::new(self.binaries.join(program));
        command.current_dir(self.folder.path()).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        if is_root() {
            command.uid(NOBODY).gid(NOBODY);
        }
        command
    }

    fn run(&self, program: &str, with: impl FnOnce(&mut Command) -> &mut Command) {
        let status = with(&mut self.command(program)).status().expect("PostgreSQL's programs run");
        let log = std::fs::read_to_string(self.path("log")).unwrap_or_default();
        assert!(status.success(), "{program}: {status}\n{log}");
    }

    /// As the superuser; `parameters` are those of libpq.
    pub fn url(&self, host: &str, parameters: &str) -> String {
        format!("postgres://postgres:{}@{host}:{}/postgres?{parameters}", PASSWORD.replace(' ', "%20"), self.port)
    }

    pub fn port(&self) -> u16 {
        self.port
    }

    /// The parameter with the path of a file of the server's folder.
    pub fn file(&self, parameter: &str, name: &str) -> String {
        format!("{parameter}={}", self.path(name).display())
    }

    /// Runs statements as the superuser, one after the other.
    ///
    /// # Panics
    /// When one fails.
    pub async fn execute(&self, sql: &str) {
        self.client().await.batch_execute(sql).await.expect("the statements are right");
    }

    /// What one statement gives in its first row and column, as text.
    ///
    /// # Panics
    /// When it fails.
    pub async fn ask(&self, sql: &str) -> String {
        let rows = self.client().await.simple_query(sql).await.expect("the statement is right");
        let row = rows.iter().find_map(|row| match row {
            tokio_postgres::SimpleQueryMessage::Row(row) => Some(row.get(0).unwrap_or_default().to_owned()),
            _ => None,
        });
        row.unwrap_or_default()
    }

    async fn client(&self) -> tokio_postgres::Client {
        let connected = tokio_postgres::connect(&self.url("127.0.0.1", ""), tokio_postgres::NoTls).await;
        let (client, connection) = connected.expect("the server answers");
        tokio::spawn(connection);
        client
    }

    /// As a crash ends it: no process of it does anything any more.
    ///
    /// # Panics
    /// When it does not run.
    pub fn kill(&self) {
        let processes = self.processes();
        signal("KILL", &processes);
        // A server that is about to start again must not meet the old one's memory.
        while processes.iter().any(|process| is_running(process)) {
            std::thread::yield_now();
        }
        // Where nobody collects the dead, the number in it still looks as if it were of a running server.
        std::fs::remove_file(self.path("data/postmaster.pid")).expect(FOLDER);
    }

    /// Stops all of its processes where they are: its connections stay, and nothing answers.
    ///
    /// # Panics
    /// When it does not run.
    pub fn freeze(&self) {
        signal("STOP", &self.processes());
    }

    /// Lets them go on.
    ///
    /// # Panics
    /// When it does not run.
    pub fn thaw(&self) {
        signal("CONT", &self.processes());
    }

    /// Makes a standby a primary.
    ///
    /// # Panics
    /// When it is none.
    pub fn promote(&self) {
        let data = self.path("data");
        self.run("pg_ctl", |command| command.args(["promote", "-w", "-D"]).arg(data));
    }

    /// The server's parent process and its children.
    fn processes(&self) -> Vec<String> {
        let pid_file = std::fs::read_to_string(self.path("data/postmaster.pid")).expect("the server runs");
        let parent = pid_file.lines().next().unwrap_or_default().trim().to_owned();
        let entries = std::fs::read_dir("/proc").expect("Linux").filter_map(|entry| entry.ok()?.file_name().into_string().ok());
        let children = entries.filter(|process| parent_of(process).as_deref() == Some(&parent));
        std::iter::once(parent.clone()).chain(children).collect()
    }
}

impl Drop for PostgresServer {
    fn drop(&mut self) {
        if self.path("data/postmaster.pid").exists() {
            self.thaw();
        }
        let mut stop = self.command("pg_ctl");
        let _stopped = stop.args(["stop", "-m", "immediate", "-D"]).arg(self.path("data")).status();
    }
}

fn free_port() -> u16 {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr());
    listener.expect("there is a free port").port()
}

/// The state and the parent of a process stand behind its name, which is in brackets.
fn status(process: &str) -> Option<(String, String)> {
    let stat = std::fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
    let mut fields = stat.rsplit_once(") ")?.1.split(' ');
    Some((fields.next()?.to_owned(), fields.next()?.to_owned()))
}

fn parent_of(process: &str) -> Option<String> {
    status(process).map(|(_, parent)| parent)
}

fn is_running(process: &str) -> bool {
    status(process).is_some_and(|(state, _)| state != "Z")
}

fn signal(name: &str, processes: &[String]) {
    let _some_may_be_gone = Command::new("kill").arg(format!("-{name}")).args(processes).stderr(Stdio::null()).status();
}

fn is_root() -> bool {
    std::fs::metadata("/proc/self").is_ok_and(|own| std::os::unix::fs::MetadataExt::uid(&own) == 0)
}

#[expect(clippy::disallowed_methods, reason = "tests are configured by the environment")]
fn binaries() -> PathBuf {
    if let Some(folder) = std::env::var_os("BANYAN_TEST_POSTGRES_BIN") {
        return folder.into();
    }
    let versions = std::fs::read_dir("/usr/lib/postgresql").expect("PostgreSQL's programs, or BANYAN_TEST_POSTGRES_BIN");
    let mut folders: Vec<PathBuf> = versions.filter_map(|entry| Some(entry.ok()?.path().join("bin"))).collect();
    folders.sort();
    folders.pop().expect("a version of PostgreSQL")
}
