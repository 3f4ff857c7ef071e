//! `application/x-www-form-urlencoded` as the query of an address (WHATWG URL §5.1), strict about UTF-8.

use std::borrow::Cow;

use banyan_kernel::ErrorCode;

use crate::Problem;

/// More parameters than any call has; the rest would only cost.
const MOST_PAIRS: usize = 100;

/// A name and its value, decoded.
pub(crate) type Pair<'q> = (Cow<'q, str>, Cow<'q, str>);

/// Names and values, decoded. Borrows where nothing was encoded.
///
/// # Errors
/// 400 for more than 100 parameters, `%` without two hexadecimal digits, or bytes that are not UTF-8.
pub(crate) fn pairs(query: &str) -> Result<Vec<Pair<'_>>, Problem> {
    let mut pairs = Vec::new();
    for part in query.split('&').filter(|part| !part.is_empty()) {
        if pairs.len() == MOST_PAIRS {
            return Err(ErrorCode::MalformedRequest.into());
        }
        let (name, value) = part.split_once('=').unwrap_or((part, ""));
        pairs.push((decode(name)?, decode(value)?));
    }
    Ok(pairs)
}

pub(crate) fn decode(text: &str) -> Result<Cow<'_, str>, Problem> {
    if !text.bytes().any(|byte| byte == b'%' || byte == b'+') {
        return Ok(Cow::Borrowed(text));
    }
    let malformed = || Problem::from(ErrorCode::MalformedRequest);
    let mut decoded = Vec::with_capacity(text.len());
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        decoded.push(match byte {
            b'+' => b' ',
            b'%' => {
                let high = bytes.next().and_then(hexadecimal).ok_or_else(malformed)?;
                let low = bytes.next().and_then(hexadecimal).ok_or_else(malformed)?;
                high << 4 | low
            }
            byte => byte,
        });
    }
    String::from_utf8(decoded).map(Cow::Owned).map_err(|_| malformed())
}

fn hexadecimal(digit: u8) -> Option<u8> {
    char::from(digit).to_digit(16).and_then(|value| u8::try_from(value).ok())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn decodes_once() {
        let decoded = pairs("a=1&b=x+y%26z&&c&%C3%A9=%25").unwrap();
        let decoded: Vec<(&str, &str)> = decoded.iter().map(|(name, value)| (name.as_ref(), value.as_ref())).collect();
        assert_eq!(decoded, [("a", "1"), ("b", "x y&z"), ("c", ""), ("é", "%")]);
    }

    #[test]
    fn refuses_broken_encodings() {
        for bad in ["a=%", "a=%2", "a=%zz", "a=%ff", "%C3=1", "a=%+1"] {
            assert_eq!(pairs(bad).unwrap_err().code(), ErrorCode::MalformedRequest, "{bad}");
        }
        assert!(pairs(&"a&".repeat(101)).is_err());
    }

    fn encode(text: &str) -> String {
        text.bytes()
            .map(|byte| if byte.is_ascii_alphanumeric() { char::from(byte).to_string() } else { format!("%{byte:02X}") })
            .collect()
    }

    proptest! {
        #[test]
        fn what_was_encoded_comes_back(name in ".{1,20}", value in ".{0,20}") {
            let query = format!("{}={}", encode(&name), encode(&value));
            let decoded = pairs(&query).unwrap();
            prop_assert_eq!(decoded, [(Cow::Borrowed(name.as_str()), Cow::Borrowed(value.as_str()))]);
        }

        #[test]
        fn any_text_is_read_without_panic(query in ".{0,120}") {
            let _ = pairs(&query);
        }
    }
}
