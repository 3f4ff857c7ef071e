//! Setting logs up. One line an event on standard error, JSON for machines or plain text for people.

mod format;
mod lines;

use std::str::FromStr;
use std::sync::Arc;

use banyan_kernel::{Clock, SystemClock};
use tracing::Subscriber;
use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::layer::SubscriberExt;

use lines::Lines;

pub use format::LineFormat;
pub use lines::LogGuard;

/// How a line is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum LogFormat {
    /// One JSON object a line, for log shippers.
    #[default]
    Json,
    /// For a person at a terminal.
    Pretty,
}

/// What is logged, and how.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogSettings {
    pub format: LogFormat,
    /// A level (`error`, `warn`, `info`, `debug`, `trace`, or a name that other loggers use for one of them: `warning`,
    /// `fatal`, `verbose`, `silly`), or directives such as `info,banyan_store=debug`. This is `LOG_LEVEL`.
    pub level: String,
}

/// Why logs could not be set up.
#[derive(Debug, thiserror::Error)]
pub enum LogError {
    #[error(
        "`{given}` is not a log level: use error, warn, info, debug, trace, off, or directives such as `info,banyan_store=debug`"
    )]
    Level { given: String },
    #[error("`{given}` is not a log format: use json or pretty")]
    Format { given: String },
    #[error("logs are set up already in this process")]
    AlreadySet,
    #[error("the thread that writes logs cannot begin")]
    Thread(#[source] std::io::Error),
}

impl Default for LogSettings {
    fn default() -> Self {
        Self { format: LogFormat::default(), level: "info".into() }
    }
}

impl FromStr for LogFormat {
    type Err = LogError;

    fn from_str(text: &str) -> Result<Self, LogError> {
        match text {
            "json" => Ok(Self::Json),
            "pretty" | "text" => Ok(Self::Pretty),
            other => Err(LogError::Format { given: other.chars().take(40).collect() }),
        }
    }
}

/// Sets the process's logs up. Call it once, before anything logs, and keep the guard until the end. Lines are written by a thread of their
/// own: up to 8,192 lines or 8 MiB wait for a slow reader of standard error, more are lost and counted.
///
/// # Errors
/// [`LogError::Level`] for a level nobody knows, [`LogError::AlreadySet`] the second time, [`LogError::Thread`] when the system has no
/// thread to give.
pub fn init(settings: &LogSettings) -> Result<LogGuard, LogError> {
    let (lines, guard) = Lines::begin(std::io::stderr()).map_err(LogError::Thread)?;
    let subscriber = subscriber(settings, Arc::new(SystemClock), lines)?;
    tracing::subscriber::set_global_default(subscriber).map_err(|_| LogError::AlreadySet)?;
    Ok(guard)
}

/// The subscriber that [`init`] installs, with a clock and a writer of the caller's choice.
///
/// # Errors
/// [`LogError::Level`] for a level nobody knows.
pub fn subscriber<W>(settings: &LogSettings, clock: Arc<dyn Clock>, writer: W) -> Result<impl Subscriber + Send + Sync, LogError>
where
    W: for<'w> MakeWriter<'w> + Send + Sync + 'static,
{
    let lines = tracing_subscriber::fmt::layer().event_format(LineFormat::new(settings.format, clock)).with_writer(writer);
    Ok(tracing_subscriber::registry().with(filter(&settings.level)?).with(lines))
}

/// Libraries that speak about each connection or statement at `info` or `debug`, where ours say it once and better.
const QUIET: &str = "h2=warn,hyper=warn,hyper_util=warn,tokio_postgres=warn,rustls=warn,sea_orm=warn,sqlx=warn";

fn filter(given: &str) -> Result<EnvFilter, LogError> {
    let text = given.trim().to_ascii_lowercase();
    let level = match text.as_str() {
        "off" | "none" | "silent" => "off",
        "fatal" | "critical" | "error" => "error",
        "warning" | "warn" => "warn",
        "info" | "notice" | "log" | "http" => "info",
        "verbose" | "debug" => "debug",
        "silly" | "all" | "trace" => "trace",
        _ => "",
    };
    let unknown = || LogError::Level { given: given.chars().take(80).collect() };
    if !level.is_empty() {
        let quiet = if matches!(level, "info" | "debug") { QUIET } else { "" };
        return EnvFilter::try_new(format!("{level},{quiet}")).map_err(|_| unknown());
    }
    // A lone word would be taken for the name of a crate, and nothing else would be logged.
    if !text.contains('=') {
        return Err(unknown());
    }
    EnvFilter::try_new(&text).map_err(|_| unknown())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scope::{RequestScope, TraceId, within_sync};
    use banyan_kernel::{RequestId, TestClock, Timestamp, Uuid};
    use parking_lot::Mutex;
    use std::io::{self, Write};

    #[derive(Clone, Default)]
    struct Lines(Arc<Mutex<Vec<u8>>>);

    impl Write for Lines {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn logged(format: LogFormat, level: &str, work: impl FnOnce()) -> String {
        let lines = Lines::default();
        let writer = lines.clone();
        let clock = Arc::new(TestClock::at(Timestamp::from_seconds(1_705_314_600)));
        let settings = LogSettings { format, level: level.into() };
        let subscriber = subscriber(&settings, clock, move || writer.clone()).unwrap();
        tracing::subscriber::with_default(subscriber, work);
        let bytes = lines.0.lock().clone();
        String::from_utf8(bytes).unwrap()
    }

    fn scope() -> RequestScope {
        RequestScope { request: RequestId(Uuid::max()), trace: TraceId([0xab; 16]), tenant: Some(Uuid::nil()) }
    }

    #[test]
    fn a_json_line_carries_the_request_and_its_fields() {
        let text = logged(LogFormat::Json, "info", || {
            within_sync(scope(), || tracing::info!(goals = 3, title = "a \"b\"\n", "listed"));
        });
        let line: serde_json::Value = serde_json::from_str(text.trim_end()).unwrap();
        assert_eq!(text.lines().count(), 1, "{text}");
        assert_eq!(line["timestamp"], "2024-01-15T10:30:00Z");
        assert_eq!(line["level"], "info");
        assert_eq!(line["message"], "listed");
        assert_eq!(line["goals"], 3);
        assert_eq!(line["title"], "a \"b\"\n");
        assert_eq!(line["requestId"], "ffffffff-ffff-ffff-ffff-ffffffffffff");
        assert_eq!(line["traceId"], "abababababababababababababababab");
        assert_eq!(line["tenant"], "00000000-0000-0000-0000-000000000000");
    }

    #[test]
    fn secrets_are_masked_whatever_the_format() {
        for format in [LogFormat::Json, LogFormat::Pretty] {
            let text = logged(format, "info", || {
                tracing::info!(password = "hunter2", access_token = ?"eyJhbGciOi", authorization = "Bearer eyJ", user = "u-1", "seen");
            });
            assert!(!text.contains("hunter2") && !text.contains("eyJ"), "{text}");
            assert!(text.contains("***") && text.contains("u-1"), "{text}");
        }
    }

    #[test]
    fn a_pretty_line_cannot_be_forged_by_a_value() {
        let text = logged(LogFormat::Pretty, "info", || tracing::info!(name = "x\n2024 ERROR all is lost\u{1b}[31m", "named"));
        assert_eq!(text.lines().count(), 1, "{text}");
        assert!(!text.contains('\u{1b}'), "{text}");
    }

    #[test]
    fn levels_hold_and_libraries_are_quiet() {
        let text = logged(LogFormat::Pretty, "info", || {
            tracing::debug!("hidden");
            tracing::info!(target: "hyper::proto", "chatter");
            tracing::warn!(target: "hyper::proto", "trouble");
            tracing::info!("shown");
        });
        assert!(text.contains("shown") && text.contains("trouble"), "{text}");
        assert!(!text.contains("hidden") && !text.contains("chatter"), "{text}");
    }

    #[test]
    fn other_loggers_names_for_levels_are_known_and_nonsense_is_refused() {
        for level in ["warning", "FATAL", "silly", " info ", "verbose", "off", "info,banyan_store=debug"] {
            assert!(filter(level).is_ok(), "{level}");
        }
        for level in ["loud", "", "banyan_store", "info,=,", "banyan=loud"] {
            assert!(filter(level).is_err(), "{level}");
        }
        assert!("xml".parse::<LogFormat>().is_err());
    }
}
