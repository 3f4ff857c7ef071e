//! Guards with a part missing. A test that still passes under one of them could not have failed.

use crate::error::StoreError;
use crate::schema::Table;
use crate::sqlite::security::{Guarded, ObjectKind, Splices};

/// A guard to be put on a connection.
#[derive(Debug)]
pub struct Guard(pub(crate) Guarded);

/// What may be taken away from a guard.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// The condition that reads of this table are narrowed by.
    ReadPolicy(&'static str),
    /// The check of rows inserted into this table.
    InsertCheck(&'static str),
    /// The check of rows changed in this table.
    UpdateCheck(&'static str),
    /// The conditions spliced into updates and deletes.
    Splices,
}

impl Guard {
    /// The whole guard.
    ///
    /// # Errors
    /// When a declaration cannot be enforced.
    pub fn new(tables: &[Table]) -> Result<Self, StoreError> {
        Guarded::new(tables).map(Self)
    }

    #[must_use]
    pub fn without(self, part: Part) -> Self {
        let Self(mut guarded) = self;
        match part {
            Part::Splices => guarded.splices = Splices::Omitted,
            Part::InsertCheck(table) => guarded.objects.retain(|it| it.table != table || it.kind != ObjectKind::InsertCheck),
            Part::UpdateCheck(table) => guarded.objects.retain(|it| it.table != table || it.kind != ObjectKind::UpdateCheck),
            Part::ReadPolicy(table) => {
                let open = guarded.objects.iter_mut().filter(|it| it.table == table && it.kind == ObjectKind::View);
                open.for_each(|view| {
                    if let Some((head, _)) = view.sql.split_once(" WHERE ") {
                        view.sql = head.to_owned();
                    }
                });
            }
        }
        Self(guarded)
    }
}
