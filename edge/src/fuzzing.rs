//! What must hold of routes whatever somebody writes or sends. Property tests drive these in every run of the tests, and a million times with
//! `BANYAN_LONG_TESTS=1`. They are functions of bytes, so that a fuzzer (`--cfg fuzzing`) can drive them, too.
//!
//! Each takes bytes and makes of them something that is nearly right, because what is plainly wrong is refused at once.

mod bytes;
mod configuration;
mod matching;
mod rewriting;

pub use configuration::configuration;
pub use matching::matching;
pub use rewriting::rewriting;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    fn cases() -> u32 {
        #[expect(clippy::disallowed_methods, reason = "the length of the tests is no setting of the program")]
        let long = std::env::var_os("BANYAN_LONG_TESTS").is_some();
        if long { 1_000_000 } else { 2_000 }
    }

    fn any_bytes() -> impl Strategy<Value = Vec<u8>> {
        proptest::collection::vec(any::<u8>(), 0..120)
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(cases()))]

        #[test]
        fn any_file_is_taken_or_refused_with_its_faults(data in any_bytes()) {
            super::configuration(&data);
        }

        #[test]
        fn any_request_finds_the_route_that_trying_all_finds(data in any_bytes()) {
            super::matching(&data);
        }

        #[test]
        fn any_rewritten_request_has_one_meaning(data in any_bytes()) {
            super::rewriting(&data);
        }
    }
}
