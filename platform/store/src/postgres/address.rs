//! A database's URL with what it says about TLS, in libpq's words (PostgreSQL 17 documentation, 32.1.2 and 32.19).

use std::path::{Path, PathBuf};
use std::time::Duration;

use banyan_kernel::Secret;
use tokio_postgres::config::{Host, SslMode};
use tokio_postgres::{Client, Config};

use super::tls::{Connector, Trust};

/// How long a connection may take until the server has let us in.
const CONNECT_DEADLINE: Duration = Duration::from_secs(10);

/// `sslmode`: whether a connection is encrypted, and how much the server has to prove.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum TlsMode {
    /// Never encrypted. The default where all hosts are this machine: nobody is between.
    Disable,
    /// Encrypted where the server can. Neither is certain, so this helps against listeners only. The default for other hosts, as in
    /// libpq.
    Prefer,
    /// Always encrypted; anybody may pretend to be the server. With `sslrootcert` the same as [`TlsMode::VerifyCa`], as in libpq.
    Require,
    /// The server's certificate comes from an authority that is trusted.
    VerifyCa,
    /// And it is made out to the host that the URL names.
    VerifyFull,
}

impl TlsMode {
    const ALL: [Self; 5] = [Self::Disable, Self::Prefer, Self::Require, Self::VerifyCa, Self::VerifyFull];

    /// As it is written in a URL.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Disable => "disable",
            Self::Prefer => "prefer",
            Self::Require => "require",
            Self::VerifyCa => "verify-ca",
            Self::VerifyFull => "verify-full",
        }
    }

    fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|mode| mode.word() == word)
    }
}

/// What a URL says about files of TLS, as paths to PEM files.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TlsFiles {
    /// `sslrootcert`: certificates of the authorities that are trusted. None, or `system`: those that Mozilla trusts.
    pub root: Option<PathBuf>,
    /// `sslcert` and `sslkey`: what this side shows.
    pub client: Option<(PathBuf, PathBuf)>,
}

/// A URL that cannot be used. The message never holds the URL itself, which has a password in it.
#[derive(Debug, thiserror::Error)]
pub enum AddressError {
    #[error("the database URL is not of the form postgres://user:password@host:5432/database")]
    Form,
    #[error("`sslmode={0}` is not known: write disable, prefer, require, verify-ca or verify-full")]
    Mode(String),
    #[error("`sslrootcert=system` needs `sslmode=verify-full`, not `{0}`")]
    WeakSystem(String),
    #[error("`sslcert` and `sslkey` need each other; give both or none")]
    LoneClientFile,
    #[error("`{parameter}`: {path} {problem}")]
    File { parameter: &'static str, path: String, problem: String },
    #[error("TLS cannot be set up: {0}")]
    Tls(String),
}

/// How to reach a database.
#[derive(Clone)]
pub struct PostgresAddress {
    config: Config,
    mode: TlsMode,
    files: TlsFiles,
    connector: Connector,
}

impl PostgresAddress {
    /// Reads the URL, and the files that it names.
    ///
    /// # Errors
    /// [`AddressError`] with what is wrong, and what would do.
    pub fn parse(url: &Secret<String>) -> Result<Self, AddressError> {
        let mut parts = Parts::of(url.expose())?;
        let mut config: Config = parts.rest.parse().map_err(|_| AddressError::Form)?;
        config.application_name("banyan").connect_timeout(Duration::from_secs(5));
        let files = parts.files()?;
        let local = config.get_hosts().iter().all(is_local);
        let mode = match (parts.mode()?, &files.root) {
            (Some(TlsMode::Require), Some(_)) => TlsMode::VerifyCa,
            (Some(mode), _) => mode,
            // Who names an authority wants it to be asked.
            (None, Some(_)) => TlsMode::VerifyFull,
            (None, None) if local => TlsMode::Disable,
            (None, None) => TlsMode::Prefer,
        };
        // A socket in the file system is not encrypted by any server.
        let sockets_only = config.get_hosts().iter().all(|host| matches!(host, Host::Unix(_))) && !config.get_hosts().is_empty();
        let mode = if sockets_only { TlsMode::Disable } else { mode };
        config.ssl_mode(match mode {
            TlsMode::Disable => SslMode::Disable,
            TlsMode::Prefer => SslMode::Prefer,
            TlsMode::Require | TlsMode::VerifyCa | TlsMode::VerifyFull => SslMode::Require,
        });
        let connector = match mode {
            TlsMode::Disable => Connector::none(),
            TlsMode::Prefer | TlsMode::Require => Connector::new(Trust::Anybody, &files)?,
            TlsMode::VerifyCa => Connector::new(Trust::Authority, &files)?,
            TlsMode::VerifyFull => Connector::new(Trust::AuthorityAndName, &files)?,
        };
        Ok(Self { config, mode, files, connector })
    }

    /// Host, port, names and password.
    pub fn config(&self) -> &Config {
        &self.config
    }

    pub fn tls_mode(&self) -> TlsMode {
        self.mode
    }

    pub fn tls_files(&self) -> &TlsFiles {
        &self.files
    }

    /// Whether all hosts are this machine.
    pub fn is_local(&self) -> bool {
        self.config.get_hosts().iter().all(is_local)
    }

    /// A connection that ends with its client.
    ///
    /// # Errors
    /// What the network, TLS or the server says; [`None`] when they say nothing for 10 s.
    pub async fn connect(&self) -> Result<Client, Option<tokio_postgres::Error>> {
        let connecting = self.config.connect(self.connector.clone());
        let (client, connection) = tokio::time::timeout(CONNECT_DEADLINE, connecting).await.map_err(|_| None)??;
        tokio::spawn(async move {
            if let Err(error) = connection.await {
                tracing::warn!(%error, "a connection outside the pool ended");
            }
        });
        Ok(client)
    }

    /// Host, port and database, for people: without a name or password.
    pub fn place(&self) -> String {
        let ports = self.config.get_ports();
        let port = |at: usize| ports.get(at).or(ports.first()).copied().unwrap_or(5432);
        let host = |(at, host): (usize, &Host)| match host {
            Host::Tcp(name) if name.contains(':') => format!("[{}]:{}", name.trim_matches(['[', ']']), port(at)),
            Host::Tcp(name) => format!("{name}:{}", port(at)),
            Host::Unix(folder) => format!("{}:{}", folder.display(), port(at)),
        };
        let hosts: Vec<String> = self.config.get_hosts().iter().enumerate().map(host).collect();
        format!("{}/{}", hosts.join(","), self.config.get_dbname().unwrap_or_default())
    }

    pub(super) fn into_parts(self) -> (Config, Connector) {
        (self.config, self.connector)
    }
}

impl std::fmt::Debug for PostgresAddress {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PostgresAddress").field("mode", &self.mode).finish_non_exhaustive()
    }
}

/// The URL without the parameters that are ours to read.
struct Parts {
    rest: String,
    ours: Vec<(String, String)>,
}

impl Parts {
    fn of(url: &str) -> Result<Self, AddressError> {
        const OURS: [&str; 4] = ["sslmode", "sslrootcert", "sslcert", "sslkey"];
        let Some((address, query)) = url.split_once('?') else {
            return Ok(Self { rest: url.to_owned(), ours: Vec::new() });
        };
        let (mut ours, mut others) = (Vec::new(), Vec::new());
        for part in query.split('&').filter(|part| !part.is_empty()) {
            let (name, value) = part.split_once('=').ok_or(AddressError::Form)?;
            if OURS.contains(&name) {
                ours.push((name.to_owned(), decoded(value)));
            } else {
                others.push(part);
            }
        }
        let rest = if others.is_empty() { address.to_owned() } else { format!("{address}?{}", others.join("&")) };
        Ok(Self { rest, ours })
    }

    fn take(&mut self, name: &str) -> Option<String> {
        let at = self.ours.iter().rposition(|(known, _)| known == name)?;
        Some(self.ours.swap_remove(at).1).filter(|value| !value.is_empty())
    }

    fn mode(&mut self) -> Result<Option<TlsMode>, AddressError> {
        self.take("sslmode").map(|word| TlsMode::parse(&word).ok_or(AddressError::Mode(word))).transpose()
    }

    fn files(&mut self) -> Result<TlsFiles, AddressError> {
        let root = self.take("sslrootcert");
        let client = match (self.take("sslcert"), self.take("sslkey")) {
            (Some(certificate), Some(key)) => Some((certificate.into(), key.into())),
            (None, None) => None,
            _ => return Err(AddressError::LoneClientFile),
        };
        // As in libpq: anybody gets a certificate of a well-known authority, so the name has to be checked.
        if root.as_deref() == Some("system") {
            let full = TlsMode::VerifyFull.word();
            return match self.take("sslmode") {
                Some(word) if word != full => Err(AddressError::WeakSystem(word)),
                _ => {
                    self.ours.push(("sslmode".to_owned(), full.to_owned()));
                    Ok(TlsFiles { root: None, client })
                }
            };
        }
        Ok(TlsFiles { root: root.map(PathBuf::from), client })
    }
}

/// `+` is itself here, not a space.
fn decoded(value: &str) -> String {
    let encoded = format!("v={}", value.replace('+', "%2B"));
    url::form_urlencoded::parse(encoded.as_bytes()).next().map(|(_, value)| value.into_owned()).unwrap_or_default()
}

fn is_local(host: &Host) -> bool {
    match host {
        Host::Unix(_) => true,
        Host::Tcp(name) => {
            let address = name.trim_start_matches('[').trim_end_matches(']').parse::<std::net::IpAddr>();
            name == "localhost" || address.is_ok_and(|address| address.is_loopback())
        }
    }
}

pub(super) fn unreadable(parameter: &'static str, path: &Path, problem: &dyn std::fmt::Display) -> AddressError {
    AddressError::File { parameter, path: path.display().to_string(), problem: format!("cannot be used: {problem}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(url: &str) -> Result<PostgresAddress, AddressError> {
        PostgresAddress::parse(&Secret::new(url.to_owned()))
    }

    #[test]
    fn each_host_has_its_default() {
        for (url, mode) in [
            ("postgres://a:b@localhost/c", TlsMode::Disable),
            ("postgres://a:b@127.0.0.1:5433/c", TlsMode::Disable),
            ("postgres://a:b@[::1]/c", TlsMode::Disable),
            ("postgres://a:b@db.example/c", TlsMode::Prefer),
            ("postgres://a:b@10.0.0.1/c?sslmode=require", TlsMode::Require),
            ("postgres://a:b@10.0.0.1/c?sslmode=disable&connect_timeout=3", TlsMode::Disable),
            ("postgres://a:b@localhost/c?sslmode=verify-full", TlsMode::VerifyFull),
            ("postgres://a:b@db.example/c?sslrootcert=system", TlsMode::VerifyFull),
            ("postgres://a:b@%2Frun%2Fpostgresql/c?sslmode=require", TlsMode::Disable),
        ] {
            assert_eq!(parse(url).unwrap().tls_mode(), mode, "{url}");
        }
    }

    #[test]
    fn a_place_is_named_without_who_logs_in() {
        for (url, place) in [
            ("postgres://a:b@db.example/c?sslmode=disable", "db.example:5432/c"),
            ("postgres://a:b@[::1]:5433/c", "[::1]:5433/c"),
            ("postgres://a:b@one:1,two:2/c?sslmode=disable", "one:1,two:2/c"),
            ("postgres://a:b@%2Frun%2Fpostgresql/c", "/run/postgresql:5432/c"),
        ] {
            assert_eq!(parse(url).unwrap().place(), place);
        }
    }

    #[test]
    fn what_is_wrong_is_named_without_the_password() {
        for (url, words) in [
            ("postgres://a:hunter2@db/c?sslmode=allow", "sslmode=allow"),
            ("postgres://a:hunter2@db/c?sslmode=VERIFY-FULL", "verify-full"),
            ("postgres://a:hunter2@db/c?sslcert=/nowhere.crt", "sslkey"),
            ("postgres://a:hunter2@db/c?sslmode=verify-full&sslrootcert=/nowhere.crt", "/nowhere.crt"),
            ("postgres://a:hunter2@db/c?sslmode=verify-full&sslrootcert=/dev/null", "/dev/null"),
            ("postgres://a:hunter2@db/c?sslrootcert=system&sslmode=require", "verify-full"),
            ("postgres://a:hunter2@db/c?colour=red", "form"),
            ("postgres://a:hunter2@db/c?sslmode", "form"),
        ] {
            let error = parse(url).unwrap_err().to_string();
            assert!(error.contains(words) && !error.contains("hunter2"), "{url}: {error}");
        }
    }
}
