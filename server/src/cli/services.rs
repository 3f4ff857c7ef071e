use std::net::SocketAddr;
use std::time::Duration;

use anyhow::{Context as _, Result, anyhow};
use serde_json::Value;

use super::health::get;
use super::installation::Installation;
use super::{Ended, block_on, terminal};

/// List services and their instances, as a running server sees them: address, health, load, latency, region.
///
/// It asks the server's admin listener. Exit code 0 if every service has an instance that takes calls, 1 if one has none.
#[derive(clap::Args)]
#[command(after_help = "Example:\n  banyan services --address 127.0.0.1:8081 --json")]
pub(crate) struct Arguments {
    /// The admin listener of a server (default: that of the server on the data directory).
    #[arg(long, value_name = "ADDR")]
    address: Option<SocketAddr>,
    /// For programs.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    installation: Installation,
}

const DEADLINE: Duration = Duration::from_secs(5);

impl Arguments {
    pub(crate) fn run(&self) -> Result<Ended> {
        let address = match self.address {
            Some(address) => address,
            None => admin_of(&self.installation)?,
        };
        let asked = block_on(async {
            let answer = tokio::time::timeout(DEADLINE, get(address, "/services")).await;
            let (_, body) = answer.map_err(|_| anyhow!("no answer from {address} within {} s", DEADLINE.as_secs()))??;
            serde_json::from_slice::<Value>(&body).with_context(|| format!("{address} is no admin listener of Banyan"))
        })?;
        let services = asked["services"].as_array().cloned().unwrap_or_default();
        let text = if self.json { serde_json::to_string_pretty(&asked)? } else { listed(&services) };
        terminal::say(&text)?;
        Ok(if services.iter().all(|service| service["health"] == "up") { Ended::Well } else { Ended::Wrong })
    }
}

/// The admin listener of the server on the data directory.
pub(super) fn admin_of(installation: &Installation) -> Result<SocketAddr> {
    let file = installation.load()?.data.join("banyan.addr");
    let text =
        std::fs::read_to_string(&file).context("no server runs on this data directory; name its admin listener by --address")?;
    let file: Value = serde_json::from_str(&text)?;
    let admin = file["admin"].as_str().and_then(|url| url.strip_prefix("http://")?.parse().ok());
    admin.context("the server has no admin listener: start it with --admin-listen")
}

fn listed(services: &[Value]) -> String {
    let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let rows: Vec<_> = services
        .iter()
        .flat_map(|service| {
            let instances = service["instances"].as_array().cloned().unwrap_or_default();
            let rows = instances.into_iter().map(|one| {
                let place = format!("{}/{}", text(&one["region"]), text(&one["dataCentre"]));
                let latency = format!("{:.1}", one["latencyMs"].as_f64().unwrap_or_default());
                [text(&service["name"]), text(&one["address"]), text(&one["health"]), text(&one["load"]), latency, place]
            });
            let mut rows: Vec<_> = rows.collect();
            if rows.is_empty() {
                rows.push([text(&service["name"]), "-".into(), "none".into(), "-".into(), "-".into(), "-".into()]);
            }
            rows
        })
        .collect();
    terminal::table(["SERVICE", "ADDRESS", "HEALTH", "LOAD", "MS", "PLACE"], &rows)
}
