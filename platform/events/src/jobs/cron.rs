use std::fmt;

use banyan_kernel::Timestamp;
use croner::parser::{CronParser, Seconds, Year};
use jiff::tz::TimeZone;

/// The fields of a pattern, in order.
const FIELDS: [&str; 5] = ["minute", "hour", "day of month", "month", "day of week"];

/// When something is due: a pattern of cron in a time zone.
///
/// Five fields: minute, hour, day of month, month, day of week (0 or 7 is Sunday; `MON`–`SUN`, `JAN`–`DEC`), each `*`, a number, a range
/// `a-b`, a list `a,b`, or steps `*/n`; also `L`, `W` and `#`; or `@hourly`, `@daily`, `@weekly`, `@monthly`, `@yearly`.
///
/// Where clocks are put forward, what has a fixed hour and minute in the hour that is left out is due right after it, and what recurs
/// (`*/10 * …`) leaves that hour out. Where clocks are put back, what has a fixed time is due once, at the first of the two, and what
/// recurs is due in both.
#[derive(Clone)]
pub struct Cron {
    pattern: croner::Cron,
    zone: TimeZone,
    text: String,
    zone_name: String,
}

/// The pattern or the zone is nonsense.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CronError {
    #[error(
        "the pattern `{pattern}` has {found} fields; give five: minute, hour, day of month, month, day of week, as in `30 4 * * MON-FRI`"
    )]
    Fields { pattern: String, found: usize },
    #[error("the field `{field}` of the pattern is wrong: `{given}`: {reason}")]
    Field { field: &'static str, given: String, reason: String },
    #[error("the pattern `{pattern}` is wrong: {reason}; give five fields, as in `30 4 * * MON-FRI`")]
    Pattern { pattern: String, reason: String },
    #[error("the pattern `{0}` names a day that never comes; look at day of month and month")]
    Never(String),
    #[error("`{0}` is no time zone; give a name of the IANA list, such as `Asia/Jakarta` or `UTC`")]
    Zone(String),
}

impl Cron {
    /// # Errors
    /// Which field is wrong, why, and what would do.
    pub fn new(pattern: &str, zone: &str) -> Result<Self, CronError> {
        let shown: String = pattern.chars().take(80).collect();
        let time_zone = TimeZone::get(zone).map_err(|_| CronError::Zone(zone.chars().take(80).collect()))?;
        let cron = Self {
            pattern: parse(pattern, &shown)?,
            zone: time_zone,
            text: pattern.trim().to_owned(),
            zone_name: zone.to_owned(),
        };
        // Any moment will do to see whether there is another one.
        if cron.after(Timestamp::from_seconds(1_700_000_000)).is_none() {
            return Err(CronError::Never(shown));
        }
        Ok(cron)
    }

    /// As it was given.
    pub fn pattern(&self) -> &str {
        &self.text
    }

    pub fn zone(&self) -> &str {
        &self.zone_name
    }

    /// The first moment later than this one; none where the calendar ends.
    pub fn after(&self, time: Timestamp) -> Option<Timestamp> {
        let zoned = time.to_jiff().to_zoned(self.zone.clone());
        self.pattern.find_next_occurrence(&zoned, false).ok().map(|next| next.timestamp().into())
    }

    /// The last moment that is not later than this one.
    pub fn until(&self, time: Timestamp) -> Option<Timestamp> {
        let zoned = time.to_jiff().to_zoned(self.zone.clone());
        self.pattern.find_previous_occurrence(&zoned, true).ok().map(|last| last.timestamp().into())
    }

    /// The last moment before this one.
    pub fn before(&self, time: Timestamp) -> Option<Timestamp> {
        let zoned = time.to_jiff().to_zoned(self.zone.clone());
        self.pattern.find_previous_occurrence(&zoned, false).ok().map(|last| last.timestamp().into())
    }
}

fn parse(pattern: &str, shown: &str) -> Result<croner::Cron, CronError> {
    let parser = CronParser::builder().seconds(Seconds::Disallowed).year(Year::Disallowed).build();
    let fields: Vec<&str> = pattern.split_whitespace().collect();
    let is_nickname = matches!(fields[..], [only] if only.starts_with('@'));
    if !is_nickname && fields.len() != FIELDS.len() {
        return Err(CronError::Fields { pattern: shown.to_owned(), found: fields.len() });
    }
    let Err(error) = parser.parse(pattern) else {
        return parser
            .parse(pattern)
            .map_err(|error| CronError::Pattern { pattern: shown.to_owned(), reason: error.to_string() });
    };
    // Alone among stars, the wrong one shows.
    for (place, field) in FIELDS.iter().enumerate() {
        let mut alone = ["*"; FIELDS.len()];
        let Some(given) = fields.get(place).filter(|_| !is_nickname) else { break };
        alone[place] = given;
        if let Err(error) = parser.parse(&alone.join(" ")) {
            let given = given.chars().take(40).collect();
            return Err(CronError::Field { field, given, reason: error.to_string() });
        }
    }
    Err(CronError::Pattern { pattern: shown.to_owned(), reason: error.to_string() })
}

impl fmt::Debug for Cron {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Cron({} {})", self.text, self.zone_name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn due(pattern: &str, zone: &str, from: &str, count: usize) -> Vec<String> {
        let cron = Cron::new(pattern, zone).unwrap();
        let mut at: Timestamp = from.parse().unwrap();
        (0..count)
            .map(|_| {
                at = cron.after(at).unwrap();
                at.to_string()
            })
            .collect()
    }

    #[test]
    fn a_fixed_time_is_due_once_each_day_through_both_changes_of_the_clock() {
        // New York puts its clocks forward on 2024-03-10 at 02:00 and back on 2024-11-03 at 02:00.
        let spring = due("30 2 * * *", "America/New_York", "2024-03-09T12:00:00Z", 2);
        assert_eq!(spring, ["2024-03-10T07:00:00Z", "2024-03-11T06:30:00Z"], "03:00, as soon as the hour is over");
        let autumn = due("30 1 * * *", "America/New_York", "2024-11-02T12:00:00Z", 2);
        assert_eq!(autumn, ["2024-11-03T05:30:00Z", "2024-11-04T06:30:00Z"], "the first 01:30 only");
    }

    #[test]
    fn what_recurs_leaves_out_the_missing_hour_and_is_due_in_both_that_come_twice() {
        let spring = due("*/30 * * * *", "America/New_York", "2024-03-10T06:15:00Z", 3);
        assert_eq!(spring, ["2024-03-10T06:30:00Z", "2024-03-10T07:00:00Z", "2024-03-10T07:30:00Z"]);
        let autumn = due("0 * * * *", "America/New_York", "2024-11-03T04:30:00Z", 4);
        assert_eq!(autumn, ["2024-11-03T05:00:00Z", "2024-11-03T06:00:00Z", "2024-11-03T07:00:00Z", "2024-11-03T08:00:00Z"]);
    }

    #[test]
    fn a_zone_moves_the_hour() {
        assert_eq!(due("0 9 * * *", "Asia/Jakarta", "2024-01-15T10:00:00Z", 1), ["2024-01-16T02:00:00Z"]);
        assert_eq!(due("0 9 * * MON", "UTC", "2024-01-15T09:00:00Z", 1), ["2024-01-22T09:00:00Z"]);
    }

    #[test]
    fn backwards_is_the_same_list() {
        for (pattern, zone) in
            [("30 2 * * *", "America/New_York"), ("*/20 * * * *", "Europe/Berlin"), ("0 0 31 * *", "Asia/Jakarta")]
        {
            let cron = Cron::new(pattern, zone).unwrap();
            let mut at: Timestamp = "2024-03-08T00:00:00Z".parse().unwrap();
            for _ in 0..300 {
                let next = cron.after(at).unwrap();
                assert_eq!(cron.until(next), Some(next), "{cron:?}");
                let last = cron.before(cron.after(next).unwrap());
                assert_eq!(last, Some(next), "{cron:?}");
                at = next;
            }
        }
    }

    #[test]
    fn nonsense_is_refused_with_the_field_and_the_remedy() {
        let refused = |pattern: &str, zone: &str| Cron::new(pattern, zone).unwrap_err().to_string();
        for (pattern, field) in [
            ("61 * * * *", "minute"),
            ("* 24 * * *", "hour"),
            ("* * 0 * *", "day of month"),
            ("* * * 13 *", "month"),
            ("* * * * FUNDAY", "day of week"),
            ("*/0 * * * *", "minute"),
            ("5-1 * * * *", "minute"),
        ] {
            let error = refused(pattern, "UTC");
            assert!(error.contains(&format!("`{field}`")), "{pattern}: {error}");
        }
        for pattern in ["", "* * * *", "* * * * * *", "soon", "* * * * * * *"] {
            assert!(refused(pattern, "UTC").contains("give five"), "{pattern}: {}", refused(pattern, "UTC"));
        }
        assert!(refused("@sometimes", "UTC").contains("`@sometimes`"));
        assert!(refused("0 0 30 2 *", "UTC").contains("never comes"));
        for zone in ["Mars/Olympus", "", "+25:00", "../../etc/passwd"] {
            assert!(refused("@daily", zone).contains("Asia/Jakarta"), "{zone}");
        }
        let long = "9".repeat(10_000);
        assert!(refused(&format!("{long} * * * *"), "UTC").len() < 400);
    }
}
