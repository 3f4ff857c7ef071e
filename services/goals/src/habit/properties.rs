//! Streaks and strength against implementations that are too plain to be wrong.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use jiff::civil::{Date, date};
use proptest::prelude::*;

use super::calendar::next_day;
use super::strength::strength;
use super::{Day, Progress, Schedule, Streaks, Weekday};

const WEEK: [Weekday; 7] = [
    Weekday::Monday,
    Weekday::Tuesday,
    Weekday::Wednesday,
    Weekday::Thursday,
    Weekday::Friday,
    Weekday::Saturday,
    Weekday::Sunday,
];

fn schedules() -> impl Strategy<Value = Schedule> {
    prop_oneof![
        Just(Schedule::Daily),
        prop::sample::subsequence(&WEEK[..], 1..=7).prop_map(|days| Schedule::Weekdays { days }),
        (1..=7_i64).prop_map(|times| Schedule::TimesPerWeek { times }),
        (1..=31_i64).prop_map(|times| Schedule::TimesPerMonth { times }),
    ]
}

/// A start, and for each day from then to today whether it was done. Runs of done days are common, as in life.
fn histories() -> impl Strategy<Value = (Date, Vec<bool>)> {
    let start = (2019..=2026_i16, 1..=12_i8, 1..=28_i8).prop_map(|(year, month, day)| date(year, month, day));
    let runs = prop::collection::vec((any::<bool>(), 1..20_usize), 1..12);
    (start, runs).prop_map(|(start, runs)| (start, runs.into_iter().flat_map(|(done, length)| vec![done; length]).collect()))
}

fn days(start: Date, count: usize) -> Vec<Date> {
    std::iter::successors(Some(start), |day| Some(next_day(*day))).take(count).collect()
}

/// A name for the period of a day; equal names mean the same period.
fn period_name(schedule: &Schedule, day: Date) -> String {
    match schedule {
        Schedule::Daily | Schedule::Weekdays { .. } => day.to_string(),
        Schedule::TimesPerWeek { .. } => {
            let week = day.iso_week_date();
            format!("{} {}", week.year(), week.week())
        }
        Schedule::TimesPerMonth { .. } => format!("{} {}", day.year(), day.month()),
    }
}

/// Whether the period of `day` was done, or is still open, or was missed; `None` where nothing was due.
#[derive(Clone, Copy, PartialEq, Debug)]
enum Naive {
    Done,
    Open,
    Missed,
}

fn naive_period(schedule: &Schedule, done: &HashSet<Date>, start: Date, today: Date, day: Date) -> Option<Naive> {
    // All days of the calendar that are near enough to belong to the period.
    let around: Vec<Date> = days(day.checked_sub(jiff::Span::new().days(40)).unwrap(), 81);
    let own: Vec<Date> = around.into_iter().filter(|other| period_name(schedule, *other) == period_name(schedule, day)).collect();
    let times = match schedule {
        Schedule::Daily => 1,
        Schedule::Weekdays { .. } => usize::from(schedule.counts_on(day)),
        Schedule::TimesPerWeek { times } | Schedule::TimesPerMonth { times } => *times as usize,
    };
    let usable = own.iter().filter(|other| **other >= start).count();
    let required = times.min(usable);
    if required == 0 {
        return None;
    }
    let count = own.iter().filter(|other| **other >= start && **other <= today && done.contains(other)).count();
    if count >= required {
        Some(Naive::Done)
    } else if own.iter().any(|other| *other >= today) {
        Some(Naive::Open)
    } else {
        Some(Naive::Missed)
    }
}

fn naive_streaks(schedule: &Schedule, done: &HashSet<Date>, all: &[Date]) -> (i64, i64) {
    let (start, today) = (all[0], all[all.len() - 1]);
    let mut seen = HashSet::new();
    let turns: Vec<Naive> = all
        .iter()
        .filter(|day| seen.insert(period_name(schedule, **day)))
        .filter_map(|day| naive_period(schedule, done, start, today, *day))
        .collect();
    let current = turns.iter().rev().skip_while(|turn| **turn == Naive::Open).take_while(|turn| **turn == Naive::Done).count();
    let longest = turns.split(|turn| *turn != Naive::Done).map(<[Naive]>::len).max().unwrap_or(0);
    (current as i64, longest as i64)
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(400) })]

    #[test]
    fn streaks_agree_with_counting_by_hand(schedule in schedules(), (start, history) in histories()) {
        let all = days(start, history.len());
        let done: BTreeSet<Date> = all.iter().zip(&history).filter(|(_, done)| **done).map(|(day, _)| *day).collect();
        let found = Streaks::of(&schedule, &done, start, all[all.len() - 1]);
        let (current, longest) = naive_streaks(&schedule, &done.iter().copied().collect(), &all);
        prop_assert_eq!((found.current, found.longest), (current, longest));
        prop_assert!(found.completion_rate.is_none_or(|rate| (0.0..=1.0).contains(&rate)));
    }

    #[test]
    fn one_more_day_never_shortens_a_streak(schedule in schedules(), (start, history) in histories(), pick in any::<prop::sample::Index>()) {
        let all = days(start, history.len());
        let mut done: BTreeSet<Date> = all.iter().zip(&history).filter(|(_, done)| **done).map(|(day, _)| *day).collect();
        let today = all[all.len() - 1];
        let before = Streaks::of(&schedule, &done, start, today);
        done.insert(all[pick.index(all.len())]);
        let after = Streaks::of(&schedule, &done, start, today);
        prop_assert!(after.current >= before.current && after.longest >= before.longest);
        prop_assert!(after.completion_rate >= before.completion_rate);
    }

    #[test]
    fn the_strength_stays_between_nothing_and_all(schedule in schedules(), (start, history) in histories(), amount in 0.0..3.0_f64) {
        let all = days(start, history.len());
        let shares: BTreeMap<Date, f64> =
            all.iter().zip(&history).filter(|(_, done)| **done).map(|(day, _)| (*day, amount.min(1.0))).collect();
        let found = strength(&schedule, &shares, start, all[all.len() - 1]);
        prop_assert!((0.0..=1.0).contains(&found), "{}", found);
        let full: BTreeMap<Date, f64> = all.iter().map(|day| (*day, 1.0)).collect();
        prop_assert!(found <= strength(&schedule, &full, start, all[all.len() - 1]) + 1e-12);
    }

    #[test]
    fn the_order_of_check_ins_does_not_matter(schedule in schedules(), (start, history) in histories()) {
        let all = days(start, history.len());
        let mut list: Vec<Day> =
            all.iter().zip(&history).filter(|(_, done)| **done).map(|(day, _)| Day { date: *day, amount: 1.0 }).collect();
        let today = all[all.len() - 1];
        let forward = Progress::of(&schedule, 1.0, &list, start, today);
        list.reverse();
        prop_assert_eq!(forward, Progress::of(&schedule, 1.0, &list, start, today));
    }
}
