//! Whether a variant is better than the control, said so that one may look at any time and stop when one likes.
//!
//! The mixture sequential probability ratio test for the difference of two rates, and the confidence sequence that belongs to it: R. Johari,
//! P. Koomen, L. Pekelis, D. Walsh, "Always Valid Inference: Continuous Monitoring of A/B Tests", Operations Research 70 (2022), by the
//! normal approximation of their section on two streams. The approximation needs some people, and some of them on either side: below [`LEAST`]
//! and [`RAREST`] nothing is said.

use crate::entity::experiment::Group;

/// People in each group before anything is said.
pub(crate) const LEAST: u64 = 100;
/// Of the smaller group, so many are to be expected who reach the goal, and who do not. Where it is rarer, one in a small group says too much:
/// without this, 6 of 100 experiments with a goal of 0.1 % and a group of 5 % found what was not there.
pub(crate) const RAREST: f64 = 5.0;
/// Falsely found differences among experiments without one.
pub(crate) const LEVEL: f64 = 0.05;
/// Below it, the sizes of the groups are not those that the weights say.
pub(crate) const MISMATCH: f64 = 0.001;

impl Group {
    pub(crate) fn rate(self) -> f64 {
        if self.exposed == 0 { 0.0 } else { self.converted as f64 / self.exposed as f64 }
    }
}

/// What can be said of two groups.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Comparison {
    /// Of the rates: the variant's less the control's.
    pub(crate) difference: f64,
    /// The true difference lies between, with 95 % at all times together.
    pub(crate) low: f64,
    pub(crate) high: f64,
    /// Always valid: it may be looked at after each event.
    pub(crate) p_value: f64,
}

/// Compares a variant with the control. `effect` is about how large a difference is expected (0 to 1): the mixture is spread by it.
/// `comparisons` are made in all, so each is held to a part of the level. None while there are too few people, or too few of them on either side.
pub(crate) fn compare(control: Group, variant: Group, effect: f64, comparisons: usize) -> Option<Comparison> {
    if control.exposed < LEAST || variant.exposed < LEAST {
        return None;
    }
    let (n, m) = (control.exposed as f64, variant.exposed as f64);
    let pooled = (control.converted + variant.converted) as f64 / (n + m);
    let difference = variant.rate() - control.rate();
    if pooled.min(1.0 - pooled) * n.min(m) < RAREST {
        return None;
    }
    let variance = pooled * (1.0 - pooled) * (1.0 / n + 1.0 / m);
    let spread = effect * effect;
    let wide = variance + spread;
    let comparisons = comparisons.max(1) as f64;
    let log_ratio = 0.5 * (variance / wide).ln() + spread * difference * difference / (2.0 * variance * wide);
    let level = LEVEL / comparisons;
    let half = (2.0 * variance * wide / spread * (0.5 * (wide / variance).ln() - level.ln())).sqrt();
    let p_value = ((-log_ratio).exp() * comparisons).min(1.0);
    Some(Comparison { difference, low: (difference - half).max(-1.0), high: (difference + half).min(1.0), p_value })
}

/// How likely groups of these sizes are, where the weights are these: Pearson's chi-square test. None where there is nothing to compare.
pub(crate) fn mismatch(sizes: &[u64], weights: &[f64]) -> Option<f64> {
    let (total, whole) = (sizes.iter().sum::<u64>() as f64, weights.iter().sum::<f64>());
    if sizes.len() < 2 || sizes.len() != weights.len() || total < LEAST as f64 || weights.iter().any(|weight| *weight <= 0.0) {
        return None;
    }
    let statistic: f64 = sizes
        .iter()
        .zip(weights)
        .map(|(size, weight)| {
            let expected = total * weight / whole;
            (*size as f64 - expected).powi(2) / expected
        })
        .sum();
    Some(upper_gamma((sizes.len() - 1) as f64 / 2.0, statistic / 2.0))
}

/// The regularized upper incomplete gamma function Q(a, x): by its series (DLMF 8.7.1) below a + 1, else by its continued fraction
/// (DLMF 8.9.2, evaluated as of Lentz).
fn upper_gamma(a: f64, x: f64) -> f64 {
    if x <= 0.0 {
        return 1.0;
    }
    let front = (a * x.ln() - x - log_gamma(a)).exp();
    if x < a + 1.0 {
        let (mut term, mut sum, mut next) = (1.0 / a, 1.0 / a, a);
        for _ in 0..500 {
            next += 1.0;
            term *= x / next;
            sum += term;
        }
        return (1.0 - front * sum).clamp(0.0, 1.0);
    }
    let tiny = 1e-300;
    let mut b = x + 1.0 - a;
    let (mut c, mut d) = (1.0 / tiny, 1.0 / b);
    let mut fraction = d;
    for step in 1..500 {
        let step = f64::from(step);
        let numerator = step * (a - step);
        b += 2.0;
        d = 1.0 / not_zero(numerator * d + b, tiny);
        c = not_zero(b + numerator / c, tiny);
        fraction *= d * c;
    }
    (front * fraction).clamp(0.0, 1.0)
}

fn not_zero(value: f64, tiny: f64) -> f64 {
    if value.abs() < tiny { tiny } else { value }
}

/// ln Γ(z) for z > 0: the recurrence up to 10, then Stirling's series (DLMF 5.11.1).
fn log_gamma(mut z: f64) -> f64 {
    let mut shift = 0.0;
    while z < 10.0 {
        shift += z.ln();
        z += 1.0;
    }
    let series = 1.0 / (12.0 * z) - 1.0 / (360.0 * z.powi(3)) + 1.0 / (1260.0 * z.powi(5));
    (z - 0.5) * z.ln() - z + 0.5 * (2.0 * std::f64::consts::PI).ln() + series - shift
}

#[cfg(test)]
mod tests {
    use super::*;

    /// SplitMix64: the same numbers in each run.
    struct Chance(u64);

    impl Chance {
        fn next(&mut self) -> f64 {
            self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
            let mut z = self.0;
            z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
            ((z ^ (z >> 31)) >> 11) as f64 / (1_u64 << 53) as f64
        }
    }

    /// An experiment that nobody has time to wait for.
    struct Trial {
        /// Of the control and of the variant.
        rates: [f64; 2],
        /// Of the variant.
        share: f64,
        effect: f64,
        people: u64,
    }

    impl Trial {
        /// Whether somebody who looks after each 20 people ever sees a difference.
        fn finds(&self, chance: &mut Chance) -> bool {
            let mut groups = [Group::default(); 2];
            (1..=self.people).any(|people| {
                let at = usize::from(chance.next() < self.share);
                groups[at].exposed += 1;
                groups[at].converted += u64::from(chance.next() < self.rates[at]);
                people % 20 == 0 && compare(groups[0], groups[1], self.effect, 1).is_some_and(|said| said.p_value < LEVEL)
            })
        }
    }

    #[test]
    fn peeking_finds_no_more_than_a_twentieth_where_nothing_is() {
        let mut chance = Chance(7);
        for (rate, share, effect) in
            [(0.05, 0.5, 0.05), (0.2, 0.5, 0.05), (0.5, 0.5, 0.02), (0.01, 0.1, 0.02), (0.001, 0.05, 0.02)]
        {
            let trial = Trial { rates: [rate, rate], share, effect, people: 8_000 };
            let false_positives = (0..300).filter(|_| trial.finds(&mut chance)).count();
            assert!(false_positives <= 15, "{false_positives} of 300 at {rate}, {share}");
        }
    }

    #[test]
    fn what_is_there_is_found() {
        let mut chance = Chance(11);
        let trial = Trial { rates: [0.10, 0.15], share: 0.5, effect: 0.05, people: 8_000 };
        let positives = (0..100).filter(|_| trial.finds(&mut chance)).count();
        assert!(positives >= 90, "{positives} of 100");
        let said = compare(Group { exposed: 4_000, converted: 400 }, Group { exposed: 4_000, converted: 600 }, 0.05, 1).unwrap();
        assert!(said.p_value < 0.001 && said.low > 0.0 && said.high < 0.1 && (said.difference - 0.05).abs() < 1e-9, "{said:?}");
        let stricter =
            compare(Group { exposed: 4_000, converted: 400 }, Group { exposed: 4_000, converted: 600 }, 0.05, 4).unwrap();
        assert!(stricter.p_value > said.p_value && stricter.low < said.low);
    }

    #[test]
    fn few_people_and_nothing_at_all_say_nothing() {
        assert_eq!(compare(Group { exposed: 99, converted: 50 }, Group { exposed: 500, converted: 10 }, 0.05, 1), None);
        let none = Group { exposed: 500, converted: 0 };
        let (all, four) = (Group { exposed: 500, converted: 500 }, Group { exposed: 500, converted: 4 });
        assert_eq!([compare(none, none, 0.05, 1), compare(all, all, 0.05, 1), compare(none, four, 0.05, 1)], [None; 3]);
        assert!(compare(none, Group { exposed: 500, converted: 10 }, 0.05, 1).is_some());
    }

    #[test]
    fn sizes_that_do_not_fit_the_weights_are_seen() {
        let near = |found: f64, wanted: f64| (found - wanted).abs() < 1e-6 * wanted.max(1e-3);
        // Of tables: χ² = 3.841459 and 6.634897 with one degree, 5.991465 with two, are 0.05, 0.01, 0.05.
        assert!(near(upper_gamma(0.5, 3.841_458_820_694_124 / 2.0), 0.05));
        assert!(near(upper_gamma(0.5, 6.634_896_601_021_213 / 2.0), 0.01));
        assert!(near(upper_gamma(1.0, 5.991_464_547_107_979 / 2.0), 0.05));
        assert!(mismatch(&[5_000, 5_050], &[500.0, 500.0]).unwrap() > MISMATCH);
        assert!(mismatch(&[5_000, 5_600], &[500.0, 500.0]).unwrap() < MISMATCH);
        assert!(mismatch(&[900, 100], &[900.0, 100.0]).unwrap() > 0.99);
        assert_eq!(mismatch(&[10, 10], &[1.0, 1.0]), None);
    }
}
