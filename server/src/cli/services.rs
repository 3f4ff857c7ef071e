use anyhow::Result;
use serde_json::Value;

use super::admin::AdminListener;
use super::{Ended, terminal};

/// List services and their instances, as a running server sees them: address, health, load, latency, region.
///
/// It asks the server's admin listener. Exit code 0 if every service has an instance that takes calls, 1 if one has none.
#[derive(clap::Args)]
#[command(after_help = "Example:\n  banyan services --address 127.0.0.1:8081 --json")]
pub(crate) struct Arguments {
    #[command(flatten)]
    admin: AdminListener,
}

impl Arguments {
    pub(crate) fn run(&self) -> Result<Ended> {
        let asked = self.admin.ask("/services")?;
        let services = asked["services"].as_array().cloned().unwrap_or_default();
        let text = if self.admin.json { serde_json::to_string_pretty(&asked)? } else { listed(&services) };
        terminal::say(&text)?;
        Ok(if services.iter().all(|service| service["health"] == "up") { Ended::Well } else { Ended::Wrong })
    }
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
