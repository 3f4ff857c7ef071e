//! Mails: what they say, and when they leave. How they leave is in `banyan_channels::mail`.

mod compose;
mod postman;

pub(crate) use compose::{Letter, LetterKind, base_url, compose, escape};
