//! `cargo xtask bench cache`: hits, a mixed load on two caches over one Redis, and how much is kept of what is asked for most.

use std::fmt::Write as _;
use std::fs;
use std::process::Command;

use anyhow::{Context as _, Result};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::report::{Aim, aim_line};
use crate::redis::{self, Keeps};
use crate::{process, workspace};

const EXAMPLE: &str = "cache_throughput";

/// What the program says; times are nanoseconds.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Found {
    memory_hit: f64,
    bare_hit: f64,
    asserted_hit: f64,
    redis_hit: f64,
    mixed: Vec<Mixed>,
    zipf_hit_ratio: f64,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Mixed {
    name: String,
    per_second: f64,
    hit_ratio: f64,
}

pub(super) fn run(operations: u64) -> Result<()> {
    let mut build = workspace::cargo();
    process::run(build.args(["build", "--release", "--package", "banyan-cache", "--example", EXAMPLE]))?;
    let target = workspace::target_directory()?;
    let redis = redis::start(Keeps::Nothing)?;
    let mut command = Command::new(target.join("release/examples").join(EXAMPLE));
    let text = process::output(command.arg(redis.url()).args(["--operations", &operations.to_string()]))?;
    let found: Found = serde_json::from_str(&text).context("the measurement said something else")?;
    println!("{}", table(&found));
    let aims = aims(&found);
    println!("{}\n", aims.iter().map(aim_line).collect::<Vec<_>>().join("\n"));
    let folder = target.join("bench");
    fs::create_dir_all(&folder)?;
    let file = folder.join("cache.json");
    fs::write(&file, serde_json::to_string_pretty(&json!({ "operations": operations, "found": found, "aims": aims }))?)?;
    println!("written to {}", file.display());
    Ok(())
}

fn table(found: &Found) -> String {
    let mut text = "\none after the other                               µs\n".to_owned();
    let hits = [
        ("hit in memory, process alone", found.memory_hit),
        ("hit in a bare quick_cache", found.bare_hit),
        ("hit in memory, asserted by Redis", found.asserted_hit),
        ("hit in Redis", found.redis_hit),
    ];
    for (name, nanoseconds) in hits {
        let _infallible = writeln!(text, "{name:<40} {:>12.3}", nanoseconds / 1_000.0);
    }
    text.push_str("\n90 % reads, 10 % invalidations          operations/s     hits\n");
    for mixed in &found.mixed {
        let _infallible = writeln!(text, "{:<36} {:>16.0} {:>7.1}%", mixed.name, mixed.per_second, mixed.hit_ratio * 100.0);
    }
    let _infallible =
        writeln!(text, "\nZipf 1.0, 100,000 keys, a quarter kept: {:.1} % hits (ceiling 88.5 %)", found.zipf_hit_ratio * 100.0);
    text
}

fn aims(found: &Found) -> Vec<Aim> {
    let mut aims = vec![
        Aim::at_most("hit in memory in ns", found.memory_hit, 1_000.0),
        Aim::at_most("hit in Redis in ms", found.redis_hit / 1e6, 5.0),
        Aim::at_least("hits of Zipf 1.0 in %", found.zipf_hit_ratio * 100.0, 85.0),
    ];
    let two_nodes = found.mixed.iter().filter(|mixed| ["own writes", "soon"].contains(&mixed.name.as_str()));
    aims.extend(
        two_nodes.map(|mixed| Aim::at_least(format!("operations/s on two nodes, {}", mixed.name), mixed.per_second, 50_000.0)),
    );
    aims
}
