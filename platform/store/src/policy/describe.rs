//! Rules in words, for the compliance report.

use std::fmt;

use crate::policy::Rule;

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Nobody => f.write_str("nobody"),
            Self::Anyone => f.write_str("any caller"),
            Self::SignedIn => f.write_str("signed in"),
            Self::System => f.write_str("the service itself"),
            Self::Platform => f.write_str("the store itself"),
            Self::Tenant(column) => write!(f, "tenant by {column}"),
            Self::Owner(column) => write!(f, "owner by {column}"),
            Self::Organisation(column) => write!(f, "member of {column}"),
            Self::HasRole(role) => write!(f, "role {role}"),
            Self::Granted { owner, kind } => write!(f, "granted {kind} by {owner}"),
            Self::Equals(column, text) => write!(f, "{column} is {text:?}"),
            Self::Parent { column, table } => write!(f, "may read {table} by {column}"),
            Self::OwnParent { column, table, owner } => write!(f, "owner by {owner} of {table} by {column}"),
            Self::Member { column, table, member, .. } => write!(f, "{member} of {table} by {column}"),
            Self::Null(column) => write!(f, "no {column}"),
            Self::Elevated => f.write_str("elevated"),
            Self::AnyOf(rules) => list(f, rules, " or "),
            Self::AllOf(rules) => list(f, rules, " and "),
        }
    }
}

fn list(f: &mut fmt::Formatter<'_>, rules: &[Rule], word: &str) -> fmt::Result {
    for (position, rule) in rules.iter().enumerate() {
        if position > 0 {
            f.write_str(word)?;
        }
        match rule {
            Rule::AnyOf(_) | Rule::AllOf(_) => write!(f, "({rule})")?,
            rule => write!(f, "{rule}")?,
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rules_read_as_sentences() {
        let rule = Rule::Owner("user_id").or(Rule::Elevated).and(Rule::Equals("state", "open"));
        assert_eq!(rule.to_string(), "(owner by user_id or elevated) and state is \"open\"");
    }
}
