//! Query parameters: typed, checked, every bad one named.

mod pairs;
pub(crate) mod value;

use axum::extract::FromRequestParts;
use banyan_kernel::ErrorCode;
use http::request::Parts;
use serde::de::DeserializeOwned;
use serde::de::value::MapDeserializer;

use crate::{Check, FieldError, Problem, Validate};
use pairs::Pair;
pub(crate) use pairs::{decode, pairs};
use value::{Refusal, Text, fields_of};

/// What others read: [`crate::Paging`], which a handler may take as well, and the front door, which any request may ask for a language.
/// The filters need not know these.
const OTHERS: [&str; 6] = ["page", "limit", "orderBy", "order", "locale", "lang"];

/// The query as a `T` with `#[serde(rename_all = "camelCase", deny_unknown_fields)]`: flat, with numbers, booleans, words and options.
///
/// An empty value (`?status=`) counts as left out where the field is optional.
#[derive(Clone, Copy, Debug)]
pub struct Query<T>(pub T);

impl<S, T> FromRequestParts<S> for Query<T>
where
    S: Sync,
    T: DeserializeOwned + Validate,
{
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        parse(parts.uri.query().unwrap_or_default()).map(Self)
    }
}

/// The query's text as a `T`, checked.
pub(crate) fn parse<T: DeserializeOwned + Validate>(query: &str) -> Result<T, Problem> {
    let mut given = pairs(query)?;
    if let Some(known) = fields_of::<T>() {
        given.retain(|(name, _)| known.contains(&name.as_ref()) || !OTHERS.contains(&name.as_ref()));
    }
    let value = match deserialize(&given) {
        Ok(value) => value,
        Err(refusal) => return Err(explain::<T>(given, refusal)),
    };
    let mut check = Check::of(&value);
    refuse_zeros(&given, &mut check);
    check.finish()?;
    Ok(value)
}

fn deserialize<T: DeserializeOwned>(given: &[Pair<'_>]) -> Result<T, Refusal> {
    T::deserialize(MapDeserializer::new(given.iter().map(|(name, value)| (name.as_ref(), Text { name, value }))))
}

fn refuse_zeros(given: &[Pair<'_>], check: &mut Check) {
    for (name, _) in given.iter().filter(|(name, value)| value.contains('\0') || name.contains('\0')) {
        check.error(shown(name), FieldError::control_characters());
    }
}

/// Names one bad parameter after the other: each is set aside, and the rest is tried again.
#[cold]
fn explain<T: DeserializeOwned>(mut given: Vec<Pair<'_>>, mut refusal: Refusal) -> Problem {
    let mut check = Check::new();
    refuse_zeros(&given, &mut check);
    loop {
        let name = refusal.field.unwrap_or_default();
        let count = given.len();
        check.error(shown(&name), refusal.error);
        given.retain(|(known, _)| *known != name);
        if given.len() == count || check.is_full() {
            // Something is missing, and what is missing cannot be set aside.
            break;
        }
        match deserialize::<T>(&given) {
            Ok(_) => break,
            // Missing now because it was set aside.
            Err(next) if next.field.as_deref().is_some_and(|field| check.covers(field)) => break,
            Err(next) => refusal = next,
        }
    }
    check.finish().err().unwrap_or_else(|| ErrorCode::MalformedRequest.into())
}

/// A sent name as it may be shown.
fn shown(name: &str) -> String {
    name.chars().filter(|c| !c.is_control()).take(64).collect()
}
