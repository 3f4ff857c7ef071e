//! What is learnt: how much a person likes a kind of suggestion, and what comes back over time.

/// After 14 days something counts half.
const HALF_LIFE_SECONDS: f64 = 14.0 * 86_400.0;

/// The mean of a Beta distribution that starts as evenly as it can (Beta(1, 1), Laplace's rule of succession): 0.5 while nothing is known,
/// towards 1 with each acceptance, towards 0 with each dismissal.
pub(crate) fn mean_of(accepted: i64, dismissed: i64) -> f64 {
    let (accepted, dismissed) = (accepted.max(0) as f64, dismissed.max(0) as f64);
    (1.0 + accepted) / (2.0 + accepted + dismissed)
}

/// What is left of a weight after some seconds, by exponential decay.
pub(crate) fn decayed(weight: f64, seconds: i64) -> f64 {
    weight * (-(seconds.max(0) as f64) / HALF_LIFE_SECONDS).exp2()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_mean_follows_the_answers() {
        assert!((mean_of(0, 0) - 0.5).abs() < 1e-12);
        assert!(mean_of(3, 0) > mean_of(1, 0) && mean_of(0, 3) < mean_of(0, 1));
    }

    #[test]
    fn half_is_left_after_a_fortnight() {
        assert!((decayed(8.0, 14 * 86_400) - 4.0).abs() < 1e-9);
        assert!((decayed(8.0, -5) - 8.0).abs() < 1e-12, "a clock that went back changes nothing");
    }
}
