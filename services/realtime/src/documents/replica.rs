//! A document in memory. Whatever goes wrong in here, the replica is thrown away and read anew from the store.

use std::mem::ManuallyDrop;
use std::sync::Arc;

use parking_lot::Mutex;
use yrs::block::ClientID;
use yrs::undo::Options as UndoOptions;
use yrs::updates::decoder::Decode as _;
use yrs::updates::encoder::Encode as _;
use yrs::{Doc, OffsetKind, Options, ReadTxn as _, StateVector, Transact as _, UndoManager, Update};

use super::heavy::{Broken, guarded};
use super::scan::{Found, scan};
use super::wire::Malformed;

/// What is heavier is done on a thread of its own: so many bytes take about a millisecond.
const LIGHT_BYTES: usize = 64 * 1024;
/// As deep as a usual stack bears.
const LIGHT_TYPES: usize = 200;
/// Who changes what between a version and now.
const SINCE: &str = "since";

pub(crate) struct Replica {
    doc: Doc,
    /// What the last transaction has changed, as others need it.
    effects: Arc<Mutex<Vec<Vec<u8>>>>,
    /// At most so large is the document, in bytes of an update that has all of it; counted anew by [`Replica::state`].
    pub(crate) bytes: usize,
    /// At most so many types are in it, and it is no deeper.
    pub(crate) types: usize,
    /// Of what waits for something that was not heard yet.
    pub(crate) waiting_bytes: usize,
}

/// Why an update is not applied.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Unfit {
    #[error(transparent)]
    Malformed(#[from] Malformed),
    /// The replica is not to be used again.
    #[error(transparent)]
    Broken(#[from] Broken),
}

impl Replica {
    /// An empty one. `client` is what it writes as, if it ever does.
    pub(crate) fn new(client: u32) -> Self {
        let doc = document(client);
        let effects = Arc::<Mutex<Vec<Vec<u8>>>>::default();
        let told = effects.clone();
        let observed = doc.observe_update_v1("effects", move |_, event| told.lock().push(event.update.clone()));
        // Nobody else has a transaction yet.
        debug_assert!(observed.is_ok());
        Self { doc, effects, bytes: 0, types: 0, waiting_bytes: 0 }
    }

    /// Whether work on it, with so much more, can be done at once where requests are served.
    pub(crate) fn is_light(&self, bytes: usize, types: usize) -> bool {
        self.bytes + self.waiting_bytes + bytes <= LIGHT_BYTES && self.types + types <= LIGHT_TYPES
    }

    /// Takes an update in; gives what others lack by it, and nothing where all of it was known or has to wait for what it builds on.
    ///
    /// # Errors
    /// For what is no update; [`Unfit::Broken`] where the replica must not be used again.
    pub(crate) fn apply(&mut self, update: &[u8], found: Found) -> Result<Vec<Vec<u8>>, Unfit> {
        let decoded = guarded(|| Update::decode_v1(update))?.map_err(|_| Malformed)?;
        let mut txn = ManuallyDrop::new(self.doc.try_transact_mut().map_err(|_| Broken)?);
        let applied = guarded(|| txn.apply_update(decoded));
        // Ends the transaction, which may go wrong as well; not while another panic is on its way, which would end the process.
        let ended = guarded(|| drop(ManuallyDrop::into_inner(txn)));
        applied?.map_err(|_| Broken)?;
        ended?;
        self.types += found.types;
        let effects = std::mem::take(&mut *self.effects.lock());
        let changed: usize = effects.iter().map(Vec::len).sum();
        self.bytes += changed;
        self.waiting_bytes = if self.waits() { self.waiting_bytes + update.len() } else { 0 };
        Ok(effects)
    }

    /// As [`Replica::apply`], of what was stored.
    pub(crate) fn restore(&mut self, update: &[u8]) -> Result<Vec<Vec<u8>>, Unfit> {
        self.apply(update, scan(update)?)
    }

    fn waits(&self) -> bool {
        self.doc.try_transact().is_ok_and(|txn| txn.has_missing_updates())
    }

    pub(crate) fn state_vector(&self) -> Result<Vec<u8>, Broken> {
        let txn = self.doc.try_transact().map_err(|_| Broken)?;
        guarded(|| txn.state_vector().encode_v1())
    }

    /// What somebody lacks who has so much. Not what waits: nobody has stored that.
    pub(crate) fn missing(&self, state_vector: &[u8]) -> Result<Vec<u8>, Unfit> {
        let known = guarded(|| StateVector::decode_v1(state_vector))?.map_err(|_| Malformed)?;
        let txn = self.doc.try_transact().map_err(|_| Broken)?;
        Ok(guarded(|| txn.encode_diff_v1(&known))?)
    }

    /// All of it, as one update.
    pub(crate) fn state(&mut self) -> Result<Vec<u8>, Broken> {
        let state = {
            let txn = self.doc.try_transact().map_err(|_| Broken)?;
            guarded(|| txn.encode_diff_v1(&StateVector::default()))?
        };
        self.bytes = state.len();
        self.types = scan(&state).map_or(self.types, |found| found.types);
        Ok(state)
    }

    /// The update that brings back what `old` was: what came since is undone as somebody does it who undoes everything, so that what was
    /// deleted stands again where it stood, and what others write meanwhile stays.
    pub(crate) fn reverting(&self, old: &[u8], client: u32) -> Result<Vec<u8>, Unfit> {
        let doc = document(client);
        let now = self.doc.try_transact().map_err(|_| Broken)?;
        guarded(|| revert(&doc, old, &now))?
    }
}

fn revert(doc: &Doc, old: &[u8], now: &yrs::Transaction<'_>) -> Result<Vec<u8>, Unfit> {
    doc.transact_mut().apply_update(Update::decode_v1(old).map_err(|_| Malformed)?).map_err(|_| Broken)?;
    let known = doc.transact().state_vector();
    let mut undo = UndoManager::with_options(UndoOptions::default());
    for (name, _) in now.root_refs() {
        // What kind it is makes no difference to what is undone in it.
        undo.expand_scope(doc, &doc.get_or_insert_map(name.to_owned()));
    }
    undo.include_origin(SINCE);
    let since = Update::decode_v1(&now.encode_diff_v1(&known)).map_err(|_| Malformed)?;
    doc.transact_mut_with(SINCE).apply_update(since).map_err(|_| Broken)?;
    while undo.undo_blocking() {}
    Ok(doc.transact().encode_diff_v1(&now.state_vector()))
}

fn document(client: u32) -> Doc {
    let mut options = Options::with_client_id(ClientID::new(u64::from(client)));
    options.offset_kind = OffsetKind::Utf16;
    // This side writes nothing of its own accord.
    options.cleanup_formatting = false;
    Doc::with_options(options)
}
