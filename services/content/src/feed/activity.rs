//! What is known of a person's writing.

use banyan_kernel::Timestamp;

use crate::library::Moment;

const DAY_SECONDS: i64 = 24 * 60 * 60;
/// How far back moods and counts are looked at.
pub(crate) const WEEK_SECONDS: i64 = 7 * DAY_SECONDS;
/// After so long without an entry a person is quiet.
const QUIET_SECONDS: i64 = 3 * DAY_SECONDS;
/// So many entries in a week make a daily writer.
const OFTEN: usize = 3;
const LOW_MOOD: f64 = 4.0;
const HIGH_MOOD: f64 = 8.0;

/// One entry, as far as the feed needs it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Written {
    pub(crate) at: Timestamp,
    /// 1 to 10.
    pub(crate) mood: Option<i64>,
}

/// A person's writing until now.
#[derive(Clone, Debug, Default)]
pub(crate) struct Activity {
    /// The latest entry of all.
    pub(crate) latest: Option<Timestamp>,
    /// The entries of the last seven days.
    pub(crate) week: Vec<Written>,
}

impl Activity {
    /// Whether the moment holds for this person.
    pub(crate) fn is(&self, moment: Moment, now: Timestamp) -> bool {
        match moment {
            Moment::Always => true,
            Moment::NoJournal => self.latest.is_none(),
            Moment::Quiet => self.latest.is_some_and(|latest| now.seconds_since(latest) >= QUIET_SECONDS),
            Moment::DailyWriter => self.week.len() >= OFTEN,
            Moment::LowMood => self.mood().is_some_and(|mood| mood <= LOW_MOOD),
            Moment::HighMood => self.mood().is_some_and(|mood| mood >= HIGH_MOOD),
        }
    }

    /// The average of the week's moods.
    fn mood(&self) -> Option<f64> {
        let moods: Vec<i64> = self.week.iter().filter_map(|written| written.mood).collect();
        (!moods.is_empty()).then(|| moods.iter().sum::<i64>() as f64 / moods.len() as f64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::from_seconds(100 * DAY_SECONDS);

    fn written(days_ago: i64, mood: Option<i64>) -> Written {
        Written { at: NOW.plus_seconds(-days_ago * DAY_SECONDS), mood }
    }

    fn moments(week: Vec<Written>, latest: Option<i64>) -> Vec<Moment> {
        let activity = Activity { latest: latest.map(|days| written(days, None).at), week };
        let all = [Moment::NoJournal, Moment::Quiet, Moment::LowMood, Moment::HighMood, Moment::DailyWriter];
        all.into_iter().filter(|moment| activity.is(*moment, NOW)).collect()
    }

    #[test]
    fn a_new_person_has_not_written() {
        assert_eq!(moments(vec![], None), [Moment::NoJournal]);
    }

    #[test]
    fn three_days_without_an_entry_are_quiet() {
        assert_eq!(moments(vec![written(2, None)], Some(2)), []);
        assert_eq!(moments(vec![written(3, None)], Some(3)), [Moment::Quiet]);
        assert_eq!(moments(vec![], Some(400)), [Moment::Quiet]);
    }

    #[test]
    fn moods_are_averaged_over_the_entries_that_have_one() {
        assert_eq!(moments(vec![written(1, Some(2)), written(2, Some(6))], Some(1)), [Moment::LowMood]);
        assert_eq!(moments(vec![written(1, Some(9)), written(2, None)], Some(1)), [Moment::HighMood]);
        assert_eq!(moments(vec![written(1, Some(5))], Some(1)), []);
    }

    #[test]
    fn three_entries_a_week_are_often() {
        assert_eq!(moments(vec![written(1, None), written(1, None), written(2, None)], Some(1)), [Moment::DailyWriter]);
    }
}
