//! What the door finds wrong with an entry, in the words of the catalogues.

use banyan_http::FieldError;

use crate::door::EntryFault;

/// The kinds of mistakes that have messages: code, message, and what it names.
const KINDS: &[(&str, &str, &[&str])] = &[
    ("unknown-key", "gateway-fault-unknown-key", &["known"]),
    ("unknown-key-close", "gateway-fault-unknown-key-close", &["close"]),
    ("not-text", "gateway-fault-not-text", &[]),
    ("not-whole", "gateway-fault-not-whole", &["least", "most"]),
    ("not-number", "gateway-fault-not-number", &["least", "most"]),
    ("not-list", "gateway-fault-not-list", &[]),
    ("not-table", "gateway-fault-not-table", &[]),
    ("unknown-word", "gateway-fault-unknown-word", &["words"]),
    ("unknown-word-close", "gateway-fault-unknown-word-close", &["close"]),
    ("missing", "gateway-fault-missing", &["what"]),
    ("exactly-one", "gateway-fault-exactly-one", &["choices"]),
    ("nobody-answers", "gateway-fault-nobody-answers", &[]),
    ("several-answer", "gateway-fault-several-answer", &[]),
    ("status", "gateway-fault-status", &["allowed"]),
    ("name-taken", "gateway-fault-name-taken", &[]),
    ("nowhere", "gateway-fault-nowhere", &[]),
    ("several-places", "gateway-fault-several-places", &[]),
    ("no-endpoint", "gateway-fault-no-endpoint", &[]),
    ("unknown-service", "gateway-fault-unknown-service", &["name", "all"]),
    ("unknown-upstream", "gateway-fault-unknown-upstream", &["name", "all"]),
    ("unknown-limit-class", "gateway-fault-unknown-limit-class", &["name", "all"]),
    ("name-of-service", "gateway-fault-name-of-service", &[]),
    ("no-effect", "gateway-fault-no-effect", &[]),
    ("ambiguous", "gateway-fault-ambiguous", &["other"]),
    ("unreachable", "gateway-fault-unreachable", &["other"]),
    ("hides", "gateway-fault-hides", &["other"]),
    ("goes-round", "gateway-fault-goes-round", &[]),
    ("reserved-name", "gateway-fault-reserved-name", &["prefix"]),
    ("name-of-file", "gateway-fault-name-of-file", &["line"]),
    ("names-files", "gateway-fault-names-files", &[]),
    ("out-of-reach", "gateway-fault-out-of-reach", &[]),
    ("takes-what-is-kept", "gateway-fault-takes-what-is-kept", &["path"]),
    ("said-already", "gateway-fault-said-already", &[]),
    ("null", "gateway-fault-null", &[]),
];

/// The kinds of mistakes that have messages. A test of the server holds them beside those of the door.
pub fn told_kinds() -> impl Iterator<Item = &'static str> {
    KINDS.iter().map(|(code, ..)| *code)
}

/// What is said of the fault. One without a kind of its own is told in the English of the route file.
pub(crate) fn error(fault: &EntryFault) -> FieldError {
    let known = KINDS.iter().find(|(code, ..)| fault.code.as_deref() == Some(*code));
    let Some((code, message, names)) = known else {
        let error = FieldError::new("refused", "gateway-field-refused");
        return error.with("reason", fault.reason.clone()).with("remedy", fault.remedy.clone());
    };
    let value = |name: &str| fault.values.get(name).cloned().unwrap_or_default();
    names.iter().fold(FieldError::new(code, message), |error, name| error.with(name, value(name)))
}
