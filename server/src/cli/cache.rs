use anyhow::Result;
use banyan_gateway::What;
use clap::Subcommand;

use super::admin::AdminListener;
use super::installation::Installation;
use super::terminal::Usage;
use super::{Ended, terminal};
use crate::acts::{Act, perform};

/// Look at what the front door keeps, and have it forgotten.
#[derive(Subcommand)]
#[command(after_help = "Examples:\n  banyan cache stats\n  banyan cache purge --tag news --why \"wrong prices\"\n  \
                        banyan cache purge --prefix shop.example.org/images\n  \
                        banyan cache purge --address cdn.example.org/boats/1.jpg --why \"another picture\"")]
pub(crate) enum Command {
    Purge(Purge),
    Stats(Stats),
}

/// Forget kept answers, in every door of the installation within a second or so.
///
/// It is in the audit log, with the reason. What was asked for before the purge is not kept after it.
#[derive(clap::Args)]
#[command(
    after_help = "Examples:\n  banyan cache purge --address example.org/news/1\n  banyan cache purge --everything --why \"moved\""
)]
pub(crate) struct Purge {
    #[command(flatten)]
    what: Named,
    /// Why, for those who read the audit log.
    #[arg(long, value_name = "TEXT")]
    why: Option<String>,
    #[command(flatten)]
    installation: Installation,
}

#[derive(clap::Args)]
#[group(required = true, multiple = false)]
struct Named {
    /// All answers that carry this tag (Cache-Tag, Surrogate-Key, or the tags of a route).
    #[arg(long)]
    tag: Option<String>,
    /// One address with all of its queries, such as example.org/news/1, and the images that were made of the picture there.
    #[arg(long, value_name = "HOST/PATH")]
    address: Option<String>,
    /// All addresses that begin so, such as example.org/news/.
    #[arg(long, value_name = "HOST/PATH")]
    prefix: Option<String>,
    /// All that is kept.
    #[arg(long)]
    everything: bool,
}

/// Say what the door of a running server keeps, and how often it helped. It asks the server's admin listener.
#[derive(clap::Args)]
pub(crate) struct Stats {
    #[command(flatten)]
    admin: AdminListener,
}

impl Command {
    pub(crate) fn run(&self) -> Result<Ended> {
        match self {
            Self::Purge(purge) => purge.run(),
            Self::Stats(stats) => stats.run(),
        }
    }
}

impl Purge {
    fn run(&self) -> Result<Ended> {
        let (what, name) = self.what.read()?;
        let why = self.why.as_ref().filter(|why| !why.trim().is_empty()).cloned();
        perform(&self.installation.load()?, &Act::PurgeCache { what, name, why })?;
        terminal::say("Every door forgets it within a second or so.")?;
        Ok(Ended::Well)
    }
}

impl Named {
    fn read(&self) -> Result<(What, String)> {
        let given = [(What::Tag, &self.tag), (What::Address, &self.address), (What::Prefix, &self.prefix)];
        let Some((what, name)) = given.into_iter().find_map(|(what, name)| Some((what, name.clone()?))) else {
            return Ok((What::Everything, String::new()));
        };
        let plain = !name.is_empty() && name.len() <= 2_048 && name.bytes().all(|byte| byte.is_ascii_graphic());
        let fits = match what {
            What::Tag => name.len() <= 128 && !name.contains(','),
            What::Address | What::Prefix => !name.starts_with('/'),
            What::Everything => true,
        };
        if plain && fits {
            return Ok((what, name));
        }
        let form = match what {
            What::Tag => "a tag has 1 to 128 visible ASCII characters and no comma",
            _ => "write host and path, percent-encoded, such as example.org/news/1",
        };
        Err(Usage(format!("`{}` names nothing that is kept: {form}", name.chars().take(80).collect::<String>())).into())
    }
}

impl Stats {
    fn run(&self) -> Result<Ended> {
        let stats = self.admin.ask("/cache")?;
        if self.admin.json {
            terminal::say(&serde_json::to_string_pretty(&stats)?)?;
            return Ok(Ended::Well);
        }
        let rows: Vec<[String; 2]> =
            ROWS.iter().map(|(key, words)| [(*words).to_owned(), stats[key].as_u64().unwrap_or_default().to_string()]).collect();
        terminal::say(&terminal::table(["WHAT", "SINCE THE START"], &rows))?;
        Ok(Ended::Well)
    }
}

const ROWS: [(&str, &str); 13] = [
    ("hits", "answered from the cache"),
    ("shared", "of them, fetched by another door"),
    ("stale", "answered by an old answer"),
    ("revalidated", "answered after asking whether it still holds"),
    ("misses", "fetched"),
    ("passed", "nothing to keep"),
    ("waited", "waited for another one's fetch"),
    ("stored", "kept"),
    ("purges", "purges and changes"),
    ("evictions", "went to make room"),
    ("records", "addresses kept now"),
    ("bytes", "bytes kept now"),
    ("capacityBytes", "bytes that there is room for"),
];
