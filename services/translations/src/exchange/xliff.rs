//! Writing XLIFF 2.1 (OASIS Standard, 13 February 2018): a unit for each message, a segment for each of its parts, a placeholder (`ph`)
//! for each value. 2.0 and 2.1 do not differ in what is used here.

use std::collections::HashMap;
use std::fmt::Write as _;

use quick_xml::escape::escape;

use super::parts::{self, Piece};
use super::{Exchange, Unit, UnitState};

/// Of XLIFF 2.0 and 2.1.
pub(super) const NAMESPACE: &str = "urn:oasis:names:tc:xliff:document:2.0";
/// The name of a segment that is a message's value: no attribute can have it.
pub(super) const VALUE: &str = "_";
/// Our own states, as `subState`.
pub(super) const PREFIX: &str = "banyan:";
pub(super) const PREVIOUS: &str = "previous-source";
pub(super) const COMMENT: &str = "comment";
/// For applications without a name: an id may not be empty.
pub(super) const NO_APPLICATION: &str = "_common";

pub(super) fn write(exchange: &Exchange) -> String {
    let application = if exchange.application.is_empty() { NO_APPLICATION } else { &exchange.application };
    let mut out = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<xliff xmlns=\"{NAMESPACE}\" version=\"2.1\" srcLang=\"en-US\" trgLang=\"{}\">\n  \
         <file id=\"{}\" xml:space=\"preserve\">\n",
        escape(exchange.locale.as_str()),
        escape(application)
    );
    exchange.units.iter().for_each(|unit| write_unit(unit, &mut out));
    out.push_str("  </file>\n</xliff>\n");
    out
}

/// The core states (§4.7.1): what was approved is `reviewed`, what is seen is `final`.
const fn core_state(state: UnitState) -> &'static str {
    match state {
        UnitState::Missing => "initial",
        UnitState::Draft | UnitState::Review => "translated",
        UnitState::Approved => "reviewed",
        UnitState::Shipped | UnitState::Published => "final",
    }
}

fn write_unit(unit: &Unit, out: &mut String) {
    let _ = writeln!(out, "    <unit id=\"{0}\" name=\"{0}\">", escape(unit.key.as_str()));
    write_notes(unit, out);
    let mut codes = Codes::default();
    let sources = parts::split(&unit.source);
    let targets = unit.target.as_deref().map(parts::split).unwrap_or_default();
    let mut segments = String::new();
    for (name, source) in &sources {
        let target = targets.iter().find(|(other, _)| other == name).map(|(_, text)| text.as_str());
        write_segment(name.as_deref(), source, target, unit.state, &mut codes, &mut segments);
    }
    if !codes.known.is_empty() {
        out.push_str("      <originalData>\n");
        for (place, code) in codes.known.iter().enumerate() {
            let _ = writeln!(out, "        <data id=\"d{}\">{}</data>", place + 1, escape(code.as_str()));
        }
        out.push_str("      </originalData>\n");
    }
    out.push_str(&segments);
    out.push_str("    </unit>\n");
}

fn write_notes(unit: &Unit, out: &mut String) {
    let description = Some(&unit.description).filter(|text| !text.is_empty()).map(|text| ("description", text));
    let comments = unit.comments.iter().map(|text| (COMMENT, text));
    let previous = unit.previous.as_ref().map(|text| (PREVIOUS, text));
    let notes: Vec<(&str, &String)> = description.into_iter().chain(comments).chain(previous).collect();
    if notes.is_empty() {
        return;
    }
    out.push_str("      <notes>\n");
    for (category, text) in notes {
        let _ = writeln!(out, "        <note category=\"{category}\">{}</note>", escape(text.as_str()));
    }
    out.push_str("      </notes>\n");
}

fn write_segment(name: Option<&str>, source: &str, target: Option<&str>, state: UnitState, codes: &mut Codes, out: &mut String) {
    let _ = write!(
        out,
        "      <segment id=\"{}\" state=\"{}\" subState=\"{PREFIX}{}\">\n        <source>{}</source>\n",
        name.unwrap_or(VALUE),
        core_state(state),
        state.word(),
        codes.marked(source, name)
    );
    if let Some(target) = target {
        let _ = writeln!(out, "        <target>{}</target>", codes.marked(target, name));
    }
    out.push_str("      </segment>\n");
}

/// The placeholders of a unit. Those of a target have the ids of their like in the source (§4.7.2.4).
#[derive(Default)]
struct Codes {
    /// Each once.
    known: Vec<String>,
    /// By part, code and how often it was there.
    ids: HashMap<(Option<String>, String, usize), usize>,
}

impl Codes {
    fn marked(&mut self, text: &str, part: Option<&str>) -> String {
        let mut counts: HashMap<&str, usize> = HashMap::new();
        parts::pieces(text).into_iter().fold(String::new(), |mut out, piece| {
            match piece {
                Piece::Text(text) => out.push_str(&escape(text)),
                Piece::Code(code) => {
                    let count = counts.entry(code).or_insert(0);
                    *count += 1;
                    let data = self.data(code);
                    let next = self.ids.len() + 1;
                    let id = *self.ids.entry((part.map(str::to_owned), code.to_owned(), *count)).or_insert(next);
                    let _ = write!(out, "<ph id=\"{id}\" dataRef=\"d{data}\"/>");
                }
            }
            out
        })
    }

    fn data(&mut self, code: &str) -> usize {
        match self.known.iter().position(|known| known == code) {
            Some(place) => place + 1,
            None => {
                self.known.push(code.to_owned());
                self.known.len()
            }
        }
    }
}
