//! People of a demonstration: `demo/identity.toml` of an application.

use banyan_contracts::identity::UserSummary;
use banyan_kernel::application::{Application, ApplicationError, parse_toml};
use banyan_kernel::{Role, Roles};
use serde::Deserialize;

use crate::command_line::NewAccount;
use crate::{Identity, IdentityError};

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Demo {
    people: Vec<DemoPerson>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct DemoPerson {
    email: String,
    name: String,
    roles: Vec<Role>,
    locale: Option<String>,
}

/// The demonstration's people cannot be made.
#[derive(Debug, thiserror::Error)]
pub enum DemoError {
    #[error(transparent)]
    Document(#[from] ApplicationError),
    #[error("{email}: {error}")]
    Person { email: String, error: IdentityError },
}

impl Identity {
    /// Makes the people of an application's demonstration in the tenant, all with one password; who is there already stays as they
    /// are. Gives all of them, in the order of the document.
    ///
    /// # Errors
    /// What is wrong in the document, or with which person.
    pub async fn seed_demo(
        &self,
        tenant: &str,
        application: &Application,
        password: &str,
    ) -> Result<Vec<UserSummary>, DemoError> {
        let Some(document) = application.demo("identity") else {
            return Ok(Vec::new());
        };
        let demo: Demo = parse_toml(&document.path, &document.text)?;
        let mut people = Vec::new();
        for person in &demo.people {
            let failed = |error| DemoError::Person { email: person.email.clone(), error };
            people.push(self.demo_person(tenant, person, password).await.map_err(failed)?);
        }
        Ok(people)
    }

    async fn demo_person(&self, tenant: &str, person: &DemoPerson, password: &str) -> Result<UserSummary, IdentityError> {
        let there = self.list_users(tenant, Some(&person.email), 100).await?;
        if let Some(there) = there.into_iter().find(|known| known.email == person.email) {
            return Ok(there);
        }
        let roles: Roles = person.roles.iter().copied().collect();
        let locale = person.locale.as_deref();
        self.create_user(tenant, &NewAccount { email: &person.email, name: &person.name, roles, password, locale }).await
    }
}
