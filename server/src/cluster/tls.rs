//! Certificates by which nodes prove who they are.

use std::sync::Arc;

use anyhow::{Context as _, Result};
use banyan_kernel::SystemClock;
use banyan_tls::{Authority, NodeTls};

use crate::data::DataDirectory;
use crate::settings::ClusterSection;

/// The pair of `cluster.node`, from `certs/` in the data directory; none where the setting is not made.
pub(super) fn load(settings: &ClusterSection, data: &DataDirectory) -> Result<Option<NodeTls>> {
    let Some(node) = &settings.node else { return Ok(None) };
    let authority = Authority::at(&data.certs(), Arc::new(SystemClock));
    let files = authority.node_files(node).context("`cluster.node`")?;
    let tls = NodeTls::load(&authority.certificate(), files);
    tls.map(Some).with_context(|| format!("`cluster.node` is `{node}`: `banyan certs node {node}` makes its certificate"))
}
