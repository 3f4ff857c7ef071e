//! Passwords: what is accepted, and how it is hashed.

mod hashing;
mod rules;

pub use hashing::{HashingError, Passwords, Verdict};
pub use rules::{Password, Personal, Weakness};
