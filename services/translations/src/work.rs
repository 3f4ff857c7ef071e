//! The way of a text: proposed, reviewed, approved by another person, published, and back.

use std::collections::BTreeMap;

use banyan_http::{FieldError, Preconditions};
use banyan_locale::MessageText;
use banyan_store::Tx;
use banyan_store::audit::Record;
use serde_json::json;

use crate::entity::publication::{self, Texts};
use crate::entity::step::Act;
use crate::entity::translation::{Model, State};
use crate::error::TranslationsError;
use crate::place::Place;
use crate::store::memory;
use crate::store::publications::{self, New};
use crate::store::translations::{self, Step, tag};

/// A text that somebody wrote, in its usual form.
pub(crate) struct Proposal<'p> {
    pub(crate) key: &'p str,
    pub(crate) text: &'p str,
    /// The American English that it translates.
    pub(crate) source: &'p str,
    pub(crate) act: Act,
    pub(crate) state: State,
    pub(crate) note: Option<&'p str>,
}

/// Writes a proposal over what is there. `present` is the locked row.
pub(crate) async fn propose(
    tx: &Tx,
    place: &Place,
    present: Option<Model>,
    proposal: &Proposal<'_>,
) -> Result<Model, TranslationsError> {
    let step = Step { act: proposal.act, text: Some(proposal.text), note: proposal.note };
    let author_id = tx.caller().user_id();
    let now = tx.now().micros();
    match present {
        Some(row) => {
            let (text, source) = (proposal.text.to_owned(), proposal.source.to_owned());
            translations::save(tx, Model { state: proposal.state, text, source, author_id, reviewer_id: None, ..row }, &step)
                .await
        }
        None => {
            let row = Model {
                tenant_id: tx.caller().tenant,
                id: tx.new_id(),
                application: place.application().to_owned(),
                locale: place.locale.tag().to_owned(),
                key: proposal.key.to_owned(),
                state: proposal.state,
                text: proposal.text.to_owned(),
                source: proposal.source.to_owned(),
                author_id,
                reviewer_id: None,
                version: 1,
                created_at: now,
                updated_at: now,
            };
            translations::insert(tx, row, &step).await
        }
    }
}

/// What a reviewer, or the author, does with a proposal.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Move<'m> {
    RequestReview,
    Approve,
    Reject(&'m str),
}

/// Takes the step. `source` is the present American English.
pub(crate) async fn take(
    tx: &Tx,
    place: &Place,
    key: &str,
    source: &str,
    step: Move<'_>,
    preconditions: &Preconditions,
) -> Result<Model, TranslationsError> {
    let mut row = translations::locked(tx, place, key).await?.ok_or(TranslationsError::NoMessage)?;
    let (act, from, to, note): (Act, &[State], State, Option<&str>) = match step {
        Move::RequestReview => (Act::ReviewRequested, &[State::Draft], State::Review, None),
        Move::Approve => (Act::Approved, &[State::Review], State::Approved, None),
        Move::Reject(reason) => (Act::Rejected, &[State::Review, State::Approved], State::Draft, Some(reason)),
    };
    if !from.contains(&row.state) {
        return Err(TranslationsError::Stage(row.state));
    }
    if act == Act::Approved {
        // Those at the command line have no name here: what they import, anybody approves.
        if row.author_id.is_some() && row.author_id == tx.caller().user_id() {
            return Err(TranslationsError::OwnWork);
        }
        if row.source != source {
            return Err(TranslationsError::Outdated);
        }
    }
    // Last, as RFC 9110 §13.2.1 has it: what cannot be done at all is said first.
    preconditions.require(&tag(&row))?;
    row.state = to;
    row.reviewer_id = if act == Act::ReviewRequested { None } else { tx.caller().user_id() };
    let row = translations::save(tx, row, &Step { act, text: None, note }).await?;
    if act == Act::Approved {
        memory::remember(tx, &row).await?;
    }
    if act != Act::ReviewRequested {
        let detail = json!({ "key": row.key, "locale": row.locale, "application": row.application, "version": row.version });
        tx.audit(Record::new(format!("translation.{}", act.word())).object("translation", row.id).detail(detail));
    }
    Ok(row)
}

/// Publishes all that is approved, above what was published before. Texts of messages that the files no longer have, or whose American
/// English has changed since, stay behind.
pub(crate) async fn publish(
    tx: &Tx,
    place: &Place,
    sources: &BTreeMap<String, MessageText>,
    why: Option<&str>,
) -> Result<publication::Model, TranslationsError> {
    // Locked first: who comes second at the same time finds them published.
    let approved = translations::in_state(tx, place, State::Approved).await?;
    let last = publications::latest(tx, place).await?;
    let mut texts = last.as_ref().map(|last| last.texts.clone()).unwrap_or_default();
    texts.0.retain(|key, _| sources.contains_key(key));
    let is_current = |row: &Model| sources.get(&row.key).is_some_and(|source| source.text == row.source);
    let ready: Vec<Model> = approved.into_iter().filter(is_current).collect();
    if ready.is_empty() {
        return Err(TranslationsError::NothingApproved);
    }
    for row in ready {
        texts.0.insert(row.key.clone(), row.text.clone());
        let step = Step { act: Act::Published, text: None, note: why };
        translations::save(tx, Model { state: State::Published, ..row }, &step).await?;
    }
    let row = publications::publish(tx, place, last.as_ref(), New { texts, restored_from: None, why }).await?;
    note(tx, "translations.published", &row);
    Ok(row)
}

/// Publishes an older publication anew; 0 is what the files say. What it takes away goes back to review.
pub(crate) async fn roll_back(
    tx: &Tx,
    place: &Place,
    number: i64,
    why: Option<&str>,
) -> Result<publication::Model, TranslationsError> {
    let unknown = || TranslationsError::Field { field: "number", error: FieldError::new("unknown", "translations-field-number") };
    let last = publications::latest(tx, place).await?.ok_or_else(unknown)?;
    let texts = match number {
        0 => Texts::default(),
        number => publications::numbered(tx, place, number).await?.ok_or_else(unknown)?.texts,
    };
    for row in translations::in_state(tx, place, State::Published).await? {
        if texts.0.get(&row.key) != Some(&row.text) {
            let step = Step { act: Act::Withdrawn, text: None, note: why };
            translations::save(tx, Model { state: State::Review, ..row }, &step).await?;
        }
    }
    let row = publications::publish(tx, place, Some(&last), New { texts, restored_from: Some(number), why }).await?;
    note(tx, "translations.rolled-back", &row);
    Ok(row)
}

fn note(tx: &Tx, action: &str, row: &publication::Model) {
    let detail = json!({
        "application": row.application, "locale": row.locale, "number": row.number, "changed": row.changed,
        "restoredFrom": row.restored_from, "why": row.why,
    });
    tx.audit(Record::new(action).object("publication", row.id).detail(detail));
}
