//! How the consumers of events do, for those who watch.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use banyan_events::Consumers;
use banyan_events::log::{GroupState, RelayCounts, RelayState};
use banyan_store::log::Log;
use banyan_telemetry::metrics::prometheus::collector::Collector;
use banyan_telemetry::metrics::prometheus::encoding::{DescriptorEncoder, EncodeMetric};
use banyan_telemetry::metrics::prometheus::metrics::MetricType;
use banyan_telemetry::metrics::prometheus::metrics::counter::ConstCounter;
use banyan_telemetry::metrics::prometheus::metrics::gauge::ConstGauge;
use parking_lot::Mutex;
use tokio::sync::watch;

use crate::house::House;

/// How often the databases are asked; metrics show what they said last.
const EVERY: Duration = Duration::from_secs(10);

/// What of a consumer's state.
type Read = fn(&GroupState) -> u64;
/// What the databases said last.
type Known = Arc<Mutex<States>>;

#[derive(Clone, Default)]
pub(super) struct States {
    groups: Vec<GroupState>,
    relays: Vec<RelayState>,
}

/// Asks until `stop` becomes true.
pub(super) async fn run(house: Arc<House>, known: Known, mut stop: watch::Receiver<bool>) {
    while !*stop.borrow() {
        let mut states = States::default();
        for consumers in &house.consumers {
            match consumers.states().await {
                Ok(found) => states.groups.extend(found),
                Err(error) => tracing::debug!(service = consumers.service(), %error, "consumers cannot be looked at"),
            }
            match consumers.relays().await {
                Ok(found) => states.relays.extend(found),
                Err(error) => tracing::debug!(service = consumers.service(), %error, "relays cannot be looked at"),
            }
        }
        *known.lock() = states;
        tokio::select! {
            () = tokio::time::sleep(EVERY) => {}
            _ = stop.changed() => {}
        }
    }
}

/// Shows them among the metrics.
pub(super) fn report(house: &House) -> Known {
    let known = Known::default();
    let logs = house.served().map(|room| room.host.store.log()).collect();
    house.metrics.add_collector(Events { known: known.clone(), logs, consumers: house.consumers.clone() });
    known
}

struct Events {
    known: Known,
    logs: Vec<Log>,
    consumers: Vec<Consumers>,
}

impl fmt::Debug for Events {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Events").finish_non_exhaustive()
    }
}

impl Collector for Events {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> Result<(), fmt::Error> {
        let mut published = encoder.encode_descriptor(
            "banyan_events_published",
            "Events that this process published",
            None,
            MetricType::Counter,
        )?;
        for log in &self.logs {
            let labels = [("service", log.service())];
            ConstCounter::new(log.published()).encode(published.encode_family(&labels)?)?;
        }
        self.counters(&mut encoder)?;
        let states = self.known.lock().clone();
        self.relays(&mut encoder, &states.relays)?;
        let states = states.groups;
        let gauges: [(&str, &str, Read); 3] = [
            ("banyan_events_lag", "Events that a consumer has still to handle, up to 100,000", |state| state.lag),
            ("banyan_events_waiting", "Events that wait for another attempt or for an earlier one", |state| state.waiting),
            ("banyan_dead_letters", "Events that could not be handled and wait for a person", |state| state.dead),
        ];
        for (name, help, value) in gauges {
            let mut gauge = encoder.encode_descriptor(name, help, None, MetricType::Gauge)?;
            for state in &states {
                let labels = [("service", &*state.service), ("consumer", &*state.consumer), ("source", &*state.source)];
                let value = i64::try_from(value(state)).unwrap_or(i64::MAX);
                ConstGauge::new(value).encode(gauge.encode_family(&labels)?)?;
            }
        }
        Ok(())
    }
}

impl Events {
    fn relays(&self, encoder: &mut DescriptorEncoder<'_>, states: &[RelayState]) -> Result<(), fmt::Error> {
        type Count = fn(&RelayCounts) -> u64;
        let counters: [(&str, &str, Count); 3] = [
            ("banyan_relay_sent", "Events that this process handed to a broker outside and that were acknowledged", |counts| {
                counts.sent
            }),
            ("banyan_relay_failures", "Tries to hand events over that failed in this process", |counts| counts.failures),
            ("banyan_relay_refills", "Times that a log was sent again because the broker had lost it", |counts| counts.refills),
        ];
        for (name, help, value) in counters {
            let mut counter = encoder.encode_descriptor(name, help, None, MetricType::Counter)?;
            for consumers in &self.consumers {
                for (sink, counts) in consumers.relay_counts() {
                    let labels = [("service", consumers.service()), ("sink", sink)];
                    ConstCounter::new(value(&counts)).encode(counter.encode_family(&labels)?)?;
                }
            }
        }
        let help = "Events that a broker outside was not given yet, up to 100,000";
        let mut gauge = encoder.encode_descriptor("banyan_relay_lag", help, None, MetricType::Gauge)?;
        for state in states {
            let labels = [("service", &*state.service), ("sink", &*state.sink)];
            ConstGauge::new(i64::try_from(state.lag).unwrap_or(i64::MAX)).encode(gauge.encode_family(&labels)?)?;
        }
        Ok(())
    }

    fn counters(&self, encoder: &mut DescriptorEncoder<'_>) -> Result<(), fmt::Error> {
        type Count = fn((u64, u64, u64)) -> u64;
        let counters: [(&str, &str, Count); 3] = [
            ("banyan_events_handled", "Events that a consumer handled in this process", |counts| counts.0),
            ("banyan_events_failed_attempts", "Attempts of a consumer that failed in this process", |counts| counts.1),
            ("banyan_events_died", "Events that went to the dead letters in this process", |counts| counts.2),
        ];
        for (name, help, value) in counters {
            let mut counter = encoder.encode_descriptor(name, help, None, MetricType::Counter)?;
            for consumers in &self.consumers {
                for (consumer, counts) in consumers.counters() {
                    let labels = [("service", consumers.service()), ("consumer", *consumer)];
                    ConstCounter::new(value(counts.read())).encode(counter.encode_family(&labels)?)?;
                }
            }
        }
        Ok(())
    }
}
