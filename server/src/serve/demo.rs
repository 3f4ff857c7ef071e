//! Demo people, and what they wrote: so that a newcomer finds something to look at. Written once; later starts leave it alone.

use std::collections::BTreeMap;

use anyhow::{Context as _, Result};
use banyan_contracts::identity::UserSummary;
use banyan_kernel::{Application, Role, Uuid};

use super::Demo;
use crate::cli::terminal::Usage;
use crate::cluster::Roles;
use crate::house::House;
use crate::settings::Settings;

/// Of every demo person. It is in the source, so it protects nothing.
pub(super) const PASSWORD: &str = "seven quiet figs at dawn";

/// Somebody of the demo.
#[derive(Clone, Debug)]
pub(super) struct DemoPerson {
    pub(super) tenant: String,
    pub(super) email: String,
    pub(super) name: String,
    pub(super) roles: Vec<Role>,
}

/// Refuses where real people are: everybody can know the password.
pub(super) fn allow(demo: Demo, settings: &Settings) -> Result<()> {
    if demo == Demo::Wanted && settings.general.environment.is_serious() {
        let problem = "--demo makes an administrator whose password everybody can know, so it is refused while `environment` is \
                       production or staging";
        return Err(Usage(problem.to_owned()).into());
    }
    Ok(())
}

/// Refuses where a process has a part of the services: the demo's data are of all of them.
pub(super) fn allow_for(demo: Demo, roles: &Roles) -> Result<()> {
    if demo == Demo::Wanted && !roles.are_all() {
        let problem = "--demo writes into every service, so it needs all of them in one process: start `banyan serve --demo` once \
                       without --roles, stop it, and start the parts";
        return Err(Usage(problem.to_owned()).into());
    }
    Ok(())
}

/// Makes what is missing; gives everybody of the demo.
pub(super) async fn seed(demo: Demo, house: &House) -> Result<Vec<DemoPerson>> {
    let mut people = Vec::new();
    if demo == Demo::None {
        return Ok(people);
    }
    let with_people = |application: &&Application| application.demo(banyan_identity::SERVICE).is_some();
    let mut applications: Vec<&Application> = house.applications.iter().map(AsRef::as_ref).filter(with_people).collect();
    // Who starts the server is shown commands for the first of these people, and they name no tenant.
    let default = house.applications.default_application().name();
    applications.sort_by_key(|application| application.name() != default);
    for application in applications {
        let tenant = application.name();
        let made = seed_application(house, application).await.with_context(|| format!("the demo data of {tenant}"))?;
        people.extend(made.into_iter().map(|person| DemoPerson {
            tenant: tenant.to_owned(),
            email: person.email,
            name: person.name,
            roles: person.roles,
        }));
    }
    Ok(people)
}

async fn seed_application(house: &House, application: &Application) -> Result<Vec<UserSummary>> {
    let tenant = application.name();
    let people = house.identity.seed_demo(tenant, application, PASSWORD).await?;
    let id = house.identity.tenant_named(tenant).context("its tenant is missing")?.id;
    let ids: BTreeMap<String, Uuid> = people.iter().map(|person| (person.email.clone(), person.id)).collect();
    if let (Some(store), Some(document)) = (house.store(banyan_content::SERVICE), application.demo(banyan_content::SERVICE)) {
        banyan_content::seed_demo(store, id, &ids, document).await?;
    }
    if let (Some(store), Some(document)) = (house.store(banyan_goals::SERVICE), application.demo(banyan_goals::SERVICE)) {
        banyan_goals::seed_demo(store, id, &ids, document).await?;
    }
    let notifications = banyan_notifications::SERVICE;
    if let (Some(store), Some(document)) = (house.store(notifications), application.demo(notifications)) {
        banyan_notifications::seed_demo(store, id, &ids, document).await?;
    }
    if let (Some(store), Some(document)) = (house.store(banyan_support::SERVICE), application.demo(banyan_support::SERVICE)) {
        banyan_support::seed_demo(store, id, &ids, document).await?;
    }
    if let (Some(store), Some(document)) = (house.store(banyan_context::SERVICE), application.demo(banyan_context::SERVICE)) {
        banyan_context::seed_demo(store, id, &ids, document).await?;
    }
    Ok(people)
}
