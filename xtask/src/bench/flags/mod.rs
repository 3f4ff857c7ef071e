//! `cargo xtask bench flags`: evaluations in the process, what clients ask, beside Unleash on the same PostgreSQL, and how long a change takes to
//! three nodes.

mod cost;
mod installation;
mod requests;
mod spread;
mod unleash;

use std::fs;
use std::path::Path;
use std::time::Duration;

use anyhow::Result;
use serde_json::json;

use super::report::{Aim, aim_line};
use crate::postgres::{Durability, Throwaway};
use crate::workspace;
use installation::Installation;
use requests::{Peer, Request};

/// Flags of each server that is measured.
const FLAGS: usize = 100;
const BANYAN: &str = "banyan_flags";
const UNLEASH: &str = "unleash_flags";

/// How much is measured.
pub(super) struct Length {
    pub(super) rounds: u32,
    pub(super) evaluations: u32,
    /// Of each kind of request.
    pub(super) requests: Duration,
    /// Changes whose way is followed.
    pub(super) changes: u32,
}

pub(super) fn run(binary: &Path, length: &Length) -> Result<()> {
    let target = workspace::target_directory()?;
    let folder = target.join("bench/flags");
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder)?;
    let costs = cost::measure(length)?;
    println!("{}", cost::table(&costs));

    let postgres = Throwaway::start(Durability::Durable)?;
    let cluster = postgres.cluster();
    for name in [BANYAN, UNLEASH] {
        cluster.recreate_database(name)?;
    }
    let installation = Installation::start(binary, &cluster.url(BANYAN), &folder)?;
    let mut requests = measure_requests(&installation.peer()?, cluster.pid()?, length)?;
    let spread = spread::measure(&installation, length.changes)?;
    drop(installation);
    let unleash = unleash::Unleash::start(&cluster.url(UNLEASH), &folder)?;
    requests.extend(measure_requests(&unleash.peer(), cluster.pid()?, length)?);
    drop(unleash);

    println!("{}\n{}", requests::table(FLAGS, &requests), spread::table(&spread));
    let aims = aims(&costs, &spread);
    println!("{}\n", aims.iter().map(aim_line).collect::<Vec<_>>().join("\n"));
    let file = folder.with_file_name("flags.json");
    let found = json!({ "costs": costs, "flags": FLAGS, "requests": requests, "spread": spread, "aims": aims });
    fs::write(&file, serde_json::to_string_pretty(&found)?)?;
    println!("written to {}", file.display());
    Ok(())
}

fn measure_requests(peer: &Peer, postgres: u32, length: &Length) -> Result<Vec<requests::Line>> {
    Request::ALL.into_iter().map(|request| requests::measure(peer, request, postgres, length.requests)).collect()
}

fn aims(costs: &cost::Costs, spread: &spread::Spread) -> Vec<Aim> {
    let of = |name: &str| costs.cases.iter().find(|case| case.name == name).map_or(f64::MAX, |case| case.nanoseconds);
    vec![
        Aim::at_most("an evaluation on for everybody, ns", of("on for everybody"), 300.0),
        Aim::at_most("half of the users, ns", of("half of the users"), 300.0),
        Aim::at_most("any of a thousand flags, ns", of("each of the thousand in turn"), 1_000.0),
        Aim::at_most("a change at all three nodes, p99 in ms", spread.everywhere.p99, 200.0),
    ]
}
