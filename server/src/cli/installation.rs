//! Which installation a command is about.

use std::collections::BTreeMap;
use std::path::PathBuf;

use anyhow::{Context as _, Result};

use crate::settings::{Flags, Loaded, Sources, Variables, load};

/// Flags that say which installation is meant.
#[derive(clap::Args, Clone, Debug)]
#[command(next_help_heading = "Installation")]
pub(crate) struct Installation {
    /// The data directory (variable BANYAN_DATA; default ./data).
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
    /// PostgreSQL instead of the embedded engine, as postgres://user:password@host:5432/database. Others can see flags
    /// in the list of processes: the variable DATABASE_URL, or DATABASE_URL_FILE with a file, hides the password.
    #[arg(long, value_name = "URL", hide_short_help = true)]
    database_url: Option<String>,
    /// The settings file (default ./banyan.toml, else banyan.toml in the data directory).
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
}

impl Installation {
    /// Reads the settings.
    pub(crate) fn load(&self) -> Result<Loaded> {
        self.load_with([])
    }

    /// As [`Installation::load`], with more flags: names of settings and their texts.
    pub(crate) fn load_with<const N: usize>(&self, more: [(&'static str, Option<String>); N]) -> Result<Loaded> {
        let data = self.data.as_ref().map(|path| path.to_string_lossy().into_owned());
        let own = [("data", data), ("database.url", self.database_url.clone())];
        let given = own.into_iter().chain(more).filter_map(|(name, text)| Some((name, text?)));
        let flags = Flags { config: self.config.clone(), values: given.collect::<BTreeMap<_, _>>() };
        let working_directory = std::env::current_dir().context("the working directory is gone")?;
        let variables = Variables::of_process();
        Ok(load(&Sources { flags: &flags, variables: &variables, working_directory: &working_directory })?)
    }
}
