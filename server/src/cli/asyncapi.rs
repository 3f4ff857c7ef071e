use anyhow::Result;

use super::{Ended, terminal};

/// Print the AsyncAPI 3 document of all events: what programs outside read from NATS.
#[derive(clap::Args)]
#[command(after_help = "Example:\n  banyan asyncapi > asyncapi.json")]
pub(crate) struct Arguments {}

impl Arguments {
    pub(crate) fn run(&self) -> Result<Ended> {
        let document = banyan_contracts::asyncapi::document(crate::VERSION);
        terminal::say(&serde_json::to_string_pretty(&document)?)?;
        Ok(Ended::Well)
    }
}
