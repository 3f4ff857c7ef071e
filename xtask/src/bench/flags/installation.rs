//! Three nodes of Banyan on one PostgreSQL, with flags and tokens.

use std::path::Path;

use anyhow::{Context as _, Result, ensure};
use serde_json::{Value, json};

use super::FLAGS;
use super::requests::Peer;
use crate::server::{ADMINISTRATOR, MASTER_KEY, Options, Running, client, make_administrator};

const NODES: usize = 3;
pub(super) const ENVIRONMENT: &str = "development";

pub(super) struct Installation {
    pub(super) nodes: Vec<Running>,
    admin: String,
    pub(super) client: String,
    frontend: String,
}

impl Installation {
    pub(super) fn start(binary: &Path, database_url: &str, folder: &Path) -> Result<Self> {
        let start = |number: usize| -> Result<Running> {
            let data = folder.join(format!("node-{number}"));
            Running::start(&Options {
                binary,
                data: &data,
                database_url: Some(database_url),
                arguments: &[],
                environment: &[("BANYAN_MASTER_KEY", MASTER_KEY), ("BANYAN_FLAGS_ENVIRONMENT", ENVIRONMENT)],
                processor: None,
                log: &folder.join(format!("node-{number}.log")),
            })
        };
        let first = start(0)?;
        make_administrator(binary, &folder.join("node-0"))?;
        let admin = first.log_in(ADMINISTRATOR.0, ADMINISTRATOR.1)?;
        let mut nodes = vec![first];
        for number in 1..NODES {
            nodes.push(start(number)?);
        }
        let token = |kind: &str| -> Result<String> {
            let wanted = json!({ "name": kind, "kind": kind, "environment": ENVIRONMENT });
            let made = nodes[0].post("/api/v1/admin/flag-tokens", Some(&admin), &wanted)?;
            Ok(made["secret"].as_str().context("a token without a secret")?.to_owned())
        };
        let (client, frontend) = (token("client")?, token("frontend")?);
        for number in 0..FLAGS {
            let key = format!("flag-{number}");
            let parameters = json!({ "rollout": "50", "stickiness": "default", "groupId": key });
            let settings = json!({ "enabled": true, "strategies": [{ "name": "flexibleRollout", "parameters": parameters }] });
            let flag = json!({ "key": key, "environments": { ENVIRONMENT: settings } });
            nodes[0].post("/api/v1/admin/flags", Some(&admin), &flag)?;
        }
        let installation = Self { nodes, admin, client, frontend };
        installation.wait_for_flags()?;
        Ok(installation)
    }

    /// The first node, as it is measured.
    pub(super) fn peer(&self) -> Result<Peer> {
        let first = self.nodes.first().context("no node")?;
        Ok(Peer {
            subject: "Banyan",
            url: first.url().to_owned(),
            pid: first.pid(),
            client: self.client.clone(),
            frontend: self.frontend.clone(),
        })
    }

    /// Switches a flag at the first node.
    pub(super) fn turn(&self, flag: &str, to: &str) -> Result<()> {
        let path = format!("/api/v1/admin/flags/{flag}/environments/{ENVIRONMENT}/{to}");
        self.nodes[0].post(&path, Some(&self.admin), &json!({})).map(drop)
    }

    /// Until every node has all of them.
    fn wait_for_flags(&self) -> Result<()> {
        for node in &self.nodes {
            let mut tries = 0;
            while self.flags_at(node.url())? < FLAGS {
                tries += 1;
                ensure!(tries < 600, "{} does not hear of flags", node.url());
                crate::process::pause(std::time::Duration::from_millis(50))?;
            }
        }
        Ok(())
    }

    fn flags_at(&self, url: &str) -> Result<usize> {
        let mut response = client().get(format!("{url}/api/client/features")).header("Authorization", &self.client).call()?;
        let text = response.body_mut().read_to_string()?;
        // Another node does not know the token yet.
        if !response.status().is_success() {
            return Ok(0);
        }
        let document: Value = serde_json::from_str(&text)?;
        Ok(document["features"].as_array().map_or(0, Vec::len))
    }
}
