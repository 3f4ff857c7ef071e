//! Reading XLIFF 2.0 and 2.1. There is no document type and no entity but the five of XML itself: nothing can be expanded. What other
//! programs add in their own namespaces is passed over; what would change a text is refused.

use std::collections::HashMap;

use quick_xml::Reader;
use quick_xml::XmlVersion;
use quick_xml::events::{BytesStart, Event};

use super::parts;
use super::xliff::{COMMENT, NAMESPACE, NO_APPLICATION, PREFIX, PREVIOUS, VALUE};
use super::{Exchange, ExchangeFault, MOST_UNITS, Unit, UnitState};

/// Elements inside one another.
const DEEPEST: usize = 16;

/// Which text is read now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Reading {
    Nothing,
    Data,
    Note,
    Source,
    Target,
}

#[derive(Default)]
struct State {
    exchange: Exchange,
    /// Local names of the open elements.
    open: Vec<String>,
    unit: Option<OpenUnit>,
    /// Within an element of another namespace, or one that has nothing for us: how deep.
    passed: usize,
}

#[derive(Default)]
struct OpenUnit {
    key: String,
    data: HashMap<String, String>,
    data_id: String,
    category: String,
    notes: Vec<(String, String)>,
    note: String,
    segments: Vec<Segment>,
}

#[derive(Default)]
struct Segment {
    name: String,
    state: String,
    sub_state: String,
    source: Option<String>,
    target: Option<String>,
}

pub(super) fn read(text: &str) -> Result<Exchange, ExchangeFault> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut reader = Reader::from_str(text);
    reader.config_mut().expand_empty_elements = true;
    let mut state = State::default();
    loop {
        let before = position(&reader);
        let line = |at: usize| 1 + text.as_bytes().iter().take(at).filter(|byte| **byte == b'\n').count();
        let event = reader.read_event().map_err(|error| ExchangeFault::new(line(before), error.to_string()))?;
        let end = matches!(event, Event::Eof);
        state.take(event).map_err(|reason| ExchangeFault::new(line(before), reason))?;
        if end {
            return if state.exchange.locale.is_empty() {
                Err(ExchangeFault::new(1, "this is no XLIFF 2 document"))
            } else {
                Ok(state.exchange)
            };
        }
    }
}

fn position(reader: &Reader<&[u8]>) -> usize {
    usize::try_from(reader.buffer_position()).unwrap_or(usize::MAX)
}

impl State {
    fn take(&mut self, event: Event<'_>) -> Result<(), String> {
        match event {
            Event::DocType(_) => Err("a document type is not allowed: nothing is expanded".to_owned()),
            Event::Start(element) => self.begin(&element),
            Event::End(_) => self.end(),
            Event::Text(text) => self.write(&text.xml10_content()),
            Event::CData(text) => self.write(&text.xml10_content()),
            Event::GeneralRef(reference) => {
                let letter = match reference.resolve_char_ref().map_err(|error| error.to_string())? {
                    Some(letter) => letter,
                    None => match reference.xml10_content().as_ref() {
                        "lt" => '<',
                        "gt" => '>',
                        "amp" => '&',
                        "apos" => '\'',
                        "quot" => '"',
                        other => {
                            return Err(format!("the entity `{}` is not allowed", other.chars().take(40).collect::<String>()));
                        }
                    },
                };
                self.write(letter.encode_utf8(&mut [0; 4]))
            }
            Event::Eof if !self.open.is_empty() => Err("the document ends too early".to_owned()),
            Event::Eof | Event::Comment(_) | Event::Decl(_) | Event::PI(_) | Event::Empty(_) => Ok(()),
        }
    }

    fn begin(&mut self, element: &BytesStart<'_>) -> Result<(), String> {
        if self.open.len() >= DEEPEST {
            return Err(format!("elements stand more than {DEEPEST} deep in one another"));
        }
        let name = element.name().into_inner().to_owned();
        let parent = self.open.last().map(String::as_str).unwrap_or_default().to_owned();
        self.open.push(name.clone());
        // Everything of ours stands in the default namespace.
        if self.passed > 0 || name.contains(':') {
            self.passed += 1;
            return Ok(());
        }
        let attributes = attributes(element)?;
        let get = |name: &str| attributes.get(name).cloned().unwrap_or_default();
        match (parent.as_str(), name.as_str()) {
            ("", "xliff") => self.document(&get("xmlns"), &get("version"), &get("srcLang"), &get("trgLang")),
            ("", _) => Err("this is no XLIFF document".to_owned()),
            ("xliff", "file") if self.exchange.application.is_empty() && self.exchange.units.is_empty() => {
                let id = get("id");
                self.exchange.application = if id == NO_APPLICATION { String::new() } else { id };
                Ok(())
            }
            ("xliff", "file") => Err("one file is read at a time".to_owned()),
            ("file" | "group", "group") | ("unit", "notes" | "originalData") => Ok(()),
            ("file" | "group", "unit") => {
                let name = get("name");
                let key = if name.is_empty() { get("id") } else { name };
                if self.exchange.units.len() >= MOST_UNITS {
                    return Err(format!("there are more than {MOST_UNITS} units"));
                }
                self.unit = Some(OpenUnit { key, ..OpenUnit::default() });
                Ok(())
            }
            ("unit", "segment") => {
                let segment = Segment { name: get("id"), state: get("state"), sub_state: get("subState"), ..Segment::default() };
                self.unit()?.segments.push(segment);
                Ok(())
            }
            ("originalData", "data") => {
                self.unit()?.data_id = get("id");
                Ok(())
            }
            ("notes", "note") if self.unit.is_some() => {
                let unit = self.unit()?;
                (unit.category, unit.note) = (get("category"), String::new());
                Ok(())
            }
            ("segment", "source") => {
                self.segment()?.source = Some(String::new());
                Ok(())
            }
            ("segment", "target") => {
                self.segment()?.target = Some(String::new());
                Ok(())
            }
            ("source" | "target", "ph") => {
                let data = self.unit()?.data.get(&get("dataRef")).cloned();
                let code = data.ok_or("a placeholder refers to no data")?;
                self.write_text(&code)
            }
            // Marks of other programs around words: the words count.
            ("source" | "target" | "mrk", "mrk") => Ok(()),
            ("source" | "target" | "mrk" | "data" | "note", other) => Err(format!("`{}` is not read here", short(other))),
            // Skeletons, white space between segments, modules.
            _ => {
                self.passed += 1;
                Ok(())
            }
        }
    }

    fn document(&mut self, namespace: &str, version: &str, source: &str, target: &str) -> Result<(), String> {
        if namespace != NAMESPACE || !matches!(version, "2.0" | "2.1") {
            return Err("this is no XLIFF 2.0 or 2.1 document".to_owned());
        }
        if source != "en-US" {
            return Err(format!("the source language is `{}` and not `en-US`", short(source)));
        }
        if target.is_empty() {
            return Err("`trgLang` says no language".to_owned());
        }
        self.exchange.locale = target.to_owned();
        Ok(())
    }

    fn end(&mut self) -> Result<(), String> {
        let name = self.open.pop().unwrap_or_default();
        if self.passed > 0 {
            self.passed -= 1;
            return Ok(());
        }
        match name.as_str() {
            "note" => {
                if let Some(unit) = &mut self.unit {
                    let note = (std::mem::take(&mut unit.category), std::mem::take(&mut unit.note));
                    unit.notes.push(note);
                }
            }
            "unit" => {
                if let Some(unit) = self.unit.take() {
                    self.exchange.units.push(unit.finish()?);
                }
            }
            _ => {}
        }
        Ok(())
    }

    fn write(&mut self, text: &str) -> Result<(), String> {
        if self.passed > 0 { Ok(()) } else { self.write_text(text) }
    }

    fn write_text(&mut self, text: &str) -> Result<(), String> {
        let reading = self.open.iter().rev().find_map(|name| match name.as_str() {
            "data" => Some(Reading::Data),
            "note" => Some(Reading::Note),
            "source" => Some(Reading::Source),
            "target" => Some(Reading::Target),
            _ => None,
        });
        let Some(unit) = &mut self.unit else { return Ok(()) };
        match reading.unwrap_or(Reading::Nothing) {
            Reading::Nothing => {}
            Reading::Data => unit.data.entry(unit.data_id.clone()).or_default().push_str(text),
            Reading::Note => unit.note.push_str(text),
            Reading::Source => self.segment()?.source.get_or_insert_default().push_str(text),
            Reading::Target => self.segment()?.target.get_or_insert_default().push_str(text),
        }
        Ok(())
    }

    fn unit(&mut self) -> Result<&mut OpenUnit, String> {
        self.unit.as_mut().ok_or_else(|| "this stands outside of a unit".to_owned())
    }

    fn segment(&mut self) -> Result<&mut Segment, String> {
        self.unit()?.segments.last_mut().ok_or_else(|| "this stands outside of a segment".to_owned())
    }
}

impl OpenUnit {
    fn finish(self) -> Result<Unit, String> {
        let key = self.key;
        let of = |text: fn(&Segment) -> &Option<String>| {
            let part = |segment: &Segment| {
                let name = Some(segment.name.clone()).filter(|name| name != VALUE && !name.is_empty());
                text(segment).clone().filter(|text| !text.is_empty()).map(|text| (name, text))
            };
            self.segments.iter().filter_map(part).collect::<Vec<_>>()
        };
        let (sources, targets) = (of(|segment| &segment.source), of(|segment| &segment.target));
        if sources.len() != self.segments.len() || sources.is_empty() {
            return Err(format!("`{}` has no source", short(&key)));
        }
        if !targets.is_empty() && targets.len() != sources.len() {
            return Err(format!("`{}` is translated in parts only", short(&key)));
        }
        let target = (!targets.is_empty()).then(|| parts::join(&targets));
        let state = state_of(&self.segments[0], target.is_some());
        let mut unit = Unit {
            key,
            source: parts::join(&sources),
            target,
            state,
            description: String::new(),
            comments: Vec::new(),
            previous: None,
        };
        for (category, text) in self.notes {
            match category.as_str() {
                PREVIOUS => unit.previous = Some(text),
                COMMENT | "" => unit.comments.push(text),
                "description" => unit.description = text,
                // Of other programs.
                other => unit.comments.push(format!("{}: {text}", short(other))),
            }
        }
        Ok(unit)
    }
}

/// Our own word, or what the core state comes to.
fn state_of(segment: &Segment, is_translated: impl Into<Translated>) -> UnitState {
    if is_translated.into() == Translated::No {
        return UnitState::Missing;
    }
    let own = segment.sub_state.strip_prefix(PREFIX).and_then(UnitState::of_word);
    own.filter(|state| *state != UnitState::Missing).unwrap_or(match segment.state.as_str() {
        "reviewed" | "final" => UnitState::Review,
        _ => UnitState::Draft,
    })
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Translated {
    Yes,
    No,
}

impl From<bool> for Translated {
    fn from(is: bool) -> Self {
        if is { Self::Yes } else { Self::No }
    }
}

/// Entities in attributes are those of XML itself, too; others are refused by the reader.
fn attributes(element: &BytesStart<'_>) -> Result<HashMap<String, String>, String> {
    let mut found = HashMap::new();
    for attribute in element.attributes() {
        let attribute = attribute.map_err(|error| error.to_string())?;
        let value = attribute.normalized_value(XmlVersion::Implicit1_0).map_err(|error| error.to_string())?;
        found.insert(attribute.key.into_inner().to_owned(), value.into_owned());
    }
    Ok(found)
}

fn short(text: &str) -> String {
    text.chars().take(80).collect()
}
