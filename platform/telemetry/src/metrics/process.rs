//! The process as the operating system sees it, under the names that Prometheus clients share.

use std::fmt;
use std::sync::Arc;

use banyan_kernel::{Clock, Timestamp};
use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, NoLabelSet};
use prometheus_client::metrics::MetricType;

/// Reads `/proc` when somebody looks. Elsewhere than on Linux only the times are shown.
#[derive(Debug)]
pub(super) struct Process {
    clock: Arc<dyn Clock>,
    started: Timestamp,
}

impl Process {
    pub(super) fn started_at(clock: Arc<dyn Clock>) -> Self {
        Self { started: clock.now(), clock }
    }
}

/// Linux counts a process's time in hundredths of a second on every architecture that Banyan runs on (`USER_HZ`).
const TICKS_PER_SECOND: f64 = 100.0;

#[derive(Debug, Default, PartialEq)]
struct Usage {
    cpu_seconds: Option<f64>,
    resident_bytes: Option<u64>,
    virtual_bytes: Option<u64>,
    threads: Option<u64>,
    open_files: Option<u64>,
}

impl Usage {
    fn read() -> Self {
        let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
        let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
        let open_files = std::fs::read_dir("/proc/self/fd").ok().map(|files| files.count() as u64);
        Self { open_files, ..Self::parse(&status, &stat) }
    }

    /// The texts of `/proc/self/status` and `/proc/self/stat` (proc(5)).
    fn parse(status: &str, stat: &str) -> Self {
        let field = |name: &str| {
            let line = status.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'))?;
            line.split_ascii_whitespace().next()?.parse::<u64>().ok()
        };
        // The second field is the program's name in brackets and may hold anything, so count from its end.
        let after_name = stat.rsplit_once(')').map_or("", |(_, rest)| rest);
        let tick = |place: usize| after_name.split_ascii_whitespace().nth(place)?.parse::<f64>().ok();
        Self {
            cpu_seconds: tick(11).zip(tick(12)).map(|(user, system)| (user + system) / TICKS_PER_SECOND),
            resident_bytes: field("VmRSS").map(|kib| kib * 1024),
            virtual_bytes: field("VmSize").map(|kib| kib * 1024),
            threads: field("Threads"),
            open_files: None,
        }
    }
}

impl Collector for Process {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> Result<(), fmt::Error> {
        let usage = Usage::read();
        if let Some(seconds) = usage.cpu_seconds {
            let mut counter =
                encoder.encode_descriptor("process_cpu_seconds", "Processor time used", None, MetricType::Counter)?;
            counter.encode_counter::<NoLabelSet, _, u64>(&seconds, None)?;
        }
        let gauges = [
            ("process_start_time_seconds", "When the process started, since the epoch", self.started.micros()),
            ("process_uptime_seconds", "How long the process has run", self.clock.now().micros() - self.started.micros()),
        ];
        for (name, help, micros) in gauges {
            encoder.encode_descriptor(name, help, None, MetricType::Gauge)?.encode_gauge(&seconds(micros))?;
        }
        let gauges = [
            ("process_resident_memory_bytes", "Memory in use", usage.resident_bytes),
            ("process_virtual_memory_bytes", "Memory mapped", usage.virtual_bytes),
            ("process_threads", "Threads", usage.threads),
            ("process_open_fds", "Open files and sockets", usage.open_files),
        ];
        for (name, help, value) in gauges {
            let Some(value) = value else { continue };
            encoder.encode_descriptor(name, help, None, MetricType::Gauge)?.encode_gauge(&value)?;
        }
        Ok(())
    }
}

#[expect(clippy::cast_precision_loss, reason = "exact to the microsecond until the year 2255")]
fn seconds(micros: i64) -> f64 {
    micros as f64 / 1_000_000.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_named_with_brackets_and_spaces_is_read_right() {
        let stat = "42 (ban) yan (x) S 1 42 42 0 -1 4194560 900 0 0 0 150 50 0 0 20 0 3 0 100 0 0";
        let status = "Name:\tbanyan\nVmSize:\t  2048 kB\nVmRSS:\t    1024 kB\nThreads:\t3\n";
        let usage = Usage::parse(status, stat);
        assert_eq!(usage.cpu_seconds, Some(2.0));
        assert_eq!(usage.resident_bytes, Some(1024 * 1024));
        assert_eq!(usage.threads, Some(3));
        assert_eq!(Usage::parse("", ""), Usage::default());
    }
}
