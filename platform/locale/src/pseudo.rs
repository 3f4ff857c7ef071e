//! Pseudolocales: made-up languages in which a person who reads English finds what nobody can translate.
//!
//! `en-XA` writes American English with accents, longer, and between brackets: what stands without brackets did not come
//! from a catalogue, what is cut lacks its bracket. `ar-XB` writes it from right to left. Both are made from the American
//! English messages while a catalogue is built, and nobody gets one who did not ask for just that tag.

use std::borrow::Cow;

/// Small letters and what stands for them; vowels are doubled, which makes English about a third longer, as German is.
const SMALL: [&str; 26] = [
    "åå", "ƀ", "ç", "ð", "éé", "ƒ", "ĝ", "ĥ", "îî", "ĵ", "ķ", "ļ", "ɱ", "ñ", "öö", "þ", "ǫ", "ŕ", "š", "ţ", "ûû", "ṽ", "ŵ", "ẋ",
    "ý", "ž",
];
const CAPITAL: [&str; 26] = [
    "Å", "Ɓ", "Ç", "Ð", "É", "Ƒ", "Ĝ", "Ĥ", "Î", "Ĵ", "Ķ", "Ļ", "Ṁ", "Ñ", "Ö", "Þ", "Ǫ", "Ŕ", "Š", "Ţ", "Û", "Ṽ", "Ŵ", "Ẋ", "Ý",
    "Ž",
];
/// RIGHT-TO-LEFT OVERRIDE and POP DIRECTIONAL FORMATTING (UAX 9 §2.2).
const OVERRIDE: char = '\u{202e}';
const POP: char = '\u{202c}';

/// A made-up language.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Pseudo {
    /// `en-XA`.
    Accented,
    /// `ar-XB`.
    Bidirectional,
}

impl Pseudo {
    pub const ALL: [Self; 2] = [Self::Accented, Self::Bidirectional];

    /// The tag under which the language is known (CLDR keeps the regions XA and XB for this).
    pub const fn tag(self) -> &'static str {
        match self {
            Self::Accented => "en-XA",
            Self::Bidirectional => "ar-XB",
        }
    }

    pub(crate) fn of_tag(tag: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|pseudo| pseudo.tag() == tag)
    }

    /// What is done with each piece of text between the placeables of a message.
    pub(crate) const fn transform(self) -> fn(&str) -> Cow<'_, str> {
        match self {
            Self::Accented => accented,
            Self::Bidirectional => from_right_to_left,
        }
    }

    /// A whole message as it is shown.
    pub(crate) fn framed(self, text: &str) -> String {
        match self {
            Self::Accented => format!("[{text}]"),
            Self::Bidirectional => text.to_owned(),
        }
    }
}

/// What stands between grave accents is code and stays as it is.
fn accented(text: &str) -> Cow<'_, str> {
    let mut written = String::with_capacity(text.len() * 2);
    let mut code = false;
    for letter in text.chars() {
        code ^= letter == '`';
        match letter {
            'a'..='z' if !code => written.push_str(SMALL[letter as usize - 'a' as usize]),
            'A'..='Z' if !code => written.push_str(CAPITAL[letter as usize - 'A' as usize]),
            other => written.push(other),
        }
    }
    written.into()
}

/// Each word by itself, so that a line that is broken stays in order.
fn from_right_to_left(text: &str) -> Cow<'_, str> {
    let mut written = String::with_capacity(text.len() * 2);
    let mut inside = false;
    for letter in text.chars() {
        if inside && letter.is_whitespace() {
            written.push(POP);
        } else if !inside && !letter.is_whitespace() {
            written.push(OVERRIDE);
        }
        inside = !letter.is_whitespace();
        written.push(letter);
    }
    if inside {
        written.push(POP);
    }
    written.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn english_gets_accents_and_grows() {
        assert_eq!(accented("Send `If-Match`, please. 5 %"), "Šééñð `If-Match`, þļééååšéé. 5 %");
        let sentence = "The answer was not ready in time; check before you repeat it.";
        let grown = accented(sentence).chars().count();
        assert!((grown * 100 / sentence.len()) > 120, "{grown}");
        assert!(!accented("The quick brown fox jumps over the lazy dog").bytes().any(|byte| byte.is_ascii_alphabetic()));
    }

    #[test]
    fn each_word_runs_from_right_to_left() {
        assert_eq!(from_right_to_left("a bc\nd "), "\u{202e}a\u{202c} \u{202e}bc\u{202c}\n\u{202e}d\u{202c} ");
        assert_eq!(from_right_to_left(""), "");
    }
}
