//! Short texts without an allocation.

use std::fmt;

use http::HeaderValue;

/// Up to 300 bytes of text; more is an error, and leaves it as it was.
pub(crate) struct ShortText {
    bytes: [u8; 300],
    length: usize,
}

impl ShortText {
    pub(crate) const fn new() -> Self {
        Self { bytes: [0; 300], length: 0 }
    }

    pub(crate) fn as_str(&self) -> &str {
        std::str::from_utf8(&self.bytes[..self.length]).unwrap_or_default()
    }

    pub(crate) fn header(&self) -> Option<HeaderValue> {
        HeaderValue::from_bytes(&self.bytes[..self.length]).ok()
    }
}

impl fmt::Write for ShortText {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let end = self.length + text.len();
        self.bytes.get_mut(self.length..end).ok_or(fmt::Error)?.copy_from_slice(text.as_bytes());
        self.length = end;
        Ok(())
    }
}
