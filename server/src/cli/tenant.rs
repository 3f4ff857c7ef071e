use anyhow::Result;
use clap::Subcommand;

use super::installation::Installation;
use super::{Ended, terminal};
use crate::acts::{Act, Answer, Registration, TenantLine, perform};

/// Make and list tenants: the boundaries of isolation.
///
/// Works beside a running server, which knows a new tenant at once.
#[derive(Subcommand)]
#[command(
    after_help = "Examples:\n  banyan tenant create acme --app upcoach --title \"Acme Coaching\"\n  banyan tenant list --json"
)]
pub(crate) enum Command {
    Create(Create),
    List(List),
}

/// Make a tenant from an application.
#[derive(clap::Args)]
#[command(
    after_help = "Examples:\n  banyan tenant create acme --app upcoach\n  banyan tenant create gym --app fittracker --registration closed"
)]
pub(crate) struct Create {
    /// Its name, which stands in host names: lower-case letters, digits and hyphens.
    name: String,
    /// The application that it is made from: upcoach, fittracker, context-engine, aaiti.
    #[arg(long, value_name = "APP")]
    app: String,
    /// Its name as people read it (default: the application's).
    #[arg(long)]
    title: Option<String>,
    /// Who may come.
    #[arg(long, value_enum, default_value = "open")]
    registration: Registration,
    #[command(flatten)]
    installation: Installation,
}

/// List the tenants.
#[derive(clap::Args)]
pub(crate) struct List {
    /// For programs.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    installation: Installation,
}

impl Command {
    pub(crate) fn run(self) -> Result<Ended> {
        match self {
            Self::Create(create) => create.run(),
            Self::List(list) => list.run(),
        }
    }
}

impl Create {
    fn run(self) -> Result<Ended> {
        let loaded = self.installation.load()?;
        let act = Act::CreateTenant {
            name: self.name,
            application: self.app,
            display_name: self.title,
            registration: self.registration,
        };
        if let Answer::Tenants(tenants) = perform(&loaded, &act)? {
            terminal::say(&listed(&tenants))?;
        }
        Ok(Ended::Well)
    }
}

impl List {
    fn run(&self) -> Result<Ended> {
        let loaded = self.installation.load()?;
        if let Answer::Tenants(tenants) = perform(&loaded, &Act::ListTenants)? {
            let text = if self.json { serde_json::to_string_pretty(&tenants)? } else { listed(&tenants) };
            terminal::say(&text)?;
        }
        Ok(Ended::Well)
    }
}

fn listed(tenants: &[TenantLine]) -> String {
    let word = |registration| match registration {
        Registration::Open => "open",
        Registration::Closed => "closed",
    };
    let row = |tenant: &TenantLine| {
        let cells = [&tenant.name, &tenant.application, word(tenant.registration), &tenant.display_name];
        cells.map(str::to_owned)
    };
    terminal::table(["NAME", "APPLICATION", "REGISTRATION", "TITLE"], &tenants.iter().map(row).collect::<Vec<_>>())
}
