//! `banyan.toml`: finding it, and reading it into texts with their lines.

use std::path::{Path, PathBuf};

use banyan_kernel::suggest::closest;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::declare::Key;
use super::error::{Finding, Place};
use super::keys;

/// The customary name.
pub(crate) const NAME: &str = "banyan.toml";

/// A value of the file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Line {
    /// Dotted, as in [`Key::name`]; it may end in `_file`.
    pub(crate) key: String,
    pub(crate) text: String,
    pub(crate) line: usize,
}

/// `--config`, else `./banyan.toml`, else `banyan.toml` in the data directory.
pub(crate) fn locate(given: Option<&Path>, working_directory: &Path, data: &Path) -> Option<PathBuf> {
    if let Some(given) = given {
        return Some(working_directory.join(given));
    }
    let candidates = [working_directory.join(NAME), working_directory.join(data).join(NAME)];
    candidates.into_iter().find(|path| path.is_file())
}

/// Reads the file's values. Unknown keys and values that are no text, number, switch or list of texts are findings.
pub(crate) fn read(path: &Path, text: &str) -> Result<Vec<Line>, Vec<Finding>> {
    let table = DeTable::parse(text).map_err(|error| {
        let start = error.span().map_or(0, |span| span.start);
        vec![Finding::at(place(path, text, start), error.message().to_owned())]
    })?;
    let mut reader = Reader { path, text, lines: Vec::new(), findings: Vec::new() };
    reader.table("", table.get_ref());
    if reader.findings.is_empty() { Ok(reader.lines) } else { Err(reader.findings) }
}

fn place(path: &Path, text: &str, start: usize) -> Place {
    let before = &text.as_bytes()[..start.min(text.len())];
    let line = before.iter().filter(|byte| **byte == b'\n').count() + 1;
    Place::File { path: path.to_owned(), line }
}

struct Reader<'a> {
    path: &'a Path,
    text: &'a str,
    lines: Vec<Line>,
    findings: Vec<Finding>,
}

impl Reader<'_> {
    fn table(&mut self, prefix: &str, table: &DeTable<'_>) {
        for (name, value) in table {
            // The front door reads these, with rules of its own.
            if prefix.is_empty() && banyan_edge::ROUTE_SECTIONS.contains(&name.get_ref().as_ref()) {
                continue;
            }
            let at = place(self.path, self.text, name.span().start);
            let key = if prefix.is_empty() { name.get_ref().to_string() } else { format!("{prefix}.{}", name.get_ref()) };
            match value.get_ref() {
                DeValue::Table(inner) if is_section(&key) || is_free(&key) => self.table(&key, inner),
                _ if is_free(prefix) => self.value(key, value, at),
                _ if !is_known(&key) => self.findings.push(Finding::at(at, unknown(&key))),
                _ => self.value(key, value, at),
            }
        }
    }

    fn value(&mut self, key: String, value: &Spanned<DeValue<'_>>, at: Place) {
        let known = keys::find(&key);
        let text = match value.get_ref() {
            DeValue::Array(values) if known.is_some_and(|known| known.kind.list) => list(values),
            one => single(one),
        };
        let (Some(text), Place::File { line, .. }) = (text, &at) else {
            let form = known.map(|known| format!("; it takes {}", (known.kind.form)())).unwrap_or_default();
            self.findings.push(Finding::at(at, format!("`{key}` does not take such a value{form}")));
            return;
        };
        self.lines.push(Line { key, text, line: *line });
    }
}

fn single(value: &DeValue<'_>) -> Option<String> {
    match value {
        DeValue::String(text) => Some(text.to_string()),
        DeValue::Integer(number) => Some(number.as_str().replace('_', "")),
        DeValue::Float(number) => Some(number.as_str().to_owned()),
        DeValue::Boolean(value) => Some(value.to_string()),
        _ => None,
    }
}

/// The values of a list with commas between them; a text with a comma in it would become two.
fn list(values: &[Spanned<DeValue<'_>>]) -> Option<String> {
    let texts = values.iter().map(|value| single(value.get_ref()).filter(|text| !text.contains(',')));
    Some(texts.collect::<Option<Vec<_>>>()?.join(","))
}

fn is_section(name: &str) -> bool {
    // `events` holds `events.nats`.
    keys::SECTIONS.iter().any(|section| {
        section.name == name || section.name.strip_prefix(name).is_some_and(|rest| !name.is_empty() && rest.starts_with('.'))
    })
}

/// Below these the installation chooses the names; they are read by who knows what they mean.
fn is_free(name: &str) -> bool {
    name.starts_with("limits.")
}

fn is_known(name: &str) -> bool {
    let secret = |key: &Key| key.kind.secret;
    keys::find(name).is_some() || name.strip_suffix("_file").and_then(keys::find).is_some_and(secret)
}

fn unknown(name: &str) -> String {
    let known: Vec<String> = keys::all().map(Key::name).collect();
    let hint = match closest(name, known.iter().map(String::as_str)) {
        Some(close) => format!("did you mean `{close}`?"),
        None => match known.iter().find(|key| key.rsplit('.').next() == name.rsplit('.').next()) {
            Some(elsewhere) => format!("did you mean `{elsewhere}`?"),
            None => "remove it".to_owned(),
        },
    };
    format!("`{name}` is not a setting; {hint}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read_text(text: &str) -> Result<Vec<Line>, Vec<String>> {
        read(Path::new("banyan.toml"), text).map_err(|findings| findings.iter().map(Finding::to_string).collect())
    }

    #[test]
    fn values_come_with_their_lines() {
        let lines = read_text("listen = \"0.0.0.0:80\"\n\n[database]\npool_max = 1_0\nlog_statements = true\nurl_file = \"/run/url\"\n[edge]\ncors_origins = [\"https://a\", \"https://b\"]\n").unwrap();
        assert!(lines.iter().any(|line| line.key == "edge.cors_origins" && line.text == "https://a,https://b"));
        let line = |key: &str, text: &str, line| Line { key: key.into(), text: text.into(), line };
        assert!(lines.contains(&line("listen", "0.0.0.0:80", 1)));
        assert!(lines.contains(&line("database.pool_max", "10", 4)));
        assert!(lines.contains(&line("database.log_statements", "true", 5)));
        assert!(lines.contains(&line("database.url_file", "/run/url", 6)));
    }

    #[test]
    fn unknown_keys_are_named_with_line_and_fix() {
        let findings = read_text("lissen = 1\n[database]\npol_max = 3\n[colours]\nred = 1\n").unwrap_err();
        assert!(
            findings.contains(&"banyan.toml:1: `lissen` is not a setting; did you mean `listen`?".to_owned()),
            "{findings:?}"
        );
        assert!(
            findings
                .contains(&"banyan.toml:3: `database.pol_max` is not a setting; did you mean `database.pool_max`?".to_owned()),
            "{findings:?}"
        );
        assert!(findings.contains(&"banyan.toml:4: `colours` is not a setting; remove it".to_owned()), "{findings:?}");
        let moved = read_text("smtp_host = \"mail\"\n").unwrap_err();
        assert_eq!(moved, ["banyan.toml:1: `smtp_host` is not a setting; did you mean `mail.smtp_host`?"]);
    }

    #[test]
    fn a_section_may_stand_in_another() {
        let lines = read_text("[events.nats]\nstream = \"x\"\n").unwrap();
        assert_eq!((&*lines[0].key, &*lines[0].text, lines[0].line), ("events.nats.stream", "x", 2));
        assert_eq!(read_text("[events]\nnats.stream = \"x\"\n").unwrap()[0].key, "events.nats.stream");
        assert_eq!(read_text("[events.natz]\nstream = \"x\"\n").unwrap_err().len(), 1);
        assert_eq!(read_text("[eve]\nx = \"x\"\n").unwrap_err().len(), 1);
    }

    #[test]
    fn routes_and_upstreams_are_left_to_the_door() {
        let text = "listen = \"127.0.0.1:1\"\n[upstreams.a]\nx = 1\n[[routes]]\ny = 2\n";
        assert_eq!(read_text(text).unwrap().len(), 1);
        assert!(read_text("[edge]\nroutes = 1\n").is_err());
    }

    #[test]
    fn lists_and_broken_files_are_refused() {
        let refused = read_text("listen = [1]\n").unwrap_err();
        assert!(refused[0].starts_with("banyan.toml:1: `listen` does not take such a value; it takes "), "{refused:?}");
        assert_eq!(read_text("[channels]\nports = [443, \"8443\"]\n").unwrap()[0].text, "443,8443");
        assert!(read_text("[channels]\nports = [\"443,8443\"]\n").is_err());
        assert!(read_text("listen = \n").unwrap_err()[0].starts_with("banyan.toml:1: "));
        assert!(read_text("listen_file = \"x\"\n").is_err(), "only a secret may be in a file of its own");
    }
}
