//! Names of variables that other systems use for the same things. They are honoured as written, below our own names.

use super::types::{Invalid, Millis, parse_millis};

/// A variable that stands for one of our settings.
pub(crate) struct Customary {
    pub(crate) variable: &'static str,
    /// The name of our setting.
    pub(crate) key: &'static str,
    /// From the customary form of the value to ours.
    pub(crate) translate: fn(&str) -> Result<String, Invalid>,
    /// What the operator should know when it is set.
    pub(crate) remark: Option<&'static str>,
}

const fn plain(variable: &'static str, key: &'static str) -> Customary {
    Customary { variable, key, translate: same, remark: None }
}

const TOKENS: &str = "access tokens are signed with a key pair that Banyan makes and rotates itself, and live 15 minutes; \
                      what is set here is for the tokens of another system during a migration";

/// Of two variables for one setting the earlier one counts.
pub(crate) static CUSTOMARY: &[Customary] = &[
    plain("NODE_ENV", "environment"),
    plain("LOG_LEVEL", "log.level"),
    plain("SERVICE_VERSION", "version"),
    plain("WRITE_DB_URL", "database.url"),
    plain("DATABASE_URL", "database.url"),
    plain("READ_DB_URL", "database.replicas"),
    plain("DB_HOST", "database.host"),
    plain("DB_PORT", "database.port"),
    plain("DB_NAME", "database.name"),
    plain("DB_USER", "database.user"),
    plain("DB_PASSWORD", "database.password"),
    plain("DB_POOL_MAX", "database.pool_max"),
    plain("DB_POOL_MIN", "database.pool_min"),
    plain("REDIS_URL", "outside.redis_url"),
    Customary {
        variable: "SQLITE_DB_PATH",
        key: "data",
        translate: directory_of_file,
        remark: Some("Banyan keeps one file for each service, so the path stands for the directory of these files"),
    },
    plain("MODEL_PATH", "outside.model_path"),
    Customary { variable: "JWT_SECRET", key: "identity.legacy_secret", translate: same, remark: Some(TOKENS) },
    Customary { variable: "JWT_EXPIRES_IN", key: "identity.legacy_lifetime", translate: same, remark: Some(TOKENS) },
    Customary { variable: "RATE_LIMIT_WINDOW", key: "limits.window", translate: window, remark: None },
    plain("RATE_LIMIT_MAX", "limits.requests"),
    plain("JAEGER_ENDPOINT", "outside.jaeger_endpoint"),
    plain("PROMETHEUS_ENDPOINT", "outside.prometheus_endpoint"),
    plain("SLACK_WEBHOOK", "channels.slack_webhook"),
    plain("DISCORD_WEBHOOK", "channels.discord_webhook"),
    plain("SMTP_HOST", "mail.smtp_host"),
    plain("SMTP_USER", "mail.smtp_user"),
    plain("SMTP_PASS", "mail.smtp_password"),
];

/// The customary variables of a setting.
pub(crate) fn of_key(key: &str) -> impl Iterator<Item = &'static Customary> + use<'_> {
    CUSTOMARY.iter().filter(move |customary| customary.key == key)
}

#[expect(clippy::unnecessary_wraps, reason = "the shape of a translation")]
fn same(text: &str) -> Result<String, Invalid> {
    Ok(text.to_owned())
}

/// `./data/app.db` → `./data`; a path without such an ending is the directory itself.
#[expect(clippy::unnecessary_wraps, reason = "the shape of a translation")]
fn directory_of_file(text: &str) -> Result<String, Invalid> {
    let path = std::path::Path::new(text.strip_prefix("file:").unwrap_or(text));
    let is_file =
        path.extension().is_some_and(|end| ["db", "sqlite", "sqlite3"].iter().any(|known| end.eq_ignore_ascii_case(known)));
    if !is_file {
        return Ok(path.to_string_lossy().into_owned());
    }
    let directory = path.parent().filter(|parent| !parent.as_os_str().is_empty());
    Ok(directory.map_or_else(|| ".".to_owned(), |parent| parent.to_string_lossy().into_owned()))
}

/// Customary programs count a bare number in milliseconds.
fn window(text: &str) -> Result<String, Invalid> {
    if text.is_empty() || text.contains(|c: char| !c.is_ascii_digit()) {
        return Ok(text.to_owned());
    }
    match parse_millis(&format!("{text}ms")) {
        Some(millis) if millis >= 1_000 => Ok(Millis(millis).to_string()),
        _ => Err(Invalid(format!("`{text}` counts milliseconds here, which is too short: write `{text}m` for minutes"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_customary_name_stands_for_a_setting() {
        for customary in CUSTOMARY {
            assert!(super::super::keys::find(customary.key).is_some(), "{} stands for {}", customary.variable, customary.key);
        }
    }

    #[test]
    fn customary_forms_become_ours() {
        assert_eq!(directory_of_file("./data/app.db").unwrap(), "./data");
        assert_eq!(directory_of_file("app.sqlite3").unwrap(), ".");
        assert_eq!(directory_of_file("/var/lib/banyan").unwrap(), "/var/lib/banyan");
        assert_eq!(window("900000").unwrap(), "15m");
        assert_eq!(window("15m").unwrap(), "15m");
        assert!(window("15").unwrap_err().to_string().contains("15m"));
    }
}
