//! Starting the program, and asking it.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::time::{Duration, Instant};

use banyan_store::EngineKind;
use banyan_testkit::TestDatabase;
use serde_json::Value;

/// A password that identity takes.
pub(crate) const PASSWORD: &str = "three grey herons wade";

/// All services of the program, by name.
pub(crate) const SERVICES: [&str; 11] = [
    "identity",
    "content",
    "goals",
    "gateway",
    "events",
    "notifications",
    "flags",
    "translations",
    "support",
    "context",
    "realtime",
];

/// No step of a test may take longer.
const PATIENCE: Duration = Duration::from_secs(60);

/// A place for one installation, with a database of its own where that is PostgreSQL.
pub(crate) struct Place {
    folder: tempfile::TempDir,
    database_url: Option<String>,
}

impl Place {
    pub(crate) fn sqlite() -> Self {
        Self { folder: tempfile::tempdir().unwrap(), database_url: None }
    }

    pub(crate) fn postgres() -> Self {
        let runtime = tokio::runtime::Runtime::new().unwrap();
        let database = runtime.block_on(TestDatabase::new(EngineKind::Postgres));
        Self { folder: tempfile::tempdir().unwrap(), database_url: database.postgres_url().map(str::to_owned) }
    }

    pub(crate) fn on(kind: EngineKind) -> Self {
        match kind {
            EngineKind::Sqlite => Self::sqlite(),
            EngineKind::Postgres => Self::postgres(),
        }
    }

    /// A place with the same database and another data directory.
    pub(crate) fn with_database(database_url: &str) -> Self {
        Self { folder: tempfile::tempdir().unwrap(), database_url: Some(database_url.to_owned()) }
    }

    pub(crate) fn kind(&self) -> EngineKind {
        if self.database_url.is_some() { EngineKind::Postgres } else { EngineKind::Sqlite }
    }

    pub(crate) fn database_url(&self) -> &str {
        self.database_url.as_deref().expect("a place on PostgreSQL")
    }

    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    pub(crate) fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    pub(crate) fn file(&self, name: &str, text: &str) -> PathBuf {
        let path = self.folder.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, text).unwrap();
        path
    }

    /// The program with arguments, in the place's folder, with nothing of the environment but what is given here.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_banyan"));
        command.current_dir(self.folder.path()).args(arguments).env_clear();
        #[expect(clippy::disallowed_methods, reason = "a restore looks for PostgreSQL's programs there")]
        command.env("PATH", std::env::var_os("PATH").unwrap_or_default());
        if let Some(url) = &self.database_url {
            command.env("DATABASE_URL", url);
        }
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    /// Runs a command to its end.
    pub(crate) fn run(&self, arguments: &[&str]) -> Ran {
        Ran::from(self.command(arguments).output().unwrap())
    }

    /// As [`Place::run`], with a text on standard input.
    pub(crate) fn run_with_input(&self, arguments: &[&str], input: &str) -> Ran {
        let mut child = self.command(arguments).stdin(Stdio::piped()).spawn().unwrap();
        // A command that wants none may be gone already.
        let _closed = child.stdin.take().unwrap().write_all(input.as_bytes());
        Ran::from(child.wait_with_output().unwrap())
    }

    pub(crate) fn serve(&self) -> Server {
        self.serve_with(&[], &[])
    }

    /// Starts a server on free ports and waits until it says that it is ready.
    pub(crate) fn serve_with(&self, arguments: &[&str], variables: &[(&str, &str)]) -> Server {
        let mut command = self.command(&["serve", "--listen", "127.0.0.1:0", "--admin-listen", "127.0.0.1:0"]);
        command.args(arguments).env("BANYAN_RATE_LIMITS", "off").envs(variables.iter().copied());
        let mut child = command.spawn().unwrap();
        let log = Log::of(child.stderr.take().unwrap());
        let mut output = BufReader::new(child.stdout.take().unwrap());
        let (mut said, mut line) = (String::new(), String::new());
        // The banner ends with the line that says how to stop; a program that ended gives an end of file.
        while !said.contains("Ctrl-C stops it.") && output.read_line(&mut line).unwrap() > 0 {
            said.push_str(&line);
            line.clear();
        }
        let addresses = std::fs::read_to_string(self.data().join("banyan.addr"));
        let Ok(addresses) = addresses else {
            let status = child.wait().unwrap();
            panic!("the server did not start ({status}):\n{said}{}", log.read_all());
        };
        let addresses: Value = serde_json::from_str(&addresses).unwrap();
        let url = |name: &str| addresses[name].as_str().unwrap_or_default().to_owned();
        Server { child, log: Some(log), url: url("listen"), admin: url("admin"), banner: said, services: Vec::new() }
    }

    /// As [`Place::serve_with`]; but with `BANYAN_TEST_SPLIT=2`, say, and on PostgreSQL, the server is a front door, and each service is
    /// two processes behind it. For tests that meet Banyan by HTTP alone, and by commands beside it.
    pub(crate) fn serve_apart(&self, variables: &[(&str, &str)]) -> Server {
        let (Some(instances), EngineKind::Postgres) = (banyan_testkit::split_instances(), self.kind()) else {
            return self.serve_with(&[], variables);
        };
        let key = "4b0c5b7f6b1d4b0e8f8f0d7a1c2b3a495867f6e5d4c3b2a1908f7e6d5c4b3a29";
        let keys = self.data().join("keys");
        std::fs::DirBuilder::new().recursive(true).mode(0o700).create(&keys).unwrap();
        std::fs::write(keys.join("master.key"), key).unwrap();
        let shared = [
            ("BANYAN_MASTER_KEY", key),
            ("BANYAN_CLUSTER_SECRET", "a secret of tests, which protects nothing at all"),
            ("BANYAN_DATABASE_POOL_MIN", "0"),
            ("BANYAN_DATABASE_POOL_MAX", "4"),
            ("BANYAN_WORKERS", "1"),
        ];
        let variables: Vec<_> = shared.iter().chain(variables).copied().collect();
        let role = |role| ["--roles", role, "--mesh-listen", "127.0.0.1:0"];
        let services = SERVICES.into_iter().flat_map(|service| std::iter::repeat_n(service, instances));
        // All of them are there before the door looks for the first time.
        let services = services.map(|service| {
            let place = Self::with_database(self.database_url());
            let server = place.serve_with(&role(service), &variables);
            (place, server)
        });
        let services = services.collect();
        let mut door = self.serve_with(&role("edge"), &variables);
        door.services = services;
        door
    }
}

/// A command that has ended.
#[derive(Debug)]
pub(crate) struct Ran {
    pub(crate) status: ExitStatus,
    pub(crate) output: String,
    pub(crate) error: String,
}

impl From<Output> for Ran {
    fn from(output: Output) -> Self {
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        Self { status: output.status, output: text(&output.stdout), error: text(&output.stderr) }
    }
}

impl Ran {
    pub(crate) fn code(&self) -> i32 {
        self.status.code().unwrap_or(-1)
    }

    /// The output of a command that must have gone well.
    #[track_caller]
    pub(crate) fn good(self) -> String {
        assert!(self.status.success(), "{self:#?}");
        self.output
    }

    /// The error of a command that must have failed this way.
    #[track_caller]
    pub(crate) fn failed(self, code: i32) -> String {
        assert_eq!(self.code(), code, "{self:#?}");
        self.error
    }
}

/// A running server; it is killed with this value.
pub(crate) struct Server {
    child: Child,
    log: Option<Log>,
    pub(crate) url: String,
    pub(crate) admin: String,
    /// What it said when it was ready.
    pub(crate) banner: String,
    /// Behind a front door.
    services: Vec<(Place, Server)>,
}

impl Server {
    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    pub(crate) fn signal(&self, signal: rustix::process::Signal) {
        let pid = rustix::process::Pid::from_child(&self.child);
        rustix::process::kill_process(pid, signal).unwrap();
    }

    /// Waits until it has ended, and gives how, with what it logged.
    #[track_caller]
    pub(crate) fn wait(mut self) -> (ExitStatus, String) {
        let status = wait(&mut self.child);
        (status, self.log.take().unwrap().read_all())
    }

    /// Ends it in good order, and what stands behind it.
    #[track_caller]
    pub(crate) fn stop(mut self) -> String {
        let services = std::mem::take(&mut self.services);
        self.signal(rustix::process::Signal::TERM);
        let (status, mut log) = self.wait();
        assert!(status.success(), "{status}: {log}");
        // They answer for some seconds more; all of them at the same time.
        services.iter().for_each(|(_, service)| service.signal(rustix::process::Signal::TERM));
        for (_place, service) in services {
            let (status, said) = service.wait();
            assert!(status.success(), "{status}: {said}");
            log.push_str(&said);
        }
        log
    }

    /// `GET`, with the status and the JSON of the answer.
    pub(crate) fn get(&self, path: &str, token: Option<&str>) -> (u16, Value) {
        get(&format!("{}{path}", self.url), token)
    }

    pub(crate) fn post(&self, path: &str, token: Option<&str>, body: &Value) -> (u16, Value) {
        let mut request = client().post(format!("{}{path}", self.url));
        if let Some(token) = token {
            request = request.header("Authorization", format!("Bearer {token}"));
        }
        answer(request.send_json(body).unwrap())
    }

    /// Logs in and gives the access token.
    #[track_caller]
    pub(crate) fn log_in(&self, email: &str, password: &str) -> String {
        let (status, body) = self.try_log_in(email, password);
        assert_eq!(status, 200, "{body}");
        body["accessToken"].as_str().unwrap().to_owned()
    }

    pub(crate) fn try_log_in(&self, email: &str, password: &str) -> (u16, Value) {
        self.post("/api/v1/auth/login", None, &serde_json::json!({ "email": email, "password": password }))
    }

    /// Registers somebody and gives the access token.
    #[track_caller]
    pub(crate) fn register(&self, email: &str) -> String {
        let (status, body) = self.post(
            "/api/v1/auth/register",
            None,
            &serde_json::json!({ "email": email, "password": PASSWORD, "name": "Somebody" }),
        );
        assert_eq!(status, 201, "{body}");
        body["accessToken"].as_str().unwrap().to_owned()
    }
}

/// What a server logs, read while it runs: nobody may have to wait for a pipe that is full.
struct Log(std::thread::JoinHandle<String>);

impl Log {
    fn of(mut pipe: std::process::ChildStderr) -> Self {
        Self(std::thread::spawn(move || {
            let mut bytes = Vec::new();
            let _as_far_as_it_goes = pipe.read_to_end(&mut bytes);
            String::from_utf8_lossy(&bytes).into_owned()
        }))
    }

    fn read_all(self) -> String {
        self.0.join().unwrap()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ended = self.child.kill();
        let _ended = self.child.wait();
    }
}

/// Waits for the end of a process; a kill ends one that does not end.
fn wait(child: &mut Child) -> ExitStatus {
    let (sender, receiver) = std::sync::mpsc::channel();
    let pid = rustix::process::Pid::from_child(child);
    let guard = std::thread::spawn(move || {
        let late = receiver.recv_timeout(PATIENCE) == Err(std::sync::mpsc::RecvTimeoutError::Timeout);
        if late {
            let _gone = rustix::process::kill_process(pid, rustix::process::Signal::KILL);
        }
    });
    let status = child.wait().unwrap();
    let _guard_ended = sender.send(());
    guard.join().unwrap();
    status
}

pub(crate) fn client() -> ureq::Agent {
    ureq::Agent::config_builder().http_status_as_error(false).timeout_global(Some(PATIENCE)).build().into()
}

pub(crate) fn get(url: &str, token: Option<&str>) -> (u16, Value) {
    let mut request = client().get(url);
    if let Some(token) = token {
        request = request.header("Authorization", format!("Bearer {token}"));
    }
    answer(request.call().unwrap())
}

/// The status of `GET`; none where nobody listens.
pub(crate) fn try_get(url: &str) -> Option<u16> {
    client().get(url).call().ok().map(|response| response.status().as_u16())
}

fn answer(mut response: ureq::http::Response<ureq::Body>) -> (u16, Value) {
    let text = response.body_mut().read_to_string().unwrap();
    (response.status().as_u16(), serde_json::from_str(&text).unwrap_or(Value::String(text)))
}

/// Asks again until `good` is content; panics when that takes too long.
#[track_caller]
pub(crate) fn eventually<T>(what: &str, mut ask: impl FnMut() -> Option<T>) -> T {
    let begun = Instant::now();
    loop {
        if let Some(value) = ask() {
            return value;
        }
        assert!(begun.elapsed() < PATIENCE, "{what} did not come true");
        pause();
    }
}

/// Between two looks: the processor is for those who are waited for.
pub(crate) fn pause() {
    std::thread::park_timeout(Duration::from_millis(10));
}

/// Makes each function two tests, one on each engine.
macro_rules! on_both_engines {
    ($(fn $name:ident($place:ident: Place) $body:block)+) => {
        $(
            mod $name {
                use super::*;

                fn run($place: Place) $body

                #[test]
                fn sqlite() {
                    run(Place::on(banyan_store::EngineKind::Sqlite));
                }

                #[test]
                fn postgres() {
                    run(Place::on(banyan_store::EngineKind::Postgres));
                }
            }
        )+
    };
}
pub(crate) use on_both_engines;
