//! Which passwords are accepted (NIST SP 800-63B §5.1.1.2): long enough, not well known, not made of a pattern or of the person's own
//! name. No rules of composition: they make people choose `Password1!`.

use std::collections::HashSet;
use std::fmt;
use std::sync::LazyLock;

use unicode_normalization::UnicodeNormalization as _;

/// In characters after normalisation.
const SHORTEST: usize = 8;
/// In characters after normalisation.
const LONGEST: usize = 128;
/// In bytes as sent: more is refused before it is looked at.
const LONGEST_BYTES: usize = 1024;
/// A password that holds fewer characters of its own, when runs and known parts are taken out, can be guessed.
const LEAST_OWN: usize = 7;
/// All-digit passwords shorter than this are dates and telephone numbers.
const SHORTEST_OF_DIGITS: usize = 14;
/// Names and address parts shorter than this occur in any text.
const SHORTEST_PERSONAL: usize = 4;
/// So many characters around a well-known word do not make it a new one.
const MOST_AROUND_A_WORD: usize = 6;

const KEYBOARD_ROWS: [&str; 8] = [
    "qwertyuiop",
    "asdfghjkl",
    "zxcvbnm",
    "qwertzuiop",
    "azertyuiop",
    "1qaz2wsx3edc4rfv5tgb6yhn7ujm",
    "1q2w3e4r5t6y7u8i9o0p",
    "`1234567890-=",
];

static COMMON: LazyLock<HashSet<&'static str>> = LazyLock::new(|| include_str!("common.txt").split_whitespace().collect());

/// A password as it is hashed: NFC, any space as U+0020 (RFC 8265 OpaqueString). Never printed.
#[derive(Clone, PartialEq, Eq)]
pub struct Password(String);

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

/// Why a password is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Weakness {
    #[error("shorter than 8 characters")]
    TooShort,
    #[error("longer than 128 characters")]
    TooLong,
    #[error("holds control characters")]
    ControlCharacters,
    #[error("well known")]
    Common,
    #[error("a sequence or a repetition")]
    Pattern,
    #[error("made of the person's name or address")]
    Personal,
}

impl Weakness {
    /// The stable name.
    pub const fn code(self) -> &'static str {
        match self {
            Self::TooShort => "too-short",
            Self::TooLong => "too-long",
            Self::ControlCharacters => "control-characters",
            Self::Common => "common",
            Self::Pattern => "pattern",
            Self::Personal => "personal",
        }
    }

    /// The id of the message that says so.
    pub const fn message(self) -> &'static str {
        match self {
            Self::TooShort => "password-too-short",
            Self::TooLong => "password-too-long",
            Self::ControlCharacters => "password-control-characters",
            Self::Common => "password-common",
            Self::Pattern => "password-pattern",
            Self::Personal => "password-personal",
        }
    }
}

/// What an attacker knows of the person.
#[derive(Clone, Copy, Debug)]
pub struct Personal<'a> {
    pub email: &'a str,
    pub name: &'a str,
}

impl Password {
    /// A password that somebody tries to log in with. `None` when no account can have it, so that it need not be hashed at length.
    pub fn attempt(text: &str) -> Option<Self> {
        if text.len() > LONGEST_BYTES {
            return None;
        }
        Some(Self(normalise(text)))
    }

    /// A password that somebody wants to have.
    ///
    /// # Errors
    /// The first [`Weakness`] found.
    pub fn choose(text: &str, personal: Personal<'_>) -> Result<Self, Weakness> {
        if text.len() > LONGEST_BYTES {
            return Err(Weakness::TooLong);
        }
        let password = Self(normalise(text));
        match password.weakness(personal) {
            Some(weakness) => Err(weakness),
            None => Ok(password),
        }
    }

    pub fn as_bytes(&self) -> &[u8] {
        self.0.as_bytes()
    }

    fn weakness(&self, personal: Personal<'_>) -> Option<Weakness> {
        let length = self.0.chars().count();
        if self.0.chars().any(char::is_control) {
            return Some(Weakness::ControlCharacters);
        }
        if length < SHORTEST {
            return Some(Weakness::TooShort);
        }
        if length > LONGEST {
            return Some(Weakness::TooLong);
        }
        let text = self.0.to_lowercase();
        if is_common(&text) {
            return Some(Weakness::Common);
        }
        if is_pattern(&text) {
            return Some(Weakness::Pattern);
        }
        is_personal(&text, personal).then_some(Weakness::Personal)
    }
}

fn normalise(text: &str) -> String {
    text.chars().map(|c| if c.is_whitespace() && !c.is_control() { ' ' } else { c }).nfc().collect()
}

/// A well-known password, also with digits and signs around it, in leet, or said several times.
fn is_common(text: &str) -> bool {
    let letter = |c: char| c.is_alphabetic();
    let unit = repeated_unit(text);
    let forms = [text, unit, text.trim_matches(|c| !letter(c)), text.trim_end_matches(|c| !letter(c))];
    forms.iter().any(|form| {
        let around = text.chars().count().saturating_sub(form.chars().count());
        let known = COMMON.contains(form) || COMMON.contains(&*unleet(form, 'i')) || COMMON.contains(&*unleet(form, 'l'));
        known && (around <= MOST_AROUND_A_WORD || *form == unit)
    })
}

/// `p4$$w0rd` → `password`. `one` is the letter that `1` stands for.
fn unleet(text: &str, one: char) -> String {
    let letter = |c| match c {
        '4' | '@' => 'a',
        '3' => 'e',
        '0' => 'o',
        '5' | '$' => 's',
        '7' | '+' => 't',
        '1' | '!' | '|' => one,
        '8' => 'b',
        '9' => 'g',
        other => other,
    };
    text.chars().map(letter).collect()
}

fn is_pattern(text: &str) -> bool {
    let digits = text.chars().all(|c| c.is_numeric() || c.is_ascii_punctuation() || c == ' ');
    if digits && text.chars().count() < SHORTEST_OF_DIGITS {
        return true;
    }
    own_characters(repeated_unit(text)) < LEAST_OWN
}

fn is_personal(text: &str, personal: Personal<'_>) -> bool {
    let email = personal.email.to_lowercase();
    let name = personal.name.nfc().collect::<String>().to_lowercase();
    let joined: String = name.split_whitespace().collect();
    let words = email.split(|c: char| !c.is_alphanumeric()).chain(name.split_whitespace());
    let mut known: Vec<&str> = words.chain([email.as_str(), joined.as_str()]).collect();
    known.retain(|word| word.chars().count() >= SHORTEST_PERSONAL);
    known.sort_unstable_by_key(|word| std::cmp::Reverse(word.len()));
    let rest = known.iter().fold(text.to_owned(), |rest, word| {
        let backwards: String = word.chars().rev().collect();
        rest.replace(word, "").replace(&backwards, "")
    });
    rest.len() < text.len() && own_characters(&rest) < LEAST_OWN
}

/// The shortest text that repeated gives `text`; `text` itself if there is none.
fn repeated_unit(text: &str) -> &str {
    let ends = text.char_indices().map(|(at, _)| at).skip(1).take_while(|at| *at <= text.len() / 2);
    for end in ends {
        let (unit, _) = text.split_at(end);
        if text.len().is_multiple_of(end) && text.as_bytes().chunks(end).all(|part| part == unit.as_bytes()) {
            return unit;
        }
    }
    text
}

/// Characters, where a run of three or more (`aaa`, `123`, `cba`, `qwe`) counts as two.
fn own_characters(text: &str) -> usize {
    let characters: Vec<char> = text.chars().collect();
    let mut own = 0;
    let mut at = 0;
    while at < characters.len() {
        let run = run_length(&characters[at..]);
        own += run.min(2);
        at += run;
    }
    own
}

/// How many characters from the first on make one run; 1 where no run of three begins.
fn run_length(characters: &[char]) -> usize {
    let step = |pair: &[char]| i64::from(u32::from(pair[1])) - i64::from(u32::from(pair[0]));
    let count = |same: &dyn Fn(&[char]) -> bool| 1 + characters.windows(2).take_while(|pair| same(pair)).count();
    let by_step = [-1, 0, 1].map(|wanted| count(&|pair| step(pair) == wanted));
    let on_keyboard =
        KEYBOARD_ROWS.map(|row| [count(&|pair| follows(row, pair[0], pair[1])), count(&|pair| follows(row, pair[1], pair[0]))]);
    let longest = by_step.into_iter().chain(on_keyboard.into_iter().flatten()).max().unwrap_or(1);
    if longest >= 3 { longest } else { 1 }
}

fn follows(row: &str, first: char, second: char) -> bool {
    row.char_indices().any(|(at, c)| c == first && row[at + c.len_utf8()..].starts_with(second))
}

#[cfg(test)]
mod tests {
    use super::*;

    const ANN: Personal<'static> = Personal { email: "ann.bakers@example.com", name: "Ann Bakers" };

    fn weakness(text: &str) -> Option<Weakness> {
        Password::choose(text, ANN).err()
    }

    #[test]
    fn lengths_count_characters_and_long_bodies_are_refused_early() {
        assert_eq!(weakness("zq7#Kd"), Some(Weakness::TooShort));
        assert_eq!(weakness("kêÿmñ漢字🌴"), None);
        let own: String = ('a'..='z').cycle().step_by(7).take(128).collect();
        assert_eq!(weakness(&own), None);
        assert_eq!(weakness(&format!("{own}x")), Some(Weakness::TooLong));
        assert_eq!(weakness(&"🌴".repeat(300)), Some(Weakness::TooLong));
        assert_eq!(Password::attempt(&"a".repeat(1025)), None);
    }

    #[test]
    fn well_known_passwords_are_refused_in_their_disguises() {
        for text in [
            "password",
            "Password1",
            "P@ssw0rd",
            "p4$$w0rd!",
            "letmein123",
            "iloveyou!!",
            "admin@123",
            "@dmin1234",
            "1q2w3e4r",
            "Qwerty12345",
            "sayangku",
            "Rahasia123",
            "bismillah99",
            "Indonesia1945",
            "monkeymonkey",
            "Summer2024!",
            "correcthorsebatterystaple",
        ] {
            assert_eq!(weakness(text), Some(Weakness::Common), "{text}");
        }
    }

    #[test]
    fn sequences_repetitions_and_dates_are_refused() {
        for text in [
            "12345678",
            "87654321",
            "abcdefgh12",
            "aaaaaaaa",
            "abababab",
            "xyzxyzxyz",
            "11112222",
            "qwertyu123",
            "asdfgh;123",
            "2024-01-15",
            "19870512",
            "0812-3456-789",
            "abc123abc",
            "aaabbbccc",
        ] {
            assert!(matches!(weakness(text), Some(Weakness::Pattern | Weakness::Common)), "{text}: {:?}", weakness(text));
        }
    }

    #[test]
    fn the_persons_own_name_and_address_are_refused() {
        for text in ["annbakers1", "Bakers2024", "ann.bakers@example.com", "srekab!!", "bakers-bakers"] {
            assert_eq!(weakness(text), Some(Weakness::Personal), "{text}");
        }
        assert_eq!(weakness("bakers have warm ovens"), None);
    }

    #[test]
    fn ordinary_good_passwords_pass() {
        for text in [
            "correct horse battery",
            "Tr0ub4dor&3x",
            "k7#mQz!w9",
            "hujan di bulan juni",
            "S3cure!Passw0rd",
            "MyDogAteMyTies",
            "Sup3r$ecretKey!9",
            "TestPassword123!x9",
            "SecurePass123!",
            "Str0ng!Passw0rd#2024",
            "Banyan-Tree-7291",
            "purple-llama-42",
        ] {
            assert_eq!(weakness(text), None, "{text}");
        }
    }

    #[test]
    fn control_characters_are_refused_and_spaces_are_all_one() {
        assert_eq!(weakness("some\u{0}thing odd"), Some(Weakness::ControlCharacters));
        let wide = Password::choose("warm\u{3000}oven\u{a0}bread", ANN).unwrap();
        assert_eq!(wide, Password::choose("warm oven bread", ANN).unwrap());
        assert_eq!(Password::attempt("cafe\u{301} noir!"), Password::attempt("café noir!"));
    }

    #[test]
    fn the_list_has_over_a_thousand_words_in_lower_case() {
        assert!(COMMON.len() > 1000);
        assert!(COMMON.iter().all(|word| word.to_lowercase() == **word));
    }
}
