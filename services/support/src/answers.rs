//! Answers that are sent again and again: those of the catalogues in each language, and a tenant's own beside or instead of them.
//!
//! One of the catalogues is `support-answer-<key>-title` and `-body`. All have the same values; see [`VALUES`].

use banyan_kernel::Timestamp;
use banyan_locale::{Args, Incomplete, Locale, Messages, Pattern, PatternError};
use jiff::civil::DateTime;
use jiff::tz::TimeZone;

use crate::entity::{answer, ticket};

/// The answers of the catalogues.
pub(crate) const SHIPPED: [&str; 12] = [
    "received",
    "need-details",
    "known-problem",
    "solved",
    "identity-check",
    "data-copy-ready",
    "data-correction-done",
    "data-erasure-explained",
    "data-erasure-begun",
    "consent-withdrawn",
    "data-restriction-done",
    "request-refused",
];

/// What an answer may say of the ticket and of those who write: the person's and the agent's names, the ticket's reference and subject, the
/// place, when the time is over, and what the agent adds.
pub(crate) const VALUES: &[&str] = &["name", "agent", "reference", "subject", "brand", "deadline", "details"];

/// What stands for the values.
#[derive(Clone, Debug)]
pub(crate) struct Facts {
    pub(crate) name: String,
    pub(crate) agent: String,
    pub(crate) reference: String,
    pub(crate) subject: String,
    pub(crate) brand: String,
    /// In the person's zone.
    pub(crate) deadline: DateTime,
    /// What the agent adds; an answer that wants it is incomplete without.
    pub(crate) details: Option<String>,
}

impl Facts {
    pub(crate) fn args(&self) -> Args<'_> {
        let args = Args::new()
            .text("name", &self.name)
            .text("agent", &self.agent)
            .text("reference", &self.reference)
            .text("subject", &self.subject)
            .text("brand", &self.brand)
            .date_time("deadline", self.deadline);
        match &self.details {
            Some(details) => args.text("details", details),
            None => args,
        }
    }

    /// For a look at an answer without a ticket.
    pub(crate) fn example(messages: Messages<'_>, brand: &str) -> Self {
        Self {
            name: "Sari".to_owned(),
            agent: "Budi".to_owned(),
            reference: "BX7K-3M9Q".to_owned(),
            subject: messages.text("support-category-question").into_owned(),
            brand: brand.to_owned(),
            deadline: DateTime::constant(2025, 1, 17, 10, 0, 0, 0),
            details: Some("…".to_owned()),
        }
    }
}

/// When the time of a ticket is over, as clocks of the zone show it.
pub(crate) fn deadline(ticket: &ticket::Model, zone: &str) -> DateTime {
    let at = Timestamp::from_micros(ticket.due_at.unwrap_or(ticket.first_due_at));
    at.to_jiff().to_zoned(TimeZone::get(zone).unwrap_or(TimeZone::UTC)).datetime()
}

/// An answer in words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Written {
    pub(crate) title: String,
    pub(crate) body: String,
}

/// Why there are no words.
#[derive(Debug, thiserror::Error)]
pub(crate) enum AnswerError {
    #[error("there is no such answer")]
    Unknown,
    #[error(transparent)]
    Pattern(#[from] PatternError),
    #[error(transparent)]
    Incomplete(#[from] Incomplete),
}

/// The words of an answer: the tenant's own in the locale, else the catalogues', else the tenant's own in whatever language it has.
pub(crate) fn write(own: &[answer::Model], messages: Messages<'_>, key: &str, facts: &Facts) -> Result<Written, AnswerError> {
    let locale = messages.locale();
    if let Some(row) = own.iter().find(|row| row.locale == locale.tag()) {
        return written(locale, &row.title, &row.body, facts);
    }
    if SHIPPED.contains(&key) {
        let part = |part: &str| messages.whole(&format!("support-answer-{key}-{part}"), &facts.args());
        return Ok(Written { title: part("title")?, body: part("body")? });
    }
    // In another language than the ticket's; numbers and dates stay in the ticket's.
    let row = own.first().ok_or(AnswerError::Unknown)?;
    written(locale, &row.title, &row.body, facts)
}

/// A title and a body that somebody wrote, in words.
pub(crate) fn written(locale: Locale, title: &str, body: &str, facts: &Facts) -> Result<Written, AnswerError> {
    let text = |text: &str| Ok::<_, AnswerError>(Pattern::parse(locale, text, VALUES)?.write(&facts.args())?);
    Ok(Written { title: text(title)?, body: text(body)? })
}

#[cfg(test)]
mod tests {
    use banyan_locale::{Catalogues, Layer};

    use super::*;

    fn catalogues() -> Catalogues {
        let files = [
            ("en-US", "support.ftl", include_str!("../locales/en-US/support.ftl")),
            ("id-ID", "support.ftl", include_str!("../locales/id-ID/support.ftl")),
            ("en-US", "answers.ftl", include_str!("../locales/en-US/answers.ftl")),
            ("id-ID", "answers.ftl", include_str!("../locales/id-ID/answers.ftl")),
        ];
        let builder = Catalogues::builder().add_platform();
        files
            .into_iter()
            .fold(builder, |builder, (tag, name, text)| builder.add(Layer::Service, tag, name, text))
            .build()
            .unwrap()
    }

    #[test]
    fn every_answer_is_whole_in_both_languages_and_another_text_in_each() {
        let catalogues = catalogues();
        assert_eq!(catalogues.check(), []);
        for key in SHIPPED {
            let words = |locale| {
                let messages = catalogues.messages(None, locale);
                write(&[], messages, key, &Facts::example(messages, "UpCoach")).unwrap()
            };
            let (english, indonesian) = (words(Locale::en_us()), words(Locale::id_id()));
            assert_ne!(english.body, indonesian.body, "{key}");
            assert!(indonesian.body.contains("Sari"), "{key} greets nobody: {}", indonesian.body);
        }
    }

    #[test]
    fn a_deadline_is_told_in_the_persons_zone() {
        let catalogues = catalogues();
        let messages = catalogues.messages(None, Locale::id_id());
        let words = write(&[], messages, "received", &Facts::example(messages, "UpCoach")).unwrap();
        assert!(words.body.contains("17 Januari 2025"), "{}", words.body);
    }
}
