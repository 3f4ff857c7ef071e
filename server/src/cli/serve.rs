use anyhow::Result;

use super::Ended;
use super::installation::Installation;

/// Serve, in the foreground, until SIGTERM or Ctrl-C.
///
/// The first start makes the data directory with a key, the databases and the four tenants by itself. A signal drains: readiness
/// goes off and requests in flight are finished; a second signal ends at once.
#[derive(clap::Args)]
#[command(after_help = "Examples:\n  banyan serve --demo\n  banyan serve --listen 0.0.0.0:8080 --data /var/lib/banyan\n  \
                        DATABASE_URL=postgres://banyan:secret@db/banyan banyan serve")]
pub(crate) struct Arguments {
    /// Where people and programs reach the API (variable BANYAN_LISTEN; default 127.0.0.1:8080).
    #[arg(long, value_name = "ADDR")]
    listen: Option<String>,
    /// Where operators reach metrics and detailed health, or `off` (variable BANYAN_ADMIN_LISTEN; default 127.0.0.1:8081).
    #[arg(long, value_name = "ADDR")]
    admin_listen: Option<String>,
    /// Where people and programs reach the API by TLS, or `off` (variable BANYAN_TLS_LISTEN; default off).
    #[arg(long, value_name = "ADDR")]
    tls_listen: Option<String>,
    /// Take the place of the server that runs on the data directory: it hands over its sockets, so that no connection is refused,
    /// and ends. Should this one fail to start, that one goes on. Where none runs, it is a usual start.
    #[arg(long)]
    take_over: bool,
    /// What this process does: edge, and names of services, with commas (variable BANYAN_CLUSTER_ROLES; default everything).
    #[arg(long, value_name = "NAMES")]
    roles: Option<String>,
    /// Where other nodes reach its services (variable BANYAN_CLUSTER_MESH_LISTEN; default off).
    #[arg(long, value_name = "ADDR")]
    mesh_listen: Option<String>,
    /// Where services of other processes are, with commas: goals=http://10.0.0.6:7070, goals=dns:http://goals.internal:7070 or
    /// goals=srv:_goals._tcp.internal (variable BANYAN_CLUSTER_JOIN; default they are looked up in the database).
    #[arg(long, value_name = "PLACES")]
    join: Option<String>,
    /// Add demo people and what they wrote, once. For trying Banyan: everybody can know their passwords.
    #[arg(long)]
    demo: bool,
    #[command(flatten)]
    installation: Installation,
}

impl Arguments {
    pub(crate) fn run(&self) -> Result<Ended> {
        let more = [
            ("listen", self.listen.clone()),
            ("admin_listen", self.admin_listen.clone()),
            ("tls_listen", self.tls_listen.clone()),
            ("cluster.roles", self.roles.clone()),
            ("cluster.mesh_listen", self.mesh_listen.clone()),
            ("cluster.join", self.join.clone()),
        ];
        let loaded = self.installation.load_with(more)?;
        let demo = if self.demo { crate::serve::Demo::Wanted } else { crate::serve::Demo::None };
        let place = if self.take_over { crate::serve::Place::TakenOver } else { crate::serve::Place::Own };
        crate::serve::run(&loaded, demo, place)
    }
}
