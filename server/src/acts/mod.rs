//! What the command line does to an installation: the same acts, done by the running server when there is one.

mod background;
mod call;
pub(crate) mod events;
mod flags;
mod gateway;
mod perform;
mod texts;

use std::path::PathBuf;

use anyhow::Result;
use banyan_contracts::identity::UserSummary;
use banyan_kernel::{Permission, Role, Uuid};
use banyan_store::audit::SignedHead;
use banyan_store::migrate::Upkeep;
use serde::{Deserialize, Serialize};

use crate::admin_socket;
use crate::data::{DataDirectory, Lock};
use crate::house::House;
use crate::settings::Loaded;

pub(crate) use background::{JobsAsked, Of, SagasAsked};
pub(crate) use flags::{FlagsAsked, FlagsTold};
pub(crate) use gateway::{Asked, Door, Told};
pub(crate) use texts::{TextsAsked, TextsTold};

/// One act. It is not `Debug`: passwords are in it.
#[derive(Serialize, Deserialize)]
#[serde(tag = "act", rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) enum Act {
    CreateTenant {
        name: String,
        application: String,
        display_name: Option<String>,
        registration: Registration,
    },
    ListTenants,
    CreateUser {
        tenant: String,
        email: String,
        name: String,
        roles: Vec<Role>,
        password: String,
    },
    ListUsers {
        tenant: String,
        search: Option<String>,
        limit: u32,
    },
    ShowUser {
        tenant: String,
        email: String,
    },
    EnableUser {
        tenant: String,
        email: String,
    },
    DisableUser {
        tenant: String,
        email: String,
    },
    SetPassword {
        tenant: String,
        email: String,
        password: String,
    },
    SetRoles {
        tenant: String,
        email: String,
        roles: Vec<Role>,
    },
    ListSessions {
        tenant: String,
        email: String,
    },
    RevokeSessions {
        tenant: String,
        email: String,
    },
    CreateKey {
        tenant: String,
        email: String,
        name: String,
        scopes: Vec<Permission>,
        networks: Vec<String>,
        plan: Option<String>,
        lives_seconds: Option<u32>,
    },
    ListKeys {
        tenant: String,
        email: Option<String>,
    },
    RevokeKey {
        tenant: String,
        id: Uuid,
    },
    VerifyAudit {
        heads: Option<PathBuf>,
    },
    SignAuditHeads,
    /// Attacks every table first, if wanted.
    ReportCompliance {
        attack: Attack,
    },
    ListRoutes,
    ListRefusedRoutes,
    ExplainRoute {
        method: String,
        uri: String,
        /// Names and values.
        headers: Vec<(String, String)>,
    },
    AskGateway(Asked),
    AskFlags(FlagsAsked),
    AskTranslations(TextsAsked),
    Events(events::EventsAct),
    AskJobs {
        service: Option<String>,
        asked: JobsAsked,
    },
    AskSagas {
        service: Option<String>,
        asked: SagasAsked,
    },
    PurgeCache {
        what: banyan_gateway::What,
        name: String,
        why: Option<String>,
    },
}

/// Whether tables are attacked before the report.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Attack {
    Wanted,
    None,
}

/// Who may come to a tenant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Registration {
    /// Everybody may register.
    Open,
    /// By invitation only.
    Closed,
}

/// What came of an act.
#[derive(Debug, Serialize, Deserialize)]
#[serde(tag = "answer", content = "content", rename_all = "kebab-case")]
pub(crate) enum Answer {
    Done,
    Tenants(Vec<TenantLine>),
    Users(Vec<UserSummary>),
    User(UserSheet),
    Sessions(Vec<SessionLine>),
    Key(ShownKey),
    Keys(Vec<KeyLine>),
    Audit(Vec<AuditLine>),
    AuditHeads(Vec<SignedHead>),
    Compliance(serde_json::Value),
    Routes(Vec<banyan_edge::RouteLine>),
    RefusedRoutes(Vec<banyan_edge::Refusal>),
    Explanation(Box<banyan_edge::Explanation>),
    Gateway(Told),
    Flags(FlagsTold),
    Translations(TextsTold),
    Events(events::EventsAnswer),
    Jobs(Vec<Of<banyan_events::jobs::JobSheet>>),
    Schedules(Vec<Of<banyan_events::jobs::ScheduleLine>>),
    Sagas(Vec<Of<banyan_events::sagas::SagaSheet>>),
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct TenantLine {
    pub(crate) id: Uuid,
    pub(crate) name: String,
    pub(crate) application: String,
    pub(crate) display_name: String,
    pub(crate) registration: Registration,
}

/// A person with what an operator asks about her.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct UserSheet {
    #[serde(flatten)]
    pub(crate) summary: UserSummary,
    /// `active` or `disabled`.
    pub(crate) status: String,
    pub(crate) email_verified: bool,
    /// Sessions that are open now.
    pub(crate) sessions: usize,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct SessionLine {
    pub(crate) id: Uuid,
    pub(crate) created_at: banyan_kernel::Timestamp,
    pub(crate) last_used_at: banyan_kernel::Timestamp,
    pub(crate) user_agent: Option<String>,
    pub(crate) address: Option<String>,
}

/// A key with its text. It is not `Debug` with it.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ShownKey {
    pub(crate) id: Uuid,
    pub(crate) secret: String,
}

impl std::fmt::Debug for ShownKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ShownKey").field("id", &self.id).finish_non_exhaustive()
    }
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct KeyLine {
    pub(crate) id: Uuid,
    pub(crate) user: Uuid,
    pub(crate) name: String,
    pub(crate) scopes: Vec<String>,
    pub(crate) plan: Option<String>,
    pub(crate) created_at: banyan_kernel::Timestamp,
    pub(crate) expires_at: Option<banyan_kernel::Timestamp>,
    pub(crate) last_used_at: Option<banyan_kernel::Timestamp>,
}

/// The audit chain of one service.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct AuditLine {
    pub(crate) service: String,
    /// Links of the chain; none where it does not hold.
    pub(crate) records: Option<i64>,
    /// Digest of its end.
    pub(crate) head: Option<String>,
    /// Signed heads that it goes through; none where it does not hold.
    pub(crate) heads_checked: Option<usize>,
    /// Where it does not hold.
    pub(crate) problem: Option<String>,
}

/// Does the act: by the running server of the data directory, else here. Tables are never migrated on the way.
pub(crate) fn perform(loaded: &Loaded, act: &Act) -> Result<Answer> {
    crate::cli::block_on(async {
        if !loaded.database.is_sqlite() {
            let data = DataDirectory::open_or_create(&loaded.data)?;
            // What the door saw, and what keeps events from leaving, is known to its own process alone.
            if matches!(act, Act::AskGateway(_) | Act::Events(events::EventsAct::Relay))
                && let Some(answer) = admin_socket::send(&data, act).await?
            {
                return Ok(answer);
            }
            return House::open(loaded, &data, Upkeep::LookOnly).await?.perform(act).await;
        }
        let data = DataDirectory::open(&loaded.data)?;
        if let Some(answer) = admin_socket::send(&data, act).await? {
            return Ok(answer);
        }
        let _lock = Lock::take(&data, "a banyan command")?;
        House::open(loaded, &data, Upkeep::LookOnly).await?.perform(act).await
    })
}
