//! Header fields that may not pass.

use http::{HeaderMap, HeaderName};

/// Takes out what `unwanted` names. Nearly every map has nothing of it, and is walked through once.
pub(crate) fn strip(headers: &mut HeaderMap, unwanted: fn(&HeaderName) -> bool) {
    while let Some(name) = headers.keys().find(|name| unwanted(name)).cloned() {
        headers.remove(name);
    }
}
