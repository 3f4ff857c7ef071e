//! The run's Redis.

/// The variable that names the Redis of the run; `cargo xtask test` sets it.
const REDIS_VARIABLE: &str = "BANYAN_TEST_REDIS_URL";

/// Where the run's Redis is, `redis://127.0.0.1:<port>`. It has 64 databases, and all tests of the run use it: take a database that
/// no other test takes.
///
/// # Panics
/// When the engine is missing: a test never skips in silence.
pub fn redis_url() -> String {
    #[expect(clippy::disallowed_methods, reason = "tests are configured by the environment")]
    std::env::var(REDIS_VARIABLE).unwrap_or_else(|_| {
        panic!("{REDIS_VARIABLE} is not set: run the tests with `cargo xtask test`, or start one with `cargo xtask redis start`")
    })
}
