//! Answers as they lie in Redis: what another version wrote, or something else, is a miss.

use std::sync::Arc;

use banyan_kernel::Timestamp;
use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use serde::{Deserialize, Serialize};

use crate::entry::{Audience, Entry, StaleRule, Staleness};

const MAGIC: &[u8; 4] = b"bnyh";
const FORMAT: u8 = 1;

/// An answer with the stamps under which it counts.
#[derive(Clone, Debug)]
pub(super) struct Held {
    pub(super) stamps: Vec<u64>,
    pub(super) entry: Arc<Entry>,
}

/// All but the body, which follows after all heads.
#[derive(Serialize, Deserialize)]
struct Head {
    stamps: Vec<u64>,
    status: u16,
    /// Values as ISO 8859-1: they need not be UTF-8.
    headers: Vec<(String, String)>,
    selected: Vec<(String, Option<String>)>,
    marks: Vec<Arc<str>>,
    /// Microseconds since the epoch.
    received: i64,
    initial_age: u64,
    lifetime: u64,
    while_revalidate: u64,
    if_error: u64,
    may_be_stale: bool,
    for_everybody: bool,
    length: usize,
}

/// `None` if something of it cannot be written.
pub(super) fn write(held: &[Held]) -> Option<Vec<u8>> {
    let heads = serde_json::to_vec(&held.iter().map(head_of).collect::<Vec<_>>()).ok()?;
    let bodies = held.iter().map(|held| held.entry.body.len()).sum::<usize>();
    let mut bytes = Vec::with_capacity(9 + heads.len() + bodies);
    bytes.extend_from_slice(MAGIC);
    bytes.push(FORMAT);
    bytes.extend_from_slice(&u32::try_from(heads.len()).ok()?.to_le_bytes());
    bytes.extend_from_slice(&heads);
    held.iter().for_each(|held| bytes.extend_from_slice(&held.entry.body));
    Some(bytes)
}

/// Entries of this part of the key and with this birth.
pub(super) fn read(bytes: &[u8], part: &Arc<str>, born: u64) -> Option<Vec<Held>> {
    let (magic, rest) = bytes.split_first_chunk::<4>()?;
    let (format, rest) = rest.split_first()?;
    let (length, rest) = rest.split_first_chunk::<4>()?;
    if magic != MAGIC || *format != FORMAT {
        return None;
    }
    let (heads, mut bodies) = rest.split_at_checked(usize::try_from(u32::from_le_bytes(*length)).ok()?)?;
    let heads: Vec<Head> = serde_json::from_slice(heads).ok()?;
    let mut held = Vec::with_capacity(heads.len());
    for head in heads {
        let (body, rest) = bodies.split_at_checked(head.length)?;
        bodies = rest;
        held.push(held_of(head, body, part, born)?);
    }
    bodies.is_empty().then_some(held)
}

fn head_of(held: &Held) -> Head {
    let entry = &held.entry;
    let text = |value: &HeaderValue| value.as_bytes().iter().map(|byte| char::from(*byte)).collect();
    Head {
        stamps: held.stamps.clone(),
        status: entry.status.as_u16(),
        headers: entry.headers.iter().map(|(name, value)| (name.as_str().to_owned(), text(value))).collect(),
        selected: entry.selected.iter().map(|(name, value)| (name.as_str().to_owned(), value.clone())).collect(),
        marks: entry.marks.to_vec(),
        received: entry.received.micros(),
        initial_age: entry.initial_age,
        lifetime: entry.lifetime,
        while_revalidate: entry.staleness.while_revalidate,
        if_error: entry.staleness.if_error,
        may_be_stale: entry.staleness.rule == StaleRule::Allowed,
        for_everybody: entry.audience == Audience::Everybody,
        length: entry.body.len(),
    }
}

fn held_of(head: Head, body: &[u8], part: &Arc<str>, born: u64) -> Option<Held> {
    let mut headers = HeaderMap::with_capacity(head.headers.len());
    for (name, value) in &head.headers {
        let bytes = value.chars().map(u8::try_from).collect::<Result<Vec<u8>, _>>().ok()?;
        headers.append(name.parse::<HeaderName>().ok()?, HeaderValue::from_bytes(&bytes).ok()?);
    }
    let selected = head.selected.into_iter().map(|(name, value)| Some((name.parse::<HeaderName>().ok()?, value)));
    let rule = if head.may_be_stale { StaleRule::Allowed } else { StaleRule::Forbidden };
    let entry = Entry {
        status: StatusCode::from_u16(head.status).ok()?,
        headers,
        body: Bytes::copy_from_slice(body),
        part: part.clone(),
        selected: selected.collect::<Option<_>>()?,
        marks: head.marks.into(),
        born,
        received: Timestamp::from_micros(head.received),
        initial_age: head.initial_age,
        lifetime: head.lifetime,
        staleness: Staleness { while_revalidate: head.while_revalidate, if_error: head.if_error, rule },
        audience: if head.for_everybody { Audience::Everybody } else { Audience::Nobodies },
        encodings: Arc::default(),
    };
    Some(Held { stamps: head.stamps, entry: Arc::new(entry) })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn held(body: &'static str) -> Held {
        let mut headers = HeaderMap::new();
        headers.append("etag", HeaderValue::from_bytes(b"\"\xe9\"").unwrap());
        headers.append("link", HeaderValue::from_static("a"));
        headers.append("link", HeaderValue::from_static("b"));
        let entry = Entry {
            status: StatusCode::OK,
            headers,
            body: Bytes::from_static(body.as_bytes()),
            part: "en".into(),
            selected: vec![(http::header::ACCEPT_LANGUAGE, Some("en".to_owned())), (http::header::ACCEPT, None)],
            marks: [Arc::from("path\nexample.org/a\nt")].into(),
            born: 3,
            received: Timestamp::from_seconds(1_700_000_000),
            initial_age: 1,
            lifetime: 60,
            staleness: Staleness { while_revalidate: 2, if_error: 3, rule: StaleRule::Allowed },
            audience: Audience::Everybody,
            encodings: Arc::default(),
        };
        Held { stamps: vec![u64::MAX, 1], entry: Arc::new(entry) }
    }

    #[test]
    fn what_was_written_is_read() {
        let written = write(&[held("one"), held("")]).unwrap();
        let read = read(&written, &"en".into(), 7).unwrap();
        assert_eq!(read.len(), 2);
        let (was, is) = (held("one"), &read[0]);
        assert_eq!((&is.stamps, is.entry.born), (&was.stamps, 7));
        let all_but_the_birth = format!("{:?}", Entry { born: 3, ..Entry::clone(&is.entry) });
        assert_eq!(all_but_the_birth, format!("{:?}", was.entry));
    }

    proptest::proptest! {
        #[test]
        fn whatever_lies_there_is_read_or_missed(bytes in proptest::collection::vec(proptest::prelude::any::<u8>(), 0..200)) {
            let _read = read(&bytes, &"".into(), 1);
            let mut written = write(&[held("one")]).unwrap();
            for (at, byte) in bytes.iter().enumerate() {
                let place = at * 7 % written.len();
                written[place] ^= byte;
            }
            let _read = read(&written, &"".into(), 1);
        }
    }
}
