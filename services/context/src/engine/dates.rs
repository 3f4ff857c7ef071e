//! Days in a text: `2025-03-12`, `12/03/2025` (the day first), `12 Maret 2025`, `March 12, 2025`.

use jiff::civil::Date;

const MONTHS: [&[&str]; 12] = [
    &["january", "januari", "jan"],
    &["february", "februari", "feb"],
    &["march", "maret", "mar"],
    &["april", "apr"],
    &["may", "mei"],
    &["june", "juni", "jun"],
    &["july", "juli", "jul"],
    &["august", "agustus", "aug", "agu"],
    &["september", "sept", "sep"],
    &["october", "oktober", "oct", "okt"],
    &["november", "nov"],
    &["december", "desember", "dec", "des"],
];

/// The day at the beginning of `tokens`, and how many of them name it.
pub(super) fn date(tokens: &[&str]) -> Option<(Date, usize)> {
    let first = tokens.first()?;
    if let Some(date) = in_figures(first) {
        return Some((date, 1));
    }
    let [first, second, third, ..] = tokens else { return None };
    let year = number(third).filter(|year| (1900..=2200).contains(year))?;
    let (day, month) = match (number(first), month(second), month(first), number(second)) {
        (Some(day), Some(month), _, _) | (_, _, Some(month), Some(day)) => (day, month),
        _ => return None,
    };
    of(year, month, day).map(|date| (date, 3))
}

pub(super) fn is_month(word: &str) -> bool {
    month(word).is_some()
}

fn in_figures(token: &str) -> Option<Date> {
    let parts = |separator: char| {
        let mut parts = token.split(separator).map(number);
        let all = (parts.next()??, parts.next()??, parts.next()??);
        parts.next().is_none().then_some(all)
    };
    if let Some((year, month, day)) = parts('-').filter(|(year, ..)| *year >= 1000) {
        return of(year, month, day);
    }
    let (day, month, year) = parts('/').filter(|(.., year)| *year >= 1000)?;
    of(year, month, day)
}

fn of(year: i64, month: i64, day: i64) -> Option<Date> {
    Date::new(i16::try_from(year).ok()?, i8::try_from(month).ok()?, i8::try_from(day).ok()?).ok()
}

fn number(token: &str) -> Option<i64> {
    let digits = token.strip_suffix(',').unwrap_or(token);
    if digits.is_empty() || digits.len() > 4 || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    digits.parse().ok()
}

fn month(word: &str) -> Option<i64> {
    let word = word.trim_end_matches(['.', ',']).to_lowercase();
    let position = MONTHS.iter().position(|names| names.contains(&word.as_str()))?;
    i64::try_from(position).ok().map(|position| position + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_in_every_form() {
        let read = |text: &str| date(&text.split(' ').collect::<Vec<_>>()).map(|(date, count)| (date.to_string(), count));
        for (text, count) in
            [("2025-03-12", 1), ("12/03/2025", 1), ("12 Maret 2025", 3), ("March 12, 2025", 3), ("12 mar. 2025", 3)]
        {
            assert_eq!(read(text), Some(("2025-03-12".to_owned(), count)), "{text}");
        }
        for text in ["2025-13-12", "30 February 2025", "12 Maret", "1-2-3", "12 12 2025", "99999-01-01", "", "٣-٣-٢٠٢٥"] {
            assert_eq!(read(text), None, "{text}");
        }
    }
}
