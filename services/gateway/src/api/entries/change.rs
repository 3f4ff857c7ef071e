//! Storing, removing and restoring an entry: judged with all that is stored, then stored, then told to the door.

use axum::response::{IntoResponse, Response};
use banyan_http::{FieldError, NoContent, Preconditions, Problem};
use banyan_kernel::Caller;
use banyan_locale::Locale;
use banyan_store::Tx;
use http::StatusCode;

use super::tag;
use crate::App;
use crate::door::{Entry, EntryFault, Kind};
use crate::entity::entry::{Definition, Model};
use crate::entity::entry_version::Act;
use crate::error::GatewayError;
use crate::store;
use crate::store::entries::{self, Change};

/// The most entries of a kind.
pub(super) const fn most(kind: Kind) -> usize {
    match kind {
        Kind::Route => 500,
        Kind::Upstream => 100,
    }
}

/// What a caller asks for.
pub(super) struct Wish<'w> {
    pub(super) kind: Kind,
    pub(super) name: &'w str,
    pub(super) what: What<'w>,
    pub(super) why: Option<&'w str>,
    pub(super) preconditions: &'w Preconditions,
}

#[derive(Clone, Copy)]
pub(super) enum What<'w> {
    Put(&'w Definition),
    Remove,
    Restore(i64),
}

/// How it ended.
struct Done {
    row: Option<Model>,
    /// The name stood for something before.
    was_there: bool,
}

impl App {
    /// 201 for a new name, 204 for one that is removed, else 200.
    pub(super) async fn change_entry(&self, caller: &Caller, wish: &Wish<'_>) -> Result<Response, Problem> {
        let rows = self.store.bind(caller);
        let done = rows.write(move |tx| async move { self.decide(&tx, wish).await }).await;
        let done = done.map_err(|error: GatewayError| Problem::from(error))?;
        if let Err(error) = self.tell_door(&rows).await {
            tracing::warn!(%error, "the door hears of a change that is stored in its next round");
        }
        let Some(row) = done.row else { return Ok(NoContent.into_response()) };
        let is_new = !done.was_there && matches!(wish.what, What::Put(_));
        let status = if is_new { StatusCode::CREATED } else { StatusCode::OK };
        // It was judged a moment ago: nothing is left to be said of it in any language.
        Ok((status, self.tagged(row, Locale::en_us())).into_response())
    }

    async fn decide(&self, tx: &Tx, wish: &Wish<'_>) -> Result<Done, GatewayError> {
        let door = store::locked_door(tx).await?;
        let stored = entries::all(tx).await?;
        let present = stored.iter().find(|row| row.kind == wish.kind && row.name == wish.name);
        if present.is_none() && matches!(wish.what, What::Remove) {
            return Err(GatewayError::Hidden);
        }
        let restored = match wish.what {
            What::Restore(version) => Some(earlier(tx, wish, version).await?),
            What::Put(_) | What::Remove => None,
        };
        let (act, definition) = match wish.what {
            What::Put(definition) => (Act::Put, Some(definition)),
            What::Remove => (Act::Removed, None),
            What::Restore(_) => (Act::Restored, restored.as_ref()),
        };
        let change = Change { kind: wish.kind, name: wish.name, act, definition, why: wish.why };
        self.judge(&stored, &change)?;
        // Last, as RFC 9110 §13.2.1 has it: what cannot be done at all is said first.
        match present {
            Some(row) => wish.preconditions.require(&tag(row))?,
            None => wish.preconditions.allow_new()?,
        }
        let row = entries::apply(tx, &change, present).await?;
        store::announce_change(tx, door).await?;
        Ok(Done { row, was_there: present.is_some() })
    }

    /// The entry is refused where the door would not take it, or would have to leave out another one that it takes now.
    fn judge(&self, stored: &[Model], change: &Change<'_>) -> Result<(), GatewayError> {
        let door = self.door.get().ok_or(GatewayError::NoDoor)?;
        let of_change = |kind: Kind, name: &str| kind == change.kind && name == change.name;
        let before: Vec<Entry> = stored.iter().cloned().map(Entry::from).collect();
        let mut after: Vec<Entry> = before.iter().filter(|entry| !of_change(entry.kind, &entry.name)).cloned().collect();
        if let Some(definition) = change.definition {
            if after.iter().filter(|entry| entry.kind == change.kind).count() >= most(change.kind) {
                return Err(GatewayError::TooMany(most(change.kind)));
            }
            // The last: of two that do not go together it is the new one that is to blame.
            after.push(Entry { kind: change.kind, name: change.name.to_owned(), definition: definition.0.clone() });
        }
        let (own, others): (Vec<EntryFault>, Vec<EntryFault>) =
            door.check(&after).into_iter().partition(|fault| of_change(fault.kind, &fault.name));
        if !own.is_empty() {
            return Err(GatewayError::Refused(own));
        }
        let known = if others.is_empty() { Vec::new() } else { door.check(&before) };
        let broken = |fault: &EntryFault| !known.iter().any(|old| old.kind == fault.kind && old.name == fault.name);
        let others: Vec<EntryFault> = others.into_iter().filter(broken).collect();
        if others.is_empty() { Ok(()) } else { Err(GatewayError::Breaks(others)) }
    }
}

async fn earlier(tx: &Tx, wish: &Wish<'_>, version: i64) -> Result<Definition, GatewayError> {
    let unknown = || GatewayError::Field { field: "version", error: FieldError::new("unknown", "gateway-field-version") };
    let row = entries::version(tx, wish.kind, wish.name, version).await?.ok_or_else(unknown)?;
    if row.act == Act::Removed { Err(unknown()) } else { Ok(row.definition) }
}
