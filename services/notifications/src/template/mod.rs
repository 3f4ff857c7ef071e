//! The words of a notification: from the catalogues, in the reader's language and the application's edition.
//!
//! A template is `notification-<template>-title`, `-body` and, where there is a link, `-action` in the catalogues. `message` has its words in
//! the arguments instead: an operator wrote them.

mod mail;

use banyan_locale::{Args, Incomplete, Locale, Messages};
use serde_json::Value;

pub(crate) use mail::{Letter, Line, Written, escape, gathered, letter};

/// Words that an operator wrote.
pub(crate) const MESSAGE: &str = "message";
/// The longest name of a template.
pub(crate) const LONGEST_NAME: usize = 60;

/// What a person reads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Words {
    pub(crate) title: String,
    pub(crate) body: String,
    /// What the link is called, where the template has one.
    pub(crate) action: Option<String>,
}

/// The words of a notification, whole or not at all.
///
/// # Errors
/// Which message or which of its values is missing.
pub(crate) fn words(messages: Messages<'_>, template: &str, arguments: &Value) -> Result<Words, Incomplete> {
    if template == MESSAGE {
        return written(messages.locale(), arguments);
    }
    let args = args_of(arguments);
    let part = |part: &str| format!("notification-{template}-{part}");
    let (title, body) = (messages.whole(&part("title"), &args)?, messages.whole(&part("body"), &args)?);
    let action = match messages.whole(&part("action"), &args) {
        Ok(action) => Some(action),
        Err(missing) if missing.values.is_empty() => None,
        Err(missing) => return Err(missing),
    };
    Ok(Words { title, body, action })
}

/// The words in the reader's language if they were written in it, or else those that were written for everybody.
fn written(locale: Locale, arguments: &Value) -> Result<Words, Incomplete> {
    let language = locale.tag().split('-').next().unwrap_or_default();
    let texts = &arguments["texts"];
    let own = [locale.tag(), language].into_iter().map(|tag| &texts[tag]).find(|text| text.is_object()).unwrap_or(arguments);
    let text = |name: &str| own[name].as_str().map(str::to_owned);
    let missing = |name: &str| Incomplete { message: MESSAGE.to_owned(), values: vec![name.to_owned()] };
    Ok(Words {
        title: text("title").ok_or_else(|| missing("title"))?,
        body: text("body").ok_or_else(|| missing("body"))?,
        action: text("action"),
    })
}

/// Texts and whole numbers; everything else cannot be written in a sentence and counts as missing.
fn args_of(arguments: &Value) -> Args<'_> {
    let all = arguments.as_object().into_iter().flatten();
    all.fold(Args::new(), |args, (name, value)| match value {
        Value::String(text) => args.text(name, text),
        Value::Number(number) => match number.as_i64() {
            Some(number) => args.integer(name, number),
            None => args,
        },
        _ => args,
    })
}

/// Whether it can be a part of a message's name.
pub(crate) fn is_name(name: &str) -> bool {
    let plain = name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
    (1..=LONGEST_NAME).contains(&name.len()) && plain && name.starts_with(|c: char| c.is_ascii_lowercase())
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use banyan_locale::{Builder, Catalogues, Layer};
    use serde_json::json;

    pub(crate) fn catalogues() -> Catalogues {
        let builder = Builder::default().add_platform();
        let english = include_str!("../../locales/en-US/notifications.ftl");
        let indonesian = include_str!("../../locales/id-ID/notifications.ftl");
        let builder = builder.add(Layer::Service, "en-US", "notifications.ftl", english);
        builder.add(Layer::Service, "id-ID", "notifications.ftl", indonesian).build().unwrap()
    }

    #[test]
    fn the_catalogues_are_complete_in_both_languages() {
        assert_eq!(catalogues().check(), []);
    }

    #[test]
    fn a_template_without_its_values_is_no_half_text() {
        let catalogues = catalogues();
        let messages = catalogues.messages(None, Locale::en_us());
        let missing = words(messages, "habit-reminder", &json!({})).unwrap_err();
        assert_eq!(missing.values, ["habit"], "{missing}");
        assert!(words(messages, "habit-reminder", &json!({ "habit": ["no text"] })).is_err());
        let unknown = words(messages, "nowhere", &json!({})).unwrap_err();
        assert_eq!((unknown.message.as_str(), unknown.values.len()), ("notification-nowhere-title", 0));
        assert!(words(messages, "habit-reminder", &json!({ "habit": "Reading" })).unwrap().title.contains("Reading"));
    }

    #[test]
    fn what_an_operator_wrote_is_read_in_ones_own_language_if_it_is_there() {
        let catalogues = catalogues();
        let arguments = json!({ "title": "Hello", "body": "All", "texts": { "id": { "title": "Halo", "body": "Semua" } } });
        let title = |locale| words(catalogues.messages(None, locale), MESSAGE, &arguments).unwrap().title;
        assert_eq!((title(Locale::en_us()), title(Locale::id_id())), ("Hello".to_owned(), "Halo".to_owned()));
        assert!(words(catalogues.messages(None, Locale::en_us()), MESSAGE, &json!({ "title": "x" })).is_err());
    }

    #[test]
    fn names_are_plain() {
        assert!(is_name("goal-completed"));
        for bad in ["", "-x", "A", "a.b", "a b", &"x".repeat(61)] {
            assert!(!is_name(bad), "{bad}");
        }
    }
}
