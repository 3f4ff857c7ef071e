//! Ending what is stored: by changes that pass through, and by purges.

use std::collections::VecDeque;
use std::sync::Arc;

use http::header::{CONTENT_LOCATION, LOCATION};
use http::{HeaderMap, HeaderValue, Method, StatusCode, Uri};

use super::{Cache, Inner};
use crate::key::{path_mark, plain_host};
use crate::shared::Hearing;
use crate::stats::count;
use crate::tags::Tag;

/// For answers under way, the last purges by prefix are remembered; an answer older than what is remembered is not stored.
const MOST_PREFIXES: usize = 256;

/// What to forget.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Purge {
    /// One address with all of its queries, of all tenants: `example.org/news/1`.
    Address(String),
    /// All addresses that begin so: `example.org/news/`.
    Prefix(String),
    /// All answers that carry the tag.
    Tag(Tag),
    Everything,
}

/// What a request that went past the cache asked for.
#[derive(Clone, Copy, Debug)]
pub struct Asked<'a> {
    pub method: &'a Method,
    pub host: &'a str,
    pub uri: &'a Uri,
    pub tenant: &'a str,
}

impl Cache {
    /// Forgets at once, for every request that comes from now on; an answer that was asked for before is not stored either. Others with the
    /// same shelf forget tags and addresses, too; a prefix and everything must be told to each of them.
    pub async fn purge(&self, purge: &Purge) {
        count(&self.0.stats.purges);
        match purge {
            Purge::Tag(tag) => self.0.end(&[tag.mark()]).await,
            Purge::Address(address) => {
                let address = plain_address(address);
                self.0.purge_prefix(&format!("{address}\n"));
                let (host, path) = address.split_at(address.find('/').unwrap_or(address.len()));
                self.0.tell(&[path_mark(host, path, "")]).await;
            }
            Purge::Prefix(prefix) => self.0.purge_all_that_begin(&plain_address(prefix)).await,
            Purge::Everything => self.0.purge_all_that_begin("").await,
        }
    }

    /// To be called after a request that went past the cache, of a route without a policy, say: ends what it changed.
    pub async fn after(&self, asked: Asked<'_>, status: StatusCode, answer: &HeaderMap) {
        let Asked { method, host, uri, tenant } = asked;
        let changed = !method.is_safe() && (status.is_success() || status.is_redirection());
        if !changed {
            return;
        }
        let host = plain_host(host);
        let mut marks = vec![path_mark(&host, uri.path(), tenant)];
        for name in [LOCATION, CONTENT_LOCATION] {
            let path = answer.get(name).and_then(|value| path_on(&host, uri.path(), value));
            marks.extend(path.map(|path| path_mark(&host, &path, tenant)));
        }
        self.0.end(&marks).await;
    }
}

impl Inner {
    async fn end(&self, marks: &[Arc<str>]) {
        self.store.raise_marks(marks);
        self.tell(marks).await;
    }

    async fn tell(&self, marks: &[Arc<str>]) {
        if let Some(shared) = &self.shared {
            shared.raise(marks).await;
        }
    }

    async fn purge_all_that_begin(&self, prefix: &str) {
        self.purge_prefix(prefix);
        if let Some(shared) = &self.shared {
            shared.clear().await;
        }
    }

    fn purge_prefix(&self, prefix: &str) {
        // The name is nobody's; the counter rises, so that what was asked for before can be told from what comes after.
        self.store.raise_marks(&[Arc::from("prefix")]);
        let mark = self.store.counter();
        self.prefixes.lock().add(prefix, mark);
        self.store.remove_prefix(prefix);
    }
}

impl Hearing for Inner {
    fn everything_ended(&self) {
        self.purge_prefix("");
    }

    fn ended(&self, mark: Arc<str>) {
        self.store.raise_marks(&[mark]);
    }
}

/// Host and path without scheme and query, as keys begin.
fn plain_address(address: &str) -> String {
    let bare = address.split_once("://").map_or(address, |(_, rest)| rest);
    let bare = bare.split(['?', '#']).next().unwrap_or_default();
    match bare.split_once('/') {
        Some((host, path)) => format!("{}/{path}", plain_host(host)),
        None => plain_host(bare),
    }
}

/// The path that a field names on this host; `None` for other hosts (RFC 9111 §4.4: not theirs to end).
fn path_on(host: &str, base: &str, value: &HeaderValue) -> Option<String> {
    let text = value.to_str().ok()?;
    let bare = text.split(['?', '#']).next().unwrap_or_default();
    let absolute = bare.split_once("://").map(|(_, rest)| rest).or_else(|| bare.strip_prefix("//"));
    if let Some(rest) = absolute {
        let (named, path) = rest.split_once('/').unwrap_or((rest, ""));
        return (plain_host(named) == host).then(|| format!("/{path}"));
    }
    if bare.starts_with('/') {
        return Some(bare.to_owned());
    }
    let folder = base.rsplit_once('/').map_or("", |(folder, _)| folder);
    Some(format!("{folder}/{bare}"))
}

/// The last purges by prefix.
#[derive(Debug, Default)]
pub(super) struct Prefixes {
    known: VecDeque<(Box<str>, u64)>,
    /// Everything asked for before this may have been purged by one that is no longer known.
    floor: u64,
}

impl Prefixes {
    fn add(&mut self, prefix: &str, mark: u64) {
        self.known.push_back((prefix.into(), mark));
        if self.known.len() > MOST_PREFIXES
            && let Some((_, mark)) = self.known.pop_front()
        {
            self.floor = self.floor.max(mark);
        }
    }

    /// Whether an answer that was asked for at `born` has been purged since.
    pub(super) fn ended(&self, key: &str, born: u64) -> bool {
        born < self.floor || self.known.iter().any(|(prefix, mark)| born < *mark && key.starts_with(&**prefix))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_addresses_of_the_same_host_are_ended() {
        let path = |text| path_on("e.org", "/a/b", &HeaderValue::from_str(text).unwrap());
        assert_eq!(path("/c?x").as_deref(), Some("/c"));
        assert_eq!(path("https://E.org:443/c").as_deref(), Some("/c"));
        assert_eq!(path("//e.org/c").as_deref(), Some("/c"));
        assert_eq!(path("c").as_deref(), Some("/a/c"));
        assert_eq!(path("http://other.org/c"), None);
        assert_eq!(path("http://e.org.evil/c"), None);
    }

    #[test]
    fn an_address_is_given_in_any_form() {
        for text in ["https://E.org/a?x=1", "e.org:80/a", "E.ORG/a#f"] {
            assert_eq!(plain_address(text), "e.org/a", "{text}");
        }
    }

    #[test]
    fn purges_end_what_was_asked_for_before_and_are_forgotten_safely() {
        let mut prefixes = Prefixes::default();
        prefixes.add("e.org/a", 5);
        assert!(prefixes.ended("e.org/abc\nt\n", 4) && !prefixes.ended("e.org/abc\nt\n", 5) && !prefixes.ended("e.org/b\n", 4));
        (0..MOST_PREFIXES as u64).for_each(|number| prefixes.add("x", 10 + number));
        assert!(prefixes.ended("e.org/b\n", 4), "the first purge is no longer known");
        assert!(!prefixes.ended("e.org/b\n", 5));
    }
}
