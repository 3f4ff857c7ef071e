//! Counts, times and sizes, each within bounds.

use std::borrow::Cow;
use std::fmt;
use std::time::Duration;

use super::{Invalid, Setting, not};

/// A whole number within bounds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Count<const LEAST: u32, const MOST: u32>(pub(crate) u32);

impl<const LEAST: u32, const MOST: u32> Setting for Count<LEAST, MOST> {
    fn form() -> Cow<'static, str> {
        format!("a whole number from {LEAST} to {MOST}").into()
    }

    fn parse(text: &str) -> Result<Self, Invalid> {
        let number = text.parse().ok().filter(|number| (LEAST..=MOST).contains(number));
        number.map(Self).ok_or_else(|| not::<Self>(text))
    }
}

/// A length of time within bounds, in milliseconds. A number without a unit counts seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Span<const LEAST: u64, const MOST: u64>(pub(crate) Duration);

impl<const LEAST: u64, const MOST: u64> Setting for Span<LEAST, MOST> {
    fn form() -> Cow<'static, str> {
        let (least, most) = (Millis(LEAST), Millis(MOST));
        format!("a time from {least} to {most}, such as 500ms, 30s or 5m").into()
    }

    fn parse(text: &str) -> Result<Self, Invalid> {
        let millis = parse_millis(text).filter(|millis| (LEAST..=MOST).contains(millis));
        millis.map(|millis| Self(Duration::from_millis(millis))).ok_or_else(|| not::<Self>(text))
    }
}

/// Shown in the largest unit that has no rest.
pub(crate) struct Millis(pub(crate) u64);

const UNITS: [(&str, u64); 5] = [("ms", 1), ("s", 1_000), ("m", 60_000), ("h", 3_600_000), ("d", 86_400_000)];

impl fmt::Display for Millis {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let fits = |(_, millis): &&(&str, u64)| self.0 >= *millis && self.0.is_multiple_of(*millis);
        let (unit, millis) = UNITS.iter().rev().find(fits).unwrap_or(&UNITS[1]);
        write!(f, "{}{unit}", self.0 / millis)
    }
}

/// `500ms`, `30s`, `5m`, `2h`, `7d`; without a unit, seconds.
pub(crate) fn parse_millis(text: &str) -> Option<u64> {
    let text = text.trim();
    let digits = text.len() - text.trim_start_matches(|c: char| c.is_ascii_digit()).len();
    let (number, unit) = text.split_at(digits);
    let unit = if unit.is_empty() { "s" } else { unit.trim() };
    let (_, millis) = UNITS.iter().find(|(name, _)| *name == unit)?;
    number.parse::<u64>().ok()?.checked_mul(*millis)
}

/// A number of bytes within bounds; `KiB`, `MiB` and `GiB` may stand behind it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Bytes<const LEAST: u64, const MOST: u64>(pub(crate) u64);

const BYTE_UNITS: [(&str, u64); 5] = [("B", 1), ("KiB", 1 << 10), ("MiB", 1 << 20), ("GiB", 1 << 30), ("", 1)];

impl<const LEAST: u64, const MOST: u64> Setting for Bytes<LEAST, MOST> {
    fn form() -> Cow<'static, str> {
        "a number of bytes, such as 65536, 64KiB or 1MiB".into()
    }

    fn parse(text: &str) -> Result<Self, Invalid> {
        let digits = text.len() - text.trim_start_matches(|c: char| c.is_ascii_digit()).len();
        let (number, unit) = text.split_at(digits);
        let unit = BYTE_UNITS.iter().find(|(name, _)| *name == unit.trim()).map(|(_, bytes)| bytes);
        let bytes = number.parse::<u64>().ok().zip(unit).and_then(|(number, unit)| number.checked_mul(*unit));
        bytes.filter(|bytes| (LEAST..=MOST).contains(bytes)).map(Self).ok_or_else(|| not::<Self>(text))
    }
}
