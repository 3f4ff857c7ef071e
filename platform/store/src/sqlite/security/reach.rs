//! How far a change reaches beyond its own table: SQLite carries out foreign keys under the same authorizer.

use crate::schema::{OnDelete, Table};

/// What a change of one table may touch besides that table.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Reach {
    /// Tables whose key columns the foreign-key checks look at.
    keys: Vec<&'static str>,
    /// Tables whose rows a delete takes along.
    deletes: Vec<&'static str>,
    /// Columns that a delete sets to NULL.
    clears: Vec<(&'static str, &'static str)>,
}

impl Reach {
    pub(super) fn of(table: &Table, tables: &[Table]) -> Self {
        let mut reach = Self::default();
        reach.add_keys(table.name, tables);
        let mut open = vec![table.name];
        while let Some(parent) = open.pop() {
            for child in tables {
                for reference in child.references.iter().filter(|reference| reference.table == parent) {
                    match reference.on_delete {
                        OnDelete::Restrict => {}
                        OnDelete::SetNull => reach.clears.push((child.name, reference.column)),
                        OnDelete::Cascade if reach.deletes.contains(&child.name) => {}
                        OnDelete::Cascade => {
                            reach.deletes.push(child.name);
                            open.push(child.name);
                        }
                    }
                    reach.add_keys(child.name, tables);
                }
            }
        }
        reach
    }

    /// The tables that share a foreign key with `name`, itself included.
    fn add_keys(&mut self, name: &'static str, tables: &[Table]) {
        let neighbours = tables.iter().filter(|other| {
            let points_here = other.references.iter().any(|reference| reference.table == name);
            let pointed_at =
                tables.iter().any(|table| table.name == name && table.references.iter().any(|r| r.table == other.name));
            other.name == name || points_here || pointed_at
        });
        for neighbour in neighbours {
            if !self.keys.contains(&neighbour.name) {
                self.keys.push(neighbour.name);
            }
        }
    }

    pub(super) fn reads_key(&self, table: &Table, column: &str) -> bool {
        let is_key =
            ["tenant_id", "id", ""].contains(&column) || table.references.iter().any(|reference| reference.column == column);
        is_key && self.keys.contains(&table.name)
    }

    pub(super) fn deletes(&self, table: &str) -> bool {
        self.deletes.contains(&table)
    }

    pub(super) fn clears(&self, table: &str, column: &str) -> bool {
        self.clears.iter().any(|(name, cleared)| *name == table && *cleared == column)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::Policy;
    use crate::schema::ColumnType;

    #[test]
    fn a_delete_reaches_as_far_as_its_cascades() {
        let table =
            |name| Table::new(name, Policy::closed()).optional("up_id", ColumnType::Uuid).column("text", ColumnType::Text);
        let tables = [
            table("a"),
            table("b").reference("up_id", "a", OnDelete::Cascade),
            table("c").reference("up_id", "b", OnDelete::SetNull),
            table("d").reference("up_id", "c", OnDelete::Restrict),
            table("e"),
        ];
        let reach = Reach::of(&tables[0], &tables);
        assert!(reach.deletes("b") && !reach.deletes("c") && !reach.deletes("a"));
        assert!(reach.clears("c", "up_id") && !reach.clears("c", "text") && !reach.clears("b", "up_id"));
        assert!(
            reach.reads_key(&tables[2], "up_id") && !reach.reads_key(&tables[2], "text") && !reach.reads_key(&tables[4], "id")
        );
    }

    #[test]
    fn a_tree_in_one_table_ends() {
        let tree =
            Table::new("a", Policy::closed()).optional("up_id", ColumnType::Uuid).reference("up_id", "a", OnDelete::Cascade);
        assert!(Reach::of(&tree, std::slice::from_ref(&tree)).deletes("a"));
    }
}
