//! How one event becomes one line.

use std::fmt::{self, Write};
use std::sync::Arc;

use banyan_kernel::Clock;
use serde_json::{Map, Value};
use tracing::field::{Field, Visit};
use tracing::{Event, Level, Subscriber};
use tracing_subscriber::fmt::format::Writer;
use tracing_subscriber::fmt::{FmtContext, FormatEvent, FormatFields};
use tracing_subscriber::registry::LookupSpan;

use super::LogFormat;
use crate::scope;

/// Longest text of one field, in characters; more is cut. A log is not a place for bodies.
const LONGEST_FIELD: usize = 4_000;

/// Writes one line an event: time, level, message, the event's fields and the ids of the request.
#[derive(Debug)]
pub struct LineFormat {
    format: LogFormat,
    clock: Arc<dyn Clock>,
}

impl LineFormat {
    pub fn new(format: LogFormat, clock: Arc<dyn Clock>) -> Self {
        Self { format, clock }
    }

    fn fields(&self, event: &Event<'_>) -> Map<String, Value> {
        let metadata = event.metadata();
        let mut fields = Fields(Map::new());
        fields.0.insert("timestamp".into(), self.clock.now().to_string().into());
        fields.0.insert("level".into(), level(*metadata.level()).into());
        fields.0.insert("message".into(), Value::String(String::new()));
        fields.0.insert("target".into(), metadata.target().into());
        event.record(&mut fields);
        if let Some(scope) = scope::current() {
            fields.0.insert("requestId".into(), scope.request.to_string().into());
            fields.0.insert("traceId".into(), scope.trace.to_string().into());
            if let Some(tenant) = scope.tenant {
                fields.0.insert("tenant".into(), tenant.to_string().into());
            }
        }
        fields.0
    }
}

impl<S, N> FormatEvent<S, N> for LineFormat
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'a> FormatFields<'a> + 'static,
{
    fn format_event(&self, _: &FmtContext<'_, S, N>, mut writer: Writer<'_>, event: &Event<'_>) -> fmt::Result {
        let fields = self.fields(event);
        match self.format {
            LogFormat::Json => writeln!(writer, "{}", Value::Object(fields)),
            LogFormat::Pretty => pretty(&mut writer, fields),
        }
    }
}

fn pretty(writer: &mut Writer<'_>, mut fields: Map<String, Value>) -> fmt::Result {
    let mut take = |key: &str| match fields.remove(key) {
        Some(Value::String(text)) => text,
        _ => String::new(),
    };
    let (time, level, target, message) = (take("timestamp"), take("level"), take("target"), take("message"));
    write!(writer, "{time} {:<5} {} ({target})", level.to_ascii_uppercase(), Plain(&message))?;
    for (key, value) in &fields {
        match value {
            Value::String(text) => write!(writer, " {key}={}", Plain(text))?,
            other => write!(writer, " {key}={other}")?,
        }
    }
    writer.write_char('\n')
}

/// Text on one line, without control characters: a value must not be able to forge a line or move the cursor.
struct Plain<'t>(&'t str);

impl fmt::Display for Plain<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for character in self.0.chars() {
            if character.is_control() { write!(f, "{}", character.escape_default())? } else { f.write_char(character)? }
        }
        Ok(())
    }
}

const fn level(level: Level) -> &'static str {
    match level {
        Level::ERROR => "error",
        Level::WARN => "warn",
        Level::INFO => "info",
        Level::DEBUG => "debug",
        Level::TRACE => "trace",
    }
}

/// Collects an event's fields. What is named like a secret is masked: the last wall, not the first.
struct Fields(Map<String, Value>);

impl Fields {
    fn put(&mut self, field: &Field, value: Value) {
        let name = field.name();
        // `log` records come with fields of their own about where they were written.
        if name.starts_with("log.") {
            return;
        }
        let value = if is_secret(name) { Value::String("***".into()) } else { value };
        self.0.insert(name.to_owned(), value);
    }

    fn put_text(&mut self, field: &Field, mut text: String) {
        if let Some((end, _)) = text.char_indices().nth(LONGEST_FIELD) {
            text.truncate(end);
            text.push('…');
        }
        self.put(field, Value::String(text));
    }
}

impl Visit for Fields {
    fn record_str(&mut self, field: &Field, value: &str) {
        self.put_text(field, value.to_owned());
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.put(field, value.into());
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.put(field, value.into());
    }

    fn record_f64(&mut self, field: &Field, value: f64) {
        self.put(field, value.into());
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.put(field, value.into());
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.put_text(field, format!("{value:?}"));
    }
}

const SECRETS: [&str; 9] =
    ["password", "passwd", "secret", "token", "authorization", "cookie", "api_key", "private_key", "credential"];

fn is_secret(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    SECRETS.iter().any(|word| name.contains(word))
}
