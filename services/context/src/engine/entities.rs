//! Names in a text: days, sums, addresses, hashtags, mentions, and what is written with capitals.

use std::collections::BTreeSet;

use super::amounts::amount;
use super::dates::{date, is_month};
use super::stop_words::is_stop;
use super::{Entity, EntityKind};

const MOST: usize = 32;
/// In characters.
const LONGEST: usize = 80;
const MOST_NAME_WORDS: usize = 4;
/// Indonesian streets: the name follows.
const STREETS_BEFORE: [&str; 4] = ["jalan", "jl", "jln", "gang"];
/// English streets: number and name stand before.
const STREETS_AFTER: [&str; 9] = ["street", "st", "road", "rd", "avenue", "ave", "lane", "drive", "boulevard"];

/// Each entity once, in the order of the text.
pub(super) fn entities(text: &str) -> Vec<Entity> {
    let mut found: Vec<Entity> = Vec::new();
    let mut seen: BTreeSet<(EntityKind, String)> = BTreeSet::new();
    for line in text.lines() {
        let tokens: Vec<&str> = line.split_whitespace().collect();
        let mut at = 0;
        while at < tokens.len() {
            if found.len() >= MOST {
                return found;
            }
            let begins = at == 0 || tokens[at - 1].ends_with(['.', '!', '?', ':']);
            let Some((entity, used)) = entity(&tokens[at..], begins) else {
                at += 1;
                continue;
            };
            at += used.max(1);
            if entity.text.chars().count() <= LONGEST && seen.insert((entity.kind, entity.value.clone())) {
                found.push(entity);
            }
        }
    }
    found
}

/// The entity at the beginning of `tokens`, and how many of them it takes.
fn entity(tokens: &[&str], begins: bool) -> Option<(Entity, usize)> {
    let bare: Vec<&str> = tokens.iter().take(6).map(|token| token.trim_matches(is_around)).collect();
    let first = *bare.first()?;
    let written = |used: usize| bare[..used].join(" ");
    if let Some((date, used)) = date(&bare) {
        return Some((Entity { kind: EntityKind::Date, text: written(used), value: date.to_string() }, used));
    }
    if let Some((value, used)) = amount(&bare) {
        return Some((Entity { kind: EntityKind::Amount, text: written(used), value }, used));
    }
    if let Some(kind) = single(first) {
        return Some((Entity { kind, text: first.to_owned(), value: first.to_lowercase() }, 1));
    }
    if let Some(used) = address(tokens, &bare) {
        return Some((Entity { kind: EntityKind::Address, value: written(used).to_lowercase(), text: written(used) }, used));
    }
    let used = name(tokens, &bare, begins)?;
    Some((Entity { kind: EntityKind::Name, value: written(used).to_lowercase(), text: written(used) }, used))
}

fn is_around(c: char) -> bool {
    matches!(c, '.' | ',' | ';' | ':' | '!' | '?' | '(' | ')' | '[' | ']' | '"' | '“' | '”' | '‘' | '’' | '\'' | '*' | '…')
}

fn single(token: &str) -> Option<EntityKind> {
    let word = |text: &str| !text.is_empty() && text.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '-' | '.'));
    if token.strip_prefix('#').is_some_and(|tag| word(tag) && tag.chars().any(char::is_alphabetic)) {
        return Some(EntityKind::Hashtag);
    }
    if token.strip_prefix('@').is_some_and(word) {
        return Some(EntityKind::Mention);
    }
    if token.strip_prefix("https://").or_else(|| token.strip_prefix("http://")).is_some_and(|rest| rest.contains('.')) {
        return Some(EntityKind::Link);
    }
    let (local, domain) = token.split_once('@')?;
    let is_mail = word(&local.replace('+', "")) && word(domain) && domain.trim_end_matches('.').contains('.');
    is_mail.then_some(EntityKind::Email)
}

fn is_capital(token: &str) -> bool {
    token.starts_with(char::is_uppercase)
}

fn is_figure(token: &str) -> bool {
    token.starts_with(|c: char| c.is_ascii_digit()) && token.len() <= 6
}

/// `Jl. Merdeka No. 10`, `221 Baker Street`.
fn address(tokens: &[&str], bare: &[&str]) -> Option<usize> {
    let first = bare.first()?.to_lowercase();
    let ends = |at: usize| tokens[at].ends_with([',', ';', '!', '?']);
    if STREETS_BEFORE.contains(&first.as_str()) {
        let belongs = |token: &&&str| is_capital(token) || is_figure(token);
        let mut used = 1;
        while bare.get(used).filter(belongs).is_some() {
            used += 1;
            if ends(used - 1) {
                break;
            }
        }
        return (used > 1 && bare.get(1).is_some_and(|token| is_capital(token))).then_some(used);
    }
    if !is_figure(&first) {
        return None;
    }
    let street = |token: &&str| STREETS_AFTER.contains(&token.to_lowercase().as_str());
    let at = bare.iter().skip(2).position(street)? + 2;
    bare[1..at].iter().all(|token| is_capital(token)).then_some(at + 1)
}

/// One word with a capital within a sentence, two wherever they stand. What begins a sentence has a capital anyway.
fn name(tokens: &[&str], bare: &[&str], begins: bool) -> Option<usize> {
    let belongs = |token: &str| {
        let lower = token.to_lowercase();
        is_capital(token)
            && token.chars().all(|c| c.is_alphabetic() || matches!(c, '-' | '’' | '\''))
            && !is_stop(&lower)
            && !is_month(&lower)
    };
    let mut used = 0;
    while used < MOST_NAME_WORDS && bare.get(used).is_some_and(|token| belongs(token)) {
        used += 1;
        if tokens[used - 1].ends_with(is_around) {
            break;
        }
    }
    let is_name = match used {
        0 => false,
        1 => !begins && bare[0].chars().nth(2).is_some(),
        2 => true,
        // `Ask Budi Santoso`: the name begins with the next word.
        _ => !begins,
    };
    is_name.then_some(used)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Vec<(EntityKind, String)> {
        entities(text).into_iter().map(|entity| (entity.kind, entity.value)).collect()
    }

    #[test]
    fn names_of_every_kind() {
        let text = "Rapat dengan Budi Santoso pada 12 Maret 2025 di Jl. Merdeka No. 10, biaya Rp 1,5 juta. Kirim ke \
            sari@contoh.co.id, lihat https://example.org/a #anggaran @budi";
        let expected = [
            (EntityKind::Name, "budi santoso"),
            (EntityKind::Date, "2025-03-12"),
            (EntityKind::Address, "jl merdeka no 10"),
            (EntityKind::Amount, "IDR 1500000"),
            (EntityKind::Email, "sari@contoh.co.id"),
            (EntityKind::Link, "https://example.org/a"),
            (EntityKind::Hashtag, "#anggaran"),
            (EntityKind::Mention, "@budi"),
        ];
        assert_eq!(found(text), expected.map(|(kind, value)| (kind, value.to_owned())));
    }

    #[test]
    fn a_capital_at_the_beginning_is_no_name() {
        assert_eq!(found("Meeting tomorrow. Please bring coffee."), []);
        assert_eq!(
            found("We met Sari at 221 Baker Street."),
            [(EntityKind::Name, "sari".to_owned()), (EntityKind::Address, "221 baker street".to_owned()),]
        );
    }

    #[test]
    fn the_same_is_found_once_and_never_too_much() {
        assert_eq!(found("#a1 #a1 12/03/2025 2025-03-12").len(), 2);
        let many: String = (0..500).map(|n| format!("#tag{n} ")).collect();
        assert_eq!(entities(&many).len(), MOST);
    }
}
