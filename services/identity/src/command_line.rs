//! What the command line does: tenants and people, by the hand of whoever may run the program.

use banyan_contracts::identity::{PasswordChanged, UserRegistered, UserSummary};
use banyan_kernel::{Role, Roles, Timestamp, Uuid};
use banyan_store::Tx;
use banyan_store::audit::Record;
use serde_json::json;

use crate::accounts::{choose, email_taken, end_sessions};
use crate::email::Email;
use crate::entity::tenant;
use crate::keeping::announce;
use crate::managing::names;
use crate::model::{Kind, Manager, Person, Status};
use crate::signals::Signal;
use crate::store::accounts::{self, NewUser};
use crate::store::directory::{self, UserFilter};
use crate::store::sessions::Which;
use crate::store::{roles, tenants};
use crate::tenants::{Registration, TenantInfo, is_tenant_name};
use crate::{Identity, IdentityError};

/// A tenant that is about to exist.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewTenant {
    /// Lower-case letters, digits and hyphens, a letter first, at most 63: it stands in host names.
    pub name: String,
    /// The application that it is made from.
    pub application: String,
    /// As people read it.
    pub display_name: String,
    pub registration: Registration,
}

/// An account that is about to exist. Its address counts as shown to be the person's.
#[derive(Clone, Debug)]
pub struct NewAccount<'a> {
    pub email: &'a str,
    pub name: &'a str,
    pub roles: Roles,
    pub password: &'a str,
    /// BCP 47.
    pub locale: Option<&'a str>,
}

impl Identity {
    /// # Errors
    /// [`IdentityError::TenantName`] and [`IdentityError::NameTaken`].
    pub async fn create_tenant(&self, new: &NewTenant) -> Result<TenantInfo, IdentityError> {
        if !is_tenant_name(&new.name) {
            return Err(IdentityError::TenantName(new.name.chars().take(70).collect()));
        }
        let id = self.0.ids.next();
        // In the tenant's own name, so that the record of its beginning is the first that its people can read.
        let rows = self.own(id);
        let made = rows.write(move |tx| async move {
            let row = tenant::Model {
                id,
                name: new.name.clone(),
                application: new.application.clone(),
                display_name: new.display_name.clone(),
                status: Status::Active.word().to_owned(),
                registration: new.registration.word().to_owned(),
                created_at: tx.now().micros(),
            };
            tenants::add(&tx, row.clone()).await?;
            announce(&tx, &[Signal::TenantsChanged]).await?;
            tx.audit(Record::new("tenant.created").object("tenant", id).detail(json!({ "name": new.name })));
            Ok::<_, IdentityError>(row)
        });
        let row = made.await.map_err(|error| match error {
            IdentityError::Store(error) if error.is_unique("idx_tenants_name") => IdentityError::NameTaken,
            other => other,
        })?;
        self.reload_tenants().await?;
        Ok(TenantInfo::of(&row))
    }

    /// Makes those tenants that are not there yet; says which it made. Two nodes that start together make each one once.
    ///
    /// # Errors
    /// As [`Identity::create_tenant`].
    pub async fn ensure_tenants(&self, wanted: &[NewTenant]) -> Result<Vec<TenantInfo>, IdentityError> {
        let mut made = Vec::new();
        for new in wanted {
            if self.tenant_named(&new.name).is_some() {
                continue;
            }
            match self.create_tenant(new).await {
                Ok(tenant) => made.push(tenant),
                Err(IdentityError::NameTaken) => self.reload_tenants().await?,
                Err(error) => return Err(error),
            }
        }
        Ok(made)
    }

    /// # Errors
    /// [`IdentityError::UnknownTenant`], [`IdentityError::InvalidEmail`], [`IdentityError::WeakPassword`],
    /// [`IdentityError::EmailTaken`].
    pub async fn create_user(&self, tenant: &str, new: &NewAccount<'_>) -> Result<UserSummary, IdentityError> {
        let rows = self.own(self.known_tenant(tenant)?);
        let email = Email::parse(new.email)?;
        let hash = self.0.passwords.hash(choose(new.password, &email, new.name)?).await?;
        let (address, hash) = (&email, &hash);
        let made = rows.write(move |tx| async move {
            let verified_at = Some(tx.now());
            let account =
                NewUser { email: address.as_str(), name: new.name, kind: Kind::Person, locale: new.locale, verified_at };
            let user = accounts::add(&tx, &account).await?;
            accounts::set_password(&tx, user.id, hash).await?;
            roles::replace(&tx, user.id, Roles::NONE, new.roles).await?;
            tx.publish(&UserRegistered { user_id: user.id, locale: user.locale.clone() }).await?;
            let detail = json!({ "by": "command line", "roles": names(new.roles) });
            tx.audit(Record::new("user.created").subject(user.id).object("user", user.id).detail(detail));
            Ok::<_, IdentityError>(summary(user, new.roles.iter().collect()))
        });
        made.await.map_err(email_taken)
    }

    /// Sets a password and ends the person's sessions.
    ///
    /// # Errors
    /// As [`Identity::create_user`]; [`IdentityError::Hidden`] when nobody has the address.
    pub async fn set_password(&self, tenant: &str, email: &str, password: &str) -> Result<(), IdentityError> {
        let tenant = self.known_tenant(tenant)?;
        let person = self.person_by_email(tenant, email).await?;
        let hash = self.0.passwords.hash(choose(password, &Email::parse(email)?, &person.user.name)?).await?;
        let (id, hash, counter) = (person.user.id, &hash, self.subject("account", &person.user.email));
        let counter = &counter;
        let rows = self.own(tenant);
        let ended = rows.write(move |tx| async move {
            accounts::set_password(&tx, id, hash).await?;
            crate::store::failures::clear(&tx, counter).await?;
            tx.publish(&PasswordChanged { user_id: id }).await?;
            tx.audit(Record::new("password.set").subject(id).detail(json!({ "by": "command line" })));
            end_sessions(&tx, id, Which::All).await
        });
        self.heed(&ended.await?);
        Ok(())
    }

    /// Lets an account be used, or not.
    ///
    /// # Errors
    /// [`IdentityError::Hidden`] when nobody has the address; the last owner is kept.
    pub async fn set_status(&self, tenant: &str, email: &str, status: Status) -> Result<UserSummary, IdentityError> {
        let tenant = self.known_tenant(tenant)?;
        let id = self.person_by_email(tenant, email).await?.user.id;
        let person = self.change_status(&self.own(tenant), Manager::CommandLine, id, status).await?;
        Ok(summary(person.user, person.rights.roles.iter().collect()))
    }

    /// Replaces the roles of an account.
    ///
    /// # Errors
    /// [`IdentityError::Hidden`] when nobody has the address; the last owner is kept.
    pub async fn set_roles(&self, tenant: &str, email: &str, roles: Roles) -> Result<UserSummary, IdentityError> {
        let tenant = self.known_tenant(tenant)?;
        let id = self.person_by_email(tenant, email).await?.user.id;
        let person = self.change_roles(&self.own(tenant), Manager::CommandLine, id, roles).await?;
        Ok(summary(person.user, person.rights.roles.iter().collect()))
    }

    /// Up to `limit` accounts in the order of their addresses; `search` is a part of address or name.
    ///
    /// # Errors
    /// [`IdentityError::UnknownTenant`].
    pub async fn list_users(&self, tenant: &str, search: Option<&str>, limit: u64) -> Result<Vec<UserSummary>, IdentityError> {
        let filter = UserFilter { search: search.map(str::to_owned), ..UserFilter::default() };
        let filter = &filter;
        let read = move |tx: Tx| async move { Ok::<_, IdentityError>(directory::first(&tx, filter, limit).await?) };
        let people = self.own(self.known_tenant(tenant)?).read(read).await?;
        Ok(people.into_iter().map(|person| summary(person.user, person.rights.roles.iter().collect())).collect())
    }

    pub(crate) fn known_tenant(&self, name: &str) -> Result<Uuid, IdentityError> {
        let tenant = self.tenant_named(name);
        tenant.map(|tenant| tenant.id).ok_or_else(|| IdentityError::UnknownTenant(name.chars().take(70).collect()))
    }

    pub(crate) async fn person_by_email(&self, tenant: Uuid, email: &str) -> Result<Person, IdentityError> {
        let email = Email::parse(email)?;
        let email = &email;
        let read = move |tx: Tx| async move {
            let user = accounts::find_by_email(&tx, email).await?.ok_or(IdentityError::Hidden)?;
            Ok::<_, IdentityError>(accounts::with_rights(&tx, user).await?)
        };
        self.own(tenant).read(read).await
    }
}

pub(crate) fn summary(user: crate::entity::user::Model, roles: Vec<Role>) -> UserSummary {
    UserSummary {
        id: user.id,
        email: user.email,
        name: user.name,
        roles,
        locale: user.locale,
        time_zone: user.time_zone,
        created_at: Timestamp::from_micros(user.created_at),
    }
}
