//! What the databases say when nobody writes any more: nothing is half there.

use std::collections::BTreeSet;

use banyan_store::EngineKind;
use tokio_postgres::SimpleQueryMessage;

use crate::harness::Place;

/// A row that must not be there: what it would mean, in which service, and how to find it. `{id:x}` is the column `x`, a UUID, as
/// 32 hexadecimal digits; `{plain:x}` the text `x` without hyphens.
const HALVES: &[(&str, &str, &str)] = &[
    (
        "a goal without its event",
        "goals",
        "SELECT {id:id} FROM goals EXCEPT SELECT {plain:subject} FROM outbox WHERE type = 'goals.goal.created'",
    ),
    (
        "an event without its goal",
        "goals",
        "SELECT {plain:subject} FROM outbox WHERE type = 'goals.goal.created' EXCEPT SELECT {id:id} FROM goals",
    ),
    (
        "days and events of days that do not match",
        "goals",
        "SELECT c.days - o.events FROM (SELECT COUNT(*) AS days FROM check_ins) c, \
         (SELECT COUNT(*) AS events FROM outbox WHERE type = 'goals.habit.checked-in') o WHERE c.days <> o.events",
    ),
    (
        "goals and days without the answer that is kept under their key",
        "goals",
        "SELECT g.n + c.n - i.n FROM (SELECT COUNT(*) AS n FROM goals) g, (SELECT COUNT(*) AS n FROM check_ins) c, \
         (SELECT COUNT(*) AS n FROM idempotency) i WHERE g.n + c.n <> i.n",
    ),
    (
        "journals without the answer that is kept under their key",
        "content",
        "SELECT j.n - i.n FROM (SELECT COUNT(*) AS n FROM journals) j, (SELECT COUNT(*) AS n FROM idempotency) i WHERE j.n <> i.n",
    ),
    ("an account without a password", "identity", "SELECT {id:id} FROM users EXCEPT SELECT {id:user_id} FROM credentials"),
    ("an account without a role", "identity", "SELECT {id:id} FROM users EXCEPT SELECT {id:user_id} FROM role_assignments"),
    (
        "an account without its record",
        "identity",
        "SELECT {id:id} FROM users EXCEPT SELECT {id:object_id} FROM audit WHERE action = 'user.registered'",
    ),
    (
        "a record without its account",
        "identity",
        "SELECT {id:object_id} FROM audit WHERE action = 'user.registered' EXCEPT SELECT {id:id} FROM users",
    ),
    (
        "a session without its record",
        "identity",
        "SELECT {id:id} FROM sessions EXCEPT SELECT {id:object_id} FROM audit WHERE action = 'session.opened'",
    ),
    (
        "a record without its session",
        "identity",
        "SELECT {id:object_id} FROM audit WHERE action = 'session.opened' EXCEPT SELECT {id:id} FROM sessions",
    ),
    (
        "a session without exactly one refresh token that is unused",
        "identity",
        "SELECT {id:s.id} FROM sessions s LEFT JOIN refresh_tokens t ON t.session_id = s.id AND t.used_at IS NULL \
         GROUP BY s.id HAVING COUNT(t.id) <> 1",
    ),
    (
        "a gap in the audit chain",
        "identity",
        "SELECT n FROM (SELECT COUNT(*) AS n, MIN(position) AS low, MAX(position) AS high FROM audit) a WHERE low <> 1 OR high <> n",
    ),
];

/// Finds halves in every service's database.
pub(super) fn check(place: &Place) {
    for (meaning, service, sql) in HALVES {
        let found = look(place, service, sql);
        assert!(found.is_empty(), "{meaning}: {found:?}");
    }
    if let Some(data) = embedded(place) {
        for service in ["identity", "content", "goals"] {
            let database = rusqlite::Connection::open(data.join(format!("{service}.db"))).unwrap();
            let verdict: String = database.query_row("PRAGMA integrity_check", [], |row| row.get(0)).unwrap();
            assert_eq!(verdict, "ok", "{service}");
            let dangling: i64 =
                database.query_row("SELECT COUNT(*) FROM pragma_foreign_key_check", [], |row| row.get(0)).unwrap();
            assert_eq!(dangling, 0, "{service}");
        }
    }
}

/// Every session that was ever opened.
pub(super) fn sessions(place: &Place) -> BTreeSet<String> {
    look(place, "identity", "SELECT {id:s.id} FROM sessions s").into_iter().collect()
}

/// How many deliveries and mails have not left.
pub(super) fn waiting(place: &Place) -> usize {
    look(place, "identity", "SELECT {id:id} FROM deliveries UNION ALL SELECT {id:id} FROM outgoing_mails").len()
}

/// The first column of each row, as text, past row security.
fn look(place: &Place, service: &str, sql: &str) -> Vec<String> {
    match embedded(place) {
        Some(data) => {
            let sql = spell(sql, |name| format!("lower(hex({name}))"));
            let database = rusqlite::Connection::open(data.join(format!("{service}.db"))).unwrap();
            let mut statement = database.prepare(&sql).unwrap();
            let rows = statement.query_map([], |row| {
                Ok(match row.get_ref(0)? {
                    rusqlite::types::ValueRef::Integer(number) => number.to_string(),
                    other => other.as_str()?.to_owned(),
                })
            });
            rows.unwrap().collect::<Result<_, _>>().unwrap()
        }
        None => {
            let sql = spell(sql, |name| format!("replace({name}::text, '-', '')"));
            postgres(place.database_url(), &format!("SET search_path = {service}; {sql}"))
        }
    }
}

fn embedded(place: &Place) -> Option<std::path::PathBuf> {
    (place.kind() == EngineKind::Sqlite).then(|| place.data())
}

fn spell(sql: &str, id: impl Fn(&str) -> String) -> String {
    let mut spelled = String::new();
    let mut rest = sql;
    while let Some((before, after)) = rest.split_once('{') {
        let (place, after) = after.split_once('}').expect("a closed place");
        let (how, name) = place.split_once(':').expect("a place of two parts");
        spelled.push_str(before);
        spelled.push_str(&if how == "id" { id(name) } else { format!("replace({name}, '-', '')") });
        rest = after;
    }
    spelled + rest
}

/// The first column of each row that statements give, as the superuser.
pub(super) fn postgres(url: &str, sql: &str) -> Vec<String> {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let (client, connection) = tokio_postgres::connect(url, tokio_postgres::NoTls).await.unwrap();
        tokio::spawn(connection);
        let messages = client.simple_query(sql).await.unwrap();
        let row = |message: &SimpleQueryMessage| match message {
            SimpleQueryMessage::Row(row) => Some(row.get(0).unwrap_or_default().to_owned()),
            _ => None,
        };
        messages.iter().filter_map(row).collect()
    })
}
