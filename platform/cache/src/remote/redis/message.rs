//! A change as it is published: `<sequence> <stamp> `, then each name with its length.

use crate::remote::PatternChange;

pub(super) struct Heard<'m> {
    pub(super) sequence: u64,
    pub(super) stamp: u64,
    pub(super) names: Vec<&'m [u8]>,
}

/// Without the sequence, which Redis puts before it.
pub(super) fn write(stamp: u64, names: &[&[u8]]) -> Vec<u8> {
    let mut message = format!("{stamp} ").into_bytes();
    for name in names {
        message.extend_from_slice(&u32::try_from(name.len()).unwrap_or(u32::MAX).to_be_bytes());
        message.extend_from_slice(name);
    }
    message
}

pub(super) fn read(message: &[u8]) -> Option<Heard<'_>> {
    let (sequence, rest) = number(message)?;
    let (stamp, mut rest) = number(rest)?;
    let mut names = Vec::new();
    while !rest.is_empty() {
        let (length, after) = rest.split_first_chunk::<4>()?;
        let (name, after) = after.split_at_checked(usize::try_from(u32::from_be_bytes(*length)).ok()?)?;
        names.push(name);
        rest = after;
    }
    Some(Heard { sequence, stamp, names })
}

fn number(text: &[u8]) -> Option<(u64, &[u8])> {
    let end = text.iter().take(21).position(|byte| *byte == b' ')?;
    Some((std::str::from_utf8(&text[..end]).ok()?.parse().ok()?, &text[end + 1..]))
}

/// `<before> <after> <realm> <pattern>`.
pub(super) fn pattern(line: &str) -> Option<PatternChange> {
    let mut parts = line.splitn(4, ' ');
    let (before, after) = (parts.next()?.parse().ok()?, parts.next()?.parse().ok()?);
    Some(PatternChange { before, after, realm: parts.next()?.to_owned(), glob: parts.next()?.to_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_published_is_read() {
        let message = [b"12 ".to_vec(), write(34, &[b"a", b"\0 b"])].concat();
        let heard = read(&message).unwrap();
        assert_eq!((heard.sequence, heard.stamp, heard.names), (12, 34, vec![&b"a"[..], b"\0 b"]));
        let line = pattern("1 2 - list: *").unwrap();
        assert_eq!((line.before, line.after, &*line.realm, &*line.glob), (1, 2, "-", "list: *"));
    }

    proptest::proptest! {
        #[test]
        fn other_messages_are_refused_or_read(bytes in proptest::collection::vec(proptest::prelude::any::<u8>(), 0..60)) {
            let _read = read(&bytes).map(|heard| heard.names.len());
            let _read = read(&[b"1 2 ".to_vec(), bytes].concat()).map(|heard| heard.names.len());
        }
    }
}
