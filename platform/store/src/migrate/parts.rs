//! What each part of a database still lacks. The service's own tables are a part, and those of the store; others come from rooms that
//! were built later.

use std::collections::BTreeMap;

use super::{Dialect, Migration, Schema, version_after};

/// The parts that a database had before it wrote its parts down.
const SERVICE: &str = "service";
const PLATFORM: &str = "platform";

/// `CREATE TABLE` of the parts' versions.
pub(super) fn table(dialect: Dialect<'_>) -> String {
    let name = dialect.table("schema_parts");
    format!("CREATE TABLE IF NOT EXISTS {name} (\"part\" text NOT NULL PRIMARY KEY, \"version\" bigint NOT NULL)")
}

/// Part → version.
pub(super) type Versions = BTreeMap<String, u32>;

/// Those of a database that has none written down, and whose version is `found`.
pub(super) fn before_parts(found: u32) -> Versions {
    BTreeMap::from([(SERVICE.to_owned(), found), (PLATFORM.to_owned(), 1)])
}

/// Those that this program makes.
pub(super) fn present(schema: &Schema) -> Versions {
    let own = [
        (SERVICE.to_owned(), version_after(&schema.migrations)),
        (PLATFORM.to_owned(), version_after(&crate::platform_tables::migrations())),
    ];
    own.into_iter().chain(schema.parts.iter().map(|part| (part.name.to_owned(), part.version()))).collect()
}

/// The statements that bring a database from the versions that were found to the present ones.
pub(super) fn pending(schema: &Schema, dialect: Dialect<'_>, found: &Versions) -> Vec<String> {
    let version = |name: &str| found.get(name).copied();
    let after = |migrations: &[Migration], from: u32| -> Vec<String> {
        let done = usize::try_from(from).unwrap_or(usize::MAX).saturating_sub(1);
        let steps = migrations.iter().skip(done).flat_map(|migration| &migration.steps);
        steps.flat_map(|step| dialect.step(schema, step)).collect()
    };
    let mut statements = after(&schema.migrations, version(SERVICE).unwrap_or(1));
    statements.extend(after(&crate::platform_tables::migrations(), version(PLATFORM).unwrap_or(1)));
    for part in &schema.parts {
        match version(part.name) {
            Some(from) => statements.extend(after(&part.migrations, from)),
            None => {
                statements.extend(part.tables.iter().flat_map(|table| dialect.create_table(table)));
                statements.extend(part.adoption.iter().flat_map(|step| dialect.step(schema, step)));
            }
        }
    }
    statements
}
