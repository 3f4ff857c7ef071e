//! What must hold of frames whatever somebody sends. A property test drives it in every run of the tests, a million times with
//! `BANYAN_LONG_TESTS=1`; it is a function of bytes, so that a fuzzer (`--cfg fuzzing`, `services/realtime/fuzz`) can drive it, too.

use banyan_kernel::Uuid;
use serde_json::Value;

use crate::methods::Method;
use crate::protocol::{Request, commands};
use crate::room::RoomKey;

/// What frames are made of: a byte below their number stands for one of them, any other for itself.
const PIECES: [&str; 24] = [
    "{\"id\":",
    "1",
    "4294967295",
    ",\"connect\":{\"token\":\"",
    ",\"subscribe\":{\"channel\":\"",
    ",\"publish\":{\"channel\":\"",
    ",\"history\":{\"limit\":-1,\"since\":{\"offset\":",
    ",\"presence\":{\"channel\":\"",
    ",\"ping\":{}",
    ",\"rpc\":{\"method\":\"context.",
    ",\"recover\":true,\"epoch\":\"",
    "market:BTC",
    "session:",
    "user:0190a5b0-0000-7000-8000-000000000000",
    "\"",
    "\",\"data\":",
    "[",
    "]",
    "{",
    "}",
    "}}",
    "\n",
    "\\\"",
    "null",
];

/// A frame is refused, or its commands are objects in their own lines, and what is passed on of them can be put into a line of an answer.
///
/// # Panics
/// When that does not hold.
pub fn frame(data: &[u8]) {
    let bytes =
        data.iter().flat_map(|byte| PIECES.get(usize::from(*byte)).map_or(std::slice::from_ref(byte), |piece| piece.as_bytes()));
    let bytes: Vec<u8> = bytes.copied().collect();
    let Ok(text) = std::str::from_utf8(&bytes) else { return };
    let Ok(read) = commands(text) else { return };
    let lines: Vec<&str> = text.split('\n').map(str::trim).filter(|line| !line.is_empty()).collect();
    assert_eq!(read.len(), lines.len(), "each line is a command");
    for (command, line) in read.into_iter().zip(lines) {
        let value: Value = serde_json::from_str(line).expect("what is taken is JSON");
        assert!(value.is_object(), "{line}");
        let Ok(request) = command.request() else { continue };
        if let Request::Publish(said) = &request {
            assert!(line.contains(said.data.get()) || said.data.get() == "null", "{line}");
            assert!(!said.data.get().contains('\n'), "an answer would have another line");
        }
        if let Request::Rpc(call) = &request {
            assert!(line.contains(call.data.get()) || call.data.get() == "null", "{line}");
            if let Some(method) = Method::of(&call.method) {
                assert!(
                    method.path().bytes().all(|byte| byte.is_ascii_alphanumeric() || b"/_-".contains(&byte)),
                    "{}",
                    method.path()
                );
            }
        }
        if let Request::Publish(_) | Request::Subscribe(_) | Request::Presence(_) = &request
            && let Some(room) = value.as_object().and_then(|all| all.values().find_map(|one| one["channel"].as_str()))
            && let Some(room) = RoomKey::new(Uuid::nil(), room)
        {
            assert!(room.name.bytes().all(|byte| byte.is_ascii_graphic() && !b"\"\\/%*?[]{}".contains(&byte)), "{}", room.name);
        }
    }
}

/// As [`frame`], for shared documents.
///
/// # Panics
/// When what is promised does not hold.
pub fn document(data: &[u8]) {
    crate::documents::fuzzing::frame(data);
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use yrs::{Map as _, Text as _, Transact as _};

    fn cases() -> u32 {
        #[expect(clippy::disallowed_methods, reason = "the length of the tests is no setting of the program")]
        let long = std::env::var_os("BANYAN_LONG_TESTS").is_some();
        if long { 1_000_000 } else { 2_000 }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(cases()))]

        #[test]
        fn any_frame_is_refused_or_taken_line_by_line(
            data in proptest::collection::vec(prop_oneof![3 => 0_u8..24, 1 => any::<u8>()], 0..60),
        ) {
            super::frame(&data);
        }

        #[test]
        fn any_frame_of_a_document_is_refused_or_taken(
            kind in 0_u8..6,
            data in proptest::collection::vec(prop_oneof![4 => 0_u8..12, 1 => any::<u8>()], 0..60),
            cut in 0_usize..60,
            change in (0_usize..60, any::<u8>()),
        ) {
            super::document(&[&[kind], data.as_slice()].concat());
            // As an editor writes it, with something wrong in it.
            let mut update = written();
            if let Some(byte) = update.get_mut(change.0) {
                *byte = change.1;
            }
            update.truncate(update.len().saturating_sub(cut % 4));
            super::document(&[&[kind], update.as_slice()].concat());
        }
    }

    /// An update with several kinds of things in it.
    fn written() -> Vec<u8> {
        let doc = yrs::Doc::with_client_id(7);
        let (text, map) = (doc.get_or_insert_text("t"), doc.get_or_insert_map("m"));
        let mut txn = doc.transact_mut();
        text.insert(&mut txn, 0, "abc");
        map.insert(&mut txn, "k", 7_i64);
        text.remove_range(&mut txn, 1, 1);
        txn.encode_update_v1()
    }

    #[test]
    fn frames_of_the_pieces_are_taken() {
        let publish = [0, 1, 5, 12, b'1', 15, 16, 1, 17, 20, 21, 18, 19];
        super::frame(&publish);
        let text: Vec<&str> = publish.iter().filter_map(|byte| super::PIECES.get(usize::from(*byte)).copied()).collect();
        assert!(crate::protocol::commands(&text.concat()).is_ok(), "{text:?}");
    }
}
