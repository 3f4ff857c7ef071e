//! stub
use crate::{migrate::Schema, schema::Table};
pub(crate) fn statements(_: &Schema, _: &Table, _: &str) -> Vec<String> {
    Vec::new()
}
