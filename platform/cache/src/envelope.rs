//! A value as it lies in Redis, so that what another version wrote is never misread: what does not fit is a miss.

use std::any::type_name;

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::options::Ages;

const MAGIC: &[u8; 4] = b"bnyc";
/// Of the frame. The region's version is part of the frame, too.
const FORMAT: u8 = 1;
const PRESENT: u8 = 1;
const ABSENT: u8 = 0;
/// More stamps than any key has.
const MOST_STAMPS: usize = 1_024;

/// What is read back.
#[derive(Debug, PartialEq)]
pub(crate) struct Opened<T> {
    pub(crate) value: Option<T>,
    pub(crate) ages: Ages,
    pub(crate) stamps: Vec<u64>,
    /// The value's length in bytes.
    pub(crate) length: usize,
}

/// `None` if the value cannot be written.
pub(crate) fn seal<T: Serialize>(version: u32, ages: &Ages, stamps: &[u64], value: Option<&T>) -> Option<Vec<u8>> {
    let mut bytes = Vec::with_capacity(128 + stamps.len() * 8);
    bytes.extend_from_slice(MAGIC);
    bytes.push(FORMAT);
    bytes.push(if value.is_some() { PRESENT } else { ABSENT });
    bytes.extend_from_slice(&version.to_le_bytes());
    bytes.extend_from_slice(&name_of::<T>().to_le_bytes());
    for moment in [ages.created, ages.eager_at, ages.fresh_until, ages.stale_until] {
        bytes.extend_from_slice(&moment.to_le_bytes());
    }
    bytes.extend_from_slice(&u32::try_from(stamps.len()).ok()?.to_le_bytes());
    for stamp in stamps {
        bytes.extend_from_slice(&stamp.to_le_bytes());
    }
    if let Some(value) = value {
        serde_json::to_writer(&mut bytes, value).ok()?;
    }
    Some(bytes)
}

pub(crate) fn open<T: DeserializeOwned>(version: u32, bytes: &[u8]) -> Option<Opened<T>> {
    let mut rest = bytes;
    let fits = take::<4>(&mut rest)? == *MAGIC && take::<1>(&mut rest)? == [FORMAT];
    let kind = take::<1>(&mut rest)?[0];
    let fits = fits && u32::from_le_bytes(take(&mut rest)?) == version && u64::from_le_bytes(take(&mut rest)?) == name_of::<T>();
    if !fits {
        return None;
    }
    let mut moment = || Some(i64::from_le_bytes(take(&mut rest)?));
    let ages = Ages { created: moment()?, eager_at: moment()?, fresh_until: moment()?, stale_until: moment()? };
    let count = usize::try_from(u32::from_le_bytes(take(&mut rest)?)).ok()?;
    if count > MOST_STAMPS {
        return None;
    }
    let stamps = (0..count).map(|_| Some(u64::from_le_bytes(take(&mut rest)?))).collect::<Option<Vec<u64>>>()?;
    let value = match kind {
        PRESENT => Some(serde_json::from_slice(rest).ok()?),
        ABSENT if rest.is_empty() => None,
        _ => return None,
    };
    Some(Opened { value, ages, stamps, length: rest.len() })
}

fn take<const N: usize>(rest: &mut &[u8]) -> Option<[u8; N]> {
    let (first, after) = rest.split_first_chunk::<N>()?;
    *rest = after;
    Some(*first)
}

/// FNV-1a of the type's name: the same on each machine.
fn name_of<T>() -> u64 {
    type_name::<T>().bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}

#[cfg(test)]
mod tests {
    use super::*;

    const AGES: Ages = Ages { created: 1, eager_at: 2, fresh_until: 3, stale_until: 4 };

    #[test]
    fn what_was_sealed_is_opened() {
        let bytes = seal(7, &AGES, &[5, 6], Some(&"Ünïcode".to_owned())).unwrap();
        let opened = open::<String>(7, &bytes).unwrap();
        assert_eq!((opened.value.as_deref(), opened.ages, &*opened.stamps), (Some("Ünïcode"), AGES, &[5, 6][..]));
        let nothing = seal::<String>(7, &AGES, &[], None).unwrap();
        assert_eq!(open::<String>(7, &nothing).unwrap().value, None);
    }

    #[test]
    fn another_version_or_type_is_a_miss() {
        let bytes = seal(7, &AGES, &[5], Some(&1_u32)).unwrap();
        assert!(open::<u32>(8, &bytes).is_none());
        assert!(open::<u64>(7, &bytes).is_none());
        let mut newer = bytes;
        newer[4] = 2;
        assert!(open::<u32>(7, &newer).is_none());
    }

    proptest::proptest! {
        #[test]
        fn whatever_lies_there_is_read_or_missed(bytes in proptest::collection::vec(proptest::prelude::any::<u8>(), 0..200)) {
            let _read = open::<Vec<String>>(1, &bytes);
            let mut sealed = seal(1, &AGES, &[1, 2, 3], Some(&vec!["a".to_owned()])).unwrap();
            for (at, byte) in bytes.iter().enumerate() {
                let place = at * 7 % sealed.len();
                sealed[place] ^= byte;
            }
            let _read = open::<Vec<String>>(1, &sealed);
        }
    }
}
