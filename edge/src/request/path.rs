//! Whether a path has one meaning, and its one spelling.

use std::borrow::Cow;

/// What a path is, once it has been looked at.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Form {
    /// In the form in which it is matched and passed on.
    Normal,
    /// Another spelling of this one.
    Other(String),
    /// Somebody on the way could read it in another way.
    Ambiguous,
}

/// Whether a path that was put together may be sent on.
pub(crate) fn has_one_meaning(path: &str) -> bool {
    form_of(path) == Form::Normal
}

/// A path has one meaning only, however often it is decoded or put together: no empty, `.` or `..` segment, no encoded slash,
/// backslash, percent sign before two digits or control character, and UTF-8. What is left has one spelling (RFC 3986 §6.2.2):
/// `/%61dmin` is `/admin`. That spelling is matched, and the same bytes are passed on.
pub(super) fn form_of(path: &str) -> Form {
    let Some(rest) = path.strip_prefix('/') else { return Form::Ambiguous };
    let mut other = false;
    let mut segments = rest.split('/').peekable();
    while let Some(segment) = segments.next() {
        // Only the last may be empty: `/` itself, or a path with a slash at its end.
        if segment.is_empty() && segments.peek().is_none() {
            break;
        }
        match normal_segment(segment) {
            None => return Form::Ambiguous,
            Some(Cow::Owned(_)) => other = true,
            Some(Cow::Borrowed(_)) => {}
        }
    }
    if other { Form::Other(respelt(rest)) } else { Form::Normal }
}

#[cold]
fn respelt(rest: &str) -> String {
    rest.split('/').fold(String::new(), |mut path, segment| {
        path.push('/');
        path.push_str(&normal_segment(segment).unwrap_or_default());
        path
    })
}

/// The one spelling of a segment; none where it has more than one meaning, or is empty.
pub(crate) fn normal_segment(segment: &str) -> Option<Cow<'_, str>> {
    if segment.is_empty() || segment == "." || segment == ".." {
        return None;
    }
    if segment.bytes().any(|byte| !byte.is_ascii_graphic() || byte == b'\\') {
        return None;
    }
    if !segment.contains('%') {
        return Some(Cow::Borrowed(segment));
    }
    let decoded = decode(segment)?;
    let text = std::str::from_utf8(&decoded).ok()?;
    let dots = text == "." || text == "..";
    if dots || text.chars().any(|character| character.is_control() || matches!(character, '/' | '\\')) {
        return None;
    }
    let normal = spell(segment)?;
    Some(if normal == segment { Cow::Borrowed(segment) } else { Cow::Owned(normal) })
}

/// Unreserved characters plain, other escapes with capital digits (RFC 3986 §6.2.2); none for what is encoded twice.
fn spell(segment: &str) -> Option<String> {
    const DIGITS: &[u8; 16] = b"0123456789ABCDEF";
    let mut normal = String::with_capacity(segment.len());
    let mut rest = segment.as_bytes();
    while let Some((first, tail)) = rest.split_first() {
        rest = tail;
        if *first != b'%' {
            normal.push(char::from(*first));
            continue;
        }
        let ([high, low], tail) = tail.split_first_chunk::<2>()?;
        let byte = digit(*high)? << 4 | digit(*low)?;
        rest = tail;
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            normal.push(char::from(byte));
            continue;
        }
        if byte == b'%' && tail.iter().take(2).filter(|byte| byte.is_ascii_hexdigit()).count() == 2 {
            return None;
        }
        normal.extend(['%', char::from(DIGITS[usize::from(byte >> 4)]), char::from(DIGITS[usize::from(byte & 15)])]);
    }
    // `%2561` was refused; `%25` before what was an escape itself would be the same trick: `%25%36%31`.
    let twice = normal.match_indices("%25").any(|(at, _)| {
        let after = normal.as_bytes().get(at + 3..at + 5);
        after.is_some_and(|after| after.iter().all(u8::is_ascii_hexdigit))
    });
    (!twice).then_some(normal)
}

fn decode(segment: &str) -> Option<Vec<u8>> {
    let mut decoded = Vec::with_capacity(segment.len());
    let mut bytes = segment.bytes();
    while let Some(byte) = bytes.next() {
        let byte = match byte {
            b'%' => {
                let (high, low) = (digit(bytes.next()?)?, digit(bytes.next()?)?);
                high << 4 | low
            }
            plain => plain,
        };
        decoded.push(byte);
    }
    Some(decoded)
}

fn digit(byte: u8) -> Option<u8> {
    char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_with_two_meanings_are_refused() {
        for bad in [
            "",
            "x",
            "//",
            "/a//b",
            "/./a",
            "/a/.",
            "/../a",
            "/a/..",
            "/a/../b",
            "/%2e%2e/a",
            "/%2E./a",
            "/a%2fb",
            "/a%5Cb",
            "/a\\b",
            "/a%00",
            "/a%0ab",
            "/a%7f",
            "/a%",
            "/a%2",
            "/a%zz",
            "/%ff",
            "/a%c3%28",
            "/\u{e9}",
            "/a b",
            "/a\tb",
            "/a%c2%85b",
            "/%2561dmin",
            "/%25%36%31dmin",
            "/%252e%252e/a",
            "/a%252fb",
        ] {
            assert_eq!(form_of(bad), Form::Ambiguous, "{bad}");
        }
        for good in
            ["/", "/a", "/a/", "/a/b.c", "/...", "/a..b", "/caf%C3%A9", "/a%20b", "/100%25", "/a;b=c", "/~x/@y", "/.well-known/x"]
        {
            assert_eq!(form_of(good), Form::Normal, "{good}");
        }
    }

    #[test]
    fn a_path_has_one_spelling() {
        for (path, normal) in [
            ("/%61dmin", "/admin"),
            ("/a/%7euser/%2d", "/a/~user/-"),
            ("/caf%c3%a9", "/caf%C3%A9"),
            ("/a%3bb/", "/a%3Bb/"),
            ("/%2e%2e%2e", "/..."),
        ] {
            assert_eq!(form_of(path), Form::Other(normal.to_owned()), "{path}");
            assert_eq!(form_of(normal), Form::Normal, "{normal}");
        }
    }
}
