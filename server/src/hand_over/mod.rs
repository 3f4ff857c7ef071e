//! One server process takes the place of another without a connection being refused: the old one hands its listening sockets
//! to the new one, over a socket in the data directory, and ends. What comes meanwhile waits in the kernel.
//!
//! ```text
//! new                                   old
//!  | connects ------------------------> |
//!  | <- its version, sockets ---------- |   serves on
//!  | looks at everything it can         |
//!  |   (PostgreSQL: serves already)     |
//!  | -- go ---------------------------> |   drains, gives the data directory free
//!  | opens the data, serves             |
//!  | -- up ---------------------------> |   ends
//! ```
//!
//! A new one that ends before `go` changes nothing. One that ends between `go` and `up` leaves the old one to begin again, on
//! the same sockets, where the requests wait.

mod descriptors;
mod new;
mod old;

use serde::{Deserialize, Serialize};

pub(crate) use new::{Predecessor, find};
pub(crate) use old::{Successor, Window};

/// The new one has looked at everything that it can look at beside the old one.
const GO: u8 = b'g';
/// The new one serves.
const UP: u8 = b'u';

/// What the old one says about itself and about the sockets that follow, in this order.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Offer {
    version: String,
    pid: u32,
    public: usize,
    tls: usize,
    admin: usize,
}
