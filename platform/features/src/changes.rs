//! What changed between snapshots, for clients that fetch changes alone (Unleash's delta, client specification 5.2 and later).

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

use crate::Snapshot;
use crate::document::Scope;

/// Events that are kept of a tenant's environment. Who was away for longer gets everything.
const MOST_EVENTS: usize = 500;

/// Events that bring a client up to date.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Changes {
    /// The revision that the client has afterwards.
    pub revision: i64,
    /// `{"events":[…]}`.
    pub body: String,
}

/// The last changes.
#[derive(Debug, Default)]
pub(crate) struct Log {
    /// Every change after this revision is here.
    base: i64,
    steps: VecDeque<Step>,
    events: usize,
}

/// What one revision changed.
#[derive(Debug)]
struct Step {
    revision: i64,
    events: Vec<Event>,
}

#[derive(Debug)]
enum Event {
    Updated { name: Box<str>, project: Box<str>, text: Arc<str> },
    Removed { name: Box<str>, project: Box<str> },
    SegmentUpdated { text: Arc<str> },
    SegmentRemoved { id: i32 },
}

impl Log {
    /// A log that begins with this snapshot.
    pub(crate) fn beginning_at(revision: i64) -> Self {
        Self { base: revision, ..Self::default() }
    }

    pub(crate) fn add(&mut self, old: &Snapshot, new: &Snapshot) {
        let events = difference(old, new);
        self.events += events.len();
        self.steps.push_back(Step { revision: new.revision(), events });
        while self.events > MOST_EVENTS {
            let Some(step) = self.steps.pop_front() else { break };
            self.events -= step.events.len();
            self.base = step.revision;
        }
    }

    /// What a client that has `since` must be told; none where nothing in its scope changed.
    pub(crate) fn since(&self, since: Option<i64>, scope: &Scope, snapshot: &Snapshot) -> Option<Changes> {
        let now = snapshot.revision();
        let known = since.filter(|since| (self.base..=now).contains(since));
        let Some(known) = known else { return Some(everything(scope, snapshot)) };
        let steps = self.steps.iter().filter(|step| step.revision > known);
        let events: Vec<String> = steps
            .flat_map(|step| step.events.iter().filter(|event| event.is_in(scope)).map(move |event| event.text(step.revision)))
            .collect();
        let body = format!("{{\"events\":[{}]}}", events.join(","));
        (!events.is_empty()).then_some(Changes { revision: now, body })
    }
}

/// All of it, in one event.
fn everything(scope: &Scope, snapshot: &Snapshot) -> Changes {
    let revision = snapshot.revision();
    let (features, segments) = (snapshot.features_in(scope), snapshot.segments_joined());
    let body = format!(
        "{{\"events\":[{{\"type\":\"hydration\",\"eventId\":{revision},\"features\":[{features}],\"segments\":[{segments}]}}]}}"
    );
    Changes { revision, body }
}

impl Event {
    fn is_in(&self, scope: &Scope) -> bool {
        match self {
            Self::Updated { name, project, .. } | Self::Removed { name, project } => scope.admits(name, project),
            Self::SegmentUpdated { .. } | Self::SegmentRemoved { .. } => true,
        }
    }

    fn text(&self, revision: i64) -> String {
        let quoted = |text: &str| serde_json::Value::from(text).to_string();
        match self {
            Self::Updated { text, .. } => format!("{{\"type\":\"feature-updated\",\"eventId\":{revision},\"feature\":{text}}}"),
            Self::Removed { name, project } => format!(
                "{{\"type\":\"feature-removed\",\"eventId\":{revision},\"featureName\":{},\"project\":{}}}",
                quoted(name),
                quoted(project)
            ),
            Self::SegmentUpdated { text } => {
                format!("{{\"type\":\"segment-updated\",\"eventId\":{revision},\"segment\":{text}}}")
            }
            Self::SegmentRemoved { id } => {
                format!("{{\"type\":\"segment-removed\",\"eventId\":{revision},\"segmentId\":{id}}}")
            }
        }
    }
}

/// Segments that come go before the flags that use them, those that go after them.
fn difference(old: &Snapshot, new: &Snapshot) -> Vec<Event> {
    let mut events = Vec::new();
    let segments: HashMap<i32, &Arc<str>> = old.segments().iter().map(|(id, text)| (*id, text)).collect();
    for (id, text) in new.segments() {
        if segments.get(id) != Some(&text) {
            events.push(Event::SegmentUpdated { text: text.clone() });
        }
    }
    let flags: HashMap<&str, &crate::flag::Flag> = old.flags().iter().map(|flag| (&*flag.name, flag)).collect();
    for flag in new.flags() {
        let before = flags.get(&*flag.name);
        if before.is_some_and(|before| before.text == flag.text) {
            continue;
        }
        if let Some(before) = before.filter(|before| before.project != flag.project) {
            events.push(Event::Removed { name: before.name.clone(), project: before.project.clone() });
        }
        let (name, project, text) = (flag.name.clone(), flag.project.clone(), flag.text.clone());
        events.push(Event::Updated { name, project, text });
    }
    let gone = old.flags().iter().filter(|flag| !new.has(&flag.name));
    events.extend(gone.map(|flag| Event::Removed { name: flag.name.clone(), project: flag.project.clone() }));
    let gone = old.segments().iter().filter(|(id, _)| !new.segments().iter().any(|(known, _)| known == id));
    events.extend(gone.map(|(id, _)| Event::SegmentRemoved { id: *id }));
    events
}
