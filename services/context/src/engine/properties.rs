//! What holds for any text.

use banyan_kernel::Uuid;
use proptest::prelude::*;

use super::relate::{cosine, relations};
use super::{Known, analyse, decayed, mean_of};

fn texts() -> impl Strategy<Value = String> {
    prop_oneof![
        any::<String>(),
        "[ -~\n]{0,400}",
        "([A-Z][a-z]{1,8} |Rp ?[0-9.,]{1,9} |[0-9]{1,4}[-/][0-9]{1,2}[-/][0-9]{1,4} |#[a-z]{1,5} |Jl\\. |\\$|€|@){0,60}",
    ]
}

proptest! {
    #[test]
    fn any_text_is_analysed_within_bounds(text in texts()) {
        let found = analyse(&text);
        prop_assert!(found.phrases.len() <= 12 && found.entities.len() <= 32 && found.terms.len() <= 64);
        prop_assert!(found.phrases.iter().all(|phrase| phrase.weight.is_finite() && phrase.weight > 0.0));
        let length: f64 = found.terms.values().map(|weight| weight * weight).sum();
        prop_assert!(found.terms.is_empty() || (length - 1.0).abs() < 1e-6);
        prop_assert!(found.entities.iter().all(|entity| !entity.text.contains('\n') && !entity.value.is_empty()));
        prop_assert_eq!(&found, &analyse(&text));
    }

    #[test]
    fn likeness_is_the_same_from_both_sides(one in texts(), other in texts()) {
        let (one, other) = (analyse(&one), analyse(&other));
        let likeness = cosine(&one, &other);
        prop_assert!((0.0..=1.0).contains(&likeness));
        prop_assert!((likeness - cosine(&other, &one)).abs() < 1e-9);
        prop_assert!(one.terms.is_empty() || cosine(&one, &one) > 0.999);
        let known = |id, analysis| Known { id: Uuid::from_u128(id), kind: "note".into(), label: String::new(), analysis };
        let (one, other) = (known(1, one), known(2, other));
        let strength = |a: &Known, b: &Known| relations(a, std::slice::from_ref(b)).first().map(|found| found.strength);
        let (there, back) = (strength(&one, &other), strength(&other, &one));
        prop_assert_eq!(there.is_some(), back.is_some());
        prop_assert!(there.is_none_or(|there| (0.0..=1.0).contains(&there)));
    }

    #[test]
    fn what_is_learnt_stays_between_0_and_1(accepted in any::<i64>(), dismissed in any::<i64>(), seconds in any::<i64>()) {
        let mean = mean_of(accepted, dismissed);
        prop_assert!((0.0..=1.0).contains(&mean));
        prop_assert!(mean_of(accepted.saturating_add(1), dismissed) >= mean);
        prop_assert!((0.0..=1.0).contains(&decayed(1.0, seconds)));
    }
}
