//! A PostgreSQL of the test's own that waits for the disk, and that the test crashes.

use std::os::unix::fs::{MetadataExt as _, chown};
use std::os::unix::process::CommandExt as _;
use std::path::PathBuf;
use std::process::{Command, Stdio};

/// Root may not run PostgreSQL; this user may on every Unix.
const NOBODY: u32 = 65_534;

pub(super) struct Postgres {
    folder: tempfile::TempDir,
    binaries: PathBuf,
    port: u16,
}

impl Postgres {
    pub(super) fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        if is_root() {
            chown(folder.path(), Some(NOBODY), Some(NOBODY)).unwrap();
        }
        let postgres = Self { folder, binaries: binaries(), port };
        postgres.run("initdb", &["--username=postgres", "--encoding=UTF8", "--auth=trust", "--no-locale", "--no-sync"]);
        postgres.begin();
        postgres
    }

    fn begin(&self) {
        let options = format!("-c port={} -c listen_addresses=127.0.0.1 -c unix_socket_directories=", self.port);
        let log = self.folder.path().join("log").display().to_string();
        self.run("pg_ctl", &["start", "-w", "-t", "120", "-o", &options, "-l", &log]);
    }

    /// Without a last word; then it recovers from its log.
    pub(super) fn crash(&self) {
        self.run("pg_ctl", &["stop", "-m", "immediate"]);
        self.begin();
    }

    pub(super) fn url(&self) -> String {
        format!("postgres://postgres@127.0.0.1:{}/postgres", self.port)
    }

    fn run(&self, program: &str, arguments: &[&str]) {
        let mut command = Command::new(self.binaries.join(program));
        command.args(arguments).arg("-D").arg(self.folder.path().join("data")).current_dir(self.folder.path());
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        if is_root() {
            command.uid(NOBODY).gid(NOBODY);
        }
        let status = command.status().unwrap();
        let log = std::fs::read_to_string(self.folder.path().join("log")).unwrap_or_default();
        assert!(status.success(), "{program}: {status}\n{log}");
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            self.run("pg_ctl", &["stop", "-m", "immediate"]);
            return;
        }
        let mut stop = Command::new(self.binaries.join("pg_ctl"));
        if is_root() {
            stop.uid(NOBODY).gid(NOBODY);
        }
        let stop = stop.args(["stop", "-m", "immediate", "-D"]).arg(self.folder.path().join("data"));
        let _stopped = stop.current_dir("/").stdout(Stdio::null()).stderr(Stdio::null()).status();
    }
}

fn is_root() -> bool {
    std::fs::metadata("/proc/self").is_ok_and(|own| own.uid() == 0)
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
