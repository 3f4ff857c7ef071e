//! Following the logs for one program: what happened in its tenant, of the types that it wants.

use std::collections::VecDeque;
use std::time::Duration;

use banyan_contracts::CloudEvent;
use banyan_kernel::{Timestamp, Uuid};
use banyan_store::StoreError;
use banyan_store::log::{Entry, Log, Position};
use futures_util::future::select_all;
use tokio::sync::{OwnedSemaphorePermit, watch};
use tokio::time::Instant;

/// Events of a log at a time.
const CHUNK: u32 = 64;
/// How often logs are looked at for what other processes wrote.
const LOOK: Duration = Duration::from_secs(1);

/// Which types.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Wanted(Vec<String>);

impl Wanted {
    /// Names with commas between them; `goals.*` stands for all that begin so. Nothing: all.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let all: Vec<String> = text.split(',').map(str::trim).filter(|one| !one.is_empty()).map(str::to_owned).collect();
        let good = |one: &String| {
            let name = one.strip_suffix(".*").unwrap_or(one);
            name.split('.')
                .all(|word| !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte)))
        };
        (all.len() <= 50 && all.iter().all(good)).then_some(Self(all))
    }

    /// None at all.
    pub(crate) fn nothing() -> Self {
        Self(vec![String::new()])
    }

    pub(crate) fn has(&self, kind: &str) -> bool {
        let fits = |one: &String| match one.strip_suffix(".*") {
            Some(prefix) => kind.strip_prefix(prefix).is_some_and(|rest| rest.starts_with('.')),
            None => one == kind,
        };
        self.0.is_empty() || self.0.iter().any(fits)
    }
}

/// A place in each log, as one text: `goals:0/12,identity:0/4`. It is the id of the stream's events, which a program sends back as
/// `Last-Event-ID`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Places(Vec<(String, Position)>);

impl Places {
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let one = |part: &str| {
            let (service, place) = part.split_once(':')?;
            Some((service.to_owned(), place.parse().ok()?))
        };
        let places: Option<Vec<_>> = text.split(',').map(one).collect();
        places.filter(|places| places.len() <= 100).map(Self)
    }

    fn of(&self, service: &str) -> Option<Position> {
        self.0.iter().find(|(name, _)| name == service).map(|(_, place)| *place)
    }
}

/// An event with the place after it.
pub(crate) struct Told {
    pub(crate) id: String,
    pub(crate) event: CloudEvent,
}

/// One program's stream.
pub(crate) struct Follower {
    tenant: Uuid,
    wanted: Wanted,
    logs: Vec<(Log, Position)>,
    woken: Vec<watch::Receiver<u64>>,
    waiting: VecDeque<Told>,
    until: Instant,
    _permit: OwnedSemaphorePermit,
}

impl Follower {
    /// From `places` on; logs that are not among them from their ends.
    ///
    /// # Errors
    /// What the engine says.
    pub(crate) async fn begin(
        logs: &[Log],
        tenant: Uuid,
        wanted: Wanted,
        places: &Places,
        lifetime: Duration,
        permit: OwnedSemaphorePermit,
    ) -> Result<Self, StoreError> {
        let mut followed = Vec::with_capacity(logs.len());
        for log in logs {
            let place = match places.of(log.service()) {
                // What stands before the beginning was handled before there was a log.
                Some(place) => place.max(Position::BEGINNING),
                None => log.end().await?,
            };
            followed.push((log.clone(), place));
        }
        let woken = logs.iter().map(Log::woken).collect();
        let (until, waiting) = (Instant::now() + lifetime, VecDeque::new());
        Ok(Self { tenant, wanted, logs: followed, woken, waiting, until, _permit: permit })
    }

    /// The next event, whenever it comes; nothing when the stream's time is over.
    ///
    /// # Errors
    /// What the engine says.
    pub(crate) async fn next(&mut self) -> Result<Option<Told>, StoreError> {
        loop {
            if let Some(told) = self.waiting.pop_front() {
                return Ok(Some(told));
            }
            if Instant::now() >= self.until {
                return Ok(None);
            }
            for woken in &mut self.woken {
                woken.mark_unchanged();
            }
            if self.read().await? == 0 {
                self.wait().await;
            }
        }
    }

    async fn wait(&mut self) {
        let pause = tokio::time::sleep_until(self.until.min(Instant::now() + LOOK));
        if self.woken.is_empty() {
            return pause.await;
        }
        let changes = self.woken.iter_mut().map(|woken| Box::pin(woken.changed()));
        tokio::select! {
            _ = select_all(changes) => {}
            () = pause => {}
        }
    }

    /// Reads on in each log; says how many entries it saw.
    async fn read(&mut self) -> Result<usize, StoreError> {
        let mut seen = 0;
        for at in 0..self.logs.len() {
            let (log, place) = self.logs[at].clone();
            let entries = log.read(place, CHUNK).await?;
            seen += entries.len();
            for entry in &entries {
                self.logs[at].1 = entry.place();
                if entry.tenant == self.tenant && self.wanted.has(&entry.kind) {
                    let id = self.id();
                    self.waiting.push_back(Told { id, event: event(log.service(), entry) });
                }
            }
        }
        Ok(seen)
    }

    fn id(&self) -> String {
        let places: Vec<String> = self.logs.iter().map(|(log, place)| format!("{}:{place}", log.service())).collect();
        places.join(",")
    }
}

pub(crate) fn event(service: &str, entry: &Entry) -> CloudEvent {
    CloudEvent {
        specversion: "1.0".to_owned(),
        id: entry.id,
        source: format!("/services/{service}"),
        kind: entry.kind.clone(),
        subject: entry.subject.clone(),
        time: Timestamp::from_micros(entry.occurred_at),
        datacontenttype: "application/json".to_owned(),
        tenant: entry.tenant,
        dataversion: u32::try_from(entry.version).unwrap_or(0),
        data: serde_json::from_slice(&entry.data.0).unwrap_or_default(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_are_chosen_by_name_or_beginning() {
        let wanted = Wanted::parse("goals.*, identity.user.registered").unwrap();
        assert!(wanted.has("goals.goal.created") && wanted.has("identity.user.registered"));
        assert!(!wanted.has("goals") && !wanted.has("goalsx.y") && !wanted.has("identity.user.verified"));
        assert!(Wanted::parse("").unwrap().has("anything.at.all"));
        for bad in ["*", "a.*.b", "a..b", "a b", "%", &"a,".repeat(60)] {
            assert!(Wanted::parse(bad).is_none(), "{bad}");
        }
    }

    #[test]
    fn places_are_read_as_they_are_written() {
        let places = Places::parse("goals:0/12,identity:7/4").unwrap();
        assert_eq!(places.of("identity"), Some(Position { era: 7, number: 4 }));
        assert_eq!(places.of("content"), None);
        for bad in ["", "x", "goals:12", "goals:0/12,", "goals:a/b", "goals:0/99999999999999999999"] {
            assert!(Places::parse(bad).is_none(), "{bad}");
        }
    }
}
