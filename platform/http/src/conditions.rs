//! Entity tags and the conditions that rest on them (RFC 9110 §8.8.3, §13.1).

use std::fmt::Write;

use axum::Json;
use axum::extract::FromRequestParts;
use axum::response::{IntoResponse, Response};
use banyan_kernel::{ErrorCode, Timestamp};
use http::header::{ETAG, IF_MATCH, IF_NONE_MATCH};
use http::request::Parts;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use serde::Serialize;
use sha2::{Digest, Sha256};
use utoipa::IntoParams;
use utoipa::openapi::Required;
use utoipa::openapi::path::{Parameter, ParameterBuilder, ParameterIn};
use utoipa::openapi::schema::{ObjectBuilder, Type};
use uuid::Uuid;

use crate::{FieldError, Problem};

/// More members than any client keeps of one resource.
const MOST_TAGS: usize = 50;

/// A strong entity tag: two answers with the same tag are equal, byte for byte.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ETag(HeaderValue);

impl ETag {
    /// Of a row that carries the time of its last change. An answer that also depends on the locale needs [`ETag::of_bytes`].
    pub fn of_version(id: Uuid, updated_at: Timestamp) -> Self {
        Self::quoted(&format!("{}-{:x}", id.simple(), updated_at.micros()))
    }

    /// Of the very bytes (SHA-256, 128 bits of it).
    pub fn of_bytes(bytes: &[u8]) -> Self {
        let mut text = String::with_capacity(32);
        for byte in &Sha256::digest(bytes)[..16] {
            let _ = write!(text, "{byte:02x}");
        }
        Self::quoted(&text)
    }

    fn quoted(text: &str) -> Self {
        // Hexadecimal digits and hyphens always make a header value.
        Self(HeaderValue::try_from(format!("\"{text}\"")).unwrap_or(HeaderValue::from_static("\"-\"")))
    }

    /// With quotes, as it stands in `ETag` and goes into `If-Match`.
    pub fn as_str(&self) -> &str {
        self.0.to_str().unwrap_or_default()
    }

    pub fn header_value(&self) -> HeaderValue {
        self.0.clone()
    }
}

/// What the client knows of the present state: `If-Match` and `If-None-Match`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Preconditions {
    if_match: Option<Tags>,
    if_none_match: Option<Tags>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Tags {
    Any,
    Listed(Vec<Listed>),
}

/// A tag as it was sent, with its quotes.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Listed {
    strength: Strength,
    tag: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Strength {
    Strong,
    Weak,
}

impl<S: Sync> FromRequestParts<S> for Preconditions {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        Self::of(&parts.headers)
    }
}

impl Preconditions {
    /// # Errors
    /// 422 that names the header which is no list of entity tags.
    pub fn of(headers: &HeaderMap) -> Result<Self, Problem> {
        Ok(Self { if_match: read(headers, &IF_MATCH)?, if_none_match: read(headers, &IF_NONE_MATCH)? })
    }

    /// Whether the client has this state already, so that 304 answers a read (weak comparison).
    pub fn has(&self, present: &ETag) -> bool {
        self.if_none_match.as_ref().is_some_and(|tags| match tags {
            Tags::Any => true,
            Tags::Listed(tags) => tags.iter().any(|listed| listed.tag == present.as_str()),
        })
    }

    /// The answer to a read: 304 if the client has it already. `body` is made only if it is sent.
    pub fn answer<T>(&self, tag: ETag, body: impl FnOnce() -> T) -> Tagged<T> {
        let body = if self.has(&tag) { None } else { Some(body()) };
        Tagged { tag, body }
    }

    /// For a change that two editors might make at once.
    ///
    /// # Errors
    /// 428 without `If-Match`; 412 where it names another state (strong comparison).
    pub fn require(&self, present: &ETag) -> Result<(), Problem> {
        if self.if_match.is_none() {
            return Err(ErrorCode::PreconditionRequired.into());
        }
        self.allow(present)
    }

    /// As [`Preconditions::require`], but a client that does not ask may change blindly.
    ///
    /// # Errors
    /// 412 where `If-Match` names another state.
    pub fn allow(&self, present: &ETag) -> Result<(), Problem> {
        let holds = self.if_match.as_ref().is_none_or(|tags| match tags {
            Tags::Any => true,
            Tags::Listed(tags) => tags.iter().any(|listed| listed.strength == Strength::Strong && listed.tag == present.as_str()),
        });
        if holds { Ok(()) } else { Err(ErrorCode::PreconditionFailed.into()) }
    }

    /// For a change of what is not there: a client that names a state means another one (RFC 9110 §13.1.1).
    ///
    /// # Errors
    /// 412 where there is an `If-Match`.
    pub fn allow_new(&self) -> Result<(), Problem> {
        if self.if_match.is_none() { Ok(()) } else { Err(ErrorCode::PreconditionFailed.into()) }
    }
}

/// For `#[utoipa::path(params(Preconditions))]`: a read gets `If-None-Match` and 304, a change `If-Match`, 412 and 428.
impl IntoParams for Preconditions {
    fn into_params(_: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        let header = |name: &str, description: &str| {
            let parameter = ParameterBuilder::new().name(name).parameter_in(ParameterIn::Header).required(Required::False);
            parameter.description(Some(description)).schema(Some(ObjectBuilder::new().schema_type(Type::String))).build()
        };
        vec![
            header("If-Match", "The `ETag` of the state that the change is meant for."),
            header("If-None-Match", "The `ETag` of the state that the client has."),
        ]
    }
}

/// A body with its entity tag, or 304 without one.
#[derive(Clone, Debug)]
pub struct Tagged<T> {
    pub tag: ETag,
    pub body: Option<T>,
}

impl<T> Tagged<T> {
    /// For answers to changes, which are always sent in full.
    pub fn new(tag: ETag, body: T) -> Self {
        Self { tag, body: Some(body) }
    }
}

impl<T: Serialize> IntoResponse for Tagged<T> {
    fn into_response(self) -> Response {
        let mut response = match self.body {
            Some(body) => Json(body).into_response(),
            None => StatusCode::NOT_MODIFIED.into_response(),
        };
        response.headers_mut().insert(ETAG, self.tag.0);
        response
    }
}

fn read(headers: &HeaderMap, name: &HeaderName) -> Result<Option<Tags>, Problem> {
    let mut tags = Vec::new();
    let mut any = false;
    let refused = |error| Err(Problem::invalid(name.as_str(), error));
    let mut lines = headers.get_all(name).iter().peekable();
    if lines.peek().is_none() {
        return Ok(None);
    }
    for line in lines {
        match line.to_str().ok().and_then(parse) {
            Some(Tags::Any) => any = true,
            Some(Tags::Listed(more)) => tags.extend(more),
            None => return refused(FieldError::pattern()),
        }
        if tags.len() > MOST_TAGS {
            return refused(FieldError::too_many(MOST_TAGS));
        }
    }
    if any && !tags.is_empty() {
        return refused(FieldError::pattern());
    }
    Ok(Some(if any { Tags::Any } else { Tags::Listed(tags) }))
}

/// `"*" / #entity-tag`. A tag may hold commas, so the text is read from quote to quote.
fn parse(text: &str) -> Option<Tags> {
    if text.trim() == "*" {
        return Some(Tags::Any);
    }
    let mut tags = Vec::new();
    let mut rest = text.trim_start_matches([' ', '\t', ',']);
    while !rest.is_empty() {
        let (strength, opaque) = rest.strip_prefix("W/").map_or((Strength::Strong, rest), |opaque| (Strength::Weak, opaque));
        let inner = opaque.strip_prefix('"')?;
        let end = inner.find('"')?;
        if !inner[..end].bytes().all(|byte| byte == 0x21 || (0x23..=0x7e).contains(&byte)) {
            return None;
        }
        tags.push(Listed { strength, tag: opaque[..end + 2].to_owned() });
        let after = inner[end + 1..].trim_start_matches([' ', '\t']);
        if !after.is_empty() && !after.starts_with(',') {
            return None;
        }
        rest = after.trim_start_matches([' ', '\t', ',']);
    }
    if tags.is_empty() { None } else { Some(Tags::Listed(tags)) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn conditions(name: HeaderName, value: &str) -> Result<Preconditions, Problem> {
        Preconditions::of(&HeaderMap::from_iter([(name, HeaderValue::from_str(value).unwrap())]))
    }

    fn tag() -> ETag {
        ETag::of_version(Uuid::nil(), Timestamp::from_micros(255))
    }

    #[test]
    fn a_read_is_answered_304_by_weak_comparison() {
        let known = tag().as_str().to_owned();
        for value in [known.clone(), format!("W/{known}"), format!("\"a,b\" , {known}"), "*".to_owned()] {
            assert!(conditions(IF_NONE_MATCH, &value).unwrap().has(&tag()), "{value}");
        }
        assert!(!conditions(IF_NONE_MATCH, "\"other\"").unwrap().has(&tag()));
        assert!(!Preconditions::default().has(&tag()));
    }

    #[test]
    fn a_change_needs_the_strong_tag() {
        let known = tag().as_str().to_owned();
        assert!(conditions(IF_MATCH, &known).unwrap().require(&tag()).is_ok());
        assert!(conditions(IF_MATCH, "*").unwrap().require(&tag()).is_ok());
        let code = |value: &str| conditions(IF_MATCH, value).unwrap().require(&tag()).unwrap_err().code();
        assert_eq!(code("\"other\""), ErrorCode::PreconditionFailed);
        assert_eq!(code(&format!("W/{known}")), ErrorCode::PreconditionFailed);
        assert_eq!(Preconditions::default().require(&tag()).unwrap_err().code(), ErrorCode::PreconditionRequired);
        assert!(Preconditions::default().allow(&tag()).is_ok());
        assert!(Preconditions::default().allow_new().is_ok());
        assert_eq!(conditions(IF_MATCH, "*").unwrap().allow_new().unwrap_err().code(), ErrorCode::PreconditionFailed);
    }

    #[test]
    fn malformed_lists_are_refused() {
        for bad in ["abc", "\"a", "\"a\" \"b\"", "w/\"a\"", "\"a b\"", "", ",", "*, \"a\"", "\"é\""] {
            let value = HeaderValue::from_bytes(bad.as_bytes()).unwrap();
            let headers = HeaderMap::from_iter([(IF_MATCH, value)]);
            assert_eq!(Preconditions::of(&headers).unwrap_err().code(), ErrorCode::ValidationFailed, "{bad}");
        }
    }

    #[test]
    fn tags_differ_by_row_and_time() {
        assert_eq!(tag().as_str(), "\"00000000000000000000000000000000-ff\"");
        assert_ne!(tag(), ETag::of_version(Uuid::max(), Timestamp::from_micros(255)));
        assert_ne!(ETag::of_bytes(b"a"), ETag::of_bytes(b"b"));
    }

    proptest! {
        #[test]
        fn any_header_is_read_without_panic(text in "[ -~\\t]{0,80}") {
            let _ = parse(&text);
        }

        #[test]
        fn lists_of_tags_are_read_whole(tags in proptest::collection::vec("[!#-~]{0,12}", 1..8)) {
            let list = tags.iter().map(|tag| format!("\"{tag}\"")).collect::<Vec<_>>().join(", ");
            let Some(Tags::Listed(read)) = parse(&list) else { panic!("{list}") };
            prop_assert_eq!(read.into_iter().map(|listed| listed.tag).collect::<Vec<_>>().join(", "), list);
        }
    }
}
