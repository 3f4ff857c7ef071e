//! Looks through an update (version 1 of the format of Yjs) before `yrs` reads it.
//!
//! `yrs` trusts what updates announce: it reads nested values by recursion, as deep as they are written, adds clocks that overflow, and makes room
//! for counts. One frame could end the process. What passes here is as deep, as long and as many as it seems.

use super::wire::{Malformed, Reader};

/// How deep values and JSON may be nested; JSON of `serde_json` ends at 128 by itself.
const DEEPEST: u32 = 64;
/// Clocks are below it: half of what `yrs` counts with.
const GREATEST_CLOCK: u64 = 1 << 31;

const HAS_ORIGIN: u8 = 0x80;
const HAS_RIGHT_ORIGIN: u8 = 0x40;
const HAS_PARENT_SUB: u8 = 0x20;
/// The rest of the byte says what it is.
const KIND: u8 = 0x1f;

const GC: u8 = 0;
const SKIP: u8 = 10;

/// What an update holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Found {
    pub(crate) items: usize,
    /// Texts, maps, lists and elements inside others: as deep as the document can become by it.
    pub(crate) types: usize,
}

impl Found {
    /// It takes something away, and adds nothing.
    pub(crate) fn only_deletes(self) -> bool {
        self.items == 0
    }
}

/// # Errors
/// For what is no update, or none that anybody writes in earnest.
pub(crate) fn scan(update: &[u8]) -> Result<Found, Malformed> {
    let (mut reader, mut found) = (Reader::new(update), Found::default());
    let clients = count(&mut reader)?;
    for _ in 0..clients {
        let items = count(&mut reader)?;
        reader.number()?;
        let mut clock = reader.number()?;
        for _ in 0..items {
            clock += item(&mut reader, &mut found)?;
            if clock > GREATEST_CLOCK {
                return Err(Malformed);
            }
        }
        found.items += items;
    }
    deletions(&mut reader)?;
    if reader.left() == 0 { Ok(found) } else { Err(Malformed) }
}

/// Of things that take a byte each at least.
fn count(reader: &mut Reader<'_>) -> Result<usize, Malformed> {
    let count = reader.number()?;
    usize::try_from(count).ok().filter(|count| *count <= reader.left()).ok_or(Malformed)
}

/// What stands in a sequence of its client's items; how many clocks it takes.
fn item(reader: &mut Reader<'_>, found: &mut Found) -> Result<u64, Malformed> {
    let info = reader.byte()?;
    if info == GC || info == SKIP {
        return length(reader);
    }
    if info & HAS_ORIGIN != 0 {
        id(reader)?;
    }
    if info & HAS_RIGHT_ORIGIN != 0 {
        id(reader)?;
    }
    if info & (HAS_ORIGIN | HAS_RIGHT_ORIGIN) == 0 {
        if reader.number()? == 1 {
            reader.text()?;
        } else {
            id(reader)?;
        }
        if info & HAS_PARENT_SUB != 0 {
            reader.text()?;
        }
    }
    content(reader, info & KIND, found)
}

fn content(reader: &mut Reader<'_>, kind: u8, found: &mut Found) -> Result<u64, Malformed> {
    match kind {
        // What was deleted.
        1 => return length(reader),
        3 => drop(reader.bytes()?),
        4 => {
            let units = reader.text()?.encode_utf16().count() as u64;
            return if units > 0 { Ok(units) } else { Err(Malformed) };
        }
        5 => json(reader)?,
        6 => {
            reader.text()?;
            json(reader)?;
        }
        7 => {
            found.types += 1;
            match reader.number()? {
                // A list, a map, a text; a fragment, a text among elements.
                0 | 1 | 2 | 4 | 6 => {}
                // An element has a name.
                3 => drop(reader.text()?),
                _ => return Err(Malformed),
            }
        }
        8 => {
            let values = count(reader)?;
            for _ in 0..values {
                value(reader, 0)?;
            }
            return if values > 0 { Ok(values as u64) } else { Err(Malformed) };
        }
        // Another document in this one, by its name.
        9 => {
            reader.text()?;
            value(reader, 0)?;
        }
        // Also 2, JSON of Yjs before 13, of which `yrs` reads more than there is.
        _ => return Err(Malformed),
    }
    Ok(1)
}

fn length(reader: &mut Reader<'_>) -> Result<u64, Malformed> {
    reader.number().and_then(|length| if (1..=GREATEST_CLOCK).contains(&length) { Ok(length) } else { Err(Malformed) })
}

fn id(reader: &mut Reader<'_>) -> Result<(), Malformed> {
    reader.number()?;
    if reader.number()? > GREATEST_CLOCK { Err(Malformed) } else { Ok(()) }
}

fn json(reader: &mut Reader<'_>) -> Result<(), Malformed> {
    let text = reader.text()?;
    serde_json::from_str::<serde::de::IgnoredAny>(text).map(drop).map_err(|_| Malformed)
}

/// A value in the encoding of `lib0`.
fn value(reader: &mut Reader<'_>, depth: u32) -> Result<(), Malformed> {
    if depth > DEEPEST {
        return Err(Malformed);
    }
    match reader.byte()? {
        // Undefined, null, and both of the truth.
        127 | 126 | 121 | 120 => {}
        125 => {
            let mut bytes = 1;
            while reader.byte()? & 0x80 != 0 {
                bytes += 1;
                if bytes > 9 {
                    return Err(Malformed);
                }
            }
        }
        124 => drop(reader.take(4)?),
        123 | 122 => drop(reader.take(8)?),
        119 => drop(reader.text()?),
        118 => {
            for _ in 0..count(reader)? {
                reader.text()?;
                value(reader, depth + 1)?;
            }
        }
        117 => {
            for _ in 0..count(reader)? {
                value(reader, depth + 1)?;
            }
        }
        116 => drop(reader.bytes()?),
        _ => return Err(Malformed),
    }
    Ok(())
}

fn deletions(reader: &mut Reader<'_>) -> Result<(), Malformed> {
    for _ in 0..count(reader)? {
        reader.number()?;
        for _ in 0..count(reader)? {
            let begin = reader.number()?;
            if begin.saturating_add(length(reader)?) > GREATEST_CLOCK {
                return Err(Malformed);
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use yrs::types::ToJson as _;
    use yrs::{
        Any, Array as _, Doc, Map as _, MapPrelim, ReadTxn as _, Text as _, Transact as _, XmlElementPrelim, XmlFragment as _,
    };

    use super::*;

    #[test]
    fn what_editors_write_passes() {
        let doc = Doc::with_client_id(7);
        let (text, map, list) = (doc.get_or_insert_text("t"), doc.get_or_insert_map("m"), doc.get_or_insert_array("l"));
        let page = doc.get_or_insert_xml_fragment("x");
        {
            let mut txn = doc.transact_mut();
            text.insert(&mut txn, 0, "a\u{1f333}b");
            text.format(&mut txn, 0, 1, [("bold".into(), Any::Bool(true))].into());
            text.insert_embed(&mut txn, 1, Any::from_json("{\"image\":[1,2,{\"a\":null}]}").unwrap());
            map.insert(&mut txn, "k", Any::from_json("{\"deep\":[1.5,true,\"x\",-70000000000]}").unwrap());
            map.insert(&mut txn, "inner", MapPrelim::from([("a".to_owned(), 1)]));
            list.insert(&mut txn, 0, Any::Buffer(vec![1, 2, 3].into()));
            page.insert(&mut txn, 0, XmlElementPrelim::empty("p"));
            text.remove_range(&mut txn, 0, 1);
            map.remove(&mut txn, "k");
        }
        let update = doc.transact().encode_diff_v1(&yrs::StateVector::default());
        let found = scan(&update).unwrap();
        assert_eq!(found.types, 2, "{:?}", map.to_json(&doc.transact()));
        assert!(found.items > 5 && !found.only_deletes());
        for end in 0..update.len() {
            assert!(scan(&update[..end]).is_err(), "the first {end} bytes");
        }
    }

    #[test]
    fn what_would_end_the_process_is_refused() {
        let head = [1, 1, 7, 0, 8, 1, 1, b't', 1];
        let deep = [&head[..], &[117, 1].repeat(100_000), &[126, 0]].concat();
        assert_eq!(scan(&deep), Err(Malformed));
        let shallow = [&head[..], &[117, 1].repeat(20), &[126, 0]].concat();
        assert_eq!(scan(&shallow).map(|found| found.items), Ok(1));
        let many = [&head[..], &[118, 0xff, 0xff, 0xff, 0xff, 0x0f]].concat();
        assert_eq!(scan(&many), Err(Malformed));
        // Clocks that overflow.
        assert_eq!(scan(&[1, 1, 7, 0xff, 0xff, 0xff, 0xff, 0x0f, 0, 9, 0]), Err(Malformed));
        assert_eq!(scan(&[0, 1, 7, 1, 0xff, 0xff, 0xff, 0xff, 0x0f, 9]), Err(Malformed));
        // More clients than bytes.
        assert_eq!(scan(&[0xff, 0xff, 0x0f]), Err(Malformed));
        assert_eq!(scan(&[0, 0]), Ok(Found::default()));
    }
}
