//! What a person's feed holds today: templates that fit her moment, and her own latest entries. Pure: no clock, no store.

mod activity;
mod choice;

pub(crate) use activity::{Activity, WEEK_SECONDS, Written};
pub(crate) use choice::chosen;
