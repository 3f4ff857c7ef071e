//! Random text against the tokens and the splices, with SQLite itself as the judge.

use proptest::prelude::*;
use proptest::test_runner::RngSeed;
use rusqlite::Connection;

use super::statement::{Shape, Verb};
use super::token::{Kind, tokens};

/// Pieces that statements are made of, and pieces made to confuse.
const PIECES: &[&str] = &[
    "UPDATE",
    "goals",
    "SET",
    "a",
    "b",
    "=",
    "1",
    "WHERE",
    "(",
    ")",
    "OR",
    "AND",
    "NOT",
    ",",
    ".",
    "RETURNING",
    "*",
    "FROM",
    "tasks",
    "AS",
    "g",
    "SELECT",
    "DELETE",
    "INSERT",
    "INTO",
    "VALUES",
    "WITH",
    "x",
    "CASE",
    "WHEN",
    "THEN",
    "ELSE",
    "END",
    "EXISTS",
    "IN",
    "IS",
    "NULL",
    "ISNULL",
    "LIKE",
    "'it''s'",
    "'where'",
    "\"where\"",
    "\"set\"",
    "[returning]",
    "`a`",
    "x'00'",
    "0x1F",
    "1.5e3",
    ".5",
    "?1",
    "--\n",
    "-- WHERE 1\n",
    "/**/",
    "/* ) */",
    ";",
    "->>",
    "||",
    "<>",
    "-",
    "main",
    "temp",
    "sqlite_schema",
    "ON",
    "CONFLICT",
    "DO",
    "NOTHING",
    "ORDER",
    "BY",
    "LIMIT",
    "INDEXED",
    "REPLACE",
    "UNION",
    "ALL",
    "GROUP",
    "HAVING",
    "FILTER",
    "OVER",
    "CAST",
    "\u{feff}",
    "é",
    "\u{b}",
    "'",
    "\"",
    "/*",
    "1_0",
    "1a",
    "$1",
    ":a",
    "#",
    "\\",
    "COLLATE",
    "NOCASE",
    "ESCAPE",
    "BETWEEN",
    "JOIN",
    "USING",
    "LEFT",
];

fn soup() -> impl Strategy<Value = String> {
    let piece = (prop::sample::select(PIECES), prop::sample::select(&[" ", " ", " ", "", "\n", "\t"][..]));
    prop::collection::vec(piece, 0..24)
        .prop_map(|pieces| pieces.into_iter().map(|(piece, gap)| format!("{piece}{gap}")).collect())
}

/// Statements that are sound, then hurt in a few places.
fn hurt() -> impl Strategy<Value = String> {
    let sound = prop::sample::select(
        &[
            "UPDATE goals SET a = 1 WHERE b = 2 OR a = 1 RETURNING a",
            "UPDATE goals AS g SET a = ( SELECT b FROM tasks WHERE tasks . a = g . a ) WHERE g . b IN ( 1 , 2 )",
            "UPDATE goals SET a = tasks . b FROM tasks WHERE tasks . a = goals . a",
            "UPDATE goals SET a = CASE WHEN b = 1 THEN 2 ELSE 3 END",
            "DELETE FROM goals WHERE a = 1 OR b = 2",
            "DELETE FROM goals AS g WHERE EXISTS ( SELECT 1 FROM tasks WHERE a = g . a )",
            "DELETE FROM goals RETURNING *",
            "WITH x AS ( SELECT a FROM tasks WHERE b = 1 ) DELETE FROM goals WHERE a IN ( SELECT a FROM x ) OR 1 = 1",
            "WITH x AS ( SELECT 1 ) UPDATE goals SET b = 5 WHERE 1 = 1",
            "SELECT a , COUNT ( * ) AS n FROM goals WHERE b IN ( SELECT b FROM tasks ) GROUP BY a HAVING 1 < 2 ORDER BY a LIMIT 2",
            "WITH x ( a ) AS ( SELECT 1 UNION ALL SELECT 2 ) SELECT * FROM x JOIN goals USING ( a )",
            "VALUES ( 1 , 'a' ) , ( 2 , x'00' )",
        ][..],
    );
    let wound = (any::<prop::sample::Index>(), 0..3_u8, prop::sample::select(PIECES));
    (sound, prop::collection::vec(wound, 0..4)).prop_map(|(sound, wounds)| {
        let mut pieces: Vec<&str> = sound.split(' ').collect();
        for (place, how, piece) in wounds {
            let at = place.index(pieces.len());
            match how {
                0 => pieces.insert(at, piece),
                1 => pieces[at] = piece,
                _ if pieces.len() > 1 => drop(pieces.remove(at)),
                _ => {}
            }
        }
        pieces.join(" ")
    })
}

fn database() -> Connection {
    let connection = Connection::open_in_memory().unwrap();
    connection
        .execute_batch(
            "CREATE TABLE goals (a INTEGER, b INTEGER); CREATE TABLE tasks (a INTEGER, b INTEGER);
             INSERT INTO goals VALUES (1, 2), (2, 1), (1, 1); INSERT INTO tasks VALUES (1, 1), (2, 2);",
        )
        .unwrap();
    connection
}

/// The program that SQLite compiles, or what it says.
fn compiled(connection: &Connection, sql: &str) -> Result<Vec<String>, String> {
    let mut statement = connection.prepare(&format!("EXPLAIN {sql}")).map_err(|error| match error {
        rusqlite::Error::SqlInputError { msg, .. } => msg,
        error => error.to_string(),
    })?;
    let step = |row: &rusqlite::Row<'_>| -> rusqlite::Result<String> {
        let numbers: [i64; 3] = [row.get(2)?, row.get(3)?, row.get(4)?];
        Ok(format!("{} {numbers:?}", row.get::<_, String>(1)?))
    };
    let steps = statement.raw_query().mapped(step).collect::<Result<Vec<_>, _>>();
    steps.map_err(|error| error.to_string())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 4_000, failure_persistence: None, rng_seed: RngSeed::Fixed(29), ..ProptestConfig::default() })]

    #[test]
    fn any_text_is_read_or_refused(sql in "\\PC{0,60}|[ -~\\t\\n]{0,80}") {
        if let Ok(found) = tokens(&sql) {
            let mut end = 0;
            for token in found {
                prop_assert!(token.start >= end && token.end > token.start && sql.get(token.start..token.end).is_some());
                end = token.end;
            }
            prop_assert!(end <= sql.len());
        }
        let _never_panics = Shape::of(&sql);
    }

    /// Tokens set apart by single spaces mean to SQLite what the text means.
    #[test]
    fn sqlite_reads_the_same_tokens(sql in prop_oneof![soup(), hurt()]) {
        let Ok(found) = tokens(&sql) else { return Ok(()) };
        // SQLite's own parameters by dollar are named, ours are numbered.
        if found.is_empty() || found.iter().any(|token| token.kind == Kind::Semicolon || token.text(&sql).starts_with('$')) {
            return Ok(());
        }
        let apart: Vec<&str> = found.iter().map(|token| token.text(&sql)).collect();
        let connection = database();
        prop_assert_eq!(compiled(&connection, &sql), compiled(&connection, &apart.join(" ")));
    }

    /// With a policy that nothing satisfies, whatever is let through changes nothing.
    #[test]
    fn no_splice_comes_loose(sql in prop_oneof![soup(), hurt(), hurt()]) {
        let Ok(shape) = Shape::of(&sql) else { return Ok(()) };
        let Some(write) = &shape.write else { return Ok(()) };
        if !matches!(write.verb, Verb::Update | Verb::Delete) || !write.target.eq_ignore_ascii_case("goals") {
            return Ok(());
        }
        let connection = database();
        let spliced = shape.spliced(write, "main.\"goals\"", Some("(0)"));
        if let Ok(mut statement) = connection.prepare(&spliced) {
            let mut rows = statement.raw_query();
            while let Ok(Some(_)) = rows.next() {}
        }
        prop_assert_eq!(connection.total_changes(), 5, "{}", spliced);
    }

    /// What is no update or delete of a table of ours does not change it under another name either.
    #[test]
    fn reads_do_not_write(sql in prop_oneof![soup(), hurt()]) {
        let Ok(shape) = Shape::of(&sql) else { return Ok(()) };
        if shape.write.is_some() {
            return Ok(());
        }
        let connection = database();
        if let Ok(mut statement) = connection.prepare(&shape.text()) {
            prop_assert!(statement.readonly());
            let mut rows = statement.raw_query();
            while let Ok(Some(_)) = rows.next() {}
        }
        prop_assert_eq!(connection.total_changes(), 5);
    }
}
