//! Row security on PostgreSQL: native, forced on the owner too, for a role that owns nothing and bypasses nothing.

use crate::error::StoreError;
use crate::migrate::Schema;
use crate::policy::Rule;
use crate::policy::compile::{Compiler, possible};
use crate::postgres::{log_role_of, role_of};
use crate::schema::Table;

/// What a policy governs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Command {
    Read,
    Insert,
    Update,
    Delete,
}

impl Command {
    pub(crate) const ALL: [Self; 4] = [Self::Read, Self::Insert, Self::Update, Self::Delete];

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Insert => "insert",
            Self::Update => "update",
            Self::Delete => "delete",
        }
    }

    pub(crate) const fn sql(self) -> &'static str {
        match self {
            Self::Read => "SELECT",
            Self::Insert => "INSERT",
            Self::Update => "UPDATE",
            Self::Delete => "DELETE",
        }
    }

    pub(crate) fn rule(self, table: &Table) -> &Rule {
        match self {
            Self::Read => &table.policy.read,
            Self::Insert => &table.policy.insert,
            Self::Update => &table.policy.update,
            Self::Delete => &table.policy.delete,
        }
    }

    /// The policy's name in the catalogue.
    pub(crate) fn policy_name(self) -> String {
        format!("banyan_{}", self.name())
    }
}

/// Whether those who follow the service's log may do it, whose role has no other rights: they read events, and note how far they are.
pub(crate) fn is_of_readers(table: &Table, command: Command) -> bool {
    match table.name {
        "outbox" => command == Command::Read,
        "log_readers" => command != Command::Delete,
        _ => false,
    }
}

/// The roles that a policy is for.
pub(crate) fn holders(service: &str, table: &Table, command: Command) -> Vec<String> {
    let readers = is_of_readers(table, command).then(|| log_role_of(service));
    [role_of(service)].into_iter().chain(readers).collect()
}

/// The statements that give `table` its declared policies, whatever it had before.
///
/// What a policy can never allow has neither policy nor privilege.
pub(crate) fn statements(schema: &Schema, table: &Table, role: &str) -> Vec<String> {
    let name = format!("\"{}\".\"{}\"", schema.service, table.name);
    let allowed: Vec<Command> = Command::ALL.into_iter().filter(|command| possible(command.rule(table))).collect();
    let mut statements = vec![
        format!("ALTER TABLE {name} ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY"),
        drop_policies(&name),
        format!("REVOKE ALL ON TABLE {name} FROM PUBLIC, \"{role}\""),
    ];
    if !allowed.is_empty() {
        let privileges: Vec<&str> = allowed.iter().map(|command| command.sql()).collect();
        statements.push(format!("GRANT {} ON TABLE {name} TO \"{role}\"", privileges.join(", ")));
    }
    statements.extend(readers(schema.service, table, &name));
    for command in allowed {
        let condition = condition(schema.service, table, command);
        let roles: Vec<String> = holders(schema.service, table, command).iter().map(|role| format!("\"{role}\"")).collect();
        statements.push(create_policy(&name, &roles.join(", "), command, &condition));
        statements.push(seal(&name, command, &condition));
    }
    statements
}

/// The privileges of those who follow the log.
fn readers(service: &str, table: &Table, name: &str) -> Vec<String> {
    let allowed = Command::ALL.into_iter().filter(|command| is_of_readers(table, *command));
    let privileges: Vec<&str> = allowed.map(Command::sql).collect();
    if privileges.is_empty() {
        return Vec::new();
    }
    let role = log_role_of(service);
    vec![
        format!("REVOKE ALL ON TABLE {name} FROM \"{role}\""),
        format!("GRANT {} ON TABLE {name} TO \"{role}\"", privileges.join(", ")),
    ]
}

/// Policies are joined by OR, so one left over from elsewhere would open the table.
fn drop_policies(table: &str) -> String {
    format!(
        "DO $$ DECLARE found name; BEGIN \
         FOR found IN SELECT polname FROM pg_policy WHERE polrelid = '{table}'::regclass LOOP \
         EXECUTE format('DROP POLICY %I ON {table}', found); END LOOP; END $$"
    )
}

pub(crate) fn condition(service: &str, table: &Table, command: Command) -> String {
    Compiler::Postgres { schema: service }.condition(table, command.rule(table), &format!("\"{}\"", table.name))
}

fn create_policy(table: &str, roles: &str, command: Command, condition: &str) -> String {
    let clauses = match command {
        Command::Read | Command::Delete => format!("USING ({condition})"),
        Command::Insert => format!("WITH CHECK ({condition})"),
        Command::Update => format!("USING ({condition}) WITH CHECK ({condition})"),
    };
    format!("CREATE POLICY \"{}\" ON {table} FOR {} TO {roles} {clauses}", command.policy_name(), command.sql())
}

/// Notes beside the policy what it was made from and how the server understood it, so that a later change of either shows.
/// The server rewrites conditions when it stores them; only its own words can be compared with its own words.
fn seal(table: &str, command: Command, condition: &str) -> String {
    let policy = command.policy_name();
    format!(
        "DO $$ BEGIN EXECUTE format('COMMENT ON POLICY \"{policy}\" ON {table} IS %L', \
         (SELECT md5($banyan${condition}$banyan$) || ' ' || {STORED} FROM pg_policy \
         WHERE polrelid = '{table}'::regclass AND polname = '{policy}')); END $$"
    )
}

/// The digest of a policy as the server stores it; of a row of `pg_policy`.
pub(crate) const STORED: &str = "md5(polcmd::text || polpermissive::text || polroles::regrole[]::text \
    || coalesce(pg_get_expr(polqual, polrelid), '') || ' ' || coalesce(pg_get_expr(polwithcheck, polrelid), ''))";

/// Refuses what could change the caller under way. PostgreSQL lets anybody set a session's settings, so what reaches the server
/// from a service must be a statement about rows. (Several statements at once the protocol itself refuses.)
///
/// # Errors
/// [`StoreError::Refused`]
pub(crate) fn admit(sql: &str) -> Result<(), StoreError> {
    let start = sql.trim_start_matches(|c: char| c.is_ascii_whitespace() || c == '(');
    let verb: String = start.chars().take_while(char::is_ascii_alphabetic).take(7).collect();
    if !["select", "with", "values", "insert", "update", "delete"].iter().any(|known| verb.eq_ignore_ascii_case(known)) {
        return Err(StoreError::Refused("only SELECT, VALUES, INSERT, UPDATE and DELETE reach rows".to_owned()));
    }
    if has_word(sql, "set_config") {
        return Err(StoreError::Refused("a setting is changed".to_owned()));
    }
    // `U&"set\005fconfig"` would be another way to write it.
    if sql.as_bytes().windows(3).any(|three| three.eq_ignore_ascii_case(b"u&\"")) {
        return Err(StoreError::Refused("a name in escapes".to_owned()));
    }
    Ok(())
}

fn has_word(sql: &str, word: &str) -> bool {
    sql.as_bytes().windows(word.len()).any(|window| window.eq_ignore_ascii_case(word.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::Policy;
    use crate::schema::ColumnType;

    fn statements_for(policy: Policy) -> Vec<String> {
        let table = Table::new("goals", policy).column("owner_id", ColumnType::Uuid);
        statements(&Schema::new("goals", vec![table.clone()]), &table, "banyan_goals")
    }

    #[test]
    fn nothing_is_granted_that_no_policy_allows() {
        let closed = statements_for(Policy::closed());
        assert_eq!(closed.len(), 3);
        assert!(closed.iter().all(|sql| !sql.starts_with("GRANT") && !sql.starts_with("CREATE POLICY")));
        let writes = statements_for(Policy::closed().insert(Rule::Anyone));
        assert!(writes.contains(&"GRANT INSERT ON TABLE \"goals\".\"goals\" TO \"banyan_goals\"".to_owned()));
    }

    #[test]
    fn an_owner_sees_and_keeps_her_rows() {
        let owned = statements_for(Policy::owned_by("owner_id"));
        let update = owned.iter().find(|sql| sql.contains("banyan_update") && sql.starts_with("CREATE")).unwrap();
        let rule = "(\"goals\".\"tenant_id\" = (SELECT nullif(current_setting('banyan.tenant', true), '')::uuid) \
                    AND \"goals\".\"owner_id\" = (SELECT nullif(current_setting('banyan.user', true), '')::uuid))";
        assert_eq!(
            *update,
            format!(
                "CREATE POLICY \"banyan_update\" ON \"goals\".\"goals\" FOR UPDATE TO \"banyan_goals\" USING ({rule}) WITH CHECK ({rule})"
            )
        );
    }

    #[test]
    fn only_statements_about_rows_are_admitted() {
        for sql in [
            "SELECT 1",
            " with a as (select 1) select 1",
            "(SELECT 1) UNION (SELECT 2)",
            "INSERT INTO a VALUES (1)",
            "values (1)",
        ] {
            admit(sql).unwrap();
        }
        for sql in [
            "SET banyan.user = 'x'",
            "RESET ROLE",
            "SET LOCAL ROLE postgres",
            "COPY goals TO STDOUT",
            "DO $$ $$",
            "",
            "TRUNCATE goals",
            "SELECT set_config('banyan.elevated', 'on', true)",
            "SELECT \"SET_CONFIG\"('a', 'b', true)",
            "CREATE TABLE a ()",
            "SELECT U&\"set\\005fconfig\"('a', 'b', true)",
            "selective",
            "LOCK goals",
            "CALL p()",
            "EXPLAIN SELECT 1",
        ] {
            assert!(matches!(admit(sql), Err(StoreError::Refused(_))), "{sql}");
        }
    }
}
