use anyhow::Result;

use super::{Ended, terminal};

/// Print the OpenAPI 3.1 document of all services.
///
/// A running server answers the same at /openapi.json, and shows it for people at /docs.
#[derive(clap::Args)]
#[command(after_help = "Example:\n  banyan openapi > openapi.json")]
pub(crate) struct Arguments {}

impl Arguments {
    pub(crate) fn run(&self) -> Result<Ended> {
        let services = crate::house::services();
        terminal::say(crate::house::openapi(&services)?.trim_end())?;
        Ok(Ended::Well)
    }
}
