//! How much two texts are alike: for the memory of earlier translations.

use std::collections::HashMap;

/// Below this, a suggestion is more noise than help. In per cent.
pub(crate) const LEAST: u32 = 60;

/// Sørensen–Dice coefficient over pairs of letters, without regard to case: 0 to 100. It takes time in proportion to the texts' lengths.
pub(crate) fn likeness(one: &str, other: &str) -> u32 {
    if one == other {
        return 100;
    }
    let (first, second) = (pairs(one), pairs(other));
    let total: usize = first.values().chain(second.values()).sum();
    if total == 0 {
        return 0;
    }
    let common: usize = first.iter().map(|(pair, count)| second.get(pair).map_or(0, |other| *count.min(other))).sum();
    // Only what is the same in every letter is wholly alike.
    u32::try_from(200 * common / total).unwrap_or(0).min(99)
}

fn pairs(text: &str) -> HashMap<(char, char), usize> {
    let letters: Vec<char> = text.chars().flat_map(char::to_lowercase).filter(|letter| !letter.is_whitespace()).collect();
    let mut found = HashMap::new();
    for pair in letters.windows(2) {
        *found.entry((pair[0], pair[1])).or_insert(0) += 1;
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn likeness_goes_from_nothing_to_all() {
        assert_eq!(likeness("Save the goal", "Save the goal"), 100);
        assert!(likeness("Save the goal", "save the Goal") >= 99);
        assert!(likeness("Save the goal", "Save this goal") > LEAST);
        assert!(likeness("Save the goal", "Kucing") < LEAST);
        assert_eq!(likeness("", "a"), 0);
        assert_eq!(likeness("a", "b"), 0);
    }
}
