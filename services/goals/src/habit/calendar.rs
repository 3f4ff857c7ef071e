//! Days as a person's own calendar counts them.

use banyan_kernel::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

/// The zone of the IANA database with this name, or `None`.
pub fn time_zone(name: &str) -> Option<TimeZone> {
    // The database also answers to names of files in it, so the name is checked for what a zone is called.
    let plausible = name.len() <= 64 && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"/_+-".contains(&byte));
    if plausible { TimeZone::get(name).ok() } else { None }
}

/// The date that a calendar on the wall shows at `moment`. A day of 23 or 25 hours is one day.
pub fn local_date(moment: Timestamp, zone: &TimeZone) -> Date {
    moment.to_jiff().to_zoned(zone.clone()).date()
}

/// A date as `YYYY-MM-DD`, within the years 1 to 9999, and nothing else: text in this form sorts as the dates do.
pub fn parse_date(text: &str) -> Option<Date> {
    let bytes = text.as_bytes();
    let digits = |range: std::ops::Range<usize>| bytes[range].iter().all(u8::is_ascii_digit);
    if bytes.len() != 10 || bytes[4] != b'-' || bytes[7] != b'-' || !digits(0..4) || !digits(5..7) || !digits(8..10) {
        return None;
    }
    text.parse::<Date>().ok().filter(|date| date.year() >= 1)
}

/// The day after, or the same one at the end of the calendar.
pub(super) fn next_day(date: Date) -> Date {
    date.tomorrow().unwrap_or(date)
}

/// Days from `first` to `last`, both counted; 0 when `last` is earlier.
pub(super) fn days_inclusive(first: Date, last: Date) -> i64 {
    (last.duration_since(first).as_hours() / 24 + 1).max(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn the_date_is_the_persons_own() {
        let moment = at("2024-03-10T18:30:00Z");
        assert_eq!(local_date(moment, &time_zone("Asia/Jakarta").unwrap()).to_string(), "2024-03-11");
        assert_eq!(local_date(moment, &time_zone("UTC").unwrap()).to_string(), "2024-03-10");
        assert_eq!(local_date(moment, &time_zone("America/New_York").unwrap()).to_string(), "2024-03-10");
    }

    #[test]
    fn days_of_23_and_25_hours_are_one_day() {
        let london = time_zone("Europe/London").unwrap();
        // The clock goes forward on 31 March and back on 27 October 2024.
        for (moment, date) in [
            ("2024-03-30T23:59:59Z", "2024-03-30"),
            ("2024-03-31T00:00:00Z", "2024-03-31"),
            ("2024-03-31T22:59:59Z", "2024-03-31"),
            ("2024-03-31T23:00:00Z", "2024-04-01"),
            ("2024-10-26T23:00:00Z", "2024-10-27"),
            ("2024-10-27T23:59:59Z", "2024-10-27"),
            ("2024-10-28T00:00:00Z", "2024-10-28"),
        ] {
            assert_eq!(local_date(at(moment), &london).to_string(), date, "{moment}");
        }
    }

    #[test]
    fn a_zone_that_skipped_a_day_has_no_such_day() {
        // Samoa went from 29 to 31 December 2011.
        let apia = time_zone("Pacific/Apia").unwrap();
        assert_eq!(local_date(at("2011-12-30T09:59:59Z"), &apia).to_string(), "2011-12-29");
        assert_eq!(local_date(at("2011-12-30T10:00:00Z"), &apia).to_string(), "2011-12-31");
    }

    #[test]
    fn only_zones_of_the_database_are_known() {
        for name in ["", "Mars/Olympus", "../../etc/passwd", "+07:00", "Asia/Jakarta\0", "Asia/ Jakarta"] {
            assert!(time_zone(name).is_none(), "{name}");
        }
    }

    #[test]
    fn only_plain_dates_are_read() {
        assert_eq!(parse_date("2024-02-29").unwrap().to_string(), "2024-02-29");
        for text in [
            "",
            "2023-02-29",
            "2024-1-05",
            "20240105",
            "2024-01-05T00:00",
            "+002024-01-05",
            "0000-01-01",
            "-001-01-01",
            "２０２４-01-05",
        ] {
            assert!(parse_date(text).is_none(), "{text}");
        }
    }

    #[test]
    fn days_are_counted_with_both_ends() {
        let date = |text| parse_date(text).unwrap();
        assert_eq!(days_inclusive(date("2024-02-28"), date("2024-03-01")), 3);
        assert_eq!(days_inclusive(date("2024-03-01"), date("2024-03-01")), 1);
        assert_eq!(days_inclusive(date("2024-03-05"), date("2024-03-01")), 0);
    }
}
