//! What people do to consumers of events and to what these could not handle.

use anyhow::{Context as _, Result, bail};
use banyan_event_door::{WebhookMend, WebhookSheet};
use banyan_events::log::{DeadLetter, DeadLetters, Filter, GroupState, Mend, RelayState};
use banyan_kernel::{Timestamp, Uuid};
use banyan_store::Store;
use banyan_store::log::Position;
use serde::{Deserialize, Serialize};

use super::Answer;
use crate::house::House;

/// Dead letters that one act drives again at the most.
const MOST_AT_ONCE: usize = 10_000;

#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(tag = "what", rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) enum EventsAct {
    Consumers,
    /// Ways of events to programs outside.
    Relay,
    ListDead {
        which: Which,
        after: Option<Uuid>,
        limit: u32,
    },
    ShowDead {
        id: Uuid,
    },
    EditDead {
        id: Uuid,
        data: serde_json::Value,
        reason: String,
    },
    RedriveDead {
        id: Uuid,
        reason: String,
    },
    /// All that fit.
    RedriveAll {
        which: Which,
        reason: String,
    },
    DropDead {
        id: Uuid,
        reason: String,
    },
    Replay {
        service: String,
        consumer: String,
        source: String,
        from: From,
    },
    ListWebhooks {
        /// By name.
        tenant: Option<String>,
        after: Option<Uuid>,
        limit: u32,
    },
    MendWebhook {
        id: Uuid,
        mend: WebhookMend,
        reason: String,
    },
    /// A reader that will not come back.
    Forget {
        source: String,
        reader: String,
    },
}

/// Which dead letters.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Which {
    pub(crate) service: Option<String>,
    /// By name.
    pub(crate) tenant: Option<String>,
    pub(crate) consumer: Option<String>,
    pub(crate) kind: Option<String>,
    pub(crate) subject: Option<String>,
}

/// From where a consumer is told again.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum From {
    Time(Timestamp),
    After(String),
    Beginning,
}

/// What came of it.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum EventsAnswer {
    Consumers(Vec<GroupState>),
    Relays(Vec<RelayState>),
    Dead(Vec<DeadLetter>),
    Count(usize),
    Place(String),
    Webhooks(Vec<WebhookSheet>),
}

const NO_WEBHOOK: &str = "there is no subscription of this id (`banyan events webhooks list` shows those that there are), or it is disabled and \
    nothing of it can be sent again: `banyan events webhooks enable` first";
const NONE: &str = "there is no dead letter of this id: `banyan events dead list` shows those that there are";

impl House {
    pub(super) async fn do_events(&self, act: &EventsAct) -> Result<Answer> {
        let answer = match act {
            EventsAct::Consumers => {
                let mut states = Vec::new();
                for consumers in &self.consumers {
                    states.extend(consumers.states().await?);
                }
                EventsAnswer::Consumers(states)
            }
            EventsAct::Relay => {
                let mut states = Vec::new();
                for consumers in &self.consumers {
                    states.extend(consumers.relays().await?);
                }
                EventsAnswer::Relays(states)
            }
            EventsAct::ListDead { which, after, limit } => EventsAnswer::Dead(self.dead(which, *after, *limit).await?),
            EventsAct::ShowDead { id } => EventsAnswer::Dead(vec![self.find_dead(*id).await?.1]),
            EventsAct::EditDead { id, data, reason } => self.mend(*id, &Mend::Edit(data.clone()), reason).await?,
            EventsAct::RedriveDead { id, reason } => self.mend(*id, &Mend::Redrive, reason).await?,
            EventsAct::DropDead { id, reason } => self.mend(*id, &Mend::Drop(reason.clone()), reason).await?,
            EventsAct::RedriveAll { which, reason } => self.redrive_all(which, reason).await?,
            EventsAct::Replay { service, consumer, source, from } => self.replay(service, consumer, source, from).await?,
            EventsAct::ListWebhooks { tenant, after, limit } => {
                let tenant = self.tenant_id(tenant.as_deref())?;
                EventsAnswer::Webhooks(banyan_event_door::webhooks(self.event_door()?, tenant, *after, *limit).await?)
            }
            EventsAct::MendWebhook { id, mend, reason } => {
                let mended = banyan_event_door::mend_webhook(self.event_door()?, *id, *mend, reason).await?;
                EventsAnswer::Webhooks(vec![mended.context(NO_WEBHOOK)?])
            }
            EventsAct::Forget { source, reader } => {
                let store = self.store(source).with_context(|| format!("there is no service `{source}`"))?;
                if !store.log().forget_reader(reader).await? {
                    let readers: Vec<String> = store.log().readers().await?.into_iter().map(|one| one.reader).collect();
                    bail!("`{reader}` does not read the log of `{source}`; these do: {}", readers.join(", "));
                }
                EventsAnswer::Count(1)
            }
        };
        Ok(Answer::Events(answer))
    }

    /// All of them, or the one of this name.
    pub(super) fn stores_of(&self, service: Option<&str>) -> Result<Vec<&Store>> {
        let found: Vec<&Store> = self.stores().filter(|store| service.is_none_or(|name| store.service() == name)).collect();
        if found.is_empty() {
            let names: Vec<&str> = self.stores().map(Store::service).collect();
            bail!("there is no service `{}`; there are {}", service.unwrap_or_default(), names.join(", "));
        }
        Ok(found)
    }

    fn event_door(&self) -> Result<&Store> {
        self.store(banyan_event_door::SERVICE).context("this process has no service `events`")
    }

    fn tenant_id(&self, name: Option<&str>) -> Result<Option<Uuid>> {
        let Some(name) = name else { return Ok(None) };
        Ok(Some(self.identity.tenant_named(name).with_context(|| format!("there is no tenant `{name}`"))?.id))
    }

    fn filter(&self, which: &Which) -> Result<Filter> {
        let tenant = self.tenant_id(which.tenant.as_deref())?;
        let (consumer, kind, subject) = (which.consumer.clone(), which.kind.clone(), which.subject.clone());
        Ok(Filter { tenant, consumer, kind, subject })
    }

    async fn dead(&self, which: &Which, after: Option<Uuid>, limit: u32) -> Result<Vec<DeadLetter>> {
        let filter = self.filter(which)?;
        let mut letters = Vec::new();
        for store in self.stores_of(which.service.as_deref())? {
            letters.extend(DeadLetters::of(store).list(&filter, after, limit).await?);
        }
        letters.sort_by_key(|letter| letter.id);
        letters.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
        Ok(letters)
    }

    async fn find_dead(&self, id: Uuid) -> Result<(DeadLetters, DeadLetter)> {
        for store in self.stores() {
            let letters = DeadLetters::of(store);
            if let Some(letter) = letters.get(None, id).await? {
                return Ok((letters, letter));
            }
        }
        bail!(NONE)
    }

    async fn mend(&self, id: Uuid, mend: &Mend, reason: &str) -> Result<EventsAnswer> {
        let (letters, _) = self.find_dead(id).await?;
        letters.mend(None, id, mend, None, reason).await?.context(NONE)?;
        Ok(EventsAnswer::Count(1))
    }

    async fn redrive_all(&self, which: &Which, reason: &str) -> Result<EventsAnswer> {
        let (filter, mut driven) = (self.filter(which)?, 0);
        for store in self.stores_of(which.service.as_deref())? {
            driven += DeadLetters::of(store).redrive_all(&filter, MOST_AT_ONCE - driven, None, reason).await?;
        }
        Ok(EventsAnswer::Count(driven))
    }

    async fn replay(&self, service: &str, consumer: &str, source: &str, from: &From) -> Result<EventsAnswer> {
        let consumers = self.consumers.iter().find(|one| one.service() == service);
        let consumers = consumers.with_context(|| format!("`{service}` has no consumers here"))?;
        let log = self.store(source).with_context(|| format!("there is no service `{source}`"))?.log();
        let place = match from {
            From::Time(time) => log.place_at(*time).await?,
            From::After(text) => text.parse::<Position>()?,
            From::Beginning => Position::BEGINNING,
        };
        if !consumers.replay(consumer, source, place).await? {
            bail!(
                "`{service}` has no consumer `{consumer}` that reads `{source}`; its consumers: {}",
                consumers.names().join(", ")
            );
        }
        Ok(EventsAnswer::Place(place.to_string()))
    }
}
