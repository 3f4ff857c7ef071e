//! The address that an upstream sees.

use banyan_kernel::ErrorCode;
use http::Uri;
use http::uri::PathAndQuery;

use super::pattern::Captures;
use super::query::QueryRewrite;
use super::template::Template;
use crate::request::path;

/// What becomes of path and query on the way to who answers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Rewrite {
    pub(crate) path: PathRewrite,
    pub(crate) query: QueryRewrite,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) enum PathRewrite {
    #[default]
    Keep,
    /// Takes off that many bytes, which the pattern begins with, and puts the text in front.
    Prefix {
        strip: usize,
        add: Box<str>,
    },
    Template(Template),
}

impl Rewrite {
    pub(crate) fn is_empty(&self) -> bool {
        self.path == PathRewrite::Keep && self.query.is_empty()
    }

    /// Changes the address; one that needs no change is not copied.
    ///
    /// # Errors
    /// [`ErrorCode::MalformedRequest`] where pieces that have one meaning each have several together: `x%25` before `41`.
    /// [`ErrorCode::Internal`] when the result is no address, which checked patterns and normal paths do not make.
    pub(crate) fn apply(&self, uri: &mut Uri, captures: &Captures) -> Result<(), ErrorCode> {
        if self.is_empty() {
            return Ok(());
        }
        let target = self.target(uri.path(), uri.query(), captures);
        let target = PathAndQuery::from_maybe_shared(bytes::Bytes::from(target)).map_err(|_| ErrorCode::Internal)?;
        if matches!(self.path, PathRewrite::Template(_)) && !path::has_one_meaning(target.path()) {
            return Err(ErrorCode::MalformedRequest);
        }
        let mut parts = std::mem::take(uri).into_parts();
        parts.path_and_query = Some(target);
        *uri = Uri::from_parts(parts).map_err(|_| ErrorCode::Internal)?;
        Ok(())
    }

    /// Path and query as they will be.
    pub(crate) fn target(&self, path: &str, query: Option<&str>, captures: &Captures) -> String {
        let mut target = String::with_capacity(path.len() + query.map_or(0, str::len) + 32);
        match &self.path {
            PathRewrite::Keep => target.push_str(path),
            PathRewrite::Prefix { strip, add } => {
                target.push_str(add);
                target.push_str(path.get(*strip..).unwrap_or_default());
                if target.is_empty() {
                    target.push('/');
                }
            }
            PathRewrite::Template(template) => template.write_path(path, captures, &mut target),
        }
        if self.query.is_empty() {
            if let Some(query) = query {
                target.push('?');
                target.push_str(query);
            }
        } else {
            self.query.write(query, &mut target);
        }
        target
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::routes::pattern::PathPattern;
    use crate::routes::template::Allowed;

    fn rewritten(rewrite: &Rewrite, pattern: &str, uri: &str) -> String {
        let mut uri: Uri = uri.parse().unwrap();
        let captures = PathPattern::parse(pattern).unwrap().captures(uri.path()).unwrap();
        rewrite.apply(&mut uri, &captures).unwrap();
        uri.to_string()
    }

    #[test]
    fn prefixes_and_templates() {
        let prefix = |strip: &str, add: &str| Rewrite {
            path: PathRewrite::Prefix { strip: strip.len(), add: add.into() },
            query: QueryRewrite::default(),
        };
        assert_eq!(rewritten(&prefix("/shop", ""), "/shop/{*rest}", "/shop/a/b?x=1"), "/a/b?x=1");
        assert_eq!(rewritten(&prefix("/shop", ""), "/shop", "/shop"), "/");
        assert_eq!(rewritten(&prefix("/shop", "/v2"), "/shop", "/shop?x"), "/v2?x");
        assert_eq!(rewritten(&prefix("", "/v2"), "/{*r}", "/a"), "/v2/a");
        let pattern = PathPattern::parse("/a/{id}/{*rest}").unwrap();
        let template = Template::parse("/n/{rest}/{id}", &pattern, Allowed::Captures).unwrap();
        let template = Rewrite { path: PathRewrite::Template(template), query: QueryRewrite::default() };
        assert_eq!(rewritten(&template, "/a/{id}/{*rest}", "http://h.example/a/7/b/c?q"), "http://h.example/n/b/c/7?q");
        assert_eq!(rewritten(&Rewrite::default(), "/{*r}", "/a?b"), "/a?b");
    }

    #[test]
    fn what_is_put_together_has_one_meaning_or_is_refused() {
        let pattern = PathPattern::parse("/a/{id}/{*rest}").unwrap();
        let rewritten = |template: &str, uri: &str| {
            let template = Template::parse(template, &pattern, Allowed::Captures).unwrap();
            let rewrite = Rewrite { path: PathRewrite::Template(template), query: QueryRewrite::default() };
            let mut uri: Uri = uri.parse().unwrap();
            let captures = pattern.captures(uri.path()).unwrap();
            rewrite.apply(&mut uri, &captures).map(|()| uri.to_string())
        };
        // What is left may be nothing, or end with a slash.
        assert_eq!(rewritten("/n/{rest}/of/{id}", "/a/7/").unwrap(), "/n/of/7");
        assert_eq!(rewritten("/n/{rest}/of/{id}", "/a/7/b/").unwrap(), "/n/b/of/7");
        assert_eq!(rewritten("/{rest}", "/a/7/").unwrap(), "/");
        for (template, uri) in
            [("/.{rest}", "/a/7/"), ("/..{rest}", "/a/7/"), ("/x%25{id}", "/a/41/"), ("/{id}{rest}", "/a/%25/41")]
        {
            assert_eq!(rewritten(template, uri), Err(ErrorCode::MalformedRequest), "{template} {uri}");
        }
    }
}
