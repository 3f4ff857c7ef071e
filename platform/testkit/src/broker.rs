//! Brokers that belong to one test, which kills them, starts them again and wipes them.

use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// Long enough for a machine that is busy with other tests.
const PATIENCE: Duration = Duration::from_secs(90);
/// Where Debian keeps the script that starts RabbitMQ as whoever calls it; the one on the `PATH` wants to be another account.
const RABBITMQ: &str = "/usr/lib/rabbitmq/bin/rabbitmq-server";

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Nats,
    Redis,
    RabbitMq,
}

/// NATS with JetStream, Redis or RabbitMQ, on ports and in a folder of its own. It ends with the test.
pub struct Broker {
    kind: Kind,
    folder: tempfile::TempDir,
    port: u16,
    scheme: String,
    login: String,
    arguments: Vec<String>,
    configuration: String,
    children: Vec<Child>,
}

impl Broker {
    fn stopped(kind: Kind, scheme: &str) -> Self {
        let folder = tempfile::tempdir().expect("a temporary directory can be made");
        let (port, scheme) = (free_port(), scheme.to_owned());
        Self {
            kind,
            folder,
            port,
            scheme,
            login: String::new(),
            arguments: Vec::new(),
            configuration: String::new(),
            children: Vec::new(),
        }
    }

    /// `nats-server` with JetStream. It does not run yet.
    pub fn nats() -> Self {
        Self::stopped(Kind::Nats, "nats")
    }

    /// `redis-server` whose writes are on the disk before they are answered. It does not run yet.
    pub fn redis() -> Self {
        Self::stopped(Kind::Redis, "redis")
    }

    /// `rabbitmq-server`. It does not run yet, and needs some seconds to start.
    pub fn rabbitmq() -> Self {
        Self::stopped(Kind::RabbitMq, "amqp")
    }

    /// With further arguments for the program.
    #[must_use]
    pub fn with(mut self, arguments: &[&str]) -> Self {
        self.arguments.extend(arguments.iter().map(|&argument| argument.to_owned()));
        self
    }

    /// With this in its configuration file. For RabbitMQ.
    #[must_use]
    pub fn configured(mut self, text: &str) -> Self {
        text.clone_into(&mut self.configuration);
        self
    }

    /// Without what [`Broker::with`] gave it.
    pub fn plain(&mut self) {
        self.arguments.clear();
    }

    /// With another scheme, and a login in front of the host: `tls`, `user:password@`.
    #[must_use]
    pub fn called(mut self, scheme: &str, login: &str) -> Self {
        (self.scheme, self.login) = (scheme.to_owned(), login.to_owned());
        self
    }

    /// Running.
    pub async fn started(mut self) -> Self {
        self.run().await;
        self
    }

    pub fn url(&self) -> String {
        format!("{}://{}127.0.0.1:{}", self.scheme, self.login, self.port)
    }

    pub fn port(&self) -> u16 {
        self.port
    }

    /// A folder for files of the test, which is not wiped.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    fn store(&self) -> PathBuf {
        self.folder.path().join("store")
    }

    fn program(&self) -> &'static str {
        match self.kind {
            Kind::Nats => "nats-server",
            Kind::Redis => "redis-server",
            Kind::RabbitMq => RABBITMQ,
        }
    }

    /// Starts it where it stopped, and waits until it listens.
    ///
    /// # Panics
    /// When it does not start: a test never skips in silence.
    pub async fn run(&mut self) {
        std::fs::create_dir_all(self.store()).expect("a folder can be made");
        let mut command = Command::new(self.program());
        let port = self.port.to_string();
        match self.kind {
            Kind::Nats => {
                command.args(["-js", "-a", "127.0.0.1", "-p", &port, "-sd"]).arg(self.store());
            }
            Kind::Redis => {
                if !self.arguments.iter().any(|argument| argument == "--port") {
                    command.args(["--port", &port]);
                }
                command.args(["--bind", "127.0.0.1", "--save", "", "--appendonly", "yes", "--appendfsync", "always", "--dir"]);
                command.arg(self.store());
            }
            Kind::RabbitMq => self.prepare_rabbitmq(&mut command),
        }
        command.args(&self.arguments);
        let child = spawn(&mut command);
        self.children.push(child);
        self.listening().await;
    }

    /// All that it would look for on the machine is in the folder, and its register of names is its own.
    fn prepare_rabbitmq(&mut self, command: &mut Command) {
        let (names, nodes) = (free_port().to_string(), free_port().to_string());
        let register = spawn(Command::new("epmd").args(["-port", &names, "-address", "127.0.0.1"]));
        self.children.push(register);
        let file = |name: &str, text: &str| {
            let path = self.folder.path().join(name);
            std::fs::write(&path, text).expect("a file can be written");
            path
        };
        command.current_dir(self.folder.path()).env("HOME", self.folder.path());
        command.env("ERL_EPMD_PORT", names).env("RABBITMQ_DIST_PORT", nodes);
        command.env("RABBITMQ_NODENAME", format!("banyan-{}@localhost", self.port));
        command.env("RABBITMQ_NODE_PORT", self.port.to_string()).env("RABBITMQ_NODE_IP_ADDRESS", "127.0.0.1");
        command.env("RABBITMQ_MNESIA_BASE", self.store()).env("RABBITMQ_LOG_BASE", self.folder.path().join("log"));
        command.env("RABBITMQ_ENABLED_PLUGINS_FILE", file("plugins", "[].\n"));
        command
            .env("RABBITMQ_CONFIG_FILE", file("rabbitmq.conf", &self.configuration))
            .env("RABBITMQ_CONF_ENV_FILE", file("environment", ""));
        command.env("RABBITMQ_PID_FILE", self.folder.path().join("pid"));
        // The script becomes the broker, so that what is killed is the broker.
        command.env("RABBITMQ_ALLOW_INPUT", "1").env("RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS", "-noinput");
    }

    async fn listening(&mut self) {
        let begun = Instant::now();
        while TcpStream::connect(("127.0.0.1", self.port)).is_err() {
            assert!(begun.elapsed() < PATIENCE, "{} does not listen on port {}", self.program(), self.port);
            if let Some(child) = self.children.last_mut() {
                let ended = child.try_wait().expect("it can be looked at");
                assert!(ended.is_none(), "it ended at once: {ended:?}");
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// At once, without a last word.
    pub fn kill(&mut self) {
        for mut child in self.children.drain(..).rev() {
            let _gone = child.kill();
            let _status = child.wait();
        }
    }

    /// Takes away all that it kept. It must not run.
    ///
    /// # Panics
    /// When that cannot be done.
    pub fn wipe(&self) {
        assert!(self.children.is_empty(), "it runs");
        if self.store().exists() {
            std::fs::remove_dir_all(self.store()).expect("its folder can be deleted");
        }
    }

    /// Keeps what it has, or brings that back. It must not run.
    ///
    /// # Panics
    /// When that cannot be done.
    pub fn save(&self) {
        assert!(self.children.is_empty(), "it runs");
        copy(&self.store(), &self.folder.path().join("saved"));
    }

    /// Brings back what [`Broker::save`] kept.
    ///
    /// # Panics
    /// When that cannot be done.
    pub fn bring_back(&self) {
        self.wipe();
        copy(&self.folder.path().join("saved"), &self.store());
    }
}

impl Drop for Broker {
    fn drop(&mut self) {
        self.kill();
    }
}

pub(crate) fn free_port() -> u16 {
    let listener = TcpListener::bind(("127.0.0.1", 0)).expect("there is a free port");
    listener.local_addr().expect("it has an address").port()
}

fn spawn(command: &mut Command) -> Child {
    let child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn();
    child.unwrap_or_else(|error| {
        let program = command.get_program().display();
        panic!("{program}: {error}: run the tests with `cargo xtask test`, or install it with `cargo xtask nats|redis|rabbitmq start`")
    })
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
