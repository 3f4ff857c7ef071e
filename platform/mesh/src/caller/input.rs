//! Our member of `Signature-Input` and `Signature` (RFC 9421 §4, RFC 8941). Read strictly: what our signer would not write is refused.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use http::{HeaderMap, HeaderName};

use super::{COVERED, COVERED_WITH_BODY, LABEL, SIGNATURE, SIGNATURE_INPUT};

/// The longest field that is looked at, in bytes.
const LONGEST: usize = 4 * 1024;

#[derive(Debug, PartialEq, Eq)]
pub(super) struct Input {
    /// As they stand in the field: they are signed themselves.
    pub(super) parameters: String,
    pub(super) with_body: bool,
    pub(super) created: i64,
    pub(super) expires: i64,
    pub(super) nonce: String,
    pub(super) key_id: String,
    pub(super) algorithm: String,
    pub(super) signature: Vec<u8>,
}

impl Input {
    pub(super) fn of(headers: &HeaderMap) -> Option<Self> {
        let parameters = member(headers, &SIGNATURE_INPUT)?;
        let signature = member(headers, &SIGNATURE)?;
        let signature = signature.strip_prefix(':')?.strip_suffix(':')?;
        let (with_body, rest) = match parameters.strip_prefix(COVERED_WITH_BODY) {
            Some(rest) => (true, rest),
            None => (false, parameters.strip_prefix(COVERED)?),
        };
        let mut found = Found::default();
        let mut rest = rest;
        while !rest.is_empty() {
            rest = found.take(rest.strip_prefix(';')?)?;
        }
        Some(Self {
            with_body,
            created: found.created?,
            expires: found.expires?,
            nonce: found.nonce?,
            key_id: found.key_id?,
            algorithm: found.algorithm?,
            signature: BASE64_STANDARD.decode(signature).ok()?,
            parameters,
        })
    }
}

#[derive(Default)]
struct Found {
    created: Option<i64>,
    expires: Option<i64>,
    nonce: Option<String>,
    key_id: Option<String>,
    algorithm: Option<String>,
}

impl Found {
    /// Reads one parameter and returns what follows it.
    fn take<'t>(&mut self, text: &'t str) -> Option<&'t str> {
        let (name, value) = text.split_once('=')?;
        let (value, rest) = match value.strip_prefix('"') {
            Some(quoted) => quoted.split_once('"')?,
            None => value.split_at(value.find(';').unwrap_or(value.len())),
        };
        match name {
            "created" => set(&mut self.created, value.parse().ok()?)?,
            "expires" => set(&mut self.expires, value.parse().ok()?)?,
            "nonce" => set(&mut self.nonce, plain(value)?)?,
            "keyid" => set(&mut self.key_id, plain(value)?)?,
            "alg" => set(&mut self.algorithm, plain(value)?)?,
            _ => return None,
        }
        Some(rest)
    }
}

/// Twice is once too often.
fn set<T>(place: &mut Option<T>, value: T) -> Option<()> {
    if place.is_some() {
        return None;
    }
    *place = Some(value);
    Some(())
}

/// Without anything that would have to be escaped.
fn plain(value: &str) -> Option<String> {
    let good = (1..=128).contains(&value.len()) && value.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\');
    good.then(|| value.to_owned())
}

/// The value of our label in a dictionary that may have others, on one line or several.
fn member(headers: &HeaderMap, field: &HeaderName) -> Option<String> {
    let mut found = None;
    for line in headers.get_all(field) {
        let line = line.to_str().ok().filter(|line| line.len() <= LONGEST)?;
        for entry in members(line) {
            if let Some(value) = entry.strip_prefix(LABEL).and_then(|rest| rest.strip_prefix('=')) {
                set(&mut found, value.to_owned())?;
            }
        }
    }
    found
}

/// Splits at commas that stand outside of quotes and parentheses.
fn members(line: &str) -> impl Iterator<Item = &str> {
    let (mut quoted, mut depth) = (false, 0_u32);
    line.split(move |character| {
        match character {
            '"' => quoted = !quoted,
            '(' if !quoted => depth += 1,
            ')' if !quoted => depth = depth.saturating_sub(1),
            _ => (),
        }
        character == ',' && !quoted && depth == 0
    })
    .map(str::trim)
}
