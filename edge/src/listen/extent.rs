//! How many of the bytes that follow a head are its body: what stands behind them is the next head.
//!
//! The parser knows this as well, but does not tell. It also checks what stands there; here nothing is checked, because what it
//! refuses ends the connection.

/// What is still to come of a body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Extent {
    /// So many bytes.
    Bytes(u64),
    Chunks(Chunk),
}

/// Where in a chunked body (RFC 9112 §7.1) the next byte stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Chunk {
    Size(u64),
    /// Behind the size: extensions, to the end of the line.
    Extension(u64),
    Data(u64),
    /// The end of the line behind the data.
    DataEnd,
    /// The trailer section; bytes of the line that was begun.
    Trailer(usize),
}

impl Extent {
    pub(super) const NOTHING: Self = Self::Bytes(0);
    pub(super) const CHUNKED: Self = Self::Chunks(Chunk::Size(0));

    /// Takes what belongs to the body from the beginning of the bytes, and says how many those are.
    pub(super) fn take(&mut self, bytes: &[u8]) -> usize {
        let mut taken = 0;
        while taken < bytes.len() && *self != Self::NOTHING {
            taken += match self {
                Self::Bytes(left) | Self::Chunks(Chunk::Data(left)) => {
                    let now = usize::try_from(*left).unwrap_or(usize::MAX).min(bytes.len() - taken);
                    *left -= now as u64;
                    if *self == Self::Chunks(Chunk::Data(0)) {
                        *self = Self::Chunks(Chunk::DataEnd);
                    }
                    now
                }
                Self::Chunks(chunk) => {
                    *self = chunk.after(bytes[taken]);
                    1
                }
            };
        }
        taken
    }
}

impl Chunk {
    fn after(self, byte: u8) -> Extent {
        let next = match (self, byte) {
            (Self::Size(0) | Self::Extension(0), b'\n') => Self::Trailer(0),
            (Self::Size(size) | Self::Extension(size), b'\n') => Self::Data(size),
            (Self::Size(size), byte) => match char::from(byte).to_digit(16) {
                Some(digit) => Self::Size(size.saturating_mul(16).saturating_add(u64::from(digit))),
                None => Self::Extension(size),
            },
            (Self::Extension(size), _) => Self::Extension(size),
            (Self::DataEnd, b'\n') => Self::Size(0),
            (Self::Trailer(0), b'\n') => return Extent::NOTHING,
            (Self::Trailer(_), b'\n') => Self::Trailer(0),
            (Self::Trailer(length), b'\r') => Self::Trailer(length),
            (Self::Trailer(length), _) => Self::Trailer(length + 1),
            (other, _) => other,
        };
        Extent::Chunks(next)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Fed byte by byte and at once, it takes the same.
    fn taken(extent: Extent, bytes: &[u8]) -> (usize, Extent) {
        let mut whole = extent;
        let count = whole.take(bytes);
        let mut piecewise = extent;
        let each: usize = bytes.chunks(1).map(|byte| piecewise.take(byte)).sum();
        assert_eq!((each, piecewise), (count, whole));
        (count, whole)
    }

    #[test]
    fn a_body_is_told_from_what_follows() {
        assert_eq!(taken(Extent::NOTHING, b"GET"), (0, Extent::NOTHING));
        assert_eq!(taken(Extent::Bytes(3), b"abcGET"), (3, Extent::NOTHING));
        assert_eq!(taken(Extent::Bytes(9), b"abc"), (3, Extent::Bytes(6)));
        for body in [
            "0\r\n\r\n",
            "3\r\nabc\r\n0\r\n\r\n",
            "3;x=y\r\nabc\r\n0;\r\na: b\r\nc: d\r\n\r\n",
            "00A\r\n0\r\n\r\n0\r\n\r\n\r\n0\r\n\r\n",
            "1\r\n\n\r\nb\r\nelevenbytes\r\n0\r\n\r\n",
        ] {
            assert_eq!(taken(Extent::CHUNKED, format!("{body}GET /").as_bytes()), (body.len(), Extent::NOTHING), "{body:?}");
        }
        assert_eq!(taken(Extent::CHUNKED, b"5\r\nab").1, Extent::Chunks(Chunk::Data(3)));
        assert_eq!(taken(Extent::CHUNKED, b"fffffffffffffffffff\r\nab").0, 23);
    }
}
