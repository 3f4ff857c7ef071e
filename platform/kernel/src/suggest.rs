//! “Did you mean …?”

/// The candidate closest to `word`, if it is close enough to be a slip.
pub fn closest<'c>(word: &str, candidates: impl Iterator<Item = &'c str>) -> Option<&'c str> {
    let word: Vec<char> = word.to_lowercase().chars().take(80).collect();
    let allowed = 1 + word.len() / 4;
    let ranked = candidates.map(|candidate| (distance(&word, &candidate.to_lowercase()), candidate));
    ranked.filter(|(distance, _)| *distance <= allowed).min_by_key(|(distance, _)| *distance).map(|(_, candidate)| candidate)
}

/// Levenshtein's distance, by rows.
fn distance(one: &[char], other: &str) -> usize {
    let other: Vec<char> = other.chars().collect();
    let mut row: Vec<usize> = (0..=other.len()).collect();
    for (i, a) in one.iter().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, b) in other.iter().enumerate() {
            let replaced = diagonal + usize::from(a != b);
            diagonal = row[j + 1];
            row[j + 1] = replaced.min(diagonal + 1).min(row[j] + 1);
        }
    }
    row[other.len()]
}

#[cfg(test)]
mod tests {
    use super::closest;

    #[test]
    fn slips_are_found_and_strangers_are_not() {
        let known = ["listen", "database.pool_max", "database.pool_min", "log.level"];
        assert_eq!(closest("lisen", known.into_iter()), Some("listen"));
        assert_eq!(closest("database.pol_max", known.into_iter()), Some("database.pool_max"));
        assert_eq!(closest("LOG.LEVEL", known.into_iter()), Some("log.level"));
        assert_eq!(closest("colour", known.into_iter()), None);
    }
}
