//! Language tags as text: subtags, deprecated languages, matching by prefix. Nothing here allocates.

/// The longest tag or range that is looked at, in bytes. RFC 5646 §4.4.1 advises room for 35; a longer one fits no locale.
const LONGEST: usize = 35;

/// Languages whose ISO 639 code was withdrawn, and what stands for them now (IANA language subtag registry, `Preferred-Value`).
/// Java and old browsers still send `in` for Indonesian.
const WITHDRAWN: [(&str, &str); 6] = [("in", "id"), ("iw", "he"), ("ji", "yi"), ("jw", "jv"), ("mo", "ro"), ("tl", "fil")];

/// The subtags of a tag or range, the language in its present code. `_` separates as `-` does, because POSIX and Java write it so.
pub(crate) fn subtags(tag: &str) -> impl Iterator<Item = &str> + Clone {
    tag.split(['-', '_']).enumerate().map(|(position, subtag)| if position == 0 { present_language(subtag) } else { subtag })
}

/// The code in use for a language that may be written by a withdrawn one.
pub(crate) fn present_language(language: &str) -> &str {
    WITHDRAWN.iter().find(|(withdrawn, _)| language.eq_ignore_ascii_case(withdrawn)).map_or(language, |(_, present)| present)
}

/// Whether the text is a basic language range other than `*` (RFC 4647 §2.1): `1*8ALPHA *("-" 1*8alphanum)`.
pub(crate) fn is_range(text: &str) -> bool {
    text.len() <= LONGEST
        && text.split(['-', '_']).enumerate().all(|(position, subtag)| {
            (1..=8).contains(&subtag.len())
                && subtag.bytes().all(|byte| byte.is_ascii_alphabetic() || (position > 0 && byte.is_ascii_digit()))
        })
}

/// How the first subtags of a range fit a tag.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fit {
    /// The tag has just these subtags.
    Whole,
    /// The tag goes on after them.
    Start,
}

/// Compares `head` with the beginning of `tag`, without regard to case (RFC 4647 §2).
pub(crate) fn fit<'a>(head: impl Iterator<Item = &'a str>, tag: &str) -> Option<Fit> {
    let mut rest = subtags(tag);
    for wanted in head {
        if !rest.next()?.eq_ignore_ascii_case(wanted) {
            return None;
        }
    }
    Some(if rest.next().is_none() { Fit::Whole } else { Fit::Start })
}

/// The number of subtags of `range` where it matches `tag` by basic filtering (RFC 4647 §3.3.1): `en` matches `en-US`.
pub(crate) fn matched_subtags(range: &str, tag: &str) -> Option<usize> {
    fit(subtags(range), tag).map(|_| subtags(range).count())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_told_from_other_text() {
        for good in ["en", "en-US", "id_ID", "zh-Hant-TW", "de-1996", "x-whatever", "es-419"] {
            assert!(is_range(good), "{good}");
        }
        for bad in [
            "",
            "-",
            "en-",
            "-en",
            "e n",
            "1en",
            "*",
            "*-ID",
            "en-*",
            "languages9",
            "abcdefghi",
            "en--US",
            "ín",
            "a-23456789-23456789-23456789-23456789",
        ] {
            assert!(!is_range(bad), "{bad}");
        }
    }

    #[test]
    fn a_prefix_ends_at_a_subtag() {
        assert_eq!(fit(subtags("en"), "en-US"), Some(Fit::Start));
        assert_eq!(fit(subtags("EN-us"), "en-US"), Some(Fit::Whole));
        assert_eq!(fit(subtags("en-GB"), "en-US"), None);
        assert_eq!(fit(subtags("e"), "en-US"), None);
        assert_eq!(fit(subtags("en-US-posix"), "en-US"), None);
        assert_eq!(fit(subtags("in"), "id-ID"), Some(Fit::Start));
        assert_eq!(matched_subtags("en", "en-US"), Some(1));
        assert_eq!(matched_subtags("en-us", "en-US"), Some(2));
    }
}
