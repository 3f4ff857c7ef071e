//! What must hold of frames of `y-websocket`, of updates, and of what processes say to one another, whatever somebody sends: see [`crate::fuzzing`].

use yrs::updates::decoder::Decode as _;

use super::between::Told;
use super::scan::scan;
use super::wire::{Message, awareness_frame, read, write_awareness};

/// What a frame begins with: the first byte of the data chooses, so that a fuzzer is past the first bytes soon.
const BEGINNINGS: [&[u8]; 6] = [&[], &[0, 0], &[0, 1], &[0, 2], &[1], &[3]];

/// A frame is refused, or what is in it fits into the frame; updates that are let through are read by the library, and states of people are
/// written as they were read.
///
/// # Panics
/// When that does not hold.
pub(crate) fn frame(data: &[u8]) {
    let Some((first, rest)) = data.split_first() else { return };
    let beginning = BEGINNINGS[usize::from(*first) % BEGINNINGS.len()];
    let mut frame = beginning.to_vec();
    if !beginning.is_empty() && rest.len() < 128 {
        // In its length: `lib0` writes it so.
        frame.extend(u8::try_from(rest.len()));
    }
    frame.extend_from_slice(rest);
    match read(&frame) {
        Ok(Message::StateVector(vector)) => assert!(vector.len() <= frame.len()),
        Ok(Message::Answer(update) | Message::Update(update)) => {
            if let Ok(found) = scan(&update) {
                assert!(found.items <= update.len() && found.types <= update.len(), "as many as it seems");
                // Whether it is taken the library says; that it ends is what is promised.
                let _whatever = yrs::Update::decode_v1(&update);
            }
        }
        Ok(Message::Awareness(states)) => {
            let content = write_awareness(states.iter());
            assert_eq!(read(&awareness_frame(&content)), Ok(Message::Awareness(states)), "written as it was read");
        }
        Ok(Message::QueryAwareness | Message::Nothing) | Err(_) => {}
    }
    if let Ok(text) = std::str::from_utf8(rest)
        && let Some((node, told)) = Told::read(text)
    {
        assert_eq!(Told::read(&told.write(node)), Some((node, told)));
    }
}
