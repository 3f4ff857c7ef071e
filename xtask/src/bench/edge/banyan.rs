//! Banyan as it is measured: a bare proxy, the whole chain of policies, and a service.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use anyhow::{Context as _, Result};

use crate::server::{Options, Running};

/// Routes beside the one that is asked for.
const OTHER_ROUTES: usize = 199;

pub(super) struct Banyan {
    server: Running,
    pub(super) token: Option<String>,
}

impl Banyan {
    /// One public route to the upstream: no limits, no headers of security, and nothing said of who asks, as with the others.
    pub(super) fn bare(binary: &Path, folder: &Path, upstream: u16, processor: Option<usize>) -> Result<Self> {
        let routes = upstream_section(upstream)
            + "identity = \"withheld\"\n"
            + &route("bench", "/bench/{*rest}", "auth = \"public\"\nsecurity_headers = \"upstream\"");
        Self::start(binary, folder, "bare", &routes, &[], processor)
    }

    /// 200 routes; a verified token, a rate limit, security headers, metrics and trace on each request.
    pub(super) fn whole_chain(binary: &Path, folder: &Path, upstream: u16, processor: Option<usize>) -> Result<Self> {
        let mut routes = upstream_section(upstream);
        for number in 0..OTHER_ROUTES {
            routes += &route(&format!("other-{number}"), &format!("/other/{number}/{{id}}"), "auth = \"public\"");
        }
        routes += &route("bench", "/bench/{*rest}", "auth = \"user\"\nlimit = \"bench\"");
        routes += "\n[limits.bench]\nanonymous = \"1000000/1s\"\nuser = \"1000000/1s\"\n";
        let mut banyan = Self::start(binary, folder, "chain", &routes, &[("BANYAN_RATE_LIMITS", "on")], processor)?;
        banyan.token = Some(banyan.server.register("bench@example.org")?);
        Ok(banyan)
    }

    /// Its own services, on the embedded engine.
    pub(super) fn service(binary: &Path, folder: &Path, name: &str, processor: Option<usize>) -> Result<Self> {
        Self::start(binary, folder, name, "", &[], processor)
    }

    fn start(
        binary: &Path,
        folder: &Path,
        name: &str,
        routes: &str,
        environment: &[(&str, &str)],
        processor: Option<usize>,
    ) -> Result<Self> {
        let data = folder.join(name);
        let _ = fs::remove_dir_all(&data);
        fs::create_dir_all(&data)?;
        let configuration = data.join("banyan.toml");
        fs::write(&configuration, format!("workers = 1\n{routes}"))?;
        let configuration = configuration.to_string_lossy();
        let options = Options {
            binary,
            data: &data.join("data"),
            database_url: None,
            arguments: &["--config", &configuration],
            environment,
            processor,
            log: &folder.join(format!("{name}.log")),
        };
        let server = Running::start(&options).with_context(|| format!("cannot start Banyan ({name})"))?;
        Ok(Self { server, token: None })
    }

    pub(super) fn pid(&self) -> u32 {
        self.server.pid()
    }

    pub(super) fn url(&self) -> String {
        self.server.url().to_owned()
    }

    pub(super) fn port(&self) -> Result<u16> {
        let port = self.server.url().rsplit(':').next().and_then(|port| port.parse().ok());
        port.with_context(|| format!("{} has no port", self.server.url()))
    }
}

fn upstream_section(port: u16) -> String {
    format!("\n[upstreams.bench]\nendpoints = [\"http://127.0.0.1:{port}\"]\n")
}

fn route(name: &str, path: &str, policies: &str) -> String {
    let mut text = String::new();
    // Writing into a text cannot fail.
    let _ = write!(text, "\n[[routes]]\nname = \"{name}\"\npath = \"{path}\"\nupstream = \"bench\"\n{policies}\n");
    text
}
