//! What a client asks for: projects, names, tags, and what its SDK understands.

use std::collections::BTreeSet;

use banyan_features::{Scope, Segments};
use banyan_http::{FieldError, Problem};
use http::{HeaderMap, Uri};

use crate::clients::ClientIdentity;

/// Of each kind, in a query.
const MOST_VALUES: usize = 100;
/// Of the text of a value, in bytes.
const LONGEST: usize = 200;

/// The part of the flags that the request is for: what the token sees, and of that what the query names.
pub(super) fn scope(token: &ClientIdentity, uri: &Uri, headers: &HeaderMap) -> Result<Scope, Problem> {
    let mut scope = token.scope();
    let (mut projects, mut tags) = (BTreeSet::new(), BTreeSet::new());
    for (name, value) in pairs(uri) {
        if value.len() > LONGEST {
            return Err(Problem::invalid(name, FieldError::too_long(LONGEST)));
        }
        match name.as_str() {
            "project" | "project[]" => drop(projects.insert(value)),
            "tag" | "tag[]" => drop(tags.insert(value)),
            "namePrefix" => scope.prefix = value,
            // SDKs of later versions may say more.
            _ => {}
        }
        if projects.len() > MOST_VALUES || tags.len() > MOST_VALUES {
            return Err(Problem::invalid(name, FieldError::too_many(MOST_VALUES)));
        }
    }
    // A token of some projects gets those, whatever the query says; so does Unleash.
    if scope.projects.is_none() && !projects.is_empty() && !projects.contains("*") {
        scope.projects = Some(projects);
    }
    scope.tags = tags;
    scope.segments = if knows_segments(headers)? { Segments::Listed } else { Segments::Inlined };
    Ok(scope)
}

/// The pairs of the query, decoded.
pub(super) fn pairs(uri: &Uri) -> impl Iterator<Item = (String, String)> {
    url::form_urlencoded::parse(uri.query().unwrap_or_default().as_bytes())
        .map(|(name, value)| (name.into_owned(), value.into_owned()))
}

/// Whether the SDK keeps to version 4.2 or later of the client specification. One that says nothing is older.
fn knows_segments(headers: &HeaderMap) -> Result<bool, Problem> {
    let Some(text) = headers.get("unleash-client-spec") else { return Ok(false) };
    let version = text.to_str().ok().and_then(version);
    let version =
        version.ok_or_else(|| Problem::invalid("Unleash-Client-Spec", FieldError::new("invalid-version", "flags-field-spec")))?;
    Ok(version >= (4, 2, 0))
}

/// `5.2.0`, or with something after it: `6.0.0-beta.1`.
fn version(text: &str) -> Option<(u32, u32, u32)> {
    let (numbers, _) = text.split_once(['-', '+']).unwrap_or((text, ""));
    let mut numbers = numbers.split('.').map(|number| number.parse::<u32>().ok());
    let version = (numbers.next()??, numbers.next()??, numbers.next()??);
    numbers.next().is_none().then_some(version)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clients::ClientKind;
    use banyan_kernel::Uuid;

    fn asked(projects: Option<&[&str]>, query: &str, spec: Option<&str>) -> Result<Scope, Problem> {
        let projects = projects.map(|names| names.iter().map(|name| (*name).to_owned()).collect());
        let token = ClientIdentity { tenant: Uuid::nil(), kind: ClientKind::Client, environment: None, projects };
        let mut headers = HeaderMap::new();
        if let Some(spec) = spec {
            headers.insert("unleash-client-spec", spec.parse().unwrap());
        }
        scope(&token, &format!("/api/client/features?{query}").parse().unwrap(), &headers)
    }

    #[test]
    fn a_query_narrows_what_the_token_sees_and_never_widens_it() {
        let open = asked(None, "project=a&project=b&namePrefix=x.&tag=simple:beta", Some("5.2.0")).unwrap();
        assert_eq!(open.projects, Some(["a".to_owned(), "b".to_owned()].into()));
        assert_eq!((open.prefix.as_str(), open.tags.len(), open.segments), ("x.", 1, Segments::Listed));
        let bound = asked(Some(&["a"]), "project=b&project=*", Some("4.1.9")).unwrap();
        assert_eq!((bound.projects, bound.segments), (Some(["a".to_owned()].into()), Segments::Inlined));
        assert_eq!(asked(None, "", None).unwrap().segments, Segments::Inlined);
    }

    #[test]
    fn versions_are_whole() {
        for (text, expected) in [
            ("5.2.0", Some((5, 2, 0))),
            ("6.0.0-beta.1", Some((6, 0, 0))),
            ("v5.2.0", None),
            ("5.2", None),
            ("5.2.0.1", None),
            ("", None),
        ] {
            assert_eq!(version(text), expected, "{text}");
        }
        assert!(asked(None, "", Some("soon")).is_err());
        assert!(asked(None, &format!("namePrefix={}", "a".repeat(201)), None).is_err());
    }
}
