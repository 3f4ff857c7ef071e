//! What an authority asks for to see that a domain is ours (RFC 8555 §8.3).

use std::collections::HashMap;
use std::sync::Arc;

use parking_lot::RwLock;

/// Orders under way at a time are few; more tokens than this are a mistake.
const MOST: usize = 128;

/// Tokens with their answers, while an order is under way. Cheap to clone; all clones are one.
#[derive(Clone, Debug, Default)]
pub struct Challenges(Arc<RwLock<HashMap<String, Arc<str>>>>);

impl Challenges {
    /// Where the authority asks.
    pub const PATH: &'static str = "/.well-known/acme-challenge/";

    /// The answer for the path, if it asks for a token that is known.
    pub fn answer(&self, path: &str) -> Option<Arc<str>> {
        let token = path.strip_prefix(Self::PATH)?;
        self.0.read().get(token).cloned()
    }

    /// Makes the answer known until it is removed.
    pub fn insert(&self, token: &str, answer: &str) {
        let mut tokens = self.0.write();
        if tokens.len() < MOST {
            tokens.insert(token.to_owned(), answer.into());
        }
    }

    pub fn remove(&self, token: &str) {
        self.0.write().remove(token);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_asked_for_is_answered() {
        let challenges = Challenges::default();
        challenges.insert("abc", "abc.thumb");
        assert_eq!(challenges.answer("/.well-known/acme-challenge/abc").as_deref(), Some("abc.thumb"));
        for path in ["/.well-known/acme-challenge/", "/.well-known/acme-challenge/abcd", "/abc", "abc"] {
            assert_eq!(challenges.answer(path), None, "{path}");
        }
        challenges.remove("abc");
        assert_eq!(challenges.answer("/.well-known/acme-challenge/abc"), None);
    }

    #[test]
    fn there_is_a_bound() {
        let challenges = Challenges::default();
        (0..1_000).for_each(|at| challenges.insert(&at.to_string(), "x"));
        assert_eq!(challenges.0.read().len(), MOST);
    }
}
