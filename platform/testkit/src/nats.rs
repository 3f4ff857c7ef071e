//! A NATS server that belongs to one test, which kills it, starts it again and wipes it.

use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// Long enough for a machine that is busy with other tests.
const PATIENCE: Duration = Duration::from_secs(60);

/// `nats-server` with JetStream, on a port and a folder of its own. It ends with the test.
pub struct NatsServer {
    folder: tempfile::TempDir,
    port: u16,
    child: Option<Child>,
}

impl NatsServer {
    /// One that does not run yet.
    ///
    /// # Panics
    /// When there is no folder or port to be had.
    pub fn stopped() -> Self {
        let folder = tempfile::tempdir().expect("a temporary directory can be made");
        let listener = TcpListener::bind(("127.0.0.1", 0)).expect("there is a free port");
        let port = listener.local_addr().expect("it has an address").port();
        Self { folder, port, child: None }
    }

    pub async fn start() -> Self {
        let mut server = Self::stopped();
        server.run().await;
        server
    }

    pub fn url(&self) -> String {
        format!("nats://127.0.0.1:{}", self.port)
    }

    fn store(&self) -> PathBuf {
        self.folder.path().join("store")
    }

    /// Starts it where it stopped, and waits until it listens.
    ///
    /// # Panics
    /// When it does not start: a test never skips in silence.
    pub async fn run(&mut self) {
        let mut command = Command::new("nats-server");
        command.args(["-js", "-a", "127.0.0.1", "-p", &self.port.to_string(), "-sd"]).arg(self.store());
        let child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn();
        let child = child.unwrap_or_else(|error| {
            panic!("nats-server: {error}: run the tests with `cargo xtask test`, or install it with `cargo xtask nats start`")
        });
        self.child = Some(child);
        let begun = Instant::now();
        while TcpStream::connect(("127.0.0.1", self.port)).is_err() {
            assert!(begun.elapsed() < PATIENCE, "nats-server does not listen on port {}", self.port);
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// At once, without a last word.
    pub fn kill(&mut self) {
        if let Some(mut child) = self.child.take() {
            let _gone = child.kill();
            let _status = child.wait();
        }
    }

    /// Takes away all that it kept. It must not run.
    ///
    /// # Panics
    /// When that cannot be done.
    pub fn wipe(&self) {
        assert!(self.child.is_none(), "it runs");
        if self.store().exists() {
            std::fs::remove_dir_all(self.store()).expect("its folder can be deleted");
        }
    }

    /// Keeps what it has, or brings that back. It must not run.
    ///
    /// # Panics
    /// When that cannot be done.
    pub fn save(&self) {
        assert!(self.child.is_none(), "it runs");
        copy(&self.store(), &self.folder.path().join("saved"));
    }

    /// Brings back what [`NatsServer::save`] kept.
    ///
    /// # Panics
    /// When that cannot be done.
    pub fn bring_back(&self) {
        self.wipe();
        copy(&self.folder.path().join("saved"), &self.store());
    }
}

impl Drop for NatsServer {
    fn drop(&mut self) {
        self.kill();
    }
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).expect("a folder can be made");
    for entry in std::fs::read_dir(from).expect("the folder can be read") {
        let entry = entry.expect("the folder can be read");
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), target).expect("a file can be copied");
        }
    }
}
