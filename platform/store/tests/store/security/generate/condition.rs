//! Conditions.

use banyan_store::schema::{Column, ColumnType, Nullability};

use super::{Source, Writer, free_value, value};

impl<'a> Writer<'a, '_> {
    /// A constant stands alone: what PostgreSQL folds away beside one, it does not ask privileges for.
    pub(super) fn condition(&mut self, sources: &[Source], depth: usize) -> String {
        match self.tape.pick(16) {
            0..=4 => "1 = 1".to_owned(),
            5..=8 => {
                let (name, _) = self.column(sources, None);
                format!("{name} IS NOT NULL")
            }
            15 => "1 = 0".to_owned(),
            _ => self.varying(sources, depth),
        }
    }

    pub(super) fn varying(&mut self, sources: &[Source], depth: usize) -> String {
        let choices = if depth == 0 { 6 } else { 10 };
        match self.tape.pick(choices) {
            0 | 1 => self.comparison(sources),
            2 => {
                let (name, _) = self.column(sources, None);
                format!("{name} IS {}NULL", if self.tape.rarely(4) { "" } else { "NOT " })
            }
            3 => self.column_to_column(sources),
            4 => self.in_list(sources),
            5 => self.comparison(sources),
            6 => {
                let word = self.tape.one(&["AND", "OR"]);
                format!("({} {word} {})", self.varying(sources, depth - 1), self.varying(sources, depth - 1))
            }
            7 => format!("NOT ({})", self.varying(sources, depth - 1)),
            8 => {
                let table = self.table();
                let (from, inner) = self.source(table);
                let mut all = vec![inner];
                all.extend_from_slice(sources);
                let condition = self.varying(&all, depth - 1);
                format!("EXISTS (SELECT 1 FROM {from} WHERE {condition})")
            }
            _ => self.in_select(sources, depth),
        }
    }

    pub(super) fn column(&mut self, sources: &[Source], kind: Option<ColumnType>) -> (String, ColumnType) {
        let columns: Vec<(String, ColumnType)> = sources
            .iter()
            .flat_map(|source| source.columns.iter().map(|(name, kind)| (format!("{}.{name}", source.alias), *kind)))
            .filter(|(_, its)| kind.is_none_or(|kind| kind == *its))
            .collect();
        columns[self.tape.pick(columns.len())].clone()
    }

    pub(super) fn comparison(&mut self, sources: &[Source]) -> String {
        let source = &sources[self.tape.pick(sources.len())];
        let (name, kind) = source.columns[self.tape.pick(source.columns.len())].clone();
        let declared = source.table.and_then(|table| self.tables.iter().find(|it| it.name == table));
        let value = match declared.and_then(|table| table.columns.iter().find(|it| it.name == name).map(|it| (table, it))) {
            Some((table, column)) => {
                let column = Column { nullability: Nullability::Required, ..column.clone() };
                value(self.tape, table, &column, Some(self.who))
            }
            None => free_value(self.tape, kind),
        };
        let word = if kind == ColumnType::Uuid {
            self.tape.one(&["=", "=", "<>"])
        } else {
            self.tape.one(&["=", "<>", "<", ">=", ">="])
        };
        let alias = source.alias.clone();
        format!("{alias}.{name} {word} {}", self.parameter(value))
    }

    pub(super) fn column_to_column(&mut self, sources: &[Source]) -> String {
        let (left, kind) = self.column(sources, None);
        let (right, _) = self.column(sources, Some(kind));
        format!("{left} = {right}")
    }

    pub(super) fn in_list(&mut self, sources: &[Source]) -> String {
        let (name, kind) = self.column(sources, None);
        let values: Vec<String> = (0..1 + self.tape.pick(3))
            .map(|_| {
                let value = free_value(self.tape, kind);
                self.parameter(value)
            })
            .collect();
        format!("{name} IN ({})", values.join(", "))
    }

    pub(super) fn in_select(&mut self, sources: &[Source], depth: usize) -> String {
        let (name, kind) = self.column(sources, Some(ColumnType::Uuid));
        let table = self.table();
        let (from, inner) = self.source(table);
        let (column, _) = self.column(std::slice::from_ref(&inner), Some(kind));
        let condition = self.varying(&[inner], depth - 1);
        let not = if self.tape.rarely(4) { "NOT " } else { "" };
        format!("{name} {not}IN (SELECT {column} FROM {from} WHERE {column} IS NOT NULL AND {condition})")
    }
}
