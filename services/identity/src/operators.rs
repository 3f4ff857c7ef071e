//! What an operator asks about one account, and ends: for the command line, beside `command_line.rs`.

use banyan_contracts::identity::UserSummary;
use banyan_kernel::{Timestamp, Uuid};
use banyan_store::Tx;
use sea_orm::{QueryOrder as _, QuerySelect as _};

use crate::command_line::summary;
use crate::entity::session;
use crate::model::Manager;
use crate::store::sessions;
use crate::{Identity, IdentityError, Status};

/// More sessions than a person has.
const MOST_SESSIONS: u64 = 1_000;

/// An account as an operator sees it.
#[derive(Clone, Debug)]
pub struct AccountSheet {
    pub summary: UserSummary,
    pub status: Status,
    pub email_verified: bool,
}

/// A session that has not ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SessionSummary {
    pub id: Uuid,
    pub created_at: Timestamp,
    pub last_used_at: Timestamp,
    pub user_agent: Option<String>,
    pub address: Option<String>,
}

impl Identity {
    /// # Errors
    /// [`IdentityError::Hidden`] when nobody has the address.
    pub async fn show_user(&self, tenant: &str, email: &str) -> Result<AccountSheet, IdentityError> {
        let person = self.person_by_email(self.known_tenant(tenant)?, email).await?;
        let status = if person.is_active() { Status::Active } else { Status::Disabled };
        let email_verified = person.user.email_verified_at.is_some();
        let roles = person.rights.roles.iter().collect();
        Ok(AccountSheet { summary: summary(person.user, roles), status, email_verified })
    }

    /// The sessions that have not ended, the last used first.
    ///
    /// # Errors
    /// [`IdentityError::Hidden`] when nobody has the address.
    pub async fn list_sessions(&self, tenant: &str, email: &str) -> Result<Vec<SessionSummary>, IdentityError> {
        let tenant = self.known_tenant(tenant)?;
        let user = self.person_by_email(tenant, email).await?.user.id;
        let read = move |tx: Tx| async move {
            let live = sessions::live(tx.now(), user).order_by_desc(session::Column::LastUsedAt).limit(MOST_SESSIONS);
            live.all(&tx).await.map_err(IdentityError::from)
        };
        let rows = self.own(tenant).read(read).await?;
        Ok(rows.into_iter().map(SessionSummary::of).collect())
    }

    /// Ends all sessions of a person; their tokens count no more.
    ///
    /// # Errors
    /// [`IdentityError::Hidden`] when nobody has the address.
    pub async fn revoke_sessions(&self, tenant: &str, email: &str) -> Result<(), IdentityError> {
        let tenant = self.known_tenant(tenant)?;
        let user = self.person_by_email(tenant, email).await?.user.id;
        self.end_sessions_of(&self.own(tenant), Manager::CommandLine, user).await
    }
}

impl SessionSummary {
    fn of(row: session::Model) -> Self {
        Self {
            id: row.id,
            created_at: Timestamp::from_micros(row.created_at),
            last_used_at: Timestamp::from_micros(row.last_used_at),
            user_agent: row.user_agent,
            address: row.address,
        }
    }
}
