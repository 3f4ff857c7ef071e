//! The bound caller as SQL functions, and the list of functions that a statement may call.
//!
//! They are deterministic within a statement, so SQLite evaluates them once and can use them for a search in an index. Each takes an
//! argument, if only a zero: with statistics at hand SQLite calls a deterministic function already while it plans, and hands a null
//! pointer to one without arguments, which `rusqlite` 0.39 makes a slice of.

use std::sync::Arc;

use banyan_kernel::{Role, Uuid};
use rusqlite::Connection;
use rusqlite::functions::{Context, FunctionFlags};
use rusqlite::types::ValueRef;

use crate::context::Elevated;
use crate::sqlite::security::state::State;

/// What portable SQL needs. Absent on purpose: clocks and randomness (the kernel gives them), whatever reaches files or code.
const ALLOWED: &[&str] = &[
    "->",
    "->>",
    "abs",
    "avg",
    "char",
    "coalesce",
    "concat",
    "concat_ws",
    "count",
    "cume_dist",
    "dense_rank",
    "first_value",
    "glob",
    "group_concat",
    "hex",
    "if",
    "ifnull",
    "iif",
    "instr",
    "json",
    "json_array",
    "json_array_length",
    "json_error_position",
    "json_extract",
    "json_group_array",
    "json_group_object",
    "json_insert",
    "json_object",
    "json_patch",
    "json_quote",
    "json_remove",
    "json_replace",
    "json_set",
    "json_type",
    "json_valid",
    "lag",
    "last_value",
    "lead",
    "length",
    "like",
    "lower",
    "ltrim",
    "max",
    "min",
    "nth_value",
    "ntile",
    "nullif",
    "octet_length",
    "percent_rank",
    "quote",
    "rank",
    "replace",
    "round",
    "row_number",
    "rtrim",
    "sign",
    "string_agg",
    "substr",
    "substring",
    "sum",
    "total",
    "trim",
    "typeof",
    "unhex",
    "unicode",
    "upper",
];

/// The functions of the bound caller. Statements cannot name them, policies can.
const OWN: &[&str] = &["rls_actor", "rls_check", "rls_elevated", "rls_member", "rls_role", "rls_tenant", "rls_user"];

pub(super) fn is_allowed(name: &str) -> bool {
    let lower = name.to_ascii_lowercase();
    ALLOWED.binary_search(&lower.as_str()).is_ok() || OWN.binary_search(&lower.as_str()).is_ok()
}

pub(super) fn register(connection: &Connection, state: &Arc<State>) -> rusqlite::Result<()> {
    let flags = FunctionFlags::SQLITE_UTF8 | FunctionFlags::SQLITE_DETERMINISTIC;
    let at = state.clone();
    connection.create_scalar_function("rls_tenant", 1, flags, move |_| {
        Ok(at.with_caller(|caller| caller.tenant.into_bytes().to_vec()))
    })?;
    let at = state.clone();
    connection.create_scalar_function("rls_user", 1, flags, move |_| {
        Ok(at.with_caller(|caller| caller.user).flatten().map(|user| user.into_bytes().to_vec()))
    })?;
    let at = state.clone();
    connection.create_scalar_function("rls_actor", 1, flags, move |_| Ok(at.with_caller(|caller| caller.actor.word())))?;
    let at = state.clone();
    connection.create_scalar_function("rls_elevated", 1, flags, move |_| {
        Ok(at.with_caller(|caller| caller.elevated == Elevated::Yes).unwrap_or_default())
    })?;
    let at = state.clone();
    connection.create_scalar_function("rls_role", 1, flags, move |arguments| Ok(has_role(&at, arguments)))?;
    let at = state.clone();
    connection.create_scalar_function("rls_member", 1, flags, move |arguments| Ok(is_member(&at, arguments)))?;
    let at = state.clone();
    connection.create_scalar_function("rls_check", 2, flags, move |arguments| Ok(at.checks(arguments.get(0)?, arguments.get(1)?)))
}

fn has_role(state: &State, arguments: &Context<'_>) -> bool {
    let ValueRef::Text(name) = arguments.get_raw(0) else { return false };
    let role = std::str::from_utf8(name).ok().and_then(|name| name.parse::<Role>().ok());
    role.is_some_and(|role| state.with_caller(|caller| caller.roles.contains(role)).unwrap_or_default())
}

fn is_member(state: &State, arguments: &Context<'_>) -> bool {
    let ValueRef::Blob(id) = arguments.get_raw(0) else { return false };
    let organisation = Uuid::from_slice(id).ok();
    organisation.is_some_and(|id| state.with_caller(|caller| caller.organisations.contains(&id)).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lists_are_sorted_for_the_search() {
        assert!(ALLOWED.is_sorted() && OWN.is_sorted());
        assert!(is_allowed("COUNT") && is_allowed("rls_user"));
        for name in ["load_extension", "random", "readfile", "fts3_tokenizer", "sqlite_version", "datetime", "current_timestamp"]
        {
            assert!(!is_allowed(name), "{name}");
        }
    }
}
