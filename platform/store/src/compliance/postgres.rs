//! On PostgreSQL the catalogue says what is enforced, and for whom.

use std::collections::BTreeMap;

use tokio_postgres::Client;

use super::{Entry, Found, allowed};
use crate::error::StoreError;
use crate::postgres::policies::{self, Command, STORED};
use crate::postgres::{failed, log_role_of};
use crate::schema::Table;

/// `client` may be anybody's: the catalogue is open; `role` is the service's, `login` the pool's.
pub(crate) async fn check(
    client: &Client,
    service: &str,
    tables: &[Table],
    role: &str,
    login: &str,
) -> Result<Found, StoreError> {
    let mut found = Found { findings: roles(client, service, role, login).await?, ..Found::default() };
    let relations = relations(client, service, role).await?;
    for table in tables {
        for command in Command::ALL {
            let mut findings = match relations.get(table.name) {
                Some(relation) => relation.findings(table, command),
                None => vec!["the table is missing".to_owned()],
            };
            findings.extend(policy(client, service, table, command).await?);
            found.entries.push(Entry::of(table, command, findings));
        }
        let number: i64 = count_policies(client, service, table).await?;
        let declared = Command::ALL.into_iter().filter(|command| allowed(table, *command)).count();
        if usize::try_from(number) != Ok(declared) {
            found
                .findings
                .push(format!("`{}` has {number} policies, {declared} are declared: each one more opens the table", table.name));
        }
    }
    found.findings.extend(readers(client, service, tables).await?);
    for (name, relation) in &relations {
        let declared = tables.iter().any(|table| table.name == name);
        if !declared && relation.privileges.iter().any(|granted| *granted) {
            found.findings.push(format!("the service has privileges on `{name}`, which is not declared"));
        }
    }
    Ok(found)
}

/// What those who follow the log may do beyond that.
async fn readers(client: &Client, service: &str, tables: &[Table]) -> Result<Vec<String>, StoreError> {
    let role = log_role_of(service);
    let mut findings = Vec::new();
    for (name, relation) in &self::relations(client, service, &role).await? {
        let table = tables.iter().find(|table| table.name == name);
        let allowed = |command| table.is_some_and(|table| policies::is_of_readers(table, command));
        let more = Command::ALL.into_iter().any(|command| relation.privileges[command as usize] && !allowed(command));
        if more || relation.privileges[4] {
            findings.push(format!("the role `{role}` has privileges on `{name}` beyond following the log"));
        }
    }
    Ok(findings)
}

struct Relation {
    enabled: bool,
    forced: bool,
    /// Of the service's role: as [`Command::ALL`], then whatever else.
    privileges: [bool; 5],
}

impl Relation {
    fn findings(&self, table: &Table, command: Command) -> Vec<String> {
        let mut findings = Vec::new();
        if !self.enabled {
            findings.push("row security is not enabled".to_owned());
        }
        if !self.forced {
            findings.push("row security is not forced on the owner".to_owned());
        }
        let granted = self.privileges[command as usize];
        match (granted, allowed(table, command)) {
            (true, false) => findings.push("the role has a privilege that no policy allows".to_owned()),
            (false, true) => findings.push("the role lacks the privilege".to_owned()),
            _ => {}
        }
        if self.privileges[4] {
            findings.push("the role may truncate, reference or put triggers on the table".to_owned());
        }
        findings
    }
}

async fn relations(client: &Client, service: &str, role: &str) -> Result<BTreeMap<String, Relation>, StoreError> {
    const SQL: &str = "SELECT c.relname::text, c.relrowsecurity, c.relforcerowsecurity, \
        has_table_privilege($2, c.oid, 'SELECT'), has_table_privilege($2, c.oid, 'INSERT'), has_table_privilege($2, c.oid, 'UPDATE'), \
        has_table_privilege($2, c.oid, 'DELETE'), has_table_privilege($2, c.oid, 'TRUNCATE, REFERENCES, TRIGGER') \
        FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = $1 AND c.relkind IN ('r', 'p', 'v', 'm')";
    let rows = client.query(SQL, &[&service, &role]).await.map_err(failed)?;
    let relation = |row: &tokio_postgres::Row| Relation {
        enabled: row.get(1),
        forced: row.get(2),
        privileges: [row.get(3), row.get(4), row.get(5), row.get(6), row.get(7)],
    };
    Ok(rows.iter().map(|row| (row.get(0), relation(row))).collect())
}

/// What is wrong with the roles: the service's must own nothing and bypass nothing.
async fn roles(client: &Client, service: &str, role: &str, login: &str) -> Result<Vec<String>, StoreError> {
    const SQL: &str = "SELECT r.rolsuper, r.rolbypassrls, r.rolcanlogin, \
        EXISTS (SELECT 1 FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = $2 AND c.relowner = r.oid) \
        FROM pg_roles r WHERE r.rolname = $1";
    let mut findings = Vec::new();
    let Some(row) = client.query_opt(SQL, &[&role, &service]).await.map_err(failed)? else {
        return Ok(vec![format!("the role `{role}` is missing")]);
    };
    for (at, what) in [(0, "is a superuser"), (1, "bypasses row security"), (2, "may log in"), (3, "owns tables of the service")]
    {
        if row.get(at) {
            findings.push(format!("the role `{role}` {what}"));
        }
    }
    // A superuser takes on the service's role in each transaction like any other, so this opens nothing by itself.
    let row = client.query_opt(SQL, &[&login, &service]).await.map_err(failed)?;
    if row.is_some_and(|row| row.get(1) && !row.get::<_, bool>(0)) {
        findings.push(format!("the log-in role `{login}` bypasses row security"));
    }
    Ok(findings)
}

async fn count_policies(client: &Client, service: &str, table: &Table) -> Result<i64, StoreError> {
    const SQL: &str = "SELECT COUNT(*) FROM pg_policies WHERE schemaname = $1 AND tablename = $2";
    client.query_one(SQL, &[&service, &table.name]).await.map_err(failed).map(|row| row.get(0))
}

/// Compares the policy with its seal: what it was made from, and how the server has it now.
async fn policy(client: &Client, service: &str, table: &Table, command: Command) -> Result<Option<String>, StoreError> {
    let sql = format!(
        "SELECT p.polpermissive, p.polroles::regrole[]::text[], \
         coalesce(obj_description(p.oid, 'pg_policy'), '') = md5($4) || ' ' || {STORED} \
         FROM pg_policy p JOIN pg_class c ON c.oid = p.polrelid JOIN pg_namespace n ON n.oid = c.relnamespace \
         WHERE n.nspname = $1 AND c.relname = $2 AND p.polname = $3"
    );
    let condition = policies::condition(service, table, command);
    let row = client.query_opt(&sql, &[&service, &table.name, &command.policy_name(), &condition]).await.map_err(failed)?;
    let Some(row) = row else {
        return Ok(allowed(table, command).then(|| "the policy is missing".to_owned()));
    };
    let roles: Vec<String> = row.get(1);
    if !row.get::<_, bool>(0) {
        return Ok(Some("the policy is restrictive".to_owned()));
    }
    if roles != policies::holders(service, table, command) {
        return Ok(Some(format!("the policy is for {}", roles.join(", "))));
    }
    Ok((!row.get::<_, bool>(2)).then(|| "the policy is not the declared one".to_owned()))
}
