//! Services behind a front door in processes of their own, for the same tests that else talk to a router in the test's process.
//!
//! With `BANYAN_TEST_SPLIT=1` (or 2, …) an [`App`](crate::App) on PostgreSQL starts the real program: so many front doors and so many
//! instances of the service, on the test's own database. Calls go to the doors in turn, with a token that the installation's key signs,
//! and from there through the mesh. What a test does to the store, and what it lets run beside requests (consumers, mails), it does from
//! its own process, as another process of the installation would.

mod call;
mod installation;
mod processes;
mod tokens;

pub(crate) use call::Outgoing;
pub(crate) use installation::{Installation, clock_file, execute};

/// Of every installation of a test.
pub(crate) const MASTER_KEY: [u8; 32] = [7; 32];

/// The variable that splits, and how far.
const VARIABLE: &str = "BANYAN_TEST_SPLIT";

/// How many processes of each kind there are to be; none where all is to be one process.
///
/// # Panics
/// For what is no small number.
pub fn instances() -> Option<usize> {
    #[expect(clippy::disallowed_methods, reason = "tests are configured by the environment")]
    let text = std::env::var(VARIABLE).ok().filter(|text| !text.is_empty())?;
    match text.parse() {
        Ok(count @ 1..=4) => Some(count),
        _ => panic!("{VARIABLE} is `{text}`: set it to 1, 2, 3 or 4, or not at all"),
    }
}
