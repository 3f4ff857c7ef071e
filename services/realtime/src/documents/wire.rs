//! Frames of `y-websocket` (`y-protocols` 1.0: sync, awareness, auth), in the encoding of `lib0`.
//!
//! Own code and not `yrs::sync`, because that one takes room for as many entries as a frame announces before it has read one.

use std::sync::Arc;

use tokio_tungstenite::tungstenite::Bytes;

const SYNC: u64 = 0;
const AWARENESS: u64 = 1;
const AUTH: u64 = 2;
const QUERY_AWARENESS: u64 = 3;

const STEP_1: u64 = 0;
const STEP_2: u64 = 1;
const UPDATE: u64 = 2;

const PERMISSION_DENIED: u64 = 0;

/// What all readers of JSON agree on, 2^53 - 1: `lib0` reads no larger number.
const GREATEST: u64 = (1 << 53) - 1;
/// People in one frame.
const MOST_STATES: u64 = 1_024;

/// A frame that is none of the protocol.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("it cannot be read")]
pub(crate) struct Malformed;

/// What a client says.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Message {
    /// It has so much, and wants the rest.
    StateVector(Vec<u8>),
    /// What this side lacks, because it has asked for it.
    Answer(Vec<u8>),
    /// What it has just changed.
    Update(Vec<u8>),
    Awareness(Vec<Aware>),
    QueryAwareness,
    /// An answer to nothing that this side says.
    Nothing,
}

/// What one client shows of itself: its cursor, its name.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Aware {
    /// Of the document, in the client: not of the connection.
    pub(crate) client: u64,
    pub(crate) clock: u64,
    /// JSON, as it was written; `null` for who has gone.
    pub(crate) state: Arc<str>,
}

impl Aware {
    pub(crate) fn is_gone(&self) -> bool {
        &*self.state == "null"
    }
}

/// Reads from the front; never more than there is.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Reader<'b>(&'b [u8]);

impl<'b> Reader<'b> {
    pub(crate) fn new(bytes: &'b [u8]) -> Self {
        Self(bytes)
    }

    pub(crate) fn left(&self) -> usize {
        self.0.len()
    }

    pub(crate) fn byte(&mut self) -> Result<u8, Malformed> {
        let (first, rest) = self.0.split_first().ok_or(Malformed)?;
        self.0 = rest;
        Ok(*first)
    }

    pub(crate) fn number(&mut self) -> Result<u64, Malformed> {
        let (mut number, mut shift) = (0_u64, 0_u32);
        loop {
            let byte = self.byte()?;
            number |= u64::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                return if number <= GREATEST { Ok(number) } else { Err(Malformed) };
            }
            shift += 7;
            if shift > 56 {
                return Err(Malformed);
            }
        }
    }

    pub(crate) fn take(&mut self, length: u64) -> Result<&'b [u8], Malformed> {
        let length = usize::try_from(length).ok().filter(|length| *length <= self.0.len()).ok_or(Malformed)?;
        let (taken, rest) = self.0.split_at(length);
        self.0 = rest;
        Ok(taken)
    }

    pub(crate) fn bytes(&mut self) -> Result<&'b [u8], Malformed> {
        let length = self.number()?;
        self.take(length)
    }

    pub(crate) fn text(&mut self) -> Result<&'b str, Malformed> {
        std::str::from_utf8(self.bytes()?).map_err(|_| Malformed)
    }

    fn end(self) -> Result<(), Malformed> {
        if self.0.is_empty() { Ok(()) } else { Err(Malformed) }
    }
}

pub(crate) fn write_number(into: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        into.push((number & 0x7f) as u8 | 0x80);
        number >>= 7;
    }
    into.push(number as u8);
}

fn write_bytes(into: &mut Vec<u8>, bytes: &[u8]) {
    write_number(into, bytes.len() as u64);
    into.extend_from_slice(bytes);
}

/// # Errors
/// For everything that is not one whole message.
pub(crate) fn read(frame: &[u8]) -> Result<Message, Malformed> {
    let mut reader = Reader::new(frame);
    let message = match reader.number()? {
        SYNC => match reader.number()? {
            STEP_1 => Message::StateVector(state_vector(reader.bytes()?)?),
            STEP_2 => Message::Answer(reader.bytes()?.to_vec()),
            UPDATE => Message::Update(reader.bytes()?.to_vec()),
            _ => return Err(Malformed),
        },
        AWARENESS => Message::Awareness(read_awareness(reader.bytes()?)?),
        QUERY_AWARENESS => Message::QueryAwareness,
        AUTH => return Ok(Message::Nothing),
        _ => return Err(Malformed),
    };
    reader.end()?;
    Ok(message)
}

/// Whether it is one, before anything takes room for it.
fn state_vector(bytes: &[u8]) -> Result<Vec<u8>, Malformed> {
    let mut reader = Reader::new(bytes);
    let count = reader.number()?;
    if count > reader.left() as u64 / 2 {
        return Err(Malformed);
    }
    for _ in 0..count {
        reader.number()?;
        if reader.number()? > u64::from(u32::MAX) {
            return Err(Malformed);
        }
    }
    reader.end()?;
    Ok(bytes.to_vec())
}

/// # Errors
/// Also for clients that show what is no JSON: others would stumble over it.
pub(crate) fn read_awareness(bytes: &[u8]) -> Result<Vec<Aware>, Malformed> {
    let mut reader = Reader::new(bytes);
    let count = reader.number()?;
    if count > MOST_STATES {
        return Err(Malformed);
    }
    let mut states = Vec::new();
    for _ in 0..count {
        let (client, clock, state) = (reader.number()?, reader.number()?, reader.text()?);
        if clock > u64::from(u32::MAX) || serde_json::from_str::<serde::de::IgnoredAny>(state).is_err() {
            return Err(Malformed);
        }
        states.push(Aware { client, clock, state: state.into() });
    }
    reader.end()?;
    Ok(states)
}

pub(crate) fn write_awareness<'s>(states: impl ExactSizeIterator<Item = &'s Aware>) -> Vec<u8> {
    let mut content = Vec::new();
    write_number(&mut content, states.len() as u64);
    for aware in states {
        write_number(&mut content, aware.client);
        write_number(&mut content, aware.clock);
        write_bytes(&mut content, aware.state.as_bytes());
    }
    content
}

/// What others show; the argument is as [`write_awareness`] gives it.
pub(crate) fn awareness_frame(content: &[u8]) -> Bytes {
    let mut frame = Vec::with_capacity(content.len() + 8);
    write_number(&mut frame, AWARENESS);
    write_bytes(&mut frame, content);
    frame.into()
}

pub(crate) fn update_frame(update: &[u8]) -> Bytes {
    sync_frame(UPDATE, update)
}

/// What a client lacks.
pub(crate) fn answer_frame(update: &[u8]) -> Bytes {
    sync_frame(STEP_2, update)
}

/// Asks a client for what this side lacks.
pub(crate) fn question_frame(state_vector: &[u8]) -> Bytes {
    sync_frame(STEP_1, state_vector)
}

pub(crate) fn denied_frame(reason: &str) -> Bytes {
    let mut frame = Vec::with_capacity(reason.len() + 4);
    write_number(&mut frame, AUTH);
    write_number(&mut frame, PERMISSION_DENIED);
    write_bytes(&mut frame, reason.as_bytes());
    frame.into()
}

fn sync_frame(step: u64, content: &[u8]) -> Bytes {
    let mut frame = Vec::with_capacity(content.len() + 8);
    write_number(&mut frame, SYNC);
    write_number(&mut frame, step);
    write_bytes(&mut frame, content);
    frame.into()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use yrs::sync::{AwarenessUpdate, Message as Theirs, SyncMessage};
    use yrs::updates::decoder::Decode as _;
    use yrs::updates::encoder::Encode as _;

    use super::*;

    #[test]
    fn frames_are_as_the_library_reads_and_writes_them() {
        let vector = yrs::StateVector::from_iter([(yrs::block::ClientID::new(7), 300)]);
        let theirs = Theirs::Sync(SyncMessage::SyncStep1(vector.clone())).encode_v1();
        assert_eq!(read(&theirs), Ok(Message::StateVector(vector.encode_v1())));
        assert_eq!(&question_frame(&vector.encode_v1())[..], &theirs[..]);
        let update = vec![0, 0];
        assert_eq!(&Theirs::Sync(SyncMessage::SyncStep2(update.clone())).encode_v1()[..], &answer_frame(&update)[..]);
        assert_eq!(&Theirs::Sync(SyncMessage::Update(update.clone())).encode_v1()[..], &update_frame(&update)[..]);
        assert_eq!(read(&answer_frame(&update)), Ok(Message::Answer(update.clone())));
        assert_eq!(read(&update_frame(&update)), Ok(Message::Update(update)));
        assert_eq!(&Theirs::Auth(Some("no".to_owned())).encode_v1()[..], &denied_frame("no")[..]);
        assert_eq!(read(&Theirs::AwarenessQuery.encode_v1()), Ok(Message::QueryAwareness));
        let aware = Aware { client: 1 << 40, clock: 300, state: "{\"name\":\"\u{1f333}\"}".into() };
        let content = write_awareness([&aware].into_iter());
        let update = AwarenessUpdate::decode_v1(&content).unwrap();
        assert_eq!(&Theirs::Awareness(update).encode_v1()[..], &awareness_frame(&content)[..]);
        assert_eq!(read(&awareness_frame(&content)), Ok(Message::Awareness(vec![aware])));
    }

    #[test]
    fn what_announces_more_than_it_has_is_refused() {
        let huge = [0xff, 0xff, 0xff, 0xff, 0x0f];
        for bad in [
            &[][..],
            &[9],
            &[0],
            &[0, 3, 0],
            &[0, 0, 1, 5],
            &[0, 2, 5, 1],
            &[0, 2, 0, 1],
            &[1, 1, 1],
            &[1, 3, 1, 1, 1],
            &[1, 4, 1, 1, 1, 0],
            &[1, 5, 1, 1, 1, 1, b'{'],
            &[0xff; 20],
            &[&[0, 0, 5][..], &huge].concat(),
            &[&[1, 5][..], &huge].concat(),
        ] {
            assert_eq!(read(bad), Err(Malformed), "{bad:?}");
        }
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_stumble(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _either = read(&bytes);
        }

        #[test]
        fn numbers_come_back(number in 0..=GREATEST) {
            let mut written = Vec::new();
            write_number(&mut written, number);
            prop_assert_eq!(Reader::new(&written).number(), Ok(number));
        }
    }
}
