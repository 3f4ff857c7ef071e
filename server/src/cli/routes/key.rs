use std::collections::BTreeMap;
use std::fmt::Write as _;

use anyhow::Result;
use banyan_mesh::caller::ClusterSecret;

use crate::cli::Ended;
use crate::cli::installation::Installation;
use crate::cli::terminal::{self, Usage};
use crate::serve::routes::caller_secret;

/// Print the key by which an upstream checks who calls, for that upstream's owner.
///
/// It is JSON: the id of the key, which stands in each signature, and 32 bytes in hexadecimal. It is good for the upstream of this name
/// alone, and the same each time. Whoever has it can speak to that upstream as anybody: hand it over as you would a password.
#[derive(clap::Args)]
#[command(
    after_help = "Example:\n  BANYAN_CALLER_KEYS=$(banyan routes key notes) node notes.mjs\n\ndocs/signed-caller.md says what to check."
)]
pub(crate) struct Key {
    /// The upstream, as in `[upstreams.<name>]`. It need not be there yet.
    upstream: String,
    #[command(flatten)]
    installation: Installation,
}

impl Key {
    pub(super) fn run(&self) -> Result<Ended> {
        if self.upstream.trim().is_empty() {
            return Err(Usage("say which upstream: the name after `upstreams.` in banyan.toml".to_owned()).into());
        }
        let secret = caller_secret(&self.installation.load()?)?;
        terminal::say(&text(&secret, &self.upstream)?)?;
        Ok(Ended::Well)
    }
}

fn text(secret: &ClusterSecret, upstream: &str) -> Result<String> {
    let key = secret.upstream_key(upstream).iter().fold(String::with_capacity(64), |mut text, byte| {
        let _never_fails = write!(text, "{byte:02x}");
        text
    });
    Ok(serde_json::to_string(&BTreeMap::from([(secret.id(), key)]))?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_upstream_has_a_key_of_its_own_under_the_same_id() {
        let secret = ClusterSecret::new(&[7; 32]).unwrap();
        let [notes, greeting] = ["notes", "greeting"].map(|name| {
            let keys: BTreeMap<String, String> = serde_json::from_str(&text(&secret, name).unwrap()).unwrap();
            assert_eq!(keys.len(), 1);
            keys[secret.id()].clone()
        });
        assert!(notes.len() == 64 && notes != greeting);
        assert!(!notes.contains(&"07".repeat(4)), "the secret itself is not told");
    }
}
