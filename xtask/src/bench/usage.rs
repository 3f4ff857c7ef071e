//! Processor time and memory of processes, from `/proc`.

use std::fs;
use std::time::Duration;

use anyhow::{Context as _, Result};

/// Processor time that a process has used so far, with all its threads, in user and in kernel mode.
pub(super) fn processor_time(pid: u32) -> Result<Duration> {
    let file = format!("/proc/{pid}/stat");
    let text = fs::read_to_string(&file).with_context(|| format!("cannot read {file} (Linux only)"))?;
    parse_stat(&text).map(|stat| stat.processor_time).with_context(|| format!("cannot understand {file}"))
}

/// The same of a process and its children, those that have ended too: PostgreSQL has a process for each
/// connection.
pub(super) fn processor_time_of_family(parent: u32) -> Result<Duration> {
    let mut total = Duration::ZERO;
    for entry in fs::read_dir("/proc").context("cannot read /proc (Linux only)")?.flatten() {
        let Some(pid) = entry.file_name().to_str().and_then(|name| name.parse::<u32>().ok()) else {
            continue;
        };
        // One that ends just now is counted with its parent the next time.
        let Some(stat) = fs::read_to_string(entry.path().join("stat")).ok().and_then(|text| parse_stat(&text)) else {
            continue;
        };
        if pid == parent {
            total += stat.processor_time + stat.time_of_ended_children;
        } else if stat.parent == parent {
            total += stat.processor_time;
        }
    }
    Ok(total)
}

/// Memory that a process holds now (`VmRSS`), in bytes.
pub(super) fn memory(pid: u32) -> Result<u64> {
    status_value(pid, "VmRSS")
}

/// The most memory that a process has held so far (`VmHWM`), in bytes.
pub(super) fn peak_memory(pid: u32) -> Result<u64> {
    status_value(pid, "VmHWM")
}

/// How busy the machine has been in the last minute: processes that run or wait to run.
pub(super) fn load_average() -> Option<f64> {
    fs::read_to_string("/proc/loadavg").ok()?.split_whitespace().next()?.parse().ok()
}

struct Stat {
    parent: u32,
    processor_time: Duration,
    time_of_ended_children: Duration,
}

/// Reads `/proc/<pid>/stat`. The second field is the name in parentheses, which may hold anything.
fn parse_stat(text: &str) -> Option<Stat> {
    let fields: Vec<&str> = text.get(text.rfind(')')? + 1..)?.split_whitespace().collect();
    let number = |index: usize| fields.get(index)?.parse::<u64>().ok();
    let ticks_per_second = rustix::param::clock_ticks_per_second().max(1);
    let time = |ticks: u64| Duration::from_micros(ticks * 1_000_000 / ticks_per_second);
    Some(Stat {
        parent: fields.get(1)?.parse().ok()?,
        processor_time: time(number(11)? + number(12)?),
        time_of_ended_children: time(number(13)? + number(14)?),
    })
}

fn status_value(pid: u32, key: &str) -> Result<u64> {
    let file = format!("/proc/{pid}/status");
    let text = fs::read_to_string(&file).with_context(|| format!("cannot read {file} (Linux only)"))?;
    parse_status(&text, key).with_context(|| format!("{file} has no {key}"))
}

/// Reads a line such as `VmHWM: 12345 kB`.
fn parse_status(text: &str, key: &str) -> Option<u64> {
    let value = text.lines().find_map(|line| line.strip_prefix(key)?.strip_prefix(':'))?;
    Some(value.split_whitespace().next()?.parse::<u64>().ok()? * 1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stat_line_is_read_past_a_strange_name() {
        let line = "42 (a ) b) S 7 42 42 0 -1 4194560 1 0 0 0 150 50 30 10 20 0 1 0 100 1 1";
        let stat = parse_stat(line).unwrap();
        assert_eq!(stat.parent, 7);
        assert_eq!(stat.processor_time, 5 * stat.time_of_ended_children);
        assert!(stat.processor_time > Duration::ZERO);
    }

    #[test]
    fn memory_is_read_in_bytes() {
        assert_eq!(parse_status("Name:\tx\nVmHWM:\t   2048 kB\nVmRSS:\t 1024 kB\n", "VmRSS"), Some(1024 * 1024));
        assert!(memory(std::process::id()).unwrap() <= peak_memory(std::process::id()).unwrap());
    }
}
