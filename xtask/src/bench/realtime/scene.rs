//! Servers, and the crowd at them.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};

use super::{Found, LISTENERS, Line, pace};
use crate::postgres::{Durability, Throwaway};
use crate::process::{self, Guarded};
use crate::redis::{self, Keeps};
use crate::server::{self, ADMINISTRATOR, MASTER_KEY, Options, Running};
use crate::{tools, workspace};

pub(super) const BANYAN: &str = "Banyan";
/// One processor for the servers, the other for the crowd.
const SERVERS_PROCESSOR: usize = 0;
const CROWDS_PROCESSOR: usize = 1;
const START_LIMIT: Duration = Duration::from_secs(30);
const DATABASE: &str = "banyan_realtime";

/// What is done with one number of connections.
pub(super) struct Scene {
    /// The program.
    pub(super) crowd: PathBuf,
    pub(super) folder: PathBuf,
    pub(super) connections: usize,
    pub(super) seconds: u64,
}

impl Scene {
    /// One process on SQLite.
    pub(super) fn banyan(&self, binary: &Path, rate: Option<u64>) -> Result<Line> {
        let server = self.server(binary, "alone", None, &[])?;
        let token = self.administrator(binary, "alone", &server)?;
        let found = self.crowd(&[(server.url(), server.pid())], "centrifugo", &token, rate)?;
        Ok(Line { subject: BANYAN.to_owned(), rate, found })
    }

    /// So many processes as one, on PostgreSQL and Redis.
    pub(super) fn several(&self, binary: &Path, processes: usize, rate: Option<u64>) -> Result<Line> {
        let postgres = Throwaway::start(Durability::Fast)?;
        postgres.cluster().recreate_database(DATABASE)?;
        let (database, redis) = (postgres.cluster().url(DATABASE), redis::start(Keeps::Nothing)?);
        let redis = redis.url();
        let names: Vec<String> = (0..processes).map(|number| format!("node-{number}")).collect();
        let environment = [("REDIS_URL", redis.as_str()), ("BANYAN_MASTER_KEY", MASTER_KEY)];
        let start = |name: &String| self.server(binary, name, Some(&database), &environment);
        let servers = names.iter().map(start).collect::<Result<Vec<_>>>()?;
        let token = self.administrator(binary, &names[0], &servers[0])?;
        let addresses: Vec<_> = servers.iter().map(|server| (server.url(), server.pid())).collect();
        let found = self.crowd(&addresses, "centrifugo", &token, rate)?;
        Ok(Line { subject: format!("{BANYAN}, {processes} processes"), rate, found })
    }

    fn server(&self, binary: &Path, name: &str, database_url: Option<&str>, more: &[(&str, &str)]) -> Result<Running> {
        let data = self.folder.join(name);
        let _ = fs::remove_dir_all(&data);
        // One person has all connections.
        let mut environment = vec![
            ("BANYAN_REALTIME_CONNECTIONS_OF_PERSON", "1000000"),
            ("BANYAN_EDGE_CONNECTIONS", "1000000"),
            ("BANYAN_EDGE_CONNECTIONS_OF_ADDRESS", "1000000"),
        ];
        environment.extend(more);
        Running::start(&Options {
            binary,
            data: &data,
            database_url,
            arguments: &[],
            environment: &environment,
            processor: Some(SERVERS_PROCESSOR),
            log: &self.folder.join(name).with_extension("log"),
        })
    }

    /// A token.
    fn administrator(&self, binary: &Path, name: &str, server: &Running) -> Result<String> {
        server::make_administrator(binary, &self.folder.join(name))?;
        server.log_in(ADMINISTRATOR.0, ADMINISTRATOR.1)
    }

    /// A server of Node.js.
    pub(super) fn peer(&self, library: &str, dialect: &str, subject: &str, rate: Option<u64>) -> Result<Line> {
        let source = workspace::root().join("bench/peers/realtime");
        tools::install_node_libraries(&source)?;
        let node = tools::find("node").context("npm is here but node is not: install Node.js 20 or newer")?;
        let (state, log) = (self.folder.join("peer.json"), fs::File::create(self.folder.join("peer.log"))?);
        let _ = fs::remove_file(&state);
        let mut command = process::pinned(&node, Some(SERVERS_PROCESSOR))?;
        command.arg("server.js").current_dir(source).env("NODE_ENV", "production");
        let port = process::free_port()?;
        command.env("PEER_LIBRARY", library).env("PEER_PORT", port.to_string()).env("PEER_STATE", &state);
        command.stdout(Stdio::from(log.try_clone()?)).stderr(Stdio::from(log));
        let peer = Guarded::spawn(&mut command)?;
        let began = Instant::now();
        while !state.exists() {
            if began.elapsed() > START_LIMIT {
                bail!("{subject} was not ready after {START_LIMIT:?}; its log is in {}", self.folder.display());
            }
            process::pause(Duration::from_millis(20))?;
        }
        let found = self.crowd(&[(&format!("http://127.0.0.1:{port}"), peer.pid())], dialect, "", rate)?;
        Ok(Line { subject: subject.to_owned(), rate, found })
    }

    fn crowd(&self, servers: &[(&str, u32)], dialect: &str, token: &str, rate: Option<u64>) -> Result<Found> {
        println!("{dialect}, {} connections: {}", self.connections, pace(rate));
        let mut command: Command = process::pinned(&self.crowd, Some(CROWDS_PROCESSOR))?;
        command.args(servers.iter().map(|(url, process)| format!("{}@{process}", url.trim_start_matches("http://"))));
        command.args(["--dialect", dialect, "--token", token, "--publisher", token]);
        command.args(["--rooms", &(self.connections / LISTENERS).max(1).to_string(), "--listeners", &LISTENERS.to_string()]);
        command.args(["--seconds", &self.seconds.to_string()]);
        if let Some(rate) = rate {
            command.args(["--rate", &rate.to_string()]);
        }
        serde_json::from_str(&process::output(&mut command)?).context("the crowd said something else")
    }
}
