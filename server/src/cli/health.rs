use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::Duration;

use anyhow::{Context as _, Result, anyhow, ensure};
use bytes::Bytes;
use http::Request;
use http_body_util::{BodyExt as _, Empty, Limited};
use hyper_util::rt::TokioIo;
use serde_json::Value;
use tokio::net::TcpStream;

use super::installation::Installation;
use super::{Ended, block_on, terminal};
use crate::settings::Loaded;

/// Ask the running server whether it is ready; for containers.
///
/// Exit code 0 if it is, 1 if it is not or does not answer.
#[derive(clap::Args)]
#[command(after_help = "Example, in a container file:\n  HEALTHCHECK CMD [\"banyan\", \"health\"]")]
pub(crate) struct Arguments {
    /// The server's address, such as 127.0.0.1:8080 (default: the settings').
    #[arg(long, value_name = "ADDR")]
    address: Option<SocketAddr>,
    #[command(flatten)]
    installation: Installation,
}

/// Longer answers are not ours.
const LARGEST: usize = 1024 * 1024;
const DEADLINE: Duration = Duration::from_secs(5);

impl Arguments {
    pub(crate) fn run(&self) -> Result<Ended> {
        let address = match self.address {
            Some(address) => address,
            None => own_address(&self.installation.load()?),
        };
        block_on(async {
            let asking = async {
                let ready = get(address, "/readyz").await?;
                let health = get(address, "/health").await?;
                anyhow::Ok((ready, health))
            };
            let answered = tokio::time::timeout(DEADLINE, asking).await;
            let ((ready, _), (_, report)) =
                answered.map_err(|_| anyhow!("no answer from {address} within {} s", DEADLINE.as_secs()))??;
            let report: Value = serde_json::from_slice(&report).unwrap_or_default();
            let status = report["status"].as_str().unwrap_or("unknown");
            let degraded: Vec<&str> = report["degraded"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
            let degraded = if degraded.is_empty() { String::new() } else { format!(" ({})", degraded.join(", ")) };
            terminal::say(&format!("{}, {status}{degraded}", if ready == 200 { "ready" } else { "not ready" }))?;
            Ok(if ready == 200 { Ended::Well } else { Ended::Wrong })
        })
    }
}

/// Where the server of this installation says that it listens, else where the settings put it.
fn own_address(loaded: &Loaded) -> SocketAddr {
    let written = std::fs::read_to_string(loaded.data.join("banyan.addr")).ok();
    let written = written.and_then(|text| serde_json::from_str::<Value>(&text).ok());
    let written = written.and_then(|file| file["listen"].as_str()?.strip_prefix("http://")?.parse::<SocketAddr>().ok());
    let mut address = written.unwrap_or(loaded.settings.general.listen);
    if address.ip().is_unspecified() {
        address.set_ip(IpAddr::V4(Ipv4Addr::LOCALHOST));
    }
    address
}

pub(super) async fn get(address: SocketAddr, path: &str) -> Result<(u16, Bytes)> {
    let stream = TcpStream::connect(address).await.with_context(|| format!("nobody listens on {address}"))?;
    let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream)).await?;
    tokio::spawn(connection);
    let request = Request::get(path).header("host", address.to_string()).body(Empty::<Bytes>::new())?;
    let response = sender.send_request(request).await?;
    let status = response.status().as_u16();
    let body = Limited::new(response.into_body(), LARGEST).collect().await.map_err(|error| anyhow!(error))?;
    ensure!(status < 500 || status == 503, "{address}{path} answered {status}");
    Ok((status, body.to_bytes()))
}
