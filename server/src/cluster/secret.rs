//! The secret that all nodes share.

use anyhow::{Context as _, Result};
use banyan_kernel::Random;
use banyan_mesh::caller::ClusterSecret;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::refuse;
use crate::data::DataDirectory;
use crate::settings::ClusterSection;

/// A new one, as `banyan cluster secret` prints it: 48 random bytes as Base64.
pub(crate) fn new_text(random: &dyn Random) -> String {
    let mut bytes = [0; 48];
    random.fill(&mut bytes);
    URL_SAFE_NO_PAD.encode(bytes)
}

/// The present one, and the one before it if nodes still change over.
pub(super) fn read(settings: &ClusterSection, data: &DataDirectory) -> Result<Vec<ClusterSecret>> {
    let file = data.cluster_secret_file();
    let present = match &settings.secret {
        Some(secret) => ClusterSecret::new(secret.expose().trim().as_bytes()).context("`cluster.secret`")?,
        None if file.exists() => {
            let text = std::fs::read_to_string(&file).with_context(|| format!("cannot read {}", file.display()))?;
            ClusterSecret::new(text.trim().as_bytes()).with_context(|| file.display().to_string())?
        }
        None => return Err(refuse(MISSING)),
    };
    let previous = settings.previous_secret.as_ref().map(|secret| ClusterSecret::new(secret.expose().trim().as_bytes()));
    let previous = previous.transpose().context("`cluster.previous_secret`")?;
    Ok(std::iter::once(present).chain(previous).collect())
}

const MISSING: &str = "nodes believe one another by a secret that all of them have, and there is none: make one by `banyan cluster \
                       secret`, and give it to every node by BANYAN_CLUSTER_SECRET or BANYAN_CLUSTER_SECRET_FILE, or as \
                       keys/cluster.secret in the data directory";
