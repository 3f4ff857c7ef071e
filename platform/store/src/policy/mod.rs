//! Who may see and change a row, declared once a table and enforced below the services on both engines.

mod check;
pub(crate) mod compile;
mod describe;

use banyan_kernel::Role;

pub use check::{DeclarationError, check};

/// A condition on one row and the caller. Fails closed: without a bound caller every rule is false.
///
/// On a tenant's table every rule is also bound to `tenant_id = the caller's tenant`; no rule can widen that.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Rule {
    /// Never, for anybody: not even elevated callers. (Append-only and write-only tables.)
    Nobody,
    /// Any caller of the tenant, anonymous ones too.
    Anyone,
    /// Any signed-in caller of the tenant.
    SignedIn,
    /// The service acting for itself (log-in, jobs, event consumers).
    System,
    /// The store's own bookkeeping (audit chain, idempotency). Services cannot become it.
    Platform,
    /// The caller's tenant stands in this column: for tables of the installation that hold rows of many tenants.
    Tenant(&'static str),
    /// The caller's user id stands in this column.
    Owner(&'static str),
    /// The caller is a member of the organisation in this column.
    Organisation(&'static str),
    /// The caller holds the role in the tenant.
    HasRole(Role),
    /// The user in column `owner` has granted the caller sight of rows of this `kind` (the `grants` table of the service).
    Granted {
        owner: &'static str,
        kind: &'static str,
    },
    /// The column holds exactly this text.
    Equals(&'static str, &'static str),
    /// The caller may read the row of `table` (same tenant) whose id stands in `column`.
    Parent {
        column: &'static str,
        table: &'static str,
    },
    /// The row of `table` (same tenant) whose id stands in `column` has the caller's user id in its column `owner`, and the caller
    /// may read it.
    OwnParent {
        column: &'static str,
        table: &'static str,
        owner: &'static str,
    },
    /// A row of `table` (same tenant), which the caller may read, has in its column `key` what stands in `column` here, and the caller's
    /// user id in its column `member`: whoever is on the list that belongs to the row.
    Member {
        column: &'static str,
        table: &'static str,
        key: &'static str,
        member: &'static str,
    },
    /// Nothing stands in the column.
    Null(&'static str),
    /// The caller is elevated ([`banyan_kernel::Caller::elevate`]): audited with its reason.
    Elevated,
    AnyOf(Vec<Rule>),
    AllOf(Vec<Rule>),
}

/// What a table allows. `read` also decides what a `WHERE` may look at and what `RETURNING` may show.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Policy {
    pub read: Rule,
    /// Must hold for the new row.
    pub insert: Rule,
    /// Must hold for the row before and after the change.
    pub update: Rule,
    pub delete: Rule,
}

impl Policy {
    /// Nothing is allowed. Start here and open what is needed.
    pub fn closed() -> Self {
        Self { read: Rule::Nobody, insert: Rule::Nobody, update: Rule::Nobody, delete: Rule::Nobody }
    }

    /// Rows of the user in `column`: the owner does everything, elevated callers read.
    pub fn owned_by(column: &'static str) -> Self {
        Self {
            read: Rule::AnyOf(vec![Rule::Owner(column), Rule::Elevated]),
            insert: Rule::Owner(column),
            update: Rule::Owner(column),
            delete: Rule::Owner(column),
        }
    }

    /// The four rules: read, insert, update, delete.
    pub fn rules(&self) -> [&Rule; 4] {
        [&self.read, &self.insert, &self.update, &self.delete]
    }

    /// Only the service itself, acting as [`Rule::System`].
    pub fn system() -> Self {
        Self { read: Rule::System, insert: Rule::System, update: Rule::System, delete: Rule::System }
    }

    #[must_use]
    pub fn read(mut self, rule: Rule) -> Self {
        self.read = rule;
        self
    }

    /// Also lets callers read for whom `rule` holds.
    #[must_use]
    pub fn also_read(mut self, rule: Rule) -> Self {
        self.read = self.read.or(rule);
        self
    }

    #[must_use]
    pub fn insert(mut self, rule: Rule) -> Self {
        self.insert = rule;
        self
    }

    #[must_use]
    pub fn update(mut self, rule: Rule) -> Self {
        self.update = rule;
        self
    }

    #[must_use]
    pub fn delete(mut self, rule: Rule) -> Self {
        self.delete = rule;
        self
    }

    /// Lets the service itself do everything besides.
    #[must_use]
    pub fn and_system(self) -> Self {
        Self {
            read: self.read.or(Rule::System),
            insert: self.insert.or(Rule::System),
            update: self.update.or(Rule::System),
            delete: self.delete.or(Rule::System),
        }
    }
}

impl Rule {
    #[must_use]
    pub fn or(self, other: Rule) -> Self {
        match self {
            Rule::Nobody => other,
            Rule::AnyOf(mut rules) => {
                rules.push(other);
                Rule::AnyOf(rules)
            }
            rule => Rule::AnyOf(vec![rule, other]),
        }
    }

    #[must_use]
    pub fn and(self, other: Rule) -> Self {
        match self {
            Rule::AllOf(mut rules) => {
                rules.push(other);
                Rule::AllOf(rules)
            }
            rule => Rule::AllOf(vec![rule, other]),
        }
    }
}
