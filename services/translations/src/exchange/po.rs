//! Gettext's PO: an entry for each part of a message, `msgctxt` its name, `msgid` the American English.
//!
//! Our own small reader: those that there are drop what they do not know (`#|`, further flags) and bound nothing.

use std::fmt::Write as _;

use super::parts;
use super::{Exchange, ExchangeFault, MOST_UNITS, Unit, UnitState};

const FLAG: &str = "banyan-";

pub(super) fn write(exchange: &Exchange) -> String {
    let mut out = String::from("msgid \"\"\nmsgstr \"\"\n");
    for line in [
        "MIME-Version: 1.0".to_owned(),
        "Content-Type: text/plain; charset=UTF-8".to_owned(),
        "Content-Transfer-Encoding: 8bit".to_owned(),
        format!("Language: {}", exchange.locale),
        format!("X-Banyan-Application: {}", exchange.application),
    ] {
        let _ = writeln!(out, "{}", quoted(&format!("{line}\n")));
    }
    exchange.units.iter().for_each(|unit| write_unit(unit, &mut out));
    out
}

fn write_unit(unit: &Unit, out: &mut String) {
    let targets = unit.target.as_deref().map(parts::split).unwrap_or_default();
    for (place, (name, source)) in parts::split(&unit.source).into_iter().enumerate() {
        out.push('\n');
        if place == 0 {
            for comment in &unit.comments {
                comment.split('\n').enumerate().for_each(|(line, text)| {
                    let mark = if line == 0 { "#" } else { "#  " };
                    let _ = writeln!(out, "{mark} {text}");
                });
            }
            if !unit.description.is_empty() {
                unit.description.split('\n').for_each(|line| {
                    let _ = writeln!(out, "#. {line}");
                });
            }
        }
        // `fuzzy`: other programs do not use it before somebody has looked at it.
        let fuzzy = if matches!(unit.state, UnitState::Draft | UnitState::Review) { "fuzzy, " } else { "" };
        let _ = writeln!(out, "#, {fuzzy}{FLAG}{}", unit.state.word());
        if let (0, Some(previous)) = (place, &unit.previous) {
            write_string("#| msgid", previous, out);
        }
        let context = name.as_ref().map_or_else(|| unit.key.clone(), |name| format!("{}.{name}", unit.key));
        write_string("msgctxt", &context, out);
        write_string("msgid", &source, out);
        let target = targets.iter().find(|(other, _)| *other == name).map(|(_, text)| text.as_str());
        write_string("msgstr", target.unwrap_or_default(), out);
    }
}

fn write_string(keyword: &str, text: &str, out: &mut String) {
    if !text.contains('\n') {
        let _ = writeln!(out, "{keyword} {}", quoted(text));
        return;
    }
    let _ = writeln!(out, "{keyword} \"\"");
    let mark = if keyword.starts_with("#|") { "#| " } else { "" };
    for line in text.split_inclusive('\n') {
        let _ = writeln!(out, "{mark}{}", quoted(line));
    }
}

fn quoted(text: &str) -> String {
    let escaped = text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n").replace('\t', "\\t");
    format!("\"{escaped}\"")
}

/// One entry, as it is read.
#[derive(Default)]
struct Entry {
    line: usize,
    comments: Vec<String>,
    description: Vec<String>,
    state: Option<UnitState>,
    fuzzy: Option<()>,
    previous: Option<String>,
    context: Option<String>,
    id: Option<String>,
    text: Option<String>,
}

/// Which string goes on in the next line.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Field {
    None,
    Previous,
    Context,
    Id,
    Text,
}

pub(super) fn read(text: &str) -> Result<Exchange, ExchangeFault> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut exchange = Exchange::default();
    let mut parts: Vec<Part> = Vec::new();
    let (mut entry, mut field) = (Entry::default(), Field::None);
    for (number, line) in text.lines().enumerate().map(|(place, line)| (place + 1, line.trim_end_matches('\r'))) {
        let fault = |reason: &str| ExchangeFault::new(number, reason);
        let begins = line.trim().is_empty() || (entry.text.is_some() && !line.starts_with('"'));
        if begins {
            finish(std::mem::take(&mut entry), &mut exchange, &mut parts)?;
            field = Field::None;
        }
        if line.trim().is_empty() {
            continue;
        }
        if entry.line == 0 {
            entry.line = number;
        }
        field = read_line(line.trim_start(), &mut entry, field).map_err(fault)?;
        if parts.len() > MOST_UNITS {
            return Err(fault("there are too many entries"));
        }
    }
    finish(entry, &mut exchange, &mut parts)?;
    if exchange.locale.is_empty() {
        return Err(ExchangeFault::new(1, "the head of the file says no `Language`"));
    }
    exchange.units = units(parts)?;
    Ok(exchange)
}

fn read_line(line: &str, entry: &mut Entry, field: Field) -> Result<Field, &'static str> {
    if let Some(rest) = line.strip_prefix("#|") {
        let rest = rest.trim_start();
        if let Some(string) = rest.strip_prefix("msgid ") {
            entry.previous = Some(unquoted(string)?);
            return Ok(Field::Previous);
        }
        if rest.starts_with('"') && field == Field::Previous {
            entry.previous.get_or_insert_default().push_str(&unquoted(rest)?);
            return Ok(Field::Previous);
        }
        // The previous context or plural.
        return Ok(Field::None);
    }
    if let Some(rest) = line.strip_prefix("#,") {
        for flag in rest.split(',').map(str::trim) {
            match flag.strip_prefix(FLAG) {
                Some(word) => entry.state = UnitState::of_word(word),
                None if flag == "fuzzy" => entry.fuzzy = Some(()),
                None => {}
            }
        }
        return Ok(Field::None);
    }
    if let Some(rest) = line.strip_prefix("#.") {
        entry.description.push(rest.strip_prefix(' ').unwrap_or(rest).to_owned());
        return Ok(Field::None);
    }
    if line.starts_with("#:") || line.starts_with("#~") {
        return Ok(Field::None);
    }
    if let Some(rest) = line.strip_prefix('#') {
        // Two more spaces: it goes on.
        match (rest.strip_prefix("   "), entry.comments.last_mut()) {
            (Some(more), Some(comment)) => *comment = format!("{comment}\n{more}"),
            _ => entry.comments.push(rest.strip_prefix(' ').unwrap_or(rest).to_owned()),
        }
        return Ok(Field::None);
    }
    if line.starts_with('"') {
        let text = unquoted(line)?;
        let place = match field {
            Field::Context => &mut entry.context,
            Field::Id => &mut entry.id,
            Field::Text => &mut entry.text,
            Field::None | Field::Previous => return Err("a string stands alone"),
        };
        place.get_or_insert_default().push_str(&text);
        return Ok(field);
    }
    let (keyword, string) = line.split_once(char::is_whitespace).ok_or("a string is expected")?;
    let (place, next) = match keyword {
        "msgctxt" => (&mut entry.context, Field::Context),
        "msgid" => (&mut entry.id, Field::Id),
        "msgstr" => (&mut entry.text, Field::Text),
        "msgid_plural" => return Err("plural entries are not used here: plural forms stand inside the text"),
        _ => return Err("this is no line of a PO file"),
    };
    if place.replace(unquoted(string.trim_start())?).is_some() {
        return Err("it is there twice");
    }
    Ok(next)
}

fn unquoted(text: &str) -> Result<String, &'static str> {
    let inside = text.trim_end().strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).ok_or("a string is not closed")?;
    let mut out = String::with_capacity(inside.len());
    let mut letters = inside.chars();
    while let Some(letter) = letters.next() {
        match letter {
            '"' => return Err("a quote inside a string needs a backslash"),
            '\\' => match letters.next() {
                Some('n') => out.push('\n'),
                Some('t') => out.push('\t'),
                Some('"') => out.push('"'),
                Some('\\') => out.push('\\'),
                _ => return Err("after a backslash, write n, t, a quote or a backslash"),
            },
            letter => out.push(letter),
        }
    }
    Ok(out)
}

/// One part of a message.
struct Part {
    key: String,
    name: Option<String>,
    entry: Entry,
}

fn finish(entry: Entry, exchange: &mut Exchange, parts: &mut Vec<Part>) -> Result<(), ExchangeFault> {
    let fault = |reason: &str| ExchangeFault::new(entry.line, reason);
    let (Some(id), Some(text)) = (&entry.id, &entry.text) else {
        // Comments at the end, and entries that were put out of use.
        return if entry.id.is_some() || entry.context.is_some() { Err(fault("an entry has no `msgstr`")) } else { Ok(()) };
    };
    match &entry.context {
        None if id.is_empty() => {
            let field = |name: &str| text.lines().find_map(|line| line.strip_prefix(name)).map(|value| value.trim().to_owned());
            exchange.locale = field("Language:").unwrap_or_default();
            exchange.application = field("X-Banyan-Application:").unwrap_or_default();
            Ok(())
        }
        None => Err(fault("an entry has no `msgctxt`, which names its message")),
        Some(context) => {
            let (key, name) = match context.split_once('.') {
                Some((key, name)) => (key.to_owned(), Some(name.to_owned())),
                None => (context.clone(), None),
            };
            parts.push(Part { key, name, entry });
            Ok(())
        }
    }
}

/// Puts the parts of each message together. They stand one after the other.
fn units(entries: Vec<Part>) -> Result<Vec<Unit>, ExchangeFault> {
    let mut units = Vec::new();
    let mut of_one: Vec<Part> = Vec::new();
    for part in entries {
        if of_one.first().is_some_and(|first| first.key != part.key) {
            units.push(unit(std::mem::take(&mut of_one))?);
        }
        of_one.push(part);
    }
    if !of_one.is_empty() {
        units.push(unit(of_one)?);
    }
    Ok(units)
}

fn unit(mut all: Vec<Part>) -> Result<Unit, ExchangeFault> {
    let (line, key) = (all[0].entry.line, all[0].key.clone());
    let of = |text: fn(&Entry) -> &Option<String>| {
        let part = |part: &Part| text(&part.entry).clone().filter(|text| !text.is_empty()).map(|text| (part.name.clone(), text));
        all.iter().filter_map(part).collect::<Vec<_>>()
    };
    let (sources, targets) = (of(|entry| &entry.id), of(|entry| &entry.text));
    if sources.len() != all.len() {
        return Err(ExchangeFault::new(line, format!("`{key}` has no `msgid`")));
    }
    if !targets.is_empty() && targets.len() != sources.len() {
        return Err(ExchangeFault::new(line, format!("`{key}` is translated in parts only")));
    }
    let first = std::mem::take(&mut all[0].entry);
    let target = (!targets.is_empty()).then(|| parts::join(&targets));
    let own = first.state.filter(|state| *state != UnitState::Missing);
    let state = match (&target, own, first.fuzzy) {
        (None, ..) => UnitState::Missing,
        // A program took `fuzzy` away: somebody has looked at it.
        (_, Some(UnitState::Draft), None) => UnitState::Review,
        (_, Some(state), _) => state,
        (_, None, Some(())) => UnitState::Draft,
        (_, None, None) => UnitState::Review,
    };
    Ok(Unit {
        key,
        source: parts::join(&sources),
        target,
        state,
        description: first.description.join("\n"),
        comments: first.comments,
        previous: first.previous,
    })
}
