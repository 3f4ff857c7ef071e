//! A third reading of the rules, in plain Rust: written from their documentation, not from the SQL, so that it can disagree.

use std::collections::BTreeMap;

use banyan_kernel::{Actor, Caller, Uuid};
use sea_orm::Value;

use super::{Row, Who};
use crate::policy::Rule;
use crate::schema::{Scope, Table};

/// All rows of all tables, as they stand.
#[derive(Clone, Debug, Default)]
pub struct World {
    pub tables: Vec<Table>,
    pub rows: BTreeMap<String, Vec<Row>>,
}

impl World {
    pub fn new(tables: &[Table]) -> Self {
        Self { tables: tables.to_vec(), rows: BTreeMap::new() }
    }

    pub fn table(&self, name: &str) -> Option<&Table> {
        self.tables.iter().find(|table| table.name == name)
    }

    pub fn rows(&self, table: &str) -> &[Row] {
        self.rows.get(table).map_or(&[], Vec::as_slice)
    }

    /// Whether `who` satisfies `rule` for a row of `table`.
    pub fn holds(&self, table: &Table, rule: &Rule, row: &Row, who: &Who) -> bool {
        let Some(tenant) = who.tenant() else { return false };
        if table.scope == Scope::Tenant && uuid(row, "tenant_id") != Some(tenant) {
            return false;
        }
        self.rule(rule, row, who)
    }

    /// Whether `who` may read the row.
    pub fn sees(&self, table: &Table, row: &Row, who: &Who) -> bool {
        self.holds(table, &table.policy.read, row, who)
    }

    fn rule(&self, rule: &Rule, row: &Row, who: &Who) -> bool {
        let caller = caller(who);
        let user = caller.and_then(Caller::user_id);
        match rule {
            Rule::Nobody => false,
            Rule::Anyone => true,
            Rule::SignedIn => user.is_some(),
            Rule::System => caller.is_some_and(|caller| matches!(caller.actor, Actor::System(_))),
            Rule::Platform => matches!(who, Who::Platform(_)),
            Rule::Tenant(column) => who.tenant().is_some() && uuid(row, column) == who.tenant(),
            Rule::Owner(column) => user.is_some() && uuid(row, column) == user,
            Rule::Organisation(column) => {
                uuid(row, column).is_some_and(|id| caller.is_some_and(|caller| caller.organisations.contains(&id)))
            }
            Rule::HasRole(role) => caller.is_some_and(|caller| caller.roles.contains(*role)),
            Rule::Granted { owner, kind } => self.granted(uuid(row, owner), user, kind, who),
            Rule::Equals(column, text) => matches!(row.get(*column), Some(Value::String(Some(stored))) if stored == text),
            Rule::Parent { column, table } => self.parent(uuid(row, column), table, who, |_| true),
            Rule::OwnParent { column, table, owner } => {
                let own = |row: &Row| user.is_some() && uuid(row, owner) == user;
                self.parent(uuid(row, column), table, who, own)
            }
            Rule::Member { column, table, key, member } => self.member(uuid(row, column), table, (key, member), user, who),
            Rule::Null(column) => row.get(*column).is_none_or(|value| *value == value.as_null()),
            Rule::Elevated => caller.is_some_and(|caller| caller.elevation().is_some()),
            Rule::AnyOf(rules) => rules.iter().any(|rule| self.rule(rule, row, who)),
            Rule::AllOf(rules) => !rules.is_empty() && rules.iter().all(|rule| self.rule(rule, row, who)),
        }
    }

    fn granted(&self, owner: Option<Uuid>, user: Option<Uuid>, kind: &str, who: &Who) -> bool {
        let (Some(owner), Some(user), Some(grants)) = (owner, user, self.table("grants")) else { return false };
        self.rows("grants").iter().any(|grant| {
            uuid(grant, "owner_id") == Some(owner)
                && uuid(grant, "grantee_id") == Some(user)
                && matches!(grant.get("kind"), Some(Value::String(Some(stored))) if stored == kind)
                && matches!(grant.get("revoked_at"), None | Some(Value::BigInt(None)))
                && self.sees(grants, grant, who)
        })
    }

    fn member(&self, id: Option<Uuid>, table: &str, (key, member): (&str, &str), user: Option<Uuid>, who: &Who) -> bool {
        let (Some(id), Some(user), Some(table)) = (id, user, self.table(table)) else { return false };
        let names = |row: &Row| uuid(row, key) == Some(id) && uuid(row, member) == Some(user);
        self.rows(table.name).iter().any(|row| names(row) && self.sees(table, row, who))
    }

    fn parent(&self, id: Option<Uuid>, table: &str, who: &Who, also: impl Fn(&Row) -> bool) -> bool {
        let (Some(id), Some(table)) = (id, self.table(table)) else { return false };
        self.rows(table.name).iter().any(|row| uuid(row, "id") == Some(id) && self.sees(table, row, who) && also(row))
    }
}

/// The caller in person; the store's own bookkeeping is nobody.
fn caller(who: &Who) -> Option<&Caller> {
    match who {
        Who::Caller(caller) => Some(caller),
        Who::Unbound | Who::Platform(_) => None,
    }
}

pub(super) fn uuid(row: &Row, column: &str) -> Option<Uuid> {
    match row.get(column) {
        Some(Value::Uuid(id)) => *id,
        _ => None,
    }
}
