//! The databases of an installation, looked at from outside: past the program and past row security.

use banyan_store::EngineKind;
use tokio_postgres::SimpleQueryMessage;

use crate::harness::Place;

/// The first column of each row, as text. In `sql`, `{id:x}` is the column `x`, a UUID, as 32 hexadecimal digits; `{plain:x}` the text
/// `x` without hyphens; `{hex:x}` bytes in hexadecimal.
pub(crate) fn look(place: &Place, service: &str, sql: &str) -> Vec<String> {
    match place.kind() {
        EngineKind::Sqlite => {
            let sql = spell(sql, |kind, name| match kind {
                "plain" => format!("replace({name}, '-', '')"),
                _ => format!("lower(hex({name}))"),
            });
            sqlite(place, service, &sql)
        }
        EngineKind::Postgres => {
            let sql = spell(sql, |kind, name| match kind {
                "hex" => format!("encode({name}, 'hex')"),
                _ => format!("replace({name}::text, '-', '')"),
            });
            postgres(place.database_url(), &format!("SET search_path = {service}; {sql}"))
        }
    }
}

/// The file of a service on the embedded engine.
pub(crate) fn file(place: &Place, service: &str) -> std::path::PathBuf {
    place.data().join(format!("{service}.db"))
}

fn sqlite(place: &Place, service: &str, sql: &str) -> Vec<String> {
    let database = rusqlite::Connection::open(file(place, service)).unwrap();
    let mut statement = database.prepare(sql).unwrap();
    if statement.column_count() == 0 {
        statement.execute([]).unwrap();
        return Vec::new();
    }
    let rows = statement.query_map([], |row| {
        Ok(match row.get_ref(0)? {
            rusqlite::types::ValueRef::Integer(number) => number.to_string(),
            other => other.as_str()?.to_owned(),
        })
    });
    rows.unwrap().collect::<Result<_, _>>().unwrap()
}

/// As [`look`], with statements of PostgreSQL, as the superuser.
pub(crate) fn postgres(url: &str, sql: &str) -> Vec<String> {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let (client, connection) = tokio_postgres::connect(url, tokio_postgres::NoTls).await.unwrap();
        tokio::spawn(connection);
        let messages = client.simple_query(sql).await.unwrap();
        let first = |message: &SimpleQueryMessage| match message {
            SimpleQueryMessage::Row(row) => Some(row.get(0).unwrap_or_default().to_owned()),
            _ => None,
        };
        messages.iter().filter_map(first).collect()
    })
}

fn spell(sql: &str, column: impl Fn(&str, &str) -> String) -> String {
    let mut spelled = String::new();
    let mut rest = sql;
    while let Some((before, after)) = rest.split_once('{') {
        let (place, after) = after.split_once('}').expect("a closed place");
        let (kind, name) = place.split_once(':').expect("a kind and a name");
        spelled.push_str(before);
        spelled.push_str(&column(kind, name));
        rest = after;
    }
    spelled + rest
}
