//! Patterns of keys: `*` stands for any characters, `?` for one. A prefix is a pattern that ends with `*`.

/// Whether `text` as a whole is what the pattern says. Takes at most the product of both lengths.
pub(crate) fn matches(pattern: &str, text: &str) -> bool {
    let (pattern, text): (Vec<char>, Vec<char>) = (pattern.chars().collect(), text.chars().collect());
    let (mut at, mut read) = (0, 0);
    // Where the last star stands, and from where on it is tried.
    let mut star: Option<(usize, usize)> = None;
    while read < text.len() {
        match pattern.get(at) {
            Some('*') => {
                star = Some((at, read));
                at += 1;
            }
            Some(wanted) if *wanted == '?' || *wanted == text[read] => {
                at += 1;
                read += 1;
            }
            _ => {
                let Some((place, from)) = star else { return false };
                star = Some((place, from + 1));
                at = place + 1;
                read = from + 1;
            }
        }
    }
    pattern[at..].iter().all(|rest| *rest == '*')
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The rule, word by word.
    fn plainly(pattern: &[char], text: &[char]) -> bool {
        match (pattern.split_first(), text.split_first()) {
            (None, None) => true,
            (Some(('*', rest)), None) => plainly(rest, text),
            (Some(('*', rest)), Some((_, shorter))) => plainly(rest, text) || plainly(pattern, shorter),
            (Some(('?', rest)), Some((_, shorter))) => plainly(rest, shorter),
            (Some((wanted, rest)), Some((found, shorter))) => wanted == found && plainly(rest, shorter),
            _ => false,
        }
    }

    proptest::proptest! {
        #[test]
        fn patterns_match_as_the_rule_says(pattern in "[ab*?]{0,8}", text in "[abc]{0,10}") {
            let (p, t): (Vec<char>, Vec<char>) = (pattern.chars().collect(), text.chars().collect());
            assert_eq!(matches(&pattern, &text), plainly(&p, &t), "{pattern} {text}");
        }
    }

    #[test]
    fn a_prefix_and_a_hostile_pattern() {
        assert!(matches("list:*", "list:1") && !matches("list:*", "lists"));
        assert!(!matches(&"*a".repeat(500), &"b".repeat(5_000)));
    }
}
