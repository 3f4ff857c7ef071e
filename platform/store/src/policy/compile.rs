//! A rule as an SQL condition, for either engine, from one place: so that it means the same on both.
//!
//! The bound caller is six settings on PostgreSQL, each read in a sub-select so that it is evaluated once a statement, and
//! functions on SQLite, marked deterministic for the same reason. Without a bound caller every condition is false or NULL.

use crate::policy::Rule;
use crate::schema::{Scope, Table};

/// The table behind [`Rule::Granted`].
pub(crate) const GRANTS: &str = "grants";

/// Which engine's SQL is written, and where its tables are found.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Compiler<'a> {
    /// Other tables are read through the temporary views `temp."<views><table>"`, which carry their own read policy.
    Sqlite { views: &'a str },
    /// Other tables are read as `"<schema>"."<table>"`, under their own row security.
    Postgres { schema: &'a str },
}

impl Compiler<'_> {
    /// The condition under which `rule` holds for a row of `table`. `row` stands before its columns: `NEW`, `"goals"`, `main."g"`.
    pub(crate) fn condition(self, table: &Table, rule: &Rule, row: &str) -> String {
        let reduced = reduce(rule);
        if reduced == Rule::Nobody {
            return "FALSE".to_owned();
        }
        let scope = match table.scope {
            Scope::Tenant => format!("{row}.\"tenant_id\" = {}", self.tenant()),
            Scope::Installation => self.bound(row),
        };
        if reduced == Rule::Anyone { format!("({scope})") } else { format!("({scope} AND {})", self.rule(&reduced, row)) }
    }

    fn rule(self, rule: &Rule, row: &str) -> String {
        match rule {
            Rule::Nobody => "FALSE".to_owned(),
            Rule::Anyone => "TRUE".to_owned(),
            Rule::SignedIn => self.signed_in(),
            Rule::System => self.actor("system"),
            Rule::Platform => self.actor("platform"),
            Rule::Tenant(column) => format!("{row}.\"{column}\" = {}", self.tenant()),
            Rule::Owner(column) => format!("{row}.\"{column}\" = {}", self.user()),
            Rule::Organisation(column) => self.member(&format!("{row}.\"{column}\"")),
            Rule::HasRole(role) => self.has_role(role.name()),
            Rule::Granted { owner, kind } => self.granted(&format!("{row}.\"{owner}\""), kind),
            Rule::Equals(column, text) => format!("{row}.\"{column}\" = {}", literal(text)),
            Rule::Parent { column, table } => {
                format!("EXISTS (SELECT 1 FROM {} AS rls_p WHERE rls_p.\"id\" = {row}.\"{column}\")", self.table(table))
            }
            Rule::OwnParent { column, table, owner } => format!(
                "EXISTS (SELECT 1 FROM {} AS rls_p WHERE rls_p.\"id\" = {row}.\"{column}\" AND rls_p.\"{owner}\" = {})",
                self.table(table),
                self.user()
            ),
            Rule::Member { column, table, key, member } => format!(
                "EXISTS (SELECT 1 FROM {} AS rls_m WHERE rls_m.\"{key}\" = {row}.\"{column}\" AND rls_m.\"{member}\" = {})",
                self.table(table),
                self.user()
            ),
            Rule::Null(column) => format!("{row}.\"{column}\" IS NULL"),
            Rule::Elevated => self.elevated(),
            Rule::AnyOf(rules) => self.joined(rules, row, " OR "),
            Rule::AllOf(rules) => self.joined(rules, row, " AND "),
        }
    }

    fn joined(self, rules: &[Rule], row: &str, word: &str) -> String {
        let parts: Vec<String> = rules.iter().map(|rule| self.rule(rule, row)).collect();
        format!("({})", parts.join(word))
    }

    fn granted(self, owner: &str, kind: &str) -> String {
        format!(
            "EXISTS (SELECT 1 FROM {} AS rls_g WHERE rls_g.\"owner_id\" = {owner} AND rls_g.\"grantee_id\" = {} AND rls_g.\"kind\" = {} \
             AND rls_g.\"revoked_at\" IS NULL)",
            self.table(GRANTS),
            self.user(),
            literal(kind)
        )
    }

    fn table(self, name: &str) -> String {
        match self {
            Self::Sqlite { views } => format!("temp.\"{views}{name}\""),
            Self::Postgres { schema } => format!("\"{schema}\".\"{name}\""),
        }
    }

    fn tenant(self) -> String {
        match self {
            Self::Sqlite { .. } => "rls_tenant(0)".to_owned(),
            Self::Postgres { .. } => setting("tenant", "uuid"),
        }
    }

    fn user(self) -> String {
        match self {
            Self::Sqlite { .. } => "rls_user(0)".to_owned(),
            Self::Postgres { .. } => setting("user", "uuid"),
        }
    }

    fn bound(self, row: &str) -> String {
        match self {
            // The comparison is always true. It makes each condition name a column: the authorizer sees who reads a table only
            // through the columns that are read.
            Self::Sqlite { .. } => format!("rls_tenant(0) IS NOT NULL AND +{row}.\"id\" >= x''"),
            Self::Postgres { .. } => "(SELECT nullif(current_setting('banyan.tenant', true), '') IS NOT NULL)".to_owned(),
        }
    }

    fn signed_in(self) -> String {
        match self {
            Self::Sqlite { .. } => "rls_user(0) IS NOT NULL".to_owned(),
            Self::Postgres { .. } => "(SELECT nullif(current_setting('banyan.user', true), '') IS NOT NULL)".to_owned(),
        }
    }

    fn actor(self, word: &str) -> String {
        match self {
            Self::Sqlite { .. } => format!("rls_actor(0) = '{word}'"),
            Self::Postgres { .. } => format!("(SELECT current_setting('banyan.actor', true) = '{word}')"),
        }
    }

    fn elevated(self) -> String {
        match self {
            Self::Sqlite { .. } => "rls_elevated(0)".to_owned(),
            Self::Postgres { .. } => "(SELECT current_setting('banyan.elevated', true) = 'on')".to_owned(),
        }
    }

    fn has_role(self, name: &str) -> String {
        match self {
            Self::Sqlite { .. } => format!("rls_role('{name}')"),
            Self::Postgres { .. } => format!("(SELECT position(',{name},' IN current_setting('banyan.roles', true)) > 0)"),
        }
    }

    fn member(self, column: &str) -> String {
        match self {
            Self::Sqlite { .. } => format!("rls_member({column})"),
            // The outer cast makes it an array to compare with, not a sub-select of rows.
            Self::Postgres { .. } => format!("{column} = ANY ({}::uuid[])", setting("organisations", "uuid[]")),
        }
    }
}

fn setting(name: &str, kind: &str) -> String {
    format!("(SELECT nullif(current_setting('banyan.{name}', true), '')::{kind})")
}

fn literal(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

/// The rule in its simplest form: `Nobody` where no caller and no row can ever satisfy it. Cheap conditions stand first in what remains.
pub(crate) fn reduce(rule: &Rule) -> Rule {
    match rule {
        Rule::AnyOf(rules) => reduce_any(rules),
        Rule::AllOf(rules) => reduce_all(rules),
        rule => rule.clone(),
    }
}

/// Whether any caller could ever be allowed.
pub(crate) fn possible(rule: &Rule) -> bool {
    reduce(rule) != Rule::Nobody
}

fn reduce_any(rules: &[Rule]) -> Rule {
    let mut kept: Vec<Rule> = rules.iter().map(reduce).filter(|rule| *rule != Rule::Nobody).collect();
    if kept.contains(&Rule::Anyone) {
        return Rule::Anyone;
    }
    kept.sort_by_key(cost);
    match kept.len() {
        0 => Rule::Nobody,
        1 => kept.remove(0),
        _ => Rule::AnyOf(kept),
    }
}

fn reduce_all(rules: &[Rule]) -> Rule {
    let mut kept: Vec<Rule> = rules.iter().map(reduce).filter(|rule| *rule != Rule::Anyone).collect();
    // An empty list is refused when tables are checked; here it fails closed.
    if rules.is_empty() || kept.contains(&Rule::Nobody) {
        return Rule::Nobody;
    }
    kept.sort_by_key(cost);
    match kept.len() {
        0 => Rule::Anyone,
        1 => kept.remove(0),
        _ => Rule::AllOf(kept),
    }
}

fn cost(rule: &Rule) -> u8 {
    match rule {
        Rule::Granted { .. } | Rule::Parent { .. } | Rule::OwnParent { .. } | Rule::Member { .. } => 2,
        Rule::Organisation(_) => 1,
        Rule::AnyOf(rules) | Rule::AllOf(rules) => rules.iter().map(cost).max().unwrap_or(0),
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::Policy;

    #[test]
    fn what_cannot_be_is_nobody() {
        let nobody = Rule::AllOf(vec![Rule::SignedIn, Rule::AnyOf(vec![Rule::Nobody])]);
        assert!(!possible(&nobody));
        assert!(!possible(&Rule::AnyOf(vec![])));
        assert!(!possible(&Rule::AllOf(vec![])));
        assert_eq!(reduce(&Rule::Nobody.or(Rule::System)), Rule::System);
        assert_eq!(reduce(&Rule::AnyOf(vec![Rule::System, Rule::Anyone])), Rule::Anyone);
        assert_eq!(reduce(&Rule::AllOf(vec![Rule::Anyone])), Rule::Anyone);
    }

    #[test]
    fn tenant_stands_before_every_rule() {
        let table = Table::new("goals", Policy::closed());
        let compiler = Compiler::Sqlite { views: "v_" };
        assert_eq!(compiler.condition(&table, &Rule::Anyone, "NEW"), "(NEW.\"tenant_id\" = rls_tenant(0))");
        assert_eq!(
            compiler.condition(&table, &Rule::Owner("owner_id"), "NEW"),
            "(NEW.\"tenant_id\" = rls_tenant(0) AND NEW.\"owner_id\" = rls_user(0))"
        );
        assert_eq!(compiler.condition(&table, &Rule::Nobody, "NEW"), "FALSE");
    }

    #[test]
    fn sub_selects_come_last_and_text_is_quoted() {
        let table = Table::new("goals", Policy::closed());
        let rule = Rule::AnyOf(vec![Rule::Parent { column: "goal_id", table: "g" }, Rule::Equals("state", "it's")]);
        let sql = Compiler::Postgres { schema: "s" }.condition(&table, &rule, "\"goals\"");
        assert!(sql.ends_with(
            "(\"goals\".\"state\" = 'it''s' OR EXISTS (SELECT 1 FROM \"s\".\"g\" AS rls_p WHERE rls_p.\"id\" = \"goals\".\"goal_id\")))"
        ));
    }
}
