//! Which templates a person sees, and in which order.

use banyan_kernel::{Timestamp, Uuid};

use super::activity::Activity;
use crate::library::{Library, Moment, Template};

const DAY_SECONDS: i64 = 24 * 60 * 60;

/// The templates that fit now: those of a special moment first, then the others in an order that is the person's own and
/// changes from day to day, so that page 2 fits page 1.
pub(crate) fn chosen<'l>(library: &'l Library, activity: &Activity, user: Uuid, now: Timestamp) -> Vec<&'l Template> {
    let day = now.seconds().div_euclid(DAY_SECONDS);
    let mut fitting: Vec<(usize, &Template)> =
        library.templates.iter().enumerate().filter(|(_, template)| activity.is(template.when, now)).collect();
    fitting.sort_by_key(|(position, template)| {
        let rank = if template.when == Moment::Always { shuffled(user, day, *position) } else { *position as u64 };
        (template.when, rank)
    });
    fitting.into_iter().map(|(_, template)| template).collect()
}

/// A number that looks random and is the same all day for the same person and template (SplitMix64: Steele, Lea, Flood 2014).
fn shuffled(user: Uuid, day: i64, position: usize) -> u64 {
    let (high, low) = user.as_u64_pair();
    let seed =
        high ^ low.rotate_left(32) ^ day.unsigned_abs().rotate_left(17) ^ (position as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let mut mixed = seed.wrapping_add(0x9e37_79b9_7f4a_7c15);
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::library::TemplateKind;

    fn library() -> Library {
        let template = |id: String, when| Template { id, kind: TemplateKind::Tip, when, topics: Vec::new() };
        let always = (0..8).map(|number| template(format!("always-{number}"), Moment::Always));
        let special = [Moment::Quiet, Moment::NoJournal].map(|when| template(format!("{when:?}"), when));
        Library { templates: always.chain(special).collect(), ..Library::default() }
    }

    fn ids(user: u128, day: i64) -> Vec<String> {
        let now = Timestamp::from_seconds(day * DAY_SECONDS + 5);
        let library = library();
        chosen(&library, &Activity::default(), Uuid::from_u128(user), now).iter().map(|template| template.id.clone()).collect()
    }

    #[test]
    fn what_fits_the_moment_comes_first_and_what_does_not_fit_is_left_out() {
        let ids = ids(1, 1);
        assert_eq!(ids[0], "NoJournal");
        assert_eq!(ids.len(), 9);
        assert!(!ids.contains(&"Quiet".to_owned()));
    }

    #[test]
    fn the_order_holds_all_day_and_differs_between_days_and_people() {
        assert_eq!(ids(1, 1), ids(1, 1));
        let orders: BTreeSet<Vec<String>> = (1..=10).flat_map(|user| (1..=10).map(move |day| ids(user, day))).collect();
        assert!(orders.len() > 90, "{}", orders.len());
    }
}
