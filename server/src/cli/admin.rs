//! Asking the admin listener of a running server.

use std::net::SocketAddr;
use std::time::Duration;

use anyhow::{Context as _, Result, anyhow};
use serde_json::Value;

use super::block_on;
use super::health::get;
use super::installation::Installation;

const DEADLINE: Duration = Duration::from_secs(5);

/// Which server is asked, and for whom it answers.
#[derive(clap::Args)]
pub(super) struct AdminListener {
    /// The admin listener of a server (default: that of the server on the data directory).
    #[arg(long, value_name = "ADDR")]
    address: Option<SocketAddr>,
    /// For programs.
    #[arg(long)]
    pub(super) json: bool,
    #[command(flatten)]
    installation: Installation,
}

impl AdminListener {
    /// What it answers at `path`.
    ///
    /// # Errors
    /// When there is none, it does not answer in time, or something else listens there.
    pub(super) fn ask(&self, path: &str) -> Result<Value> {
        let address = match self.address {
            Some(address) => address,
            None => of_server(&self.installation)?,
        };
        block_on(async {
            let answer = tokio::time::timeout(DEADLINE, get(address, path)).await;
            let (_, body) = answer.map_err(|_| anyhow!("no answer from {address} within {} s", DEADLINE.as_secs()))??;
            serde_json::from_slice(&body).with_context(|| format!("{address} is no admin listener of Banyan"))
        })
    }
}

/// Of the server on the data directory.
fn of_server(installation: &Installation) -> Result<SocketAddr> {
    let file = installation.load()?.data.join("banyan.addr");
    let text =
        std::fs::read_to_string(&file).context("no server runs on this data directory; name its admin listener by --address")?;
    let file: Value = serde_json::from_str(&text)?;
    let admin = file["admin"].as_str().and_then(|url| url.strip_prefix("http://")?.parse().ok());
    admin.context("the server has no admin listener: start it with --admin-listen")
}
