//! Read replicas as metrics, each process as it sees them.

use std::fmt;

use banyan_store::{ReplicaReport, ReplicaStanding, Replicas};
use banyan_telemetry::Metrics;
use banyan_telemetry::metrics::prometheus::collector::Collector;
use banyan_telemetry::metrics::prometheus::encoding::{DescriptorEncoder, NoLabelSet};
use banyan_telemetry::metrics::prometheus::metrics::MetricType;

pub(super) fn show(replicas: &Replicas, metrics: &Metrics) {
    metrics.add_collector(Shown(replicas.clone()));
}

#[derive(Debug)]
struct Shown(Replicas);

impl Collector for Shown {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> Result<(), fmt::Error> {
        let report = self.0.report();
        let help = "Transactions of people that read, by the server that answered";
        let mut reads = encoder.encode_descriptor("banyan_database_reads", help, None, MetricType::Counter)?;
        let answered = report.replicas.iter().map(|replica| (&*replica.name, replica.reads));
        for (server, count) in answered.chain([("primary", report.reads_of_primary)]) {
            reads.encode_family(&[("server", server)])?.encode_counter::<NoLabelSet, _, u64>(&count, None)?;
        }
        let help = "Transactions that the primary answered although there are replicas, by the reason";
        let mut backs = encoder.encode_descriptor("banyan_database_fallbacks", help, None, MetricType::Counter)?;
        for (why, count) in report.fallen_back {
            backs.encode_family(&[("reason", why.word())])?.encode_counter::<NoLabelSet, _, u64>(&count, None)?;
        }
        encode_standing(&mut encoder, &report.replicas)?;
        encode_lag(&mut encoder, &report.replicas)
    }
}

fn encode_standing(encoder: &mut DescriptorEncoder<'_>, replicas: &[ReplicaReport]) -> Result<(), fmt::Error> {
    let help = "1 for the state that a replica is in, 0 for the others";
    let mut family = encoder.encode_descriptor("banyan_database_replica_state", help, None, MetricType::Gauge)?;
    for replica in replicas {
        for standing in ReplicaStanding::ALL {
            let labels = [("replica", &*replica.name), ("state", standing.word())];
            family.encode_family(&labels)?.encode_gauge(&i64::from(replica.standing == standing))?;
        }
    }
    Ok(())
}

/// Nothing where it is not known.
fn encode_lag(encoder: &mut DescriptorEncoder<'_>, replicas: &[ReplicaReport]) -> Result<(), fmt::Error> {
    let help = "Bytes of the primary's log that a replica has not replayed";
    let mut family = encoder.encode_descriptor("banyan_database_replica_lag_bytes", help, None, MetricType::Gauge)?;
    for (replica, bytes) in replicas.iter().filter_map(|replica| Some((replica, replica.lag_bytes?))) {
        family.encode_family(&[("replica", &*replica.name)])?.encode_gauge(&i64::try_from(bytes).unwrap_or(i64::MAX))?;
    }
    let help = "For how long a replica has missed something";
    let mut family = encoder.encode_descriptor("banyan_database_replica_lag_seconds", help, None, MetricType::Gauge)?;
    for (replica, lag) in replicas.iter().filter_map(|replica| Some((replica, replica.lag?))) {
        family.encode_family(&[("replica", &*replica.name)])?.encode_gauge(&lag.as_secs_f64())?;
    }
    Ok(())
}
