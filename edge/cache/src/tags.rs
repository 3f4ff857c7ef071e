//! Names by which many answers are forgotten at once.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use http::{HeaderMap, HeaderName};

use crate::directives::members;

static CACHE_TAG: HeaderName = HeaderName::from_static("cache-tag");
static SURROGATE_KEY: HeaderName = HeaderName::from_static("surrogate-key");

/// Of one answer no more tags than this are kept. An answer with more is not stored, or it could not be purged.
pub(crate) const MOST_TAGS: usize = 64;
const LONGEST: usize = 128;

/// A tag: 1 to 128 visible ASCII characters without a comma.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Tag(Arc<str>);

/// The text cannot be a tag.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a tag has 1 to {LONGEST} visible ASCII characters and no comma")]
pub struct InvalidTag;

impl FromStr for Tag {
    type Err = InvalidTag;

    fn from_str(text: &str) -> Result<Self, InvalidTag> {
        let visible = text.bytes().all(|byte| byte.is_ascii_graphic() && byte != b',');
        if text.is_empty() || text.len() > LONGEST || !visible {
            return Err(InvalidTag);
        }
        Ok(Self(text.into()))
    }
}

impl Tag {
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The name under which the store remembers when the tag was purged.
    pub(crate) fn mark(&self) -> Arc<str> {
        format!("tag\n{}", self.0).into()
    }
}

impl fmt::Display for Tag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

pub(crate) fn is_tag_mark(mark: &str) -> bool {
    mark.starts_with("tag\n")
}

/// An answer has too many tags, or one that cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct UnreadableTags;

/// The tags that an answer names: `Cache-Tag` parts them by commas, `Surrogate-Key` by blanks.
pub(crate) fn named_by(headers: &HeaderMap) -> Result<Vec<Tag>, UnreadableTags> {
    let by_comma = headers.get_all(&CACHE_TAG).into_iter().flat_map(members);
    let keys = headers.get_all(&SURROGATE_KEY).into_iter().filter_map(|value| value.to_str().ok());
    let by_blank = keys.flat_map(str::split_ascii_whitespace);
    let mut tags = Vec::new();
    for text in by_comma.chain(by_blank) {
        tags.push(text.parse().map_err(|_| UnreadableTags)?);
        if tags.len() > MOST_TAGS {
            return Err(UnreadableTags);
        }
    }
    tags.sort();
    tags.dedup();
    Ok(tags)
}

/// Takes what is said between an origin and its caches out of an answer that goes to a client.
pub(crate) fn hide(headers: &mut HeaderMap) {
    headers.remove(&CACHE_TAG);
    headers.remove(&SURROGATE_KEY);
    headers.remove("surrogate-control");
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::HeaderValue;

    #[test]
    fn tags_come_from_both_fields_once_each() {
        let mut headers = HeaderMap::new();
        headers.append("cache-tag", HeaderValue::from_static("b, a"));
        headers.append("surrogate-key", HeaderValue::from_static("a  c"));
        let tags = named_by(&headers).unwrap();
        assert_eq!(tags.iter().map(Tag::as_str).collect::<Vec<_>>(), ["a", "b", "c"]);
        headers.append("cache-tag", HeaderValue::from_static("two words"));
        assert_eq!(named_by(&headers), Err(UnreadableTags));
    }

    #[test]
    fn more_tags_than_can_be_kept_are_refused() {
        let many = (0..=MOST_TAGS).map(|number| number.to_string()).collect::<Vec<_>>().join(" ");
        let mut headers = HeaderMap::new();
        headers.insert("surrogate-key", HeaderValue::try_from(many).unwrap());
        assert_eq!(named_by(&headers), Err(UnreadableTags));
    }
}
