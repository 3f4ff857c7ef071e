//! Statements that read.

use banyan_store::schema::{ColumnType, Table};

use super::{Source, Writer};

impl<'a> Writer<'a, '_> {
    /// `FROM`, `WHERE` and the sources, of one table or two.
    pub(super) fn from(&mut self) -> (String, Vec<Source>) {
        let table = self.table();
        let (mut sql, first) = self.source(table);
        let mut sources = vec![first];
        if self.tape.rarely(3) {
            let table = self.table();
            let (joined, second) = self.source(table);
            sources.push(second);
            let word = self.tape.one(&["JOIN", "LEFT JOIN"]);
            let on = match self.tape.pick(4) {
                0 => self.condition(&sources, 1),
                1 => self.column_to_column(&sources),
                _ => format!("{}.id <> {}.id", sources[0].alias, sources[1].alias),
            };
            sql.push_str(&format!(" {word} {joined} ON {on}"));
        }
        let condition = self.condition(&sources, 2);
        (format!("FROM {sql} WHERE {condition}"), sources)
    }

    pub(super) fn select_rows(&mut self) -> String {
        let (from, sources) = self.from();
        let columns: Vec<String> = (0..1 + self.tape.pick(4))
            .map(|number| {
                let (column, _) = self.column(&sources, None);
                format!("{column} AS c{number}")
            })
            .collect();
        let distinct = if self.tape.rarely(5) { "DISTINCT " } else { "" };
        let mut sql = format!("SELECT {distinct}{} {from}", columns.join(", "));
        if sources.len() == 1 && distinct.is_empty() && self.tape.rarely(3) {
            let alias = &sources[0].alias;
            let tenant = if sources[0].columns.iter().any(|(name, _)| name == "tenant_id") {
                format!(", {alias}.tenant_id")
            } else {
                String::new()
            };
            sql.push_str(&format!(" ORDER BY {alias}.id{tenant} LIMIT {} OFFSET {}", 1 + self.tape.pick(4), self.tape.pick(3)));
        }
        sql
    }

    pub(super) fn select_aggregate(&mut self) -> String {
        let (from, sources) = self.from();
        let number = |kind: &Source| kind.columns.iter().any(|(_, kind)| *kind == ColumnType::Integer);
        let mut columns = vec!["COUNT(*) AS c".to_owned()];
        if sources.iter().any(number) {
            let (column, _) = self.column(&sources, Some(ColumnType::Integer));
            columns.push(format!("SUM({column}) AS s, MIN({column}) AS low, MAX({column}) AS high"));
        }
        let (counted, _) = self.column(&sources, None);
        columns.push(format!("COUNT(DISTINCT {counted}) AS d"));
        if self.tape.rarely(2) {
            let (group, _) = self.column(&sources, None);
            let having = if self.tape.rarely(3) { " HAVING COUNT(*) > 1" } else { "" };
            return format!("SELECT {group} AS g, {} {from} GROUP BY {group}{having}", columns.join(", "));
        }
        format!("SELECT {} {from}", columns.join(", "))
    }

    /// A common table expression, sometimes by the name of a table that it hides.
    pub(super) fn common(&mut self) -> (String, Source) {
        let (from, sources) = self.from();
        // One that names itself is a table of its own to PostgreSQL, and a circle to SQLite.
        let hides = self.table().name;
        let name = if self.tape.rarely(2) && !from.contains(hides) { hides } else { "cte" };
        self.hidden = if name == hides { hides } else { "" };
        let (first, first_kind) = self.column(&sources, Some(ColumnType::Uuid));
        let (second, second_kind) = self.column(&sources, None);
        let columns = vec![("x".to_owned(), first_kind), ("y".to_owned(), second_kind)];
        let source = Source { alias: name.to_owned(), columns, table: None };
        (format!("WITH {name} AS (SELECT {first} AS x, {second} AS y {from})"), source)
    }

    pub(super) fn select_common(&mut self) -> String {
        let (with, source) = self.common();
        let name = source.alias.clone();
        if self.tape.rarely(3) {
            return format!("{with} SELECT COUNT(*) AS n FROM {name}");
        }
        let mut others: Vec<&Table> = self.tables.iter().filter(|table| table.name != name).collect();
        let other = others.swap_remove(self.tape.pick(others.len()));
        let (joined, second) = self.source(other);
        let sources = [source, second];
        let on = self.column_to_column(&sources);
        let condition = self.condition(&sources, 1);
        format!("{with} SELECT {name}.x AS c0, {name}.y AS c1 FROM {name} JOIN {joined} ON {on} WHERE {condition}")
    }

    pub(super) fn select_union(&mut self) -> String {
        let (one, first) = self.from();
        let (two, second) = self.from();
        let (left, kind) = self.column(&first, Some(ColumnType::Uuid));
        let (right, _) = self.column(&second, Some(kind));
        let word = self.tape.one(&["UNION", "UNION ALL", "EXCEPT", "INTERSECT"]);
        let all = format!("SELECT {left} AS c {one} {word} SELECT {right} AS c {two}");
        if self.tape.rarely(2) { format!("SELECT COUNT(*) AS n FROM ({all}) AS u") } else { all }
    }
}
