//! Sums of money in a text: `Rp1.500.000`, `Rp 1,5 juta`, `IDR 20000`, `$12.50`, `€ 3`.

/// What is written before a figure, and the currency that it means.
const CURRENCIES: [(&str, &str); 9] = [
    ("rp", "IDR"),
    ("idr", "IDR"),
    ("usd", "USD"),
    ("us$", "USD"),
    ("$", "USD"),
    ("eur", "EUR"),
    ("€", "EUR"),
    ("sgd", "SGD"),
    ("£", "GBP"),
];
const MULTIPLIERS: [(&str, f64); 8] = [
    ("ribu", 1e3),
    ("rb", 1e3),
    ("thousand", 1e3),
    ("juta", 1e6),
    ("jt", 1e6),
    ("million", 1e6),
    ("miliar", 1e9),
    ("billion", 1e9),
];
/// More digits are no sum of money.
const MOST_DIGITS: usize = 15;

/// The sum at the beginning of `tokens` as `IDR 1500000`, and how many of them name it.
pub(super) fn amount(tokens: &[&str]) -> Option<(String, usize)> {
    let first = tokens.first()?.to_lowercase();
    let (sign, currency) = CURRENCIES.iter().find(|(sign, _)| first.starts_with(sign))?;
    let rest = &first[sign.len()..];
    // `Rp.` is an abbreviation, `$.` is not.
    let rest = if *currency == "IDR" { rest.trim_start_matches('.') } else { rest };
    let (figure, used) = match rest {
        "" => (tokens.get(1)?.to_lowercase(), 2),
        rest => (rest.to_owned(), 1),
    };
    let value = figure_of(&figure)?;
    let multiplier = tokens.get(used).and_then(|word| {
        let word = word.trim_end_matches(['.', ',', ';', '!', '?', ')']).to_lowercase();
        MULTIPLIERS.iter().find(|(name, _)| *name == word)
    });
    let (value, used) = multiplier.map_or((value, used), |(_, times)| (value * times, used + 1));
    let value = (value * 100.0).round() / 100.0;
    Some((format!("{currency} {value}"), used))
}

/// Points and commas stand between thousands, unless one or two digits follow the last of them.
fn figure_of(text: &str) -> Option<f64> {
    let text = text.trim_end_matches(['.', ',', ';', '!', '?', ')', '-']);
    let digits = text.chars().filter(char::is_ascii_digit).count();
    let known = text.chars().all(|c| c.is_ascii_digit() || matches!(c, '.' | ','));
    if !known || digits == 0 || digits > MOST_DIGITS || !text.starts_with(|c: char| c.is_ascii_digit()) {
        return None;
    }
    let plain = |part: &str| part.replace(['.', ','], "");
    match text.rfind(['.', ',']) {
        Some(last) if text.len() - last - 1 <= 2 => format!("{}.{}", plain(&text[..last]), &text[last + 1..]).parse().ok(),
        _ => plain(text).parse().ok(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_in_every_form() {
        let read = |text: &str| amount(&text.split(' ').collect::<Vec<_>>());
        for (text, value, used) in [
            ("Rp1.500.000", "IDR 1500000", 1),
            ("Rp 1,5 juta", "IDR 1500000", 3),
            ("Rp. 20.000,50", "IDR 20000.5", 2),
            ("IDR 20000.", "IDR 20000", 2),
            ("$12.50", "USD 12.5", 1),
            ("US$1,200.00", "USD 1200", 1),
            ("€ 3 million", "EUR 3000000", 3),
        ] {
            assert_eq!(read(text), Some((value.to_owned(), used)), "{text}");
        }
        for text in ["Rp", "Rp banyak", "12", "rpm 12x", "$1234567890123456", "$.5", "$٣"] {
            assert_eq!(read(text), None, "{text}");
        }
    }
}
