use std::sync::Arc;

use anyhow::Result;
use banyan_kernel::SystemClock;
use banyan_tls::{Authority, Issued, Overwrite};

use super::installation::Installation;
use super::{Ended, terminal};
use crate::data::DataDirectory;

/// Make and show certificates of an authority of your own: for nodes, and for trying out TLS.
///
/// They lie in `certs/` in the data directory, and only its owner can read them. Whoever trusts `certs/ca.pem` trusts them. For the
/// world, use certificates of a public authority: `tls.acme_domains`, or `tls.certificate` and `tls.key`.
#[derive(clap::Subcommand)]
#[command(
    after_help = "Examples:\n  banyan certs init\n  banyan certs server localhost 127.0.0.1\n  banyan certs node node-1 --name 10.0.0.5\n  \
                        banyan certs renew --within 30"
)]
pub(crate) enum Command {
    /// Make the authority.
    Init(Init),
    /// Make a certificate for a node, by which it proves to other nodes which one it is.
    Node(Node),
    /// Make a certificate for a listener. `banyan serve` takes it by itself where no other is set.
    Server(Server),
    /// List certificates with their names and when they expire.
    Show(Show),
    /// Make certificates anew that expire soon, with new keys. A running server takes them by itself.
    Renew(Renew),
}

#[derive(clap::Args)]
pub(crate) struct Init {
    /// How long it counts.
    #[arg(long, value_name = "DAYS", default_value = "3650", value_parser = clap::value_parser!(u32).range(1..=36_500))]
    days: u32,
    /// Replace the authority that is there; nobody will trust the certificates that it has made any more.
    #[arg(long)]
    force: bool,
    #[command(flatten)]
    installation: Installation,
}

#[derive(clap::Args)]
pub(crate) struct Node {
    /// The node's name, such as `node-1`.
    name: String,
    /// A further name or address of the node, for other programs that connect to it. May be given several times.
    #[arg(long = "name", value_name = "NAME")]
    names: Vec<String>,
    /// How long it counts.
    #[arg(long, value_name = "DAYS", default_value = "90", value_parser = clap::value_parser!(u32).range(1..=3_650))]
    days: u32,
    /// Replace the node's certificate.
    #[arg(long)]
    force: bool,
    #[command(flatten)]
    installation: Installation,
}

#[derive(clap::Args)]
pub(crate) struct Server {
    /// Names and addresses that it counts for, such as `example.org`, `*.example.org` or `10.0.0.5`.
    #[arg(required = true)]
    names: Vec<String>,
    /// How long it counts.
    #[arg(long, value_name = "DAYS", default_value = "90", value_parser = clap::value_parser!(u32).range(1..=3_650))]
    days: u32,
    /// Replace the certificate of the first name.
    #[arg(long)]
    force: bool,
    #[command(flatten)]
    installation: Installation,
}

#[derive(clap::Args)]
pub(crate) struct Show {
    #[command(flatten)]
    installation: Installation,
}

#[derive(clap::Args)]
pub(crate) struct Renew {
    /// Renew what expires within so many days.
    #[arg(long, value_name = "DAYS", default_value = "30")]
    within: u32,
    #[command(flatten)]
    installation: Installation,
}

impl Command {
    pub(crate) fn run(&self) -> Result<Ended> {
        let made = match self {
            Self::Init(init) => vec![authority(&init.installation)?.init(init.days, overwrite(init.force))?],
            Self::Node(node) => {
                let authority = authority(&node.installation)?;
                vec![authority.node(&node.name, &node.names, node.days, overwrite(node.force))?]
            }
            Self::Server(server) => {
                vec![authority(&server.installation)?.server(&server.names, server.days, overwrite(server.force))?]
            }
            Self::Show(show) => authority(&show.installation)?.list()?,
            Self::Renew(renew) => authority(&renew.installation)?.renew(renew.within)?,
        };
        if made.is_empty() {
            terminal::say(match self {
                Self::Renew(_) => "nothing expires so soon",
                _ => "there are none: begin with `banyan certs init`",
            })?;
            return Ok(Ended::Well);
        }
        let rows: Vec<_> = made.iter().map(row).collect();
        terminal::say(&terminal::table(["FOR", "NAMES", "EXPIRES", "FILE"], &rows))?;
        Ok(Ended::Well)
    }
}

fn authority(installation: &Installation) -> Result<Authority> {
    let loaded = installation.load()?;
    let data = DataDirectory::open_or_create(&loaded.data)?;
    Ok(Authority::at(&data.certs(), Arc::new(SystemClock)))
}

fn overwrite(force: bool) -> Overwrite {
    if force { Overwrite::Replace } else { Overwrite::Refuse }
}

fn row(issued: &Issued) -> [String; 4] {
    let expires = issued.info.not_after.to_string();
    let expires = expires.split('T').next().unwrap_or_default().to_owned();
    let file = issued.files.certificate.display().to_string();
    [issued.kind.to_string(), issued.info.names.join(" "), expires, file]
}
