//! What is held of people, by table, as Markdown: `docs/personal-data.md`.

use std::fmt::Write as _;

use super::services;

const HEADING: &str = "# Personal data

What a person gets who asks for a copy of their data (`GET /api/v1/users/data`; GDPR article 15, UU No. 27 Tahun 2022 article 7): in each table
the rows that row security gives them as theirs. `banyan compliance --personal-data` writes this page from the tables as they are declared.

Digests and what is sealed are not told: passwords, the texts of keys and tokens, the addresses of browsers and telephones (of which a hint is).
All of it goes when the account is erased.
";

/// The page.
pub(crate) fn personal_data() -> String {
    let mut text = HEADING.to_owned();
    for service in services() {
        let tables = service.personal();
        if tables.is_empty() {
            continue;
        }
        let _infallible = write!(text, "\n## {}\n\n| table | told | not told |\n|---|---|---|\n", service.name);
        for table in tables {
            let (told, withheld) = (list(table.told()), list(table.withheld().iter().copied()));
            let _infallible = writeln!(text, "| `{}` | {told} | {withheld} |", table.table());
        }
    }
    text
}

fn list<'n>(names: impl Iterator<Item = &'n str>) -> String {
    let names: Vec<String> = names.map(|name| format!("`{name}`")).collect();
    if names.is_empty() { "–".to_owned() } else { names.join(", ") }
}
