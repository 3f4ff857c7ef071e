//! The limit: pgbench with the statements that Banyan sends, on the rows that Banyan wrote.

use std::time::Duration;

use anyhow::{Context as _, Result};

use super::load::{Case, Measurement};
use super::usage;
use crate::postgres::Cluster;
use crate::{process, workspace};

/// As many as Banyan's pool has at most.
const CLIENTS: u32 = 20;

/// What the scripts are told: whose rows they read and write.
pub(super) struct Variables {
    pub(super) tenant: String,
    pub(super) person: String,
}

impl Variables {
    /// Takes the person who owns the benchmark's goals.
    pub(super) fn read(cluster: &Cluster, database: &str) -> Result<Self> {
        let row =
            cluster.query(database, "SELECT tenant_id, user_id FROM goals.goals GROUP BY 1, 2 ORDER BY count(*) DESC LIMIT 1")?;
        let (tenant, person) = row.split_once('|').context("there are no goals in the database")?;
        Ok(Self { tenant: tenant.to_owned(), person: person.to_owned() })
    }
}

/// Runs the script of a case for `length`.
pub(super) fn measure(
    cluster: &Cluster,
    database: &str,
    variables: &Variables,
    case: Case,
    length: Duration,
) -> Result<Measurement> {
    run(cluster, database, variables, case, (length / 5).max(Duration::from_secs(1)))?;
    let postgres = cluster.pid()?;
    let before = usage::processor_time_of_family(postgres)?;
    let (transactions, transactions_per_second) = run(cluster, database, variables, case, length)?;
    let used = usage::processor_time_of_family(postgres)?.saturating_sub(before);
    Ok(Measurement {
        subject: "pgbench",
        case,
        requests_per_second: transactions_per_second,
        latency: None,
        processor_microseconds_per_request: None,
        database_microseconds_per_request: Some(used.as_secs_f64() * 1e6 / transactions as f64),
    })
}

/// Gives the number of transactions and how many there were in a second.
fn run(cluster: &Cluster, database: &str, variables: &Variables, case: Case, length: Duration) -> Result<(u64, f64)> {
    let folder = workspace::root().join("bench/pgbench");
    let script = |name: &str, weight: &str| format!("{}/{name}.sql{weight}", folder.display());
    let mut pgbench = cluster.client("pgbench", database);
    pgbench.args(["--no-vacuum", "--protocol=prepared", "--jobs=1", &format!("--client={CLIENTS}")]);
    pgbench.arg(format!("--time={}", length.as_secs()));
    pgbench.args(["-D", &format!("tenant={}", variables.tenant), "-D", &format!("person={}", variables.person)]);
    match case {
        Case::List => pgbench.args(["-f", &script("list", "")]),
        Case::Create => pgbench.args(["-f", &script("create", "")]),
        Case::Mixed => pgbench.args(["-f", &script("list", "@8"), "-f", &script("create", "@2")]),
    };
    let printed = process::output(&mut pgbench)?;
    parse(&printed).with_context(|| format!("pgbench did not report a result:\n{printed}"))
}

/// Reads `number of transactions actually processed: 123` and `tps = 45.6 (without …)`.
fn parse(printed: &str) -> Option<(u64, f64)> {
    let after = |words: &str| printed.lines().find_map(|line| line.strip_prefix(words));
    let transactions = after("number of transactions actually processed: ")?.split(['/', ' ']).next()?;
    let per_second = after("tps = ")?.split_whitespace().next()?;
    Some((transactions.parse().ok()?, per_second.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::parse;

    #[test]
    fn the_totals_come_before_those_of_each_script() {
        let printed = "number of transactions actually processed: 21035\nnumber of failed transactions: 0 (0.000%)\n\
                       latency average = 1.4 ms\ntps = 10520.25 (without initial connection time)\n\
                       SQL script 1: list.sql\n - 16828 transactions (80.0% of total, tps = 8416.1)\n";
        assert_eq!(parse(printed), Some((21_035, 10_520.25)));
        assert_eq!(parse("pgbench: error"), None);
    }
}
