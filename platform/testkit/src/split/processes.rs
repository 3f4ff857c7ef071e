//! The running processes of one test.

use std::fs::File;
use std::path::PathBuf;
use std::process::{Child, Command};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use serde_json::Value;

use super::installation::Installation;

/// No step may take longer.
const PATIENCE: Duration = Duration::from_secs(60);
const LOOK_AGAIN: Duration = Duration::from_millis(10);

/// Front doors, and instances of a service behind them. They are killed with this value.
pub(super) struct Processes {
    pub(super) client: reqwest::Client,
    doors: Vec<Process>,
    _services: Vec<Process>,
    turn: AtomicUsize,
}

struct Process {
    child: Child,
    log: PathBuf,
    /// As it wrote it down when it was ready.
    addresses: Value,
}

impl Processes {
    pub(super) async fn start(installation: &Installation, service: &str) -> Self {
        // Who looks for a service finds it at the first look.
        let services = start(installation, service, service).await;
        let doors = start(installation, "edge", "edge").await;
        let client =
            reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build().expect("a client can be made");
        for door in &doors {
            door.knows(&client, service, installation.instances).await;
        }
        Self { client, doors, _services: services, turn: AtomicUsize::new(0) }
    }

    /// The address of each door in turn.
    pub(super) fn door(&self) -> &str {
        let turn = self.turn.fetch_add(1, Ordering::Relaxed);
        self.doors[turn % self.doors.len()].address("listen")
    }
}

/// As many processes with the role as the test wants, at the same time.
async fn start(installation: &Installation, name: &str, role: &str) -> Vec<Process> {
    let begin = |number: usize| Process::begin(installation, &format!("{name}-{number}"), role);
    let mut all: Vec<Process> = (1..=installation.instances).map(begin).collect();
    for (number, process) in all.iter_mut().enumerate() {
        let path = installation.folder.join(format!("{name}-{}", number + 1)).join("banyan.addr");
        process.is_ready(&path).await;
    }
    all
}

impl Process {
    fn begin(installation: &Installation, name: &str, role: &str) -> Self {
        let free = "127.0.0.1:0";
        let arguments = ["serve", "--roles", role, "--listen", free, "--admin-listen", free, "--mesh-listen", free];
        let mut command = installation.command(name, &installation.url, &arguments);
        let settings = [
            ("BANYAN_CLUSTER_SECRET", "a secret of tests, which protects nothing at all"),
            // The test does it, or lets it be.
            ("BANYAN_CLUSTER_BACKGROUND", "off"),
            ("BANYAN_RATE_LIMITS", "off"),
            ("BANYAN_WORKERS", "1"),
            // Says from where a caller comes.
            ("BANYAN_EDGE_TRUSTED_PROXIES", "127.0.0.1"),
        ];
        let log = installation.folder.join(format!("{name}.log"));
        let child = spawn(command.envs(settings), &log);
        Self { child, log, addresses: Value::Null }
    }

    /// Waits until it has written down where it listens.
    async fn is_ready(&mut self, path: &std::path::Path) {
        let begun = Instant::now();
        loop {
            let text = std::fs::read_to_string(path).unwrap_or_default();
            if let Ok(addresses) = serde_json::from_str(&text) {
                self.addresses = addresses;
                return;
            }
            let ended = self.child.try_wait().expect("a child can be asked for");
            assert!(ended.is_none() && begun.elapsed() < PATIENCE, "a process did not start: {ended:?}\n{}", self.said());
            tokio::time::sleep(LOOK_AGAIN).await;
        }
    }

    fn address(&self, name: &str) -> &str {
        self.addresses[name].as_str().unwrap_or_default()
    }

    /// Waits until it has found so many instances of the service.
    async fn knows(&self, client: &reqwest::Client, service: &str, instances: usize) {
        let begun = Instant::now();
        loop {
            let text = client.get(format!("{}/services", self.address("admin"))).send().await.expect("a door answers operators");
            let listed: Value = serde_json::from_str(&text.text().await.unwrap_or_default()).unwrap_or_default();
            let services = listed["services"].as_array().cloned().unwrap_or_default();
            let found = services.iter().find(|one| one["name"] == service).and_then(|one| one["instances"].as_array().cloned());
            if found.unwrap_or_default().iter().filter(|one| one["health"] == "up").count() == instances {
                return;
            }
            assert!(begun.elapsed() < PATIENCE, "`{service}` was not found: {listed}\n{}", self.said());
            tokio::time::sleep(LOOK_AGAIN).await;
        }
    }

    fn said(&self) -> String {
        std::fs::read_to_string(&self.log).unwrap_or_default()
    }
}

impl Drop for Process {
    #[expect(clippy::print_stderr, reason = "a test that fails shows what its processes said")]
    fn drop(&mut self) {
        let _ended = self.child.kill();
        let _ended = self.child.wait();
        if std::thread::panicking() {
            eprintln!("{}:\n{}", self.log.display(), self.said());
        }
    }
}

fn spawn(command: &mut Command, log: &PathBuf) -> Child {
    let file = File::create(log).expect("a log can be made");
    let both = file.try_clone().expect("a log can be shared");
    command.stdout(both).stderr(file).spawn().expect("the program can be started")
}
