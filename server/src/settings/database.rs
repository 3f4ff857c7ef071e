//! Which engine the settings choose, and checks over several settings.

use banyan_kernel::Secret;

use super::error::Finding;
use super::keys::{DatabaseSettings, Settings};
use super::load::{Entry, Rank};

/// Where rows live.
#[derive(Clone, Debug)]
pub(crate) enum DatabaseChoice {
    /// In the data directory.
    Sqlite,
    Postgres(PostgresLogin),
}

/// How PostgreSQL is reached.
#[derive(Clone, Debug)]
pub(crate) struct PostgresLogin {
    pub(crate) url: Secret<String>,
    /// Where one is given. A server whose tables are up to date does without.
    pub(crate) owner_url: Option<Secret<String>>,
    pub(crate) backup_url: Secret<String>,
    /// That are read from.
    pub(crate) replicas: Vec<Secret<String>>,
}

impl PostgresLogin {
    /// For what only the owner can do; where no owner is given, there is one role for everything.
    pub(crate) fn owner(&self) -> &Secret<String> {
        self.owner_url.as_ref().unwrap_or(&self.url)
    }
}

impl DatabaseChoice {
    /// A URL counts more than its parts, unless the host comes from a layer above it.
    pub(super) fn of(settings: &DatabaseSettings, entries: &[Entry]) -> Result<(Self, Option<String>), Finding> {
        let url = entry(entries, "database.url").filter(|entry| entry.is_set());
        let host = entry(entries, "database.host").filter(|entry| entry.is_set());
        let layer = |entry: &Entry| entry.effective().rank.layer();
        let (url, remark) = match (url, host) {
            (None, None) => {
                refuse_lone_parts(entries)?;
                return Ok((Self::Sqlite, None));
            }
            (Some(url), Some(host)) if layer(host) < layer(url) => (assembled(settings), Some(overrules(host, url))),
            (Some(url), Some(host)) => (given(settings), Some(overrules(url, host))),
            (Some(_), None) => (given(settings), None),
            (None, Some(_)) => (assembled(settings), None),
        };
        let own = |url: &Option<super::types::PostgresUrl>| url.as_ref().map(|url| url.0.clone());
        let owner_url = own(&settings.owner_url);
        let backup_url = own(&settings.backup_url).or_else(|| owner_url.clone()).unwrap_or_else(|| url.clone());
        // Where there is one server for both, others set the same URL twice.
        let replicas = settings.replicas.iter().map(|replica| replica.0.clone());
        let replicas = replicas.filter(|replica| replica.expose() != url.expose()).collect();
        Ok((Self::Postgres(PostgresLogin { url, owner_url, backup_url, replicas }), remark))
    }

    /// How PostgreSQL is reached; none on the embedded engine.
    pub(crate) fn postgres(&self) -> Option<&PostgresLogin> {
        match self {
            Self::Sqlite => None,
            Self::Postgres(login) => Some(login),
        }
    }

    pub(crate) fn is_sqlite(&self) -> bool {
        matches!(self, Self::Sqlite)
    }
}

fn overrules(one: &Entry, other: &Entry) -> String {
    let (one, other) = (one.effective(), other.effective());
    format!("the database is named twice; {} counts, {} does not", one.place, other.place)
}

fn given(settings: &DatabaseSettings) -> Secret<String> {
    settings.url.as_ref().map_or_else(|| Secret::new(String::new()), |url| url.0.clone())
}

fn assembled(settings: &DatabaseSettings) -> Secret<String> {
    let escape = |text: &str| url::form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>().replace('+', "%20");
    let host = settings.host.as_deref().unwrap_or("localhost");
    // An IPv6 address stands in brackets.
    let host = if host.contains(':') && !host.starts_with('[') { format!("[{host}]") } else { host.to_owned() };
    let password = settings.password.as_ref().map(|password| format!(":{}", escape(password.expose()))).unwrap_or_default();
    let (user, name) = (escape(&settings.user), escape(&settings.name));
    Secret::new(format!("postgres://{user}{password}@{host}:{}/{name}", settings.port))
}

/// A database's name or password without a host would be ignored in silence.
fn refuse_lone_parts(entries: &[Entry]) -> Result<(), Finding> {
    let parts =
        ["database.name", "database.user", "database.password", "database.owner_url", "database.backup_url", "database.replicas"];
    let lone = parts.iter().filter_map(|name| entry(entries, name)).find(|entry| entry.is_set());
    let Some(lone) = lone else { return Ok(()) };
    let problem = format!(
        "`{}` is set, but neither `database.url` nor `database.host`: set one of them to use PostgreSQL, or remove this to use \
         the embedded engine",
        lone.key.name()
    );
    Err(Finding::at(lone.effective().place.clone(), problem))
}

/// Checks that need more than one setting.
pub(super) fn check(settings: &Settings, entries: &[Entry]) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut refuse = |key: &str, problem: &str| {
        let place = entry(entries, key).map(|entry| entry.effective().place.clone());
        findings.push(Finding { place, problem: format!("`{key}`: {problem}") });
    };
    let database = &settings.database;
    if database.pool_min.0 > database.pool_max.0 {
        let both_defaults = entry(entries, "database.pool_min").is_some_and(|entry| entry.effective().rank == Rank::Default);
        // A small `pool_max` alone is meant; the default of `pool_min` gives way.
        if !both_defaults {
            refuse("database.pool_min", "it is larger than `database.pool_max`");
        }
    }
    if settings.mail.smtp_user.is_some() != settings.mail.smtp_password.is_some() {
        refuse("mail.smtp_user", "`mail.smtp_user` and `mail.smtp_password` need each other; set both or none");
    }
    if settings.general.admin_listen.0 == Some(settings.general.listen) && settings.general.listen.port() != 0 {
        refuse("admin_listen", "it is the same address as `listen`; choose another port, or `off`");
    }
    findings
}

fn entry<'e>(entries: &'e [Entry], name: &str) -> Option<&'e Entry> {
    entries.iter().find(|entry| entry.key.name() == name)
}
