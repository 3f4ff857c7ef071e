use anyhow::{Result, ensure};
use banyan_contracts::identity::UserSummary;
use banyan_kernel::Role;
use clap::Subcommand;

use super::installation::Installation;
use super::{Ended, password, terminal};
use crate::acts::{Act, Answer, UserSheet, perform};

/// Make people and look after their accounts.
///
/// Works beside a running server: what is done here counts there at once. Every act is in the audit log.
#[derive(Subcommand)]
#[command(
    after_help = "Examples:\n  banyan user create --tenant upcoach --email rosa@example.org --role owner --name \"Rosa Lindgren\"\n  \
                        echo \"$PASSWORD\" | banyan user create --tenant upcoach --email rosa@example.org --role admin\n  \
                        banyan user list --tenant upcoach --search rosa\n  banyan user disable --tenant upcoach --email rosa@example.org"
)]
pub(crate) enum Command {
    Create(Create),
    List(List),
    /// Show one account.
    Show(Looked),
    /// Take an account out of use; its sessions end at once.
    Disable(Person),
    /// Let a disabled account be used again.
    Enable(Person),
    /// Set a password, read from standard input; all sessions end.
    SetPassword(Person),
    SetRoles(SetRoles),
    /// List the sessions that are open.
    Sessions(Looked),
    /// End all sessions; their tokens count no more, at once.
    RevokeSessions(Person),
}

/// Make an account. The password is read from standard input, unseen at a terminal.
#[derive(clap::Args)]
#[command(after_help = "Examples:\n  banyan user create --tenant upcoach --email rosa@example.org --role owner\n  \
                        banyan user create --tenant upcoach --email rosa@example.org --role coach --role user < password.txt")]
pub(crate) struct Create {
    /// A role: user, coach, analyst, support, translator, reviewer, publisher, admin, owner. May be given several times.
    #[arg(long = "role", value_name = "ROLE", required = true, value_parser = role)]
    roles: Vec<Role>,
    /// The name (default: the address up to the @).
    #[arg(long)]
    name: Option<String>,
    #[command(flatten)]
    person: Person,
}

/// List accounts in the order of their addresses.
#[derive(clap::Args)]
#[command(after_help = "Example:\n  banyan user list --tenant upcoach --search @example.org --limit 20")]
pub(crate) struct List {
    /// The tenant.
    #[arg(long, value_name = "NAME")]
    tenant: String,
    /// Only those whose address or name contains this.
    #[arg(long, value_name = "TEXT")]
    search: Option<String>,
    /// At most so many.
    #[arg(long, default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    limit: u32,
    /// For programs.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    installation: Installation,
}

/// Replace the roles of an account; its tokens must be renewed at once.
#[derive(clap::Args)]
#[command(after_help = "Example:\n  banyan user set-roles --tenant upcoach --email rosa@example.org --role user --role coach")]
pub(crate) struct SetRoles {
    /// A role: user, coach, analyst, support, translator, reviewer, publisher, admin, owner. May be given several times.
    #[arg(long = "role", value_name = "ROLE", required = true, value_parser = role)]
    roles: Vec<Role>,
    #[command(flatten)]
    person: Person,
}

/// Whose account.
#[derive(clap::Args)]
pub(crate) struct Person {
    /// The tenant.
    #[arg(long, value_name = "NAME")]
    tenant: String,
    /// The person's address.
    #[arg(long)]
    email: String,
    #[command(flatten)]
    installation: Installation,
}

/// Whose account is looked at.
#[derive(clap::Args)]
pub(crate) struct Looked {
    /// For programs.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    person: Person,
}

fn role(text: &str) -> Result<Role, String> {
    text.parse::<Role>().map_err(|error| error.to_string())
}

impl Command {
    pub(crate) fn run(self) -> Result<Ended> {
        match self {
            Self::Create(create) => create.run(),
            Self::List(list) => list.run(),
            Self::Show(looked) => looked.show(),
            Self::Sessions(looked) => looked.sessions(),
            Self::Disable(person) => person.perform(|tenant, email| Act::DisableUser { tenant, email }),
            Self::Enable(person) => person.perform(|tenant, email| Act::EnableUser { tenant, email }),
            Self::RevokeSessions(person) => person.perform(|tenant, email| Act::RevokeSessions { tenant, email }),
            Self::SetRoles(set) => {
                let roles = set.roles;
                set.person.perform(|tenant, email| Act::SetRoles { tenant, email, roles })
            }
            Self::SetPassword(person) => {
                let password = password::read("New password: ")?.into_inner();
                person.perform(|tenant, email| Act::SetPassword { tenant, email, password })
            }
        }
    }
}

impl Person {
    fn perform(self, act: impl FnOnce(String, String) -> Act) -> Result<Ended> {
        let loaded = self.installation.load()?;
        match perform(&loaded, &act(self.tenant, self.email))? {
            Answer::Users(users) => terminal::say(&listed(&users))?,
            _ => terminal::say("Done.")?,
        }
        Ok(Ended::Well)
    }
}

impl Create {
    fn run(self) -> Result<Ended> {
        // A wrong address is found before anybody types a password.
        let (local, domain) = self.person.email.split_once('@').unwrap_or_default();
        ensure!(!local.is_empty() && !domain.is_empty(), "{} is not an e-mail address", self.person.email);
        let name = self.name.unwrap_or_else(|| local.to_owned());
        let password = password::read(&format!("Password of {}: ", self.person.email))?.into_inner();
        let roles = self.roles;
        self.person.perform(|tenant, email| Act::CreateUser { tenant, email, name, roles, password })
    }
}

impl List {
    fn run(self) -> Result<Ended> {
        let loaded = self.installation.load()?;
        let act = Act::ListUsers { tenant: self.tenant, search: self.search, limit: self.limit };
        if let Answer::Users(users) = perform(&loaded, &act)? {
            let text = if self.json { serde_json::to_string_pretty(&users)? } else { listed(&users) };
            terminal::say(&text)?;
        }
        Ok(Ended::Well)
    }
}

impl Looked {
    fn show(self) -> Result<Ended> {
        let Person { tenant, email, installation } = self.person;
        if let Answer::User(sheet) = perform(&installation.load()?, &Act::ShowUser { tenant, email })? {
            let text = if self.json { serde_json::to_string_pretty(&sheet)? } else { shown(&sheet) };
            terminal::say(&text)?;
        }
        Ok(Ended::Well)
    }

    fn sessions(self) -> Result<Ended> {
        let Person { tenant, email, installation } = self.person;
        if let Answer::Sessions(sessions) = perform(&installation.load()?, &Act::ListSessions { tenant, email })? {
            if self.json {
                terminal::say(&serde_json::to_string_pretty(&sessions)?)?;
                return Ok(Ended::Well);
            }
            let rows: Vec<_> = sessions
                .iter()
                .map(|session| {
                    let unknown = || "-".to_owned();
                    let address = session.address.clone().unwrap_or_else(unknown);
                    let agent = session.user_agent.clone().unwrap_or_else(unknown);
                    [session.id.to_string(), session.created_at.to_string(), session.last_used_at.to_string(), address, agent]
                })
                .collect();
            terminal::say(&terminal::table(["ID", "OPENED", "LAST USED", "ADDRESS", "PROGRAM"], &rows))?;
        }
        Ok(Ended::Well)
    }
}

fn roles(user: &UserSummary) -> String {
    user.roles.iter().map(|role| role.name()).collect::<Vec<_>>().join(",")
}

fn listed(users: &[UserSummary]) -> String {
    let rows: Vec<_> = users
        .iter()
        .map(|user| [user.email.clone(), user.name.clone(), roles(user), user.created_at.to_string(), user.id.to_string()])
        .collect();
    terminal::table(["EMAIL", "NAME", "ROLES", "MADE", "ID"], &rows)
}

fn shown(sheet: &UserSheet) -> String {
    let user = &sheet.summary;
    let unset = || "not chosen".to_owned();
    let rows = [
        ["email".to_owned(), format!("{} ({})", user.email, if sheet.email_verified { "verified" } else { "not verified" })],
        ["name".to_owned(), user.name.clone()],
        ["id".to_owned(), user.id.to_string()],
        ["status".to_owned(), sheet.status.clone()],
        ["roles".to_owned(), roles(user)],
        ["language".to_owned(), user.locale.clone().unwrap_or_else(unset)],
        ["time zone".to_owned(), user.time_zone.clone().unwrap_or_else(unset)],
        ["made".to_owned(), user.created_at.to_string()],
        ["open sessions".to_owned(), sheet.sessions.to_string()],
    ];
    terminal::table(["FIELD", "VALUE"], &rows)
}
