//! Words that every room of Banyan shares: identifiers, time, the caller, roles and permissions, error codes, money.
//!
//! Nothing here does I/O. Time and randomness are values that the process hands in, so that a test can move the clock.

pub mod application;
pub mod caller;
pub mod error;
pub mod ids;
pub mod money;
pub mod network;
mod public_address;
pub mod random;
pub mod role;
pub mod secret;
pub mod suggest;
pub mod tenant;
pub mod time;

pub use application::{Application, Applications};
pub use caller::{Actor, Caller, Elevation, RequestId};
pub use error::ErrorCode;
pub use ids::Ids;
pub use money::Money;
pub use network::{Network, NetworkError};
pub use public_address::is_public;
pub use random::{OsRandom, Random};
pub use role::{Permission, Role, Roles, Scopes};
pub use secret::Secret;
pub use tenant::OPERATORS;
pub use time::{Clock, SystemClock, TestClock, Timestamp};
pub use uuid::Uuid;
