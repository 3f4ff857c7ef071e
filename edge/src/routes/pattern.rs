//! Path patterns: `/shop/{id}`, `/legacy/{*rest}`. No regular expressions: a pattern is read by people, and two patterns can be compared.

use std::fmt;
use std::sync::Arc;

use crate::request::path;

/// The most placeholders of a pattern.
pub(crate) const MOST_CAPTURES: usize = 8;

/// A pattern of paths. `{name}` stands for one segment that is not empty; `{*name}`, at the end only, for all that is left, which may be
/// nothing: `/a/{*rest}` matches `/a/` and all below it, and not `/a`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct PathPattern {
    text: Arc<str>,
    segments: Box<[Segment]>,
    names: Box<[Box<str>]>,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Segment {
    /// In the form in which requests are matched: RFC 3986 §6.2.2 applied.
    Literal(Box<str>),
    One,
    Rest,
}

/// Why a text is no pattern, and what would do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct PatternError {
    pub(crate) reason: String,
    pub(crate) remedy: &'static str,
}

/// Where the placeholders of a pattern stand in one path.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Captures {
    ranges: [(u32, u32); MOST_CAPTURES],
    count: u8,
}

impl Captures {
    fn push(&mut self, start: usize, end: usize) {
        let place = u32::try_from(start).ok().zip(u32::try_from(end).ok());
        if let (Some(slot), Some(place)) = (self.ranges.get_mut(usize::from(self.count)), place) {
            *slot = place;
            self.count += 1;
        }
    }

    /// The text of a placeholder, as it stands in the path.
    pub(crate) fn get<'p>(&self, path: &'p str, index: u8) -> &'p str {
        let found = self.ranges.get(usize::from(index)).filter(|_| index < self.count);
        found.and_then(|(start, end)| path.get(*start as usize..*end as usize)).unwrap_or_default()
    }
}

impl PathPattern {
    pub(crate) fn parse(text: &str) -> Result<Self, PatternError> {
        let wrong = |reason: &str, remedy| Err(PatternError { reason: reason.to_owned(), remedy });
        let Some(rest) = text.strip_prefix('/') else {
            return wrong("does not begin with `/`", "write it like \"/shop/{id}\" or \"/shop/{*rest}\"");
        };
        let (mut segments, mut names) = (Vec::new(), Vec::<Box<str>>::new());
        let parts: Vec<&str> = rest.split('/').collect();
        for (at, part) in parts.iter().enumerate() {
            let last = at + 1 == parts.len();
            let (segment, name) = segment(part, last)?;
            if let Some(name) = name {
                if names.iter().any(|known| **known == *name) {
                    return wrong(&format!("has two placeholders called `{name}`"), "give each a name of its own");
                }
                names.push(name.into());
            }
            segments.push(segment);
        }
        if names.len() > MOST_CAPTURES {
            return wrong("has more than 8 placeholders", "end it with {*rest}");
        }
        Ok(Self { text: text.into(), segments: segments.into(), names: names.into() })
    }

    pub(crate) fn segments(&self) -> &[Segment] {
        &self.segments
    }

    pub(crate) fn capture(&self, name: &str) -> Option<u8> {
        self.names.iter().position(|known| **known == *name).and_then(|at| u8::try_from(at).ok())
    }

    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.names.iter().map(|name| &**name)
    }

    /// Where the placeholders stand in the path, if the path fits.
    pub(crate) fn captures(&self, path: &str) -> Option<Captures> {
        let mut captures = Captures::default();
        let mut at = 1;
        let last = self.segments.len() - 1;
        for (index, segment) in self.segments.iter().enumerate() {
            if *segment == Segment::Rest {
                path.get(at..)?;
                captures.push(at, path.len());
                return Some(captures);
            }
            let left = path.get(at..)?;
            let end = left.find('/').map_or(path.len(), |length| at + length);
            match segment {
                Segment::Literal(literal) if **literal != path[at..end] => return None,
                Segment::One if at == end => return None,
                Segment::One => captures.push(at, end),
                Segment::Literal(_) | Segment::Rest => {}
            }
            let ends = end == path.len();
            if ends != (index == last) {
                return None;
            }
            at = end + 1;
        }
        Some(captures)
    }

    /// The literal beginning, up to the first placeholder: what a prefix may be taken off.
    pub(crate) fn literal_prefix(&self) -> String {
        let mut prefix = String::new();
        for segment in &self.segments {
            let Segment::Literal(literal) = segment else { break };
            prefix.push('/');
            prefix.push_str(literal);
        }
        prefix
    }

    /// Whether every path of `other` is one of this pattern.
    pub(crate) fn covers(&self, other: &Self) -> bool {
        for (index, segment) in self.segments.iter().enumerate() {
            match (segment, other.segments.get(index)) {
                (Segment::Rest, Some(_)) => return true,
                (Segment::One, Some(Segment::One)) => {}
                (Segment::One, Some(Segment::Literal(literal))) if !literal.is_empty() => {}
                (Segment::Literal(one), Some(Segment::Literal(two))) if one == two => {}
                _ => return false,
            }
        }
        self.segments.len() == other.segments.len()
    }

    /// A path that fits, for trying things out.
    pub(crate) fn example(&self) -> String {
        self.segments.iter().fold(String::new(), |mut path, segment| {
            path.push('/');
            path.push_str(match segment {
                Segment::Literal(literal) => literal,
                Segment::One | Segment::Rest => "x",
            });
            path
        })
    }
}

fn segment(part: &str, last: bool) -> Result<(Segment, Option<&str>), PatternError> {
    let wrong = |reason: String, remedy| Err(PatternError { reason, remedy });
    if let Some(name) = part.strip_prefix('{').and_then(|part| part.strip_suffix('}')) {
        let (name, segment) = match name.strip_prefix('*') {
            Some(name) => (name, Segment::Rest),
            None => (name, Segment::One),
        };
        let plain = !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
        if !plain {
            return wrong(format!("`{part}` is not a placeholder"), "name it with letters, digits and `_`: {id}, {*rest}");
        }
        if segment == Segment::Rest && !last {
            return wrong(format!("`{part}` stands in the middle"), "put it at the end, where it takes all that is left");
        }
        return Ok((segment, Some(name)));
    }
    if part.contains(['{', '}']) {
        return wrong(format!("`{part}` mixes text and a placeholder"), "let a placeholder be a whole segment: /{id}/");
    }
    if part.contains(['*', '^', '$', '(', ')', '[', ']', '|', '\\', '?']) || part.starts_with(':') {
        return wrong(
            format!("`{part}` looks like a wildcard or a regular expression"),
            "write {id} for a segment and {*rest} for all that is left",
        );
    }
    if part.is_empty() && last {
        return Ok((Segment::Literal("".into()), None));
    }
    match path::normal_segment(part) {
        Some(normal) => Ok((Segment::Literal(normal.as_ref().into()), None)),
        None => wrong(
            format!("`{part}` can stand in no path that the door accepts"),
            "use visible ASCII characters, others as %XX, and no empty, `.` or `..` segment",
        ),
    }
}

impl fmt::Display for PathPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pattern(text: &str) -> PathPattern {
        PathPattern::parse(text).unwrap()
    }

    #[test]
    fn patterns_take_paths_apart() {
        let captured = |text: &str, path: &str| {
            let pattern = pattern(text);
            let captures = pattern.captures(path)?;
            Some((0..captures.count).map(|index| captures.get(path, index).to_owned()).collect::<Vec<_>>())
        };
        assert_eq!(captured("/", "/"), Some(vec![]));
        assert_eq!(captured("/a", "/a"), Some(vec![]));
        assert_eq!(captured("/a", "/a/"), None);
        assert_eq!(captured("/a/", "/a"), None);
        assert_eq!(captured("/a/{id}/c", "/a/b/c"), Some(vec!["b".into()]));
        assert_eq!(captured("/a/{id}", "/a/"), None);
        assert_eq!(captured("/a/{id}", "/a/b/"), None);
        assert_eq!(captured("/a/{*rest}", "/a/b/c"), Some(vec!["b/c".into()]));
        assert_eq!(captured("/a/{*rest}", "/a/"), Some(vec!["".into()]));
        assert_eq!(captured("/a/{*rest}", "/a"), None);
        assert_eq!(captured("/{*rest}", "/"), Some(vec!["".into()]));
        assert_eq!(captured("/{x}/{*y}", "/p/q"), Some(vec!["p".into(), "q".into()]));
        assert_eq!(captured("/caf%c3%a9", "/caf%C3%A9"), Some(vec![]));
    }

    #[test]
    fn what_is_no_pattern_is_refused_with_a_remedy() {
        for bad in [
            "",
            "a",
            "/a*",
            "/^a$",
            "/:id",
            "/{id",
            "/a{id}",
            "/{*rest}/a",
            "/{}",
            "/{a-b}",
            "/{a}/{a}",
            "/a//b",
            "/../a",
            "/a b",
            "/a%2fb",
        ] {
            let error = PathPattern::parse(bad).unwrap_err();
            assert!(!error.reason.is_empty() && !error.remedy.is_empty(), "{bad}");
        }
    }

    #[test]
    fn patterns_compare() {
        assert!(pattern("/{*r}").covers(&pattern("/a/{id}")) && !pattern("/a/{id}").covers(&pattern("/{*r}")));
        assert!(pattern("/{x}").covers(&pattern("/a")) && !pattern("/{x}").covers(&pattern("/")));
        assert!(!pattern("/a/{x}").covers(&pattern("/{y}/b")) && !pattern("/a").covers(&pattern("/a/b")));
        assert!(pattern("/a/{*r}").covers(&pattern("/a/")) && !pattern("/a/{*r}").covers(&pattern("/a")));
    }
}
