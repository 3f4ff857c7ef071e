//! How the command line talks to a running server: HTTP over a socket in the data directory that only its owner can open.
//!
//! There is one call: `POST /acts` with an [`Act`] as JSON answers an [`Answer`], or `{"error": …}`.

mod client;
mod path;
mod server;

pub(crate) use client::send;
pub(crate) use path::ShortPath;
pub(crate) use server::AdminSocket;

use serde::{Deserialize, Serialize};

/// Larger requests and answers are refused, in bytes.
const LARGEST: usize = 16 * 1024 * 1024;

/// The version of the program that answers.
const VERSION_HEADER: &str = "x-banyan-version";

/// An act that failed.
#[derive(Debug, Serialize, Deserialize)]
struct Failure {
    error: String,
}
