//! Just enough of a statement's shape to splice a policy into it: which verb, which table, where its `WHERE` stands.
//!
//! Not a parser: what lies in parentheses is left to SQLite, which compiles the whole statement under the authorizer afterwards.
//! Every shape that is not known is refused.

use std::ops::Range;

use crate::error::StoreError;
use crate::sqlite::security::token::{Kind, Token, tokens};

/// What a statement does to its target.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verb {
    Insert,
    /// `INSERT … ON CONFLICT … DO UPDATE`.
    Upsert,
    Update,
    Delete,
}

/// A statement, taken apart.
#[derive(Debug)]
pub(crate) struct Shape<'s> {
    sql: &'s str,
    tokens: Vec<Token>,
    pub(crate) write: Option<Write>,
}

/// The parts of a statement that writes; positions count tokens.
#[derive(Debug)]
pub(crate) struct Write {
    pub(crate) verb: Verb,
    /// The target as named, without quotes.
    pub(crate) target: String,
    /// The target's alias, without quotes.
    pub(crate) alias: Option<String>,
    target_at: usize,
    /// The tokens of the condition, without `WHERE`.
    condition: Option<Range<usize>>,
    /// Where the condition stands or would stand.
    condition_at: usize,
}

impl<'s> Shape<'s> {
    /// # Errors
    /// [`StoreError::Refused`] for everything but one `SELECT`, `VALUES`, `INSERT`, `UPDATE` or `DELETE`.
    pub(crate) fn of(sql: &'s str) -> Result<Self, StoreError> {
        let mut tokens = tokens(sql)?;
        while tokens.last().is_some_and(|token| token.kind == Kind::Semicolon) {
            tokens.pop();
        }
        if tokens.iter().any(|token| token.kind == Kind::Semicolon) {
            return Err(refused("several statements in one"));
        }
        let mut shape = Self { sql, tokens, write: None };
        shape.check_names()?;
        shape.check_nesting()?;
        let (verb_at, common) = shape.skip_with()?;
        shape.write = match shape.word(verb_at) {
            "SELECT" | "VALUES" => None,
            "INSERT" => Some(shape.insert(verb_at)?),
            "UPDATE" => Some(shape.update(verb_at)?),
            "DELETE" => Some(shape.delete(verb_at)?),
            "" => return Err(refused("an empty statement")),
            _ => return Err(refused("only SELECT, VALUES, INSERT, UPDATE and DELETE reach rows")),
        };
        if let Some(write) = &shape.write
            && common.iter().any(|name| name.eq_ignore_ascii_case(&write.target))
        {
            return Err(refused("a common table expression bears the name of the table that is changed"));
        }
        Ok(shape)
    }

    /// The whole statement without its comments, its parameters as SQLite numbers them.
    pub(crate) fn text(&self) -> String {
        self.slice(0..self.tokens.len())
    }

    /// The statement with its target replaced, and its condition narrowed to the rows for which `filter` holds.
    pub(crate) fn spliced(&self, write: &Write, target: &str, filter: Option<&str>) -> String {
        let condition = write.condition.clone().map(|range| self.slice(range));
        let rest = write.condition.as_ref().map_or(write.condition_at, |range| range.end);
        let parts = [
            self.slice(0..write.target_at),
            target.to_owned(),
            self.slice(write.target_at + 1..write.condition_at),
            match (filter, condition) {
                (Some(filter), Some(condition)) => format!("WHERE {filter} AND ({condition})"),
                (Some(filter), None) => format!("WHERE {filter}"),
                (None, Some(condition)) => format!("WHERE ({condition})"),
                (None, None) => String::new(),
            },
            self.slice(rest..self.tokens.len()),
        ];
        parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" ")
    }

    fn slice(&self, range: Range<usize>) -> String {
        let mut text = String::with_capacity(self.sql.len() + 64);
        let mut end = None;
        for token in self.tokens.get(range).unwrap_or_default() {
            if end.is_some_and(|end| end < token.start) {
                text.push(' ');
            }
            match token.text(self.sql).strip_prefix('$') {
                Some(number) if token.kind == Kind::Parameter => {
                    text.push('?');
                    text.push_str(number);
                }
                _ => text.push_str(token.text(self.sql)),
            }
            end = Some(token.end);
        }
        text
    }

    /// The upper-case word at `at`, or nothing.
    fn word(&self, at: usize) -> &'static str {
        const WORDS: [&str; 21] = [
            "SELECT",
            "VALUES",
            "INSERT",
            "UPDATE",
            "DELETE",
            "WITH",
            "RECURSIVE",
            "AS",
            "NOT",
            "MATERIALIZED",
            "INTO",
            "FROM",
            "OR",
            "SET",
            "WHERE",
            "RETURNING",
            "ON",
            "CONFLICT",
            "DO",
            "ORDER",
            "LIMIT",
        ];
        let Some(token) = self.tokens.get(at) else { return "" };
        WORDS.into_iter().find(|word| token.is_word(self.sql, word)).unwrap_or("?")
    }

    fn kind(&self, at: usize) -> Option<Kind> {
        self.tokens.get(at).map(|token| token.kind)
    }

    /// Names of schemas and of what the engine and the store keep to themselves never occur in a statement.
    fn check_names(&self) -> Result<(), StoreError> {
        for (at, token) in self.tokens.iter().enumerate().filter(|(_, token)| token.is_name()) {
            let name = token.name(self.sql).to_ascii_lowercase();
            if self.kind(at + 1) == Some(Kind::Dot) && (name == "main" || name == "temp") {
                return Err(refused("a schema-qualified name"));
            }
            let reserved = ["rls_", "sqlite_", "pragma_"].iter().any(|prefix| name.starts_with(prefix));
            if reserved && token.kind != Kind::Text {
                return Err(refused("a name that the store keeps to itself"));
            }
        }
        Ok(())
    }

    fn check_nesting(&self) -> Result<(), StoreError> {
        let mut depth = 0_u32;
        for token in &self.tokens {
            match token.kind {
                Kind::Open => depth += 1,
                Kind::Close => depth = depth.checked_sub(1).ok_or_else(|| refused("parentheses that do not match"))?,
                _ => {}
            }
        }
        if depth == 0 { Ok(()) } else { Err(refused("parentheses that do not match")) }
    }

    /// The position of the main verb, and the names of the common table expressions before it.
    fn skip_with(&self) -> Result<(usize, Vec<String>), StoreError> {
        if self.word(0) != "WITH" {
            return Ok((0, Vec::new()));
        }
        let mut names = Vec::new();
        // `recursive` is also a name: then `AS` or a list of columns follows it.
        let mut at = if self.word(1) == "RECURSIVE" && self.word(2) != "AS" && self.kind(2) != Some(Kind::Open) { 2 } else { 1 };
        loop {
            let name =
                self.tokens.get(at).filter(|token| token.is_name()).ok_or_else(|| refused("a WITH that is not understood"))?;
            names.push(name.name(self.sql));
            at += 1;
            if self.kind(at) == Some(Kind::Open) {
                at = self.skip_parentheses(at)?;
            }
            if self.word(at) != "AS" {
                return Err(refused("a WITH that is not understood"));
            }
            at += 1;
            if self.word(at) == "NOT" {
                at += 1;
            }
            if self.word(at) == "MATERIALIZED" {
                at += 1;
            }
            at = self.skip_parentheses(at)?;
            if self.kind(at) != Some(Kind::Comma) {
                return Ok((at, names));
            }
            at += 1;
        }
    }

    fn skip_parentheses(&self, open: usize) -> Result<usize, StoreError> {
        let mut depth = 0_u32;
        for (at, token) in self.tokens.iter().enumerate().skip(open) {
            match token.kind {
                Kind::Open => depth += 1,
                Kind::Close if depth == 1 => return Ok(at + 1),
                Kind::Close => depth = depth.saturating_sub(1),
                _ if depth == 0 => break,
                _ => {}
            }
        }
        Err(refused("a WITH that is not understood"))
    }

    /// Positions from `from` on that stand in no parentheses.
    fn top_level(&self, from: usize) -> impl Iterator<Item = usize> {
        let mut depth = 0_u32;
        self.tokens.iter().enumerate().skip(from).filter_map(move |(at, token)| {
            match token.kind {
                Kind::Open => depth += 1,
                Kind::Close => depth = depth.saturating_sub(1),
                _ => {}
            }
            (depth == 0).then_some(at)
        })
    }

    fn find(&self, from: usize, word: &str) -> Option<usize> {
        self.top_level(from).find(|at| self.word(*at) == word)
    }

    /// The target at `at` and the position after it and its alias.
    fn target(&self, at: usize) -> Result<(String, Option<String>, usize), StoreError> {
        let plain = |token: &&Token| matches!(token.kind, Kind::Word | Kind::Quoted);
        let name = |at: usize| self.tokens.get(at).filter(plain).map(|token| token.name(self.sql));
        let target = name(at).ok_or_else(|| refused("a table's name is missing"))?;
        if self.kind(at + 1) == Some(Kind::Dot) {
            return Err(refused("a schema-qualified name"));
        }
        if self.word(at + 1) != "AS" {
            return Ok((target, None, at + 1));
        }
        let alias = name(at + 2).ok_or_else(|| refused("an alias is missing"))?;
        Ok((target, Some(alias), at + 3))
    }

    fn insert(&self, verb_at: usize) -> Result<Write, StoreError> {
        if self.word(verb_at + 1) != "INTO" {
            return Err(refused("INSERT OR …: say ON CONFLICT"));
        }
        let target_at = verb_at + 2;
        let (target, alias, rest) = self.target(target_at)?;
        let update = |at: &usize| self.word(*at) == "DO" && self.word(*at + 1) == "UPDATE";
        let verb = if self.top_level(rest).any(|at| update(&at)) { Verb::Upsert } else { Verb::Insert };
        let end = self.tokens.len();
        Ok(Write { verb, target, alias, target_at, condition: None, condition_at: end })
    }

    fn update(&self, verb_at: usize) -> Result<Write, StoreError> {
        if self.word(verb_at + 1) == "OR" {
            return Err(refused("UPDATE OR …"));
        }
        let target_at = verb_at + 1;
        let (target, alias, rest) = self.target(target_at)?;
        if self.find(rest, "SET").is_none() {
            return Err(refused("an UPDATE without SET"));
        }
        let (condition, condition_at) = self.condition(rest)?;
        Ok(Write { verb: Verb::Update, target, alias, target_at, condition, condition_at })
    }

    fn delete(&self, verb_at: usize) -> Result<Write, StoreError> {
        if self.word(verb_at + 1) != "FROM" {
            return Err(refused("a DELETE without FROM"));
        }
        let target_at = verb_at + 2;
        let (target, alias, rest) = self.target(target_at)?;
        let (condition, condition_at) = self.condition(rest)?;
        Ok(Write { verb: Verb::Delete, target, alias, target_at, condition, condition_at })
    }

    /// The condition's tokens and the place of `WHERE`, or the place where one would stand.
    fn condition(&self, from: usize) -> Result<(Option<Range<usize>>, usize), StoreError> {
        if self.find(from, "ORDER").or_else(|| self.find(from, "LIMIT")).is_some() {
            return Err(refused("ORDER BY or LIMIT on a change"));
        }
        let end = self.find(from, "RETURNING").unwrap_or(self.tokens.len());
        let Some(place) = self.find(from, "WHERE") else { return Ok((None, end)) };
        if place + 1 >= end || self.find(place + 1, "WHERE").is_some() {
            return Err(refused("a WHERE that is not understood"));
        }
        Ok((Some(place + 1..end), place))
    }
}

fn refused(what: &str) -> StoreError {
    StoreError::Refused(what.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spliced(sql: &str) -> String {
        let shape = Shape::of(sql).unwrap();
        let write = shape.write.as_ref().unwrap();
        shape.spliced(write, "main.\"t\"", Some("(p)"))
    }

    #[test]
    fn policies_are_spliced_where_they_bind() {
        assert_eq!(spliced("UPDATE goals SET a = 1"), "UPDATE main.\"t\" SET a = 1 WHERE (p)");
        assert_eq!(spliced("UPDATE goals SET a = 1 WHERE x OR y"), "UPDATE main.\"t\" SET a = 1 WHERE (p) AND (x OR y)");
        assert_eq!(
            spliced("update \"goals\" as g set a=(select 1 where 2) from u where g.x=u.x -- )\n returning *;"),
            "update main.\"t\" as g set a=(select 1 where 2) from u WHERE (p) AND (g.x=u.x) returning *"
        );
        assert_eq!(spliced("DELETE FROM [goals] RETURNING id"), "DELETE FROM main.\"t\" WHERE (p) RETURNING id");
        assert_eq!(
            spliced("WITH a AS (SELECT 1), b(x) AS NOT MATERIALIZED (SELECT 2) DELETE FROM goals WHERE id IN a"),
            "WITH a AS (SELECT 1), b(x) AS NOT MATERIALIZED (SELECT 2) DELETE FROM main.\"t\" WHERE (p) AND (id IN a)"
        );
    }

    #[test]
    fn inserts_keep_their_own_where() {
        let shape =
            Shape::of("INSERT INTO goals AS g (a) SELECT b FROM c WHERE d ON CONFLICT (a) DO UPDATE SET a = 2 WHERE e").unwrap();
        let write = shape.write.as_ref().unwrap();
        assert_eq!(write.verb, Verb::Upsert);
        assert_eq!(write.alias.as_deref(), Some("g"));
        assert_eq!(
            shape.spliced(write, "main.\"t\"", None),
            "INSERT INTO main.\"t\" AS g (a) SELECT b FROM c WHERE d ON CONFLICT (a) DO UPDATE SET a = 2 WHERE e"
        );
        let nothing = Shape::of("INSERT INTO goals (a) VALUES (1) ON CONFLICT DO NOTHING").unwrap();
        assert_eq!(nothing.write.unwrap().verb, Verb::Insert);
    }

    #[test]
    fn reads_stay_as_they_are() {
        for sql in
            ["SELECT 1", "VALUES (1)", "WITH RECURSIVE a AS (SELECT 1) SELECT * FROM a", "WITH recursive AS (SELECT 1) SELECT 2"]
        {
            let shape = Shape::of(sql).unwrap();
            assert!(shape.write.is_none());
            assert_eq!(shape.text(), sql);
        }
    }

    #[test]
    fn parameters_keep_their_numbers() {
        assert_eq!(Shape::of("SELECT $2, $1, '$1'").unwrap().text(), "SELECT ?2, ?1, '$1'");
    }

    #[test]
    fn everything_else_is_refused() {
        for sql in [
            "",
            ";",
            "-- nothing",
            "SELECT 1; SELECT 2",
            "SELECT 1; DROP TABLE goals",
            "PRAGMA table_info(goals)",
            "ATTACH 'x' AS y",
            "DETACH y",
            "CREATE TABLE t (a)",
            "DROP TABLE goals",
            "ALTER TABLE goals ADD a",
            "BEGIN",
            "COMMIT",
            "SAVEPOINT a",
            "RELEASE a",
            "ROLLBACK",
            "VACUUM",
            "VACUUM INTO 'x'",
            "ANALYZE",
            "REINDEX",
            "EXPLAIN SELECT 1",
            "EXPLAIN QUERY PLAN SELECT 1",
            "REPLACE INTO goals VALUES (1)",
            "INSERT OR REPLACE INTO goals VALUES (1)",
            "INSERT OR IGNORE INTO goals VALUES (1)",
            "UPDATE OR IGNORE goals SET a = 1",
            "UPDATE OR REPLACE goals SET a = 1",
            "SELECT * FROM main.goals",
            "SELECT * FROM \"main\".goals",
            "SELECT * FROM 'main'.goals",
            "SELECT * FROM [MAIN].goals",
            "SELECT * FROM temp . goals",
            "UPDATE main.goals SET a = 1",
            "UPDATE other.goals SET a = 1",
            "DELETE FROM main.goals",
            "INSERT INTO main.goals VALUES (1)",
            "SELECT * FROM sqlite_master",
            "SELECT * FROM pragma_table_list",
            "SELECT rls_user()",
            "DELETE FROM goals ORDER BY a LIMIT 1",
            "DELETE FROM goals WHERE 1) OR (1",
            "DELETE FROM goals WHERE",
            "WITH a SELECT 1",
            "WITH a AS SELECT 1",
            "WITH goals AS (SELECT 1) DELETE FROM goals",
            "WITH \"Goals\" AS (SELECT 1) UPDATE goals SET a = 1",
            "UPDATE 'goals' SET a = 1",
            "UPDATE goals AS 'g' SET a = 1",
            "UPDATE goals AS rls_p SET a = 1",
            "UPDATE goals WHERE 1",
            "DELETE goals",
            "INSERT goals VALUES (1)",
            "SELECT (1",
            "(SELECT 1)",
            "nonsense",
        ] {
            assert!(matches!(Shape::of(sql), Err(StoreError::Refused(_))), "{sql}");
        }
    }
}
