//! What processes say to one another of a document.

use banyan_kernel::Uuid;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD as BASE64;

/// A larger update is read from the store. In bytes.
const LARGEST: usize = 64 * 1024;

/// Something that another process has done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Told {
    /// It has stored an update.
    Update { document: Uuid, seq: i64, content: Vec<u8> },
    /// There is something new in the store.
    Look,
    /// What people there show of themselves.
    Awareness(Vec<u8>),
    /// It wants to know who is here.
    Query,
}

impl Told {
    pub(crate) fn update(document: Uuid, seq: i64, content: &[u8]) -> Self {
        if content.len() > LARGEST { Self::Look } else { Self::Update { document, seq, content: content.to_vec() } }
    }

    pub(crate) fn write(&self, node: &str) -> String {
        match self {
            Self::Update { document, seq, content } => format!("{node} u {document} {seq} {}", BASE64.encode(content)),
            Self::Look => format!("{node} l"),
            Self::Awareness(content) => format!("{node} a {}", BASE64.encode(content)),
            Self::Query => format!("{node} q"),
        }
    }

    /// With the process that says it. Nothing for what another version of the program may say.
    pub(crate) fn read(text: &str) -> Option<(&str, Self)> {
        let mut words = text.split(' ');
        let (node, kind) = (words.next()?, words.next()?);
        let told = match kind {
            "u" => {
                let (document, seq) = (words.next()?.parse().ok()?, words.next()?.parse().ok()?);
                Self::Update { document, seq, content: BASE64.decode(words.next()?).ok()? }
            }
            "l" => Self::Look,
            "a" => Self::Awareness(BASE64.decode(words.next()?).ok()?),
            "q" => Self::Query,
            _ => return None,
        };
        Some((node, told))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_told_is_understood() {
        let document = Uuid::from_u128(7);
        for told in [Told::update(document, 9, &[0, 255, 3]), Told::Look, Told::Awareness(vec![1, 2]), Told::Query] {
            assert_eq!(Told::read(&told.write("n1")), Some(("n1", told)));
        }
        assert_eq!(Told::update(document, 9, &vec![0; LARGEST + 1]), Told::Look);
        for strange in ["", "n1", "n1 x", "n1 u", "n1 u 7 7 AA", "n1 a *"] {
            assert_eq!(Told::read(strange), None, "{strange}");
        }
    }
}
