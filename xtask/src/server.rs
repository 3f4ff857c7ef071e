//! The server binary `banyan`: building it, and running one for a test or a benchmark.

use std::env;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::process::{self, Guarded};
use crate::workspace;

/// How long a server may take until it answers `/ready`.
const START_LIMIT: Duration = Duration::from_secs(60);

/// How often to look whether it does.
const START_POLL: Duration = Duration::from_millis(2);

/// Who is made where something is measured or tried out as an administrator.
pub(crate) const ADMINISTRATOR: (&str, &str) = ("ada@example.org", PASSWORD);
/// Of everybody who is made here.
pub(crate) const PASSWORD: &str = "an uncommon phrase 47";

/// Of several servers on one database, where that is measured: what one has encrypted, the others read.
pub(crate) const MASTER_KEY: &str = "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=";

/// How the server is compiled.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Profile {
    /// Quickly, for looking into.
    Dev,
    /// As the tests compile it. Their libraries have features that the server alone does without, so [`Profile::Dev`]
    /// would compile half of the tree once more. For commands that go along with the tests.
    Test,
    /// For speed.
    Release,
}

/// Builds the server, with cargo's progress on the terminal, and gives its path.
pub(crate) fn build(profile: Profile) -> Result<PathBuf> {
    let mut command = workspace::cargo();
    let (arguments, folder): (&[&str], &str) = match profile {
        Profile::Dev => (&["--package", "banyan-server", "--bin", "banyan"], "debug"),
        Profile::Test => (&["--workspace", "--bins", "--tests"], "debug"),
        Profile::Release => (&["--package", "banyan-server", "--bin", "banyan", "--release"], "release"),
    };
    process::run(command.arg("build").args(arguments))?;
    Ok(workspace::target_directory()?.join(folder).join("banyan"))
}

/// A server on free ports that ends with this value.
pub(crate) struct Running {
    process: Guarded,
    addresses: Addresses,
    /// From the start of the process until it was ready.
    pub(crate) start_time: Duration,
}

/// What the server writes to `banyan.addr` in its data directory when it is ready.
#[derive(Deserialize)]
struct Addresses {
    listen: String,
}

/// What a server is started with.
pub(crate) struct Options<'a> {
    pub(crate) binary: &'a Path,
    pub(crate) data: &'a Path,
    pub(crate) database_url: Option<&'a str>,
    /// More arguments, such as `--demo`.
    pub(crate) arguments: &'a [&'a str],
    /// More of the environment; it goes before what is said here.
    pub(crate) environment: &'a [(&'a str, &'a str)],
    /// The processor on which it may run. Any, if none.
    pub(crate) processor: Option<usize>,
    /// Where its log goes.
    pub(crate) log: &'a Path,
}

impl Running {
    /// Starts a server without rate limits and waits until it is ready.
    pub(crate) fn start(options: &Options<'_>) -> Result<Self> {
        fs::create_dir_all(options.data)?;
        let address_file = options.data.join("banyan.addr");
        let _ = fs::remove_file(&address_file);
        let log = fs::File::create(options.log).with_context(|| format!("cannot write {}", options.log.display()))?;

        let mut command = process::pinned(options.binary, options.processor)?;
        command.args(["serve", "--listen", "127.0.0.1:0", "--admin-listen", "127.0.0.1:0", "--data"]);
        command.arg(options.data).args(options.arguments);
        // A developer's own settings must not change what is tested or measured.
        command.current_dir(options.data);
        for (name, _) in env::vars_os() {
            let text = name.to_string_lossy();
            if text.starts_with("BANYAN_") || text.starts_with("DB_") || text.contains("DATABASE_URL") || text.contains("_DB_") {
                command.env_remove(name);
            }
        }
        if let Some(url) = options.database_url {
            // Not as an argument: it holds a password, and everyone can list arguments.
            command.env("DATABASE_URL", url);
        }
        command.env("BANYAN_RATE_LIMITS", "off").env("LOG_LEVEL", "warn");
        command.envs(options.environment.iter().copied());
        command.stdout(Stdio::from(log.try_clone()?)).stderr(Stdio::from(log));

        let began = Instant::now();
        let mut process = Guarded::spawn(&mut command)?;
        let addresses = wait_until_ready(&mut process, &address_file, options.log, began)?;
        Ok(Self { process, addresses, start_time: began.elapsed() })
    }

    /// The address of the main listener, such as `http://127.0.0.1:40123`.
    pub(crate) fn url(&self) -> &str {
        &self.addresses.listen
    }

    pub(crate) fn pid(&self) -> u32 {
        self.process.pid()
    }

    /// Fails if the server has ended meanwhile.
    pub(crate) fn check_alive(&mut self) -> Result<()> {
        match self.process.ended()? {
            None => Ok(()),
            Some(status) => bail!("the server ended by itself ({status})"),
        }
    }

    /// Registers a person and gives the access token.
    pub(crate) fn register(&self, email: &str) -> Result<String> {
        let person = json!({"email": email, "password": PASSWORD, "name": "Benchmark"});
        self.access_token("/api/v1/auth/register", &person)
    }

    /// Logs in and gives an access token.
    pub(crate) fn log_in(&self, email: &str, password: &str) -> Result<String> {
        self.access_token("/api/v1/auth/login", &json!({"email": email, "password": password}))
    }

    fn access_token(&self, path: &str, body: &Value) -> Result<String> {
        let answer = self.post(path, None, body)?;
        match answer.get("accessToken").and_then(Value::as_str) {
            Some(token) => Ok(token.to_owned()),
            None => bail!("the answer of {path} has no accessToken"),
        }
    }

    /// Posts JSON and gives the JSON answer; any status but 2xx is an error.
    pub(crate) fn post(&self, path: &str, token: Option<&str>, body: &Value) -> Result<Value> {
        let mut request = client().post(format!("{}{path}", self.url()));
        if let Some(token) = token {
            request = request.header("Authorization", format!("Bearer {token}"));
        }
        let mut response = request.send_json(body).with_context(|| format!("POST {path}"))?;
        let text = response.body_mut().read_to_string()?;
        if !response.status().is_success() {
            bail!("POST {path} answered {}: {text}", response.status());
        }
        serde_json::from_str(&text).with_context(|| format!("POST {path} did not answer JSON"))
    }
}

/// Makes [`ADMINISTRATOR`] through the running server, by the command line.
pub(crate) fn make_administrator(binary: &Path, data: &Path) -> Result<()> {
    let mut command = Command::new(binary);
    command
        .args(["user", "create", "--tenant", "upcoach", "--name", "Ada", "--role", "admin", "--email", ADMINISTRATOR.0, "--data"])
        .arg(data);
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::null()).spawn()?;
    let mut input = child.stdin.take().context("no input")?;
    writeln!(input, "{}", ADMINISTRATOR.1)?;
    drop(input);
    let status = child.wait()?;
    if !status.success() {
        bail!("no administrator could be made ({status})");
    }
    Ok(())
}

/// A client that gives every status to its caller and waits ten seconds at most.
pub(crate) fn client() -> ureq::Agent {
    ureq::Agent::config_builder().http_status_as_error(false).timeout_global(Some(Duration::from_secs(10))).build().into()
}

fn wait_until_ready(process: &mut Guarded, address_file: &Path, log: &Path, began: Instant) -> Result<Addresses> {
    loop {
        if let Some(status) = process.ended()? {
            bail!("the server did not start ({status}):\n{}", fs::read_to_string(log).unwrap_or_default());
        }
        if let Some(addresses) = read_addresses(address_file)
            && is_ready(&addresses.listen)
        {
            return Ok(addresses);
        }
        if began.elapsed() > START_LIMIT {
            bail!("the server was not ready after {START_LIMIT:?}; its log is {}", log.display());
        }
        process::pause(START_POLL)?;
    }
}

/// The addresses, once the file is there and complete.
fn read_addresses(file: &Path) -> Option<Addresses> {
    serde_json::from_str(&fs::read_to_string(file).ok()?).ok()
}

fn is_ready(listen: &str) -> bool {
    client().get(format!("{listen}/ready")).call().is_ok_and(|response| response.status().is_success())
}

/// The address of a server that runs on the data directory `data`, if one does.
pub(crate) fn running_on(data: &Path) -> Option<String> {
    let addresses = read_addresses(&data.join("banyan.addr"))?;
    client().get(format!("{}/livez", addresses.listen)).call().ok()?;
    Some(addresses.listen)
}
