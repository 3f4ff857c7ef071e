//! `cargo xtask bench cache`: hits, a mixed load on two caches over one Redis, beside BentoCache on two processes of Node.js, and how much is kept
//! of what is asked for most.

use std::fmt::Write as _;
use std::fs;
use std::process::Command;

use anyhow::{Context as _, Result};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::report::{Aim, aim_line};
use crate::redis::{self, Keeps};
use crate::{process, tools, workspace};

const EXAMPLE: &str = "cache_throughput";
/// Who ask at the same time in the mixed load.
const AT_ONCE: u64 = 64;
/// Of the mixed load's questions; Node.js needs far longer for each.
const PEERS_SHARE: u64 = 10;

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
    command.args(["--operations", &operations.to_string(), "--at-once", &AT_ONCE.to_string()]);
    let text = process::output(command.arg(redis.url()))?;
    let mut found: Found = serde_json::from_str(&text).context("the measurement said something else")?;
    for ends_by in ["key", "tag"] {
        found.mixed.push(peer(&redis, operations / 4 / PEERS_SHARE, ends_by)?);
    }
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

/// BentoCache (npm) with its memory, this Redis and its bus, on two nodes.
fn peer(redis: &redis::Server, questions: u64, ends_by: &str) -> Result<Mixed> {
    let source = workspace::root().join("bench/peers/cache");
    tools::install_node_libraries(&source)?;
    let node = tools::find("node").context("npm is here but node is not: install Node.js 20 or newer")?;
    let port = redis.url().rsplit_once(':').map(|(_, port)| port.to_owned()).context("Redis has no port")?;
    let mut command = Command::new(node);
    command.arg("mixed.js").args([&port, &questions.to_string(), &AT_ONCE.to_string(), ends_by]);
    command.current_dir(source).env("NODE_ENV", "production");
    serde_json::from_str(&process::output(&mut command)?).context("BentoCache said something else")
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
