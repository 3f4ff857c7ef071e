//! From text to words.

use unicode_normalization::UnicodeNormalization;

use super::stop_words;

/// A word with where it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Word {
    /// In lower case.
    pub(super) text: String,
    /// It carries no meaning of its own.
    pub(super) is_stop: bool,
    /// A sentence or a clause begins here.
    pub(super) begins: bool,
}

/// The longest word that is looked at, in characters: longer ones are no words.
const LONGEST_WORD: usize = 40;

/// At most `bytes` of the text, cut between characters.
pub(super) fn bounded(text: &str, bytes: usize) -> &str {
    &text[..text.floor_char_boundary(bytes)]
}

/// One form for what looks alike (Unicode NFKC, UAX 15), line breaks kept, other control characters as spaces.
pub(super) fn normalised(text: &str) -> String {
    text.nfkc().map(|c| if c.is_control() && c != '\n' { ' ' } else { c }).collect()
}

/// The words in lower case. A hyphen or an apostrophe within a word belongs to it: `anak-anak`, `o'clock`.
pub(super) fn words(text: &str) -> Vec<Word> {
    let mut found = Vec::new();
    let mut begins = true;
    let mut word = String::new();
    let mut letters = text.chars().peekable();
    while let Some(c) = letters.next() {
        let joins =
            matches!(c, '-' | '\'' | '’') && !word.is_empty() && letters.peek().is_some_and(|next| next.is_alphanumeric());
        if c.is_alphanumeric() || joins {
            word.push(c);
            continue;
        }
        finish(&mut word, &mut begins, &mut found);
        begins |= !c.is_whitespace() || c == '\n';
    }
    finish(&mut word, &mut begins, &mut found);
    found
}

fn finish(word: &mut String, begins: &mut bool, found: &mut Vec<Word>) {
    if word.is_empty() {
        return;
    }
    let text = word.to_lowercase();
    word.clear();
    if text.chars().count() > LONGEST_WORD {
        // A key or a number of an account: it ends what stands before it, and says nothing.
        *begins = true;
        return;
    }
    found.push(Word { is_stop: stop_words::is_stop(&text), text, begins: *begins });
    *begins = false;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_know_where_a_clause_begins() {
        let words = words("Anak-anak belajar. It's late, Budi");
        let seen: Vec<_> = words.iter().map(|word| (word.text.as_str(), word.begins)).collect();
        assert_eq!(seen, [("anak-anak", true), ("belajar", false), ("it's", true), ("late", false), ("budi", true)]);
    }

    #[test]
    fn full_width_letters_are_letters() {
        assert_eq!(words(&normalised("Ｂｕｄｉ"))[0].text, "budi");
        assert_eq!(bounded("aé", 2), "a");
    }
}
