//! Reading tables so that every mistake is found at once: a reader asks for what it knows, and what nobody asked for is unknown.

use std::cell::RefCell;
use std::fmt;

use banyan_kernel::suggest::closest;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::fault::{Fault, place};
use crate::routes::check::Finding;
use crate::routes::diagnosis::Reason;

/// The text that is read, and what was found wrong with it.
pub(super) struct Source<'s> {
    text: &'s str,
    faults: RefCell<Vec<Fault>>,
}

/// More are not reported: who has so many has one that explains the others.
const MOST_FAULTS: usize = 200;

impl<'s> Source<'s> {
    pub(super) fn new(text: &'s str) -> Self {
        Self { text, faults: RefCell::default() }
    }

    pub(super) fn fault(&self, at: usize, key: impl Into<String>, reason: impl Into<Reason>, remedy: impl Into<String>) {
        let (line, column) = place(self.text, at);
        let Reason { text: reason, diagnosis } = reason.into();
        let fault = Fault { line, column, key: key.into(), reason, remedy: remedy.into(), diagnosis };
        let mut faults = self.faults.borrow_mut();
        if faults.len() < MOST_FAULTS {
            faults.push(fault);
        }
    }

    /// What is wrong between the parts of the file.
    pub(super) fn found(&self, finding: Finding<'_>) {
        let mut faults = self.faults.borrow_mut();
        if faults.len() < MOST_FAULTS {
            let (line, column) = (finding.route.line, finding.route.column);
            let Reason { text: reason, diagnosis } = finding.reason;
            faults.push(Fault { line, column, key: finding.key, reason, remedy: finding.remedy, diagnosis });
        }
    }

    /// All faults in the order of the file.
    pub(super) fn into_faults(self) -> Vec<Fault> {
        let mut faults = self.faults.into_inner();
        faults.sort_by_key(|fault| (fault.line, fault.column));
        faults
    }

    pub(super) fn place_of(&self, at: usize) -> (usize, usize) {
        place(self.text, at)
    }
}

/// A table whose keys are known.
pub(super) struct Section<'s> {
    source: &'s Source<'s>,
    table: &'s DeTable<'s>,
    /// Dotted, for people.
    pub(super) key: String,
    /// Where it begins, in bytes.
    pub(super) start: usize,
    asked: Vec<&'static str>,
}

impl<'s> Section<'s> {
    pub(super) fn new(source: &'s Source<'s>, table: &'s DeTable<'s>, key: impl Into<String>, start: usize) -> Self {
        Self { source, table, key: key.into(), start, asked: Vec::new() }
    }

    /// The value of a known key.
    pub(super) fn get(&mut self, name: &'static str) -> Option<Item<'s>> {
        self.asked.push(name);
        let value = self.table.get(name)?;
        Some(Item { source: self.source, value, key: format!("{}.{name}", self.key), start: value.span().start })
    }

    /// Every member of a table whose keys are names of the writer's choice.
    pub(super) fn members(&self) -> impl Iterator<Item = (&'s str, Item<'s>)> + use<'s> {
        let (source, key) = (self.source, self.key.clone());
        self.table.iter().map(move |(name, value)| {
            let item = Item { source, value, key: format!("{key}.{}", name.get_ref()), start: name.span().start };
            (name.get_ref().as_ref(), item)
        })
    }

    pub(super) fn fault(&self, reason: impl Into<Reason>, remedy: impl Into<String>) {
        self.source.fault(self.start, self.key.as_str(), reason, remedy);
    }

    pub(super) fn place(&self) -> (usize, usize) {
        self.source.place_of(self.start)
    }

    /// Everything that was not asked for is unknown.
    pub(super) fn end(self) {
        for name in self.table.keys() {
            if self.asked.contains(&name.get_ref().as_ref()) {
                continue;
            }
            const TEXT: &str = "is not known here";
            let (reason, remedy) = match closest(name.get_ref(), self.asked.iter().copied()) {
                Some(close) => (Reason::of("unknown-key-close", TEXT).with("close", close), format!("did you mean `{close}`?")),
                None => {
                    let known = self.asked.join(", ");
                    let remedy = format!("remove it; known here: {known}");
                    (Reason::of("unknown-key", TEXT).with("known", known), remedy)
                }
            };
            let key = format!("{}.{}", self.key, name.get_ref());
            self.source.fault(name.span().start, key, reason, remedy);
        }
    }
}

/// One value with its place.
#[derive(Clone)]
pub(super) struct Item<'s> {
    source: &'s Source<'s>,
    value: &'s Spanned<DeValue<'s>>,
    pub(super) key: String,
    start: usize,
}

impl<'s> Item<'s> {
    pub(super) fn fault(&self, reason: impl Into<Reason>, remedy: impl Into<String>) {
        self.source.fault(self.start, self.key.as_str(), reason, remedy);
    }

    pub(super) fn is_table(&self) -> bool {
        matches!(self.value.get_ref(), DeValue::Table(_))
    }

    /// The text, if it is one; nothing is reported where it is not.
    pub(super) fn as_text(&self) -> Option<&'s str> {
        self.value.get_ref().as_str()
    }

    fn expect<T>(&self, found: Option<T>, otherwise: impl FnOnce() -> Reason, example: &str) -> Option<T> {
        if found.is_none() {
            self.fault(otherwise(), format!("write {example}"));
        }
        found
    }

    pub(super) fn text(&self) -> Option<&'s str> {
        self.expect(self.as_text(), || Reason::of("not-text", "is not a text"), "it in quotes")
    }

    /// A text that `parse` understands; its error is the reason, `example` the remedy.
    pub(super) fn parse<T, E: fmt::Display>(&self, example: &str, parse: impl FnOnce(&str) -> Result<T, E>) -> Option<T> {
        match parse(self.text()?) {
            Ok(value) => Some(value),
            Err(error) => {
                self.fault(error.to_string(), example);
                None
            }
        }
    }

    /// One of a few words.
    pub(super) fn word<T: Copy>(&self, words: &[(&'static str, T)]) -> Option<T> {
        let text = self.text()?;
        let found = words.iter().find(|(word, _)| *word == text);
        if found.is_none() {
            let names: Vec<&str> = words.iter().map(|(word, _)| *word).collect();
            let reason = format!("`{}` is not a word that it takes", shortened(text));
            match closest(text, names.iter().copied()) {
                Some(close) => {
                    self.fault(Reason::of("unknown-word-close", reason).with("close", close), format!("did you mean `{close}`?"));
                }
                None => {
                    let words = names.join(", ");
                    let remedy = format!("write one of {words}");
                    self.fault(Reason::of("unknown-word", reason).with("words", words), remedy);
                }
            }
        }
        found.map(|(_, value)| *value)
    }

    pub(super) fn whole(&self, least: i64, most: i64) -> Option<i64> {
        let number = match self.value.get_ref() {
            DeValue::Integer(number) => i64::from_str_radix(&number.as_str().replace('_', ""), number.radix()).ok(),
            _ => None,
        };
        self.expect(
            number.filter(|number| (least..=most).contains(number)),
            || {
                let reason = Reason::of("not-whole", format!("is not a whole number from {least} to {most}"));
                reason.with("least", least.to_string()).with("most", most.to_string())
            },
            "such a number without quotes",
        )
    }

    pub(super) fn place(&self) -> (usize, usize) {
        self.source.place_of(self.start)
    }

    pub(super) fn number(&self, least: f64, most: f64) -> Option<f64> {
        let number = match self.value.get_ref() {
            DeValue::Integer(number) => number.as_str().replace('_', "").parse().ok(),
            DeValue::Float(number) => number.as_str().replace('_', "").parse::<f64>().ok(),
            _ => None,
        };
        self.expect(
            number.filter(|number| (least..=most).contains(number)),
            || {
                let reason = Reason::of("not-number", format!("is not a number from {least} to {most}"));
                reason.with("least", least.to_string()).with("most", most.to_string())
            },
            "such a number without quotes",
        )
    }

    pub(super) fn list(&self) -> Option<Vec<Item<'s>>> {
        let values = match self.value.get_ref() {
            DeValue::Array(values) => Some(values),
            _ => None,
        };
        let values = self.expect(values, || Reason::of("not-list", "is not a list"), "it in square brackets")?;
        let item = |(at, value): (usize, &'s Spanned<DeValue<'s>>)| Item {
            source: self.source,
            value,
            key: format!("{}[{at}]", self.key),
            start: value.span().start,
        };
        Some(values.iter().enumerate().map(item).collect())
    }

    pub(super) fn section(&self) -> Option<Section<'s>> {
        let table = match self.value.get_ref() {
            DeValue::Table(table) => Some(table),
            _ => None,
        };
        let table =
            self.expect(table, || Reason::of("not-table", "is not a table"), "it in braces, such as { name = \"value\" }")?;
        Some(Section::new(self.source, table, self.key.clone(), self.start))
    }

    /// The value as JSON: what a template is made of. Dates become texts.
    pub(super) fn json(&self) -> serde_json::Value {
        json(self.value.get_ref())
    }
}

fn json(value: &DeValue<'_>) -> serde_json::Value {
    use serde_json::Value;
    match value {
        DeValue::String(text) => Value::from(text.as_ref()),
        DeValue::Integer(number) => {
            i64::from_str_radix(&number.as_str().replace('_', ""), number.radix()).map_or(Value::Null, Value::from)
        }
        DeValue::Float(number) => number.as_str().replace('_', "").parse::<f64>().map_or(Value::Null, Value::from),
        DeValue::Boolean(value) => Value::from(*value),
        DeValue::Datetime(time) => Value::from(time.to_string()),
        DeValue::Array(values) => values.iter().map(|value| json(value.get_ref())).collect(),
        DeValue::Table(table) => table
            .iter()
            .map(|(name, value)| (name.get_ref().to_string(), json(value.get_ref())))
            .collect::<serde_json::Map<_, _>>()
            .into(),
    }
}

/// What a message quotes of a text that may be long.
pub(super) fn shortened(text: &str) -> String {
    if text.chars().count() <= 60 { text.to_owned() } else { format!("{}…", text.chars().take(60).collect::<String>()) }
}
