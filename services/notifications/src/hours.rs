//! Times of the day in a person's zone: when not to disturb, and when a mail that gathers several is due.

use banyan_kernel::Timestamp;
use jiff::civil::{Date, Weekday};
use jiff::tz::TimeZone;

use crate::topic::Mode;

/// When mails that gather a day or a week are due.
const MORNING: i8 = 8;
pub(crate) const MINUTES_PER_DAY: i64 = 24 * 60;

/// The zone of this name, or UTC.
pub(crate) fn zone(name: Option<&str>) -> TimeZone {
    name.and_then(|name| TimeZone::get(name).ok()).unwrap_or(TimeZone::UTC)
}

/// From and to, in minutes after midnight. Over midnight where `from` is later than `to`; never where they are the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct QuietHours {
    pub(crate) from: i64,
    pub(crate) to: i64,
}

impl QuietHours {
    /// When the quiet hours end in which `now` lies; nothing where it lies in none.
    pub(crate) fn end(self, now: Timestamp, zone: &TimeZone) -> Option<Timestamp> {
        let local = now.to_jiff().to_zoned(zone.clone());
        let minute = i64::from(local.hour()) * 60 + i64::from(local.minute());
        let over_midnight = self.from > self.to;
        let is_quiet =
            if over_midnight { minute >= self.from || minute < self.to } else { (self.from..self.to).contains(&minute) };
        if !is_quiet {
            return None;
        }
        let today = local.date();
        let day = if over_midnight && minute >= self.from { today.tomorrow().ok()? } else { today };
        // Where clocks are put back the end comes twice, and `now` may lie behind the first.
        at(day, self.to, zone).filter(|end| *end > now)
    }
}

fn at(day: Date, minute: i64, zone: &TimeZone) -> Option<Timestamp> {
    let (hour, minute) = (i8::try_from(minute / 60).ok()?, i8::try_from(minute % 60).ok()?);
    let zoned = day.at(hour, minute, 0, 0).to_zoned(zone.clone()).ok()?;
    Some(zoned.timestamp().into())
}

/// When the mail is due that gathers what happens now: always later than now.
pub(crate) fn next_mail(rhythm: Mode, now: Timestamp, zone: &TimeZone) -> Timestamp {
    let fallback = now.plus_seconds(3_600);
    match rhythm {
        Mode::Off | Mode::Instant => now,
        // Full hours are the same moments in every zone of whole hours; the others are served at theirs.
        Mode::Hourly => Timestamp::from_seconds((now.seconds().div_euclid(3_600) + 1) * 3_600),
        Mode::Daily => morning(now, zone, |_| true).unwrap_or(fallback),
        Mode::Weekly => morning(now, zone, |day| day.weekday() == Weekday::Monday).unwrap_or(fallback),
    }
}

fn morning(now: Timestamp, zone: &TimeZone, fits: impl Fn(Date) -> bool) -> Option<Timestamp> {
    let today = now.to_jiff().to_zoned(zone.clone()).date();
    let days = std::iter::successors(Some(today), |day| day.tomorrow().ok()).take(9);
    days.filter(|day| fits(*day)).filter_map(|day| at(day, i64::from(MORNING) * 60, zone)).find(|due| *due > now)
}

/// `22:30` as minutes after midnight.
pub(crate) fn parse(text: &str) -> Option<i64> {
    let (hour, minute) = text.split_once(':')?;
    let two_digits = |part: &str| (part.len() == 2).then(|| part.parse::<i64>().ok()).flatten();
    let (hour, minute) = (two_digits(hour)?, two_digits(minute)?);
    ((0..24).contains(&hour) && (0..60).contains(&minute)).then_some(hour * 60 + minute)
}

pub(crate) fn written(minute: i64) -> String {
    let minute = minute.rem_euclid(MINUTES_PER_DAY);
    format!("{:02}:{:02}", minute / 60, minute % 60)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn moment(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn end(from: &str, to: &str, now: &str, name: &str) -> Option<String> {
        let quiet = QuietHours { from: parse(from).unwrap(), to: parse(to).unwrap() };
        quiet.end(moment(now), &zone(Some(name))).map(|end| end.to_string())
    }

    #[test]
    fn quiet_hours_are_those_of_the_person() {
        // 23:00 in Jakarta is 16:00 in UTC.
        let night = |now, zone| end("22:00", "07:00", now, zone);
        assert_eq!(night("2024-01-15T16:00:00Z", "Asia/Jakarta").as_deref(), Some("2024-01-16T00:00:00Z"));
        assert_eq!(night("2024-01-15T16:00:00Z", "UTC"), None);
        assert_eq!(night("2024-01-15T23:59:59Z", "Asia/Jakarta").as_deref(), Some("2024-01-16T00:00:00Z"));
        assert_eq!(night("2024-01-16T00:00:00Z", "Asia/Jakarta"), None, "the end is not quiet");
        assert_eq!(end("12:00", "13:30", "2024-01-15T12:10:00Z", "UTC").as_deref(), Some("2024-01-15T13:30:00Z"));
        assert_eq!(end("12:00", "12:00", "2024-01-15T12:00:00Z", "UTC"), None, "the same twice is never");
    }

    #[test]
    fn clocks_that_are_put_forward_and_back_end_the_night_all_the_same() {
        // Berlin: forward on 2024-03-31 at 02:00, back on 2024-10-27 at 03:00.
        let spring = end("22:00", "02:30", "2024-03-31T00:30:00Z", "Europe/Berlin");
        assert_eq!(spring.as_deref(), Some("2024-03-31T01:30:00Z"), "02:30 is not there: 03:30 is");
        let autumn = end("22:00", "02:30", "2024-10-26T23:00:00Z", "Europe/Berlin");
        assert_eq!(autumn.as_deref(), Some("2024-10-27T00:30:00Z"));
        assert_eq!(end("22:00", "02:30", "2024-10-27T01:10:00Z", "Europe/Berlin"), None, "02:10 for the second time");
    }

    #[test]
    fn mails_that_gather_are_due_in_the_morning() {
        let due = |rhythm, now, name| next_mail(rhythm, moment(now), &zone(Some(name))).to_string();
        assert_eq!(due(Mode::Daily, "2024-01-15T00:59:00Z", "Asia/Jakarta"), "2024-01-15T01:00:00Z");
        assert_eq!(due(Mode::Daily, "2024-01-15T01:00:00Z", "Asia/Jakarta"), "2024-01-16T01:00:00Z");
        assert_eq!(due(Mode::Weekly, "2024-01-15T08:00:00Z", "UTC"), "2024-01-22T08:00:00Z", "that was a Monday");
        assert_eq!(due(Mode::Hourly, "2024-01-15T08:00:00Z", "UTC"), "2024-01-15T09:00:00Z");
        assert_eq!(due(Mode::Hourly, "2024-01-15T08:59:59Z", "UTC"), "2024-01-15T09:00:00Z");
    }

    #[test]
    fn times_are_read_as_they_are_written() {
        for text in ["00:00", "07:05", "23:59"] {
            assert_eq!(written(parse(text).unwrap()), text);
        }
        for bad in ["24:00", "7:00", "07:60", "0700", "-1:00", "07:00:00", ""] {
            assert_eq!(parse(bad), None, "{bad}");
        }
    }
}
