//! Texts that a tenant wrote in the place of its application's.

use std::collections::BTreeMap;

use banyan_locale::{Args, Locale, Messages, Pattern, PatternError};

use crate::entity::template_text::Model;
use crate::library::Template;

/// The values that such a text may have.
const VALUES: &[&str] = &["brand"];

/// # Errors
/// Why it cannot be written.
pub(crate) fn write(locale: Locale, brand: &str, text: &str) -> Result<String, PatternError> {
    let pattern = Pattern::parse(locale, text, VALUES)?;
    pattern.write(&Args::new().text("brand", brand)).map_err(|missing| PatternError::Syntax(missing.to_string()))
}

/// A tenant's own texts in one language, by template.
#[derive(Debug, Default)]
pub(crate) struct OwnTexts {
    by_template: BTreeMap<String, (String, String)>,
}

impl OwnTexts {
    pub(crate) fn of(rows: Vec<Model>, locale: Locale, brand: &str) -> Self {
        let text = |row: Model| {
            let (title, body) = (row.title?, row.body?);
            let words = (write(locale, brand, &title).ok()?, write(locale, brand, &body).ok()?);
            Some((row.template, words))
        };
        // One that cannot be written, which only a change of this program could bring about, gives way to the application's own.
        Self { by_template: rows.into_iter().filter_map(text).collect() }
    }

    /// Title and body of a template: the tenant's own, or else the application's; nothing where a text is missing.
    pub(crate) fn words(&self, messages: Messages<'_>, template: &Template) -> Option<(String, String)> {
        if let Some(own) = self.by_template.get(&template.id) {
            return Some(own.clone());
        }
        let text = |id: String| messages.find(&id, &Args::new()).map(std::borrow::Cow::into_owned);
        Some((text(template.title_message())?, text(template.body_message())?))
    }
}
