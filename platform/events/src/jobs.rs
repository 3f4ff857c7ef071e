//! Work to be done later, or at set times.

use banyan_store::schema::Table;

pub(crate) fn tables() -> Vec<Table> {
    Vec::new()
}
