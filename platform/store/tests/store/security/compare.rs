//! The same rows, callers and statements on SQLite and on PostgreSQL: answers, counts, kinds of failure and what stands in the
//! tables afterwards must be the same. A guard with a part missing must show as a difference.

use std::collections::BTreeMap;
use std::fmt::Write;

use banyan_store::StoreError;
use banyan_store::schema::Table;
use banyan_store::testing::guard::{Guard, Part};
use banyan_store::testing::{Answer, Attempt, Row, Who};
use proptest::prelude::*;
use proptest::test_runner::{Config, RngAlgorithm, RngSeed, TestCaseError, TestError, TestRunner};
use sea_orm::Value;
use tokio::runtime::Runtime;

use super::fixture::{Place, tables};
use super::generate::{self, Case, Tape, Writer};

/// Statements over one set of rows.
const STATEMENTS: usize = 40;

/// How many sets of rows are made; thousands with `BANYAN_LONG_TESTS=1`.
#[expect(clippy::disallowed_methods, reason = "the one setting of the tests")]
fn rounds() -> u32 {
    if std::env::var("BANYAN_LONG_TESTS").is_ok_and(|value| value == "1") { 4_000 } else { 75 }
}

#[test]
fn both_engines_agree() {
    let mut both = Both::new(Guard::new(&tables()).unwrap());
    let result = both.run(rounds());
    let tally = std::mem::take(&mut both.tally);
    both.close();
    if let Err(failure) = result {
        panic!("{failure}");
    }
    eprintln!("{tally}");
    tally.is_worth_something();
}

/// What is found by a guard without one of its parts proves that the comparison can fail.
#[test]
fn each_missing_part_makes_a_difference() {
    let mut both = Both::new(Guard::new(&tables()).unwrap());
    for part in [
        Part::ReadPolicy("goals"),
        Part::ReadPolicy("grants"),
        Part::ReadPolicy("settings"),
        Part::InsertCheck("goals"),
        Part::InsertCheck("inbox"),
        Part::InsertCheck("places"),
        Part::UpdateCheck("goals"),
        Part::UpdateCheck("notices"),
        Part::UpdateCheck("drafts"),
        Part::Splices,
    ] {
        both.sqlite = Place::guarded(&tables(), Guard::new(&tables()).unwrap().without(part));
        both.focus = match part {
            Part::ReadPolicy(table) | Part::InsertCheck(table) | Part::UpdateCheck(table) => table,
            Part::Splices => "drafts",
        };
        let result = both.run_unshrunk(40);
        assert!(result.is_err(), "no difference was found without {part:?}");
    }
    both.close();
}

/// Both engines, side by side.
struct Both {
    runtime: Runtime,
    tables: Vec<Table>,
    sqlite: Place,
    postgres: Place,
    /// The name of a table that half of the statements are about.
    focus: &'static str,
    tally: Tally,
}

impl Both {
    fn new(guard: Guard) -> Self {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let tables = tables();
        let postgres = runtime.block_on(Place::postgres(&tables));
        let sqlite = Place::guarded(&tables, guard);
        Self { runtime, tables, sqlite, postgres, focus: "", tally: Tally::default() }
    }

    fn close(self) {
        self.runtime.block_on(self.postgres.close());
    }

    fn run(&mut self, rounds: u32) -> Result<(), String> {
        self.run_with(Config { cases: rounds, ..config() })
    }

    fn run_unshrunk(&mut self, rounds: u32) -> Result<(), String> {
        self.run_with(Config { cases: rounds, max_shrink_iters: 0, ..config() })
    }

    fn run_with(&mut self, config: Config) -> Result<(), String> {
        let rows = prop::collection::vec(any::<u16>(), 400);
        let statements = prop::collection::vec(prop::collection::vec(any::<u16>(), 120), STATEMENTS);
        // The closure of a runner may not change what it captures; a cell may.
        let cell = std::cell::RefCell::new(self);
        let mut runner = TestRunner::new(config);
        let result = runner.run(&(rows, statements), |(rows, statements)| {
            cell.borrow_mut().round(&rows, &statements).map_err(TestCaseError::fail)
        });
        match result {
            Ok(()) => Ok(()),
            Err(TestError::Fail(reason, _)) => Err(reason.to_string()),
            Err(TestError::Abort(reason)) => Err(reason.to_string()),
        }
    }

    fn round(&mut self, rows: &[u16], statements: &[Vec<u16>]) -> Result<(), String> {
        let planted = generate::rows(&self.tables, &mut Tape::new(rows));
        for place in [&mut self.sqlite, &mut self.postgres] {
            self.runtime.block_on(place.ground.clear()).map_err(|error| error.to_string())?;
            for (table, rows) in &planted {
                self.runtime.block_on(place.ground.plant(table, rows)).map_err(|error| format!("{table}: {error}"))?;
            }
        }
        let tables = self.tables.clone();
        let focus = tables.iter().find(|table| table.name == self.focus);
        for statement in statements {
            let mut tape = Tape::new(statement);
            let who = generate::who(&mut tape);
            let case = Writer::case(&tables, focus, &who, &mut tape);
            self.compare(&who, &case)?;
        }
        Ok(())
    }

    fn compare(&mut self, who: &Who, case: &Case) -> Result<(), String> {
        let reads = matches!(case.form, "select" | "aggregate" | "common table" | "union");
        let names: Vec<&str> = if reads { Vec::new() } else { self.tables.iter().map(|table| table.name).collect() };
        let mut attempts = Vec::new();
        for place in [&mut self.sqlite, &mut self.postgres] {
            let attempt = place.ground.attempt(who, std::slice::from_ref(&case.act), &names);
            attempts.push(self.runtime.block_on(attempt).map_err(|error| format!("{error}: {}", case.act.sql))?);
        }
        let [sqlite, postgres]: [Attempt; 2] = attempts.try_into().map_err(|_| "two engines".to_owned())?;
        self.tally.count(case, &sqlite, &postgres);
        let deleted = case.tree && sqlite.answers[0].is_ok() && postgres.answers[0].is_ok();
        let same_answer = deleted || agree(&sqlite.answers[0], &postgres.answers[0], case.many);
        let same_tables = names.iter().all(|name| sorted(&sqlite.tables[*name]) == sorted(&postgres.tables[*name]));
        if same_answer && same_tables {
            return Ok(());
        }
        let mut text = format!("the engines differ\n  {}\n  values {:?}\n  as {who:?}\n", case.act.sql, case.act.values);
        let _ = writeln!(text, "  sqlite   {:?}\n  postgres {:?}", sqlite.answers[0], postgres.answers[0]);
        for name in names {
            let (left, right) = (sorted(&sqlite.tables[name]), sorted(&postgres.tables[name]));
            if left != right {
                let _ = writeln!(text, "  {name} on sqlite   {left:#?}\n  {name} on postgres {right:#?}");
            }
        }
        Err(text)
    }
}

fn config() -> Config {
    Config {
        rng_algorithm: RngAlgorithm::ChaCha,
        rng_seed: RngSeed::Fixed(seed()),
        failure_persistence: None,
        max_shrink_iters: 400,
        ..Config::default()
    }
}

/// `BANYAN_TEST_SEED` chooses other cases than the usual ones.
#[expect(clippy::disallowed_methods, reason = "the one setting of the tests")]
fn seed() -> u64 {
    std::env::var("BANYAN_TEST_SEED").ok().and_then(|text| text.parse().ok()).unwrap_or(20_260_729)
}

fn agree(left: &Result<Answer, StoreError>, right: &Result<Answer, StoreError>, many: bool) -> bool {
    match (left, right) {
        (Ok(Answer::Count(left)), Ok(Answer::Count(right))) => left == right,
        (Ok(Answer::Rows(left)), Ok(Answer::Rows(right))) => sorted(left) == sorted(right),
        (Err(left), Err(right)) => class(left) == class(right) || (many && about_rows(left) && about_rows(right)),
        _ => false,
    }
}

fn class(error: &StoreError) -> &'static str {
    match error {
        StoreError::RowSecurity { .. } => "row security",
        StoreError::Unique { .. } => "unique",
        StoreError::ForeignKey => "foreign key",
        StoreError::Constraint(_) => "constraint",
        StoreError::Refused(_) => "refused",
        _ => "other",
    }
}

fn about_rows(error: &StoreError) -> bool {
    !matches!(class(error), "refused" | "other")
}

/// Rows as a multiset of text, with what the engines only type differently made alike.
fn sorted(rows: &[Row]) -> Vec<String> {
    let mut lines: Vec<String> = rows
        .iter()
        .map(|row| row.iter().map(|(name, value)| format!("{name}={}", plain(value))).collect::<Vec<_>>().join(" "))
        .collect();
    lines.sort();
    lines
}

fn plain(value: &Value) -> String {
    match value {
        Value::BigInt(None) | Value::String(None) | Value::Uuid(None) | Value::Double(None) | Value::Bool(None) => {
            "NULL".to_owned()
        }
        Value::Bytes(Some(bytes)) if bytes.len() == 16 => {
            uuid::Uuid::from_slice(bytes).map(|id| id.to_string()).unwrap_or_default()
        }
        Value::Uuid(Some(id)) => id.to_string(),
        Value::BigInt(Some(number)) => number.to_string(),
        Value::Int(Some(number)) => number.to_string(),
        other => format!("{other:?}"),
    }
}

/// What the cases were worth: statements that all fail or find nothing compare well and prove little.
#[derive(Default)]
struct Tally(BTreeMap<(&'static str, &'static str), u32>);

impl Tally {
    fn count(&mut self, case: &Case, sqlite: &Attempt, postgres: &Attempt) {
        let outcome = match &sqlite.answers[0] {
            Ok(Answer::Count(0)) => "nothing",
            Ok(Answer::Rows(rows)) if rows.is_empty() => "nothing",
            Ok(_) => "something",
            Err(error) => class(error),
        };
        *self.0.entry((case.form, outcome)).or_default() += 1;
        if let (Err(left), Err(right)) = (&sqlite.answers[0], &postgres.answers[0])
            && class(left) != class(right)
        {
            *self.0.entry(("another fault first", "of many")).or_default() += 1;
        }
    }

    fn total(&self, outcome: &str) -> u32 {
        self.0.iter().filter(|((_, its), _)| *its == outcome).map(|(_, count)| count).sum()
    }

    fn is_worth_something(&self) {
        let all: u32 = self.0.values().sum();
        assert!(self.total("something") * 4 > all, "too few statements did anything\n{self}");
        assert!(self.total("row security") * 20 > all, "too few statements were refused\n{self}");
        assert!((self.total("other") + self.total("refused")) * 50 < all, "too many statements are not understood\n{self}");
        for form in [
            "select",
            "aggregate",
            "common table",
            "union",
            "insert",
            "insert from select",
            "upsert",
            "update",
            "update from",
            "delete",
        ] {
            assert!(self.0.contains_key(&(form, "something")), "{form} never did anything\n{self}");
        }
    }
}

impl std::fmt::Display for Tally {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.iter().try_for_each(|((form, outcome), count)| writeln!(f, "{form:22} {outcome:14} {count}"))
    }
}
