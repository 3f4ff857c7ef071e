//! The front door of this process, as the control plane needs it. The server has both and brings them together.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, OnceLock};

use banyan_contracts::splits::SplitSums;
use banyan_locale::Messages;
use parking_lot::Mutex;
use serde::Serialize;
use serde_json::{Map, Value};

pub use crate::entity::entry::Kind;

use crate::cache::{Purge, Purging};
use crate::diagnosis;

/// The front door.
pub trait Door: Send + Sync {
    /// Takes routes and upstreams of migrations, in the form of a route file, beside those of its own file.
    ///
    /// # Errors
    /// What is wrong with them, for the log; then those before go on.
    fn follow(&self, routes: &str) -> Result<(), String>;

    /// Takes what operators stored, beside the file and the migrations. What does not fit is left out.
    fn store(&self, entries: &[Entry]);

    /// What [`Door::store`] would leave out; nothing is changed.
    fn check(&self, entries: &[Entry]) -> Vec<EntryFault>;

    /// What is left out now.
    fn refused(&self) -> Vec<EntryFault>;

    /// What each split saw: its `name`, `generation`, `rolledBack` and the rest of its report.
    fn splits(&self) -> Vec<Value>;

    /// What each split saw since this was asked last. Those that saw nothing are left out.
    fn take_sums(&self) -> Vec<SplitSums>;

    /// The paths that were asked for, by template.
    fn observed(&self) -> Vec<Value>;

    /// Forgets kept answers.
    fn purge(&self, purge: Purge) -> Purging;

    /// What is kept, and how often it helped.
    fn cache_stats(&self) -> Value;
}

/// A route or an upstream in the words of the route file.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    pub kind: Kind,
    pub name: String,
    pub definition: Map<String, Value>,
}

/// All that is stored, as a door is told.
pub(crate) struct Plan {
    /// Rises with each change.
    pub(crate) version: i64,
    /// Of the migrations, in the form of a route file.
    pub(crate) routes: String,
    pub(crate) entries: Vec<Entry>,
}

/// Why an entry is left out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[schema(as = GatewayEntryFault)]
pub struct EntryFault {
    pub kind: Kind,
    pub name: String,
    /// The key of the definition, such as `timeout` or `endpoints[0]`; empty where it is all of it.
    pub key: String,
    /// For programs: the kind of mistake, such as `unknown-key`; none where it has no name.
    pub code: Option<String>,
    /// What the message of the kind names.
    #[serde(skip)]
    pub values: BTreeMap<String, String>,
    /// In English, as the messages of the route file are.
    pub reason: String,
    /// What would do, in English.
    pub remedy: String,
    /// Both for people, in the language of the request.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
}

impl EntryFault {
    /// With its message in the language of `messages`.
    #[must_use]
    pub(crate) fn said(self, messages: Messages<'_>) -> Self {
        Self { message: Some(diagnosis::error(&self).text(messages)), ..self }
    }

    /// As a problem names it.
    pub(crate) fn field(&self) -> String {
        match self.key.as_str() {
            "" => "definition".to_owned(),
            "name" => "name".to_owned(),
            key => format!("definition.{key}"),
        }
    }
}

/// A door that opens after the services are there.
#[derive(Clone, Default)]
pub struct DoorLink(Arc<Inner>);

#[derive(Default)]
struct Inner {
    door: OnceLock<Arc<dyn Door>>,
    /// The version that it was told last.
    told: Mutex<i64>,
    /// What was taken of it and could not be written.
    unwritten: Mutex<Vec<SplitSums>>,
}

/// Runs of splits whose sums wait for a store that cannot be written. Each is one, however long that lasts; of more, the oldest are let go.
const MOST_UNWRITTEN: usize = 1_000;

/// What a door saw, until it is written. What is left when this is dropped waits for the next time.
pub(crate) struct Taken<'l> {
    link: &'l DoorLink,
    sums: Vec<SplitSums>,
}

impl Taken<'_> {
    /// What is to be written next, the same until [`Taken::written`].
    pub(crate) fn next(&self) -> Option<&SplitSums> {
        self.sums.last()
    }

    pub(crate) fn written(&mut self) {
        self.sums.pop();
    }
}

impl Drop for Taken<'_> {
    fn drop(&mut self) {
        let mut unwritten = self.link.0.unwritten.lock();
        std::mem::take(&mut self.sums).into_iter().for_each(|sums| gather(&mut unwritten, sums));
    }
}

fn gather(all: &mut Vec<SplitSums>, sums: SplitSums) {
    match all.iter_mut().find(|known| known.name == sums.name && known.generation == sums.generation) {
        Some(known) => known.add(&sums),
        None => all.push(sums),
    }
    if all.len() > MOST_UNWRITTEN {
        all.remove(0);
    }
}

impl DoorLink {
    /// Once; a second door is not taken.
    pub fn connect(&self, door: Arc<dyn Door>) {
        let _first = self.0.door.set(door);
    }

    pub(crate) fn get(&self) -> Option<&dyn Door> {
        self.0.door.get().map(|door| &**door)
    }

    /// What the door saw since this was asked last, with what waited.
    pub(crate) fn take_sums(&self) -> Taken<'_> {
        let mut sums = std::mem::take(&mut *self.0.unwritten.lock());
        let news = self.get().map(|door| door.take_sums()).unwrap_or_default();
        news.into_iter().for_each(|news| gather(&mut sums, news));
        Taken { link: self, sums }
    }

    /// Tells the door what is stored, unless it was told something newer meanwhile.
    ///
    /// # Errors
    /// What the door does not take of the migrations' routes; then it keeps those before. Entries it has taken all the same.
    pub(crate) fn tell(&self, plan: &Plan) -> Result<(), String> {
        let Some(door) = self.get() else { return Ok(()) };
        let mut told = self.0.told.lock();
        if plan.version < *told {
            return Ok(());
        }
        let followed = door.follow(&plan.routes);
        door.store(&plan.entries);
        *told = plan.version;
        followed
    }
}

impl fmt::Debug for DoorLink {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DoorLink").field("connected", &self.0.door.get().is_some()).finish()
    }
}
