//! Doing the acts on an opened house.

use std::path::Path;

use anyhow::{Context as _, Result, anyhow, bail};
use banyan_edge::Question;
use banyan_gateway::{Purge, What};
use banyan_identity::{IdentityError, NewAccount, NewKey, NewTenant, Status, TenantInfo};
use banyan_kernel::{Network, Roles};
use banyan_store::audit::{Verification, VerifyError};
use http::{HeaderName, HeaderValue};
use serde_json::json;

use super::{Act, Answer, Attack, AuditLine, KeyLine, Registration, SessionLine, ShownKey, TenantLine, UserSheet};
use crate::audit_heads;
use crate::house::House;

const NOBODY: &str = "this process serves nobody";

fn question(method: &str, uri: &str, headers: &[(String, String)]) -> Result<Question> {
    let headers = headers.iter().map(|(name, value)| Ok((name.parse()?, value.parse()?)));
    let headers: Vec<(HeaderName, HeaderValue)> = headers.collect::<Result<_>>()?;
    Ok(Question { method: method.parse()?, uri: uri.parse()?, headers: headers.into_iter().collect() })
}

impl House {
    /// Does one act.
    pub(crate) async fn perform(&self, act: &Act) -> Result<Answer> {
        let identity = &self.identity;
        let explain = |email: &str| explain(email.to_owned());
        match act {
            Act::CreateTenant { name, application, display_name, registration } => {
                self.create_tenant(name, application, display_name.as_deref(), *registration).await
            }
            Act::ListTenants => Ok(Answer::Tenants(identity.tenants().iter().map(tenant_line).collect())),
            Act::CreateUser { tenant, email, name, roles, password } => {
                let roles: Roles = roles.iter().copied().collect();
                let account = NewAccount { email, name, roles, password, locale: None };
                let user = identity.create_user(tenant, &account).await.map_err(explain(email))?;
                Ok(Answer::Users(vec![user]))
            }
            Act::ListUsers { tenant, search, limit } => {
                let users = identity.list_users(tenant, search.as_deref(), u64::from(*limit)).await;
                Ok(Answer::Users(users.map_err(explain(""))?))
            }
            Act::ShowUser { tenant, email } => self.show_user(tenant, email).await,
            Act::EnableUser { tenant, email } => {
                let user = identity.set_status(tenant, email, Status::Active).await.map_err(explain(email))?;
                Ok(Answer::Users(vec![user]))
            }
            Act::DisableUser { tenant, email } => {
                let user = identity.set_status(tenant, email, Status::Disabled).await.map_err(explain(email))?;
                Ok(Answer::Users(vec![user]))
            }
            Act::SetPassword { tenant, email, password } => {
                identity.set_password(tenant, email, password).await.map_err(explain(email))?;
                Ok(Answer::Done)
            }
            Act::SetRoles { tenant, email, roles } => {
                let roles = roles.iter().copied().collect();
                Ok(Answer::Users(vec![identity.set_roles(tenant, email, roles).await.map_err(explain(email))?]))
            }
            Act::ListSessions { tenant, email } => {
                let sessions = identity.list_sessions(tenant, email).await.map_err(explain(email))?;
                Ok(Answer::Sessions(sessions.into_iter().map(session_line).collect()))
            }
            Act::RevokeSessions { tenant, email } => {
                identity.revoke_sessions(tenant, email).await.map_err(explain(email))?;
                Ok(Answer::Done)
            }
            Act::CreateKey { tenant, email, name, scopes, networks, plan, lives_seconds } => {
                let networks = networks.iter().map(|text| text.parse::<Network>()).collect::<Result<Vec<_>, _>>()?;
                let scopes = scopes.iter().copied().collect();
                let plan = plan.as_deref();
                let new = NewKey { email, name, scopes, networks: &networks, plan, lives_seconds: *lives_seconds };
                let (id, secret) = identity.create_key(tenant, &new).await.map_err(explain(email))?;
                Ok(Answer::Key(ShownKey { id, secret }))
            }
            Act::ListKeys { tenant, email } => {
                let keys = identity.list_keys(tenant, email.as_deref()).await;
                let keys = keys.map_err(explain(email.as_deref().unwrap_or_default()))?;
                Ok(Answer::Keys(keys.into_iter().map(key_line).collect()))
            }
            Act::RevokeKey { tenant, id } => match identity.revoke_key(tenant, *id).await {
                Ok(()) => Ok(Answer::Done),
                Err(IdentityError::Hidden) => bail!("there is no key {id} in this tenant; `banyan key list` shows all"),
                Err(error) => Err(explain("")(error)),
            },
            Act::VerifyAudit { heads } => Ok(Answer::Audit(self.verify_audit(heads.as_deref()).await?)),
            Act::SignAuditHeads => Ok(Answer::AuditHeads(audit_heads::sign(self).await?)),
            Act::ReportCompliance { attack } => self.report_compliance(*attack).await,
            Act::ListRoutes => Ok(Answer::Routes(self.routes().context(NOBODY)?)),
            Act::ListRefusedRoutes => Ok(Answer::RefusedRoutes(self.refused_routes().context(NOBODY)?)),
            Act::ExplainRoute { method, uri, headers } => {
                let question = question(method, uri, headers)?;
                Ok(Answer::Explanation(Box::new(self.explain_route(&question).context(NOBODY)?)))
            }
            Act::Events(act) => self.do_events(act).await,
            Act::AskJobs { service, asked } => self.ask_jobs(service.as_deref(), asked).await,
            Act::AskSagas { service, asked } => self.ask_sagas(service.as_deref(), asked).await,
            Act::AskGateway(asked) => self.ask_gateway(asked).await,
            Act::AskFlags(asked) => self.ask_flags(asked).await,
            Act::AskTranslations(asked) => self.ask_translations(asked).await,
            Act::PurgeCache { what, name, why } => self.purge_cache(*what, name, why.as_deref()).await,
        }
    }

    async fn purge_cache(&self, what: What, name: &str, why: Option<&str>) -> Result<Answer> {
        let room = self.rooms.iter().find(|room| room.service.name == banyan_gateway::SERVICE);
        let room = room.context("this process has no gateway: ask one with the role `edge`")?;
        let operators = self.identity.tenant_named(banyan_kernel::OPERATORS).context("there is no tenant of operators")?;
        let purge = Purge { what, name: name.to_owned() };
        banyan_gateway::purge(&room.host, operators.id, &purge, why).await?;
        Ok(Answer::Done)
    }

    async fn create_tenant(
        &self,
        name: &str,
        application: &str,
        display_name: Option<&str>,
        registration: Registration,
    ) -> Result<Answer> {
        let Some(found) = self.applications.get(application) else {
            let known: Vec<&str> = self.applications.iter().map(|application| application.name()).collect();
            bail!("`{application}` is not an application of this program; it has {}", known.join(", "));
        };
        let new = NewTenant {
            name: name.to_owned(),
            application: application.to_owned(),
            display_name: display_name.unwrap_or(&found.manifest().brand.name).to_owned(),
            registration: match registration {
                Registration::Open => banyan_identity::Registration::Open,
                Registration::Closed => banyan_identity::Registration::Closed,
            },
        };
        match self.identity.create_tenant(&new).await {
            Ok(tenant) => Ok(Answer::Tenants(vec![tenant_line(&tenant)])),
            Err(IdentityError::NameTaken) => bail!("there is a tenant `{name}` already"),
            Err(error) => Err(error.into()),
        }
    }

    async fn show_user(&self, tenant: &str, email: &str) -> Result<Answer> {
        let account = self.identity.show_user(tenant, email).await.map_err(explain(email.to_owned()))?;
        let sessions = self.identity.list_sessions(tenant, email).await.map_err(explain(email.to_owned()))?;
        Ok(Answer::User(UserSheet {
            summary: account.summary,
            status: account.status.word().to_owned(),
            email_verified: account.email_verified,
            sessions: sessions.len(),
        }))
    }

    async fn verify_audit(&self, file: Option<&Path>) -> Result<Vec<AuditLine>> {
        // Read before the chains: what is signed later may be longer than what is walked now.
        let heads = file.map(audit_heads::read).transpose()?.unwrap_or_default();
        if let Some(head) = heads.iter().find(|head| self.store(&head.service).is_none()) {
            bail!(
                "the heads name a service `{}`, which this program does not have: the file is another installation's",
                head.service
            );
        }
        let mut lines = Vec::new();
        for store in self.stores() {
            lines.push(audit_line(store.service(), store.verify_audit_against(&heads).await));
        }
        Ok(lines)
    }
}

fn audit_line(service: &str, verified: Result<Verification, VerifyError>) -> AuditLine {
    let service = service.to_owned();
    match verified {
        Ok(held) => AuditLine {
            service,
            records: Some(held.records),
            head: Some(held.head),
            heads_checked: Some(held.heads_checked),
            problem: None,
        },
        Err(error) => AuditLine { service, records: None, head: None, heads_checked: None, problem: Some(error.to_string()) },
    }
}

fn tenant_line(tenant: &TenantInfo) -> TenantLine {
    TenantLine {
        id: tenant.id,
        name: tenant.name.to_string(),
        application: tenant.application.to_string(),
        display_name: tenant.display_name.to_string(),
        registration: match tenant.registration {
            banyan_identity::Registration::Open => Registration::Open,
            banyan_identity::Registration::Closed => Registration::Closed,
        },
    }
}

fn key_line(key: banyan_identity::KeySummary) -> KeyLine {
    KeyLine {
        id: key.id,
        user: key.user,
        name: key.name,
        scopes: key.scopes,
        plan: key.plan,
        created_at: key.created_at,
        expires_at: key.expires_at,
        last_used_at: key.last_used_at,
    }
}

fn session_line(session: banyan_identity::SessionSummary) -> SessionLine {
    SessionLine {
        id: session.id,
        created_at: session.created_at,
        last_used_at: session.last_used_at,
        user_agent: session.user_agent,
        address: session.address,
    }
}

/// What the one at the command line can make something of.
fn explain(email: String) -> impl FnOnce(IdentityError) -> anyhow::Error {
    move |error| match error {
        IdentityError::Hidden => anyhow!("nobody has the address {email} in this tenant"),
        IdentityError::EmailTaken => anyhow!("{email} has an account in this tenant already"),
        IdentityError::InvalidEmail(_) => anyhow!("{email} is not an e-mail address"),
        IdentityError::UnknownTenant(name) => anyhow!("there is no tenant `{name}`; `banyan tenant list` shows all"),
        error => error.into(),
    }
}

/// The reports of all services as one document, for people and as evidence.
impl House {
    async fn report_compliance(&self, attack: Attack) -> Result<Answer> {
        let mut reports = Vec::new();
        for store in self.stores() {
            if attack == Attack::Wanted {
                store.attack(&self.build.version).await?;
            }
            reports.push(store.compliance().await?);
        }
        let entries = reports.iter().map(|report| report.entries.len()).sum::<usize>();
        let enforced = reports.iter().flat_map(|report| &report.entries).filter(|entry| entry.enforced).count();
        let score = if entries == 0 { 100.0 } else { percent(enforced, entries) };
        Ok(Answer::Compliance(json!({
            "checkedAt": self.clock.now(),
            "version": self.build.version,
            "holds": reports.iter().all(banyan_store::compliance::Report::holds),
            "score": score,
            "overrides": reports.iter().map(|report| report.overrides).sum::<i64>(),
            "unexplainedOverrides": reports.iter().map(|report| report.unexplained_overrides).sum::<i64>(),
            "services": reports,
        })))
    }
}

/// Rounded down to a tenth, so that only all of them are 100.
#[expect(clippy::cast_precision_loss, reason = "there are a few hundred entries")]
fn percent(part: usize, whole: usize) -> f64 {
    (1_000 * part / whole) as f64 / 10.0
}
