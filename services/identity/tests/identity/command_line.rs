//! Tenants and people by the hand of whoever runs the program.

use banyan_identity::{IdentityError, NewAccount, Status};
use banyan_kernel::{Role, Roles};
use banyan_testkit::on_both_engines;
use http::StatusCode;

use crate::support::{Desk, PASSWORD, tenant};

on_both_engines! {
    async fn tenants_are_made_once(bench: Bench) {
        let mut bench = bench;
        // The database of a split installation has its tenants already.
        bench.stay_in_one_process().await;
        let desk = Desk::at(bench).await;
        let wanted = [tenant("upcoach"), tenant("fittracker"), tenant("operators")];
        let made = desk.identity.ensure_tenants(&wanted).await.unwrap();
        assert_eq!(made.iter().map(|tenant| &*tenant.name).collect::<Vec<_>>(), ["fittracker", "operators"]);
        assert_eq!(desk.identity.ensure_tenants(&wanted).await.unwrap(), []);
        let names: Vec<_> = desk.identity.tenants().into_iter().map(|tenant| tenant.name.to_string()).collect();
        assert_eq!(names, ["fittracker", "operators", "upcoach"]);
        assert!(matches!(desk.identity.create_tenant(&tenant("upcoach")).await, Err(IdentityError::NameTaken)));
        assert!(matches!(desk.identity.create_tenant(&tenant("Not a name")).await, Err(IdentityError::TenantName(_))));
    }

    async fn people_are_made_changed_and_listed(bench: Bench) {
        let desk = Desk::at(bench).await;
        let (identity, name) = (&desk.identity, &*desk.tenant.name);
        let roles = Roles::from_iter([Role::Owner]);
        let new = NewAccount { email: "rosa@example.org", name: "Rosa", roles, password: PASSWORD, locale: Some("id-ID") };
        let made = identity.create_user(name, &new).await.unwrap();
        assert_eq!((made.roles, made.locale.as_deref()), (vec![Role::Owner], Some("id-ID")));
        assert!(matches!(identity.create_user(name, &new).await, Err(IdentityError::EmailTaken)));
        assert!(matches!(identity.create_user("nowhere", &new).await, Err(IdentityError::UnknownTenant(_))));
        let weak = NewAccount { email: "x@example.org", password: "password", ..new.clone() };
        assert!(matches!(identity.create_user(name, &weak).await, Err(IdentityError::WeakPassword(_))));
        let maya = desk.register("maya@example.org").await;
        identity.set_password(name, "maya@example.org", "warm oven bread").await.unwrap();
        assert!(desk.try_caller(&maya.access).await.is_err());
        assert_eq!(desk.log_in("maya@example.org", "warm oven bread").await.status, StatusCode::OK);
        let disabled = identity.set_status(name, "maya@example.org", Status::Disabled).await.unwrap();
        assert_eq!(disabled.id, maya.id);
        assert_eq!(desk.log_in("maya@example.org", "warm oven bread").await.status, StatusCode::UNAUTHORIZED);
        identity.set_status(name, "maya@example.org", Status::Active).await.unwrap();
        let appointed = identity.set_roles(name, "maya@example.org", Roles::from_iter([Role::Admin])).await.unwrap();
        assert_eq!(appointed.roles, [Role::Admin]);
        let list = identity.list_users(name, None, 10).await.unwrap();
        assert_eq!(list.iter().map(|user| user.email.as_str()).collect::<Vec<_>>(), ["maya@example.org", "rosa@example.org"]);
        assert_eq!(identity.list_users(name, Some("ros"), 10).await.unwrap().len(), 1);
        assert!(matches!(identity.set_status(name, "nobody@example.org", Status::Disabled).await, Err(IdentityError::Hidden)));
    }

    async fn the_demonstrations_people_are_made_once(bench: Bench) {
        let desk = Desk::at(bench).await;
        let application = desk.app.host.applications.default_application().clone();
        let people = desk.identity.seed_demo(&desk.tenant.name, &application, PASSWORD).await.unwrap();
        assert!(people.len() >= 3);
        let again = desk.identity.seed_demo(&desk.tenant.name, &application, PASSWORD).await.unwrap();
        assert_eq!(people.iter().map(|person| person.id).collect::<Vec<_>>(), again.iter().map(|person| person.id).collect::<Vec<_>>());
        assert_eq!(desk.log_in(&people[0].email, PASSWORD).await.status, StatusCode::OK);
    }

    async fn what_has_expired_is_deleted(bench: Bench) {
        let desk = Desk::at(bench).await;
        let maya = desk.register("maya@example.org").await;
        desk.mails().await;
        desk.identity.tidy().await.unwrap();
        assert!(desk.try_caller(&maya.access).await.is_ok());
        desk.bench.clock.advance_seconds(200 * 86_400);
        desk.identity.tidy().await.unwrap();
        assert_eq!(desk.log_in("maya@example.org", PASSWORD).await.status, StatusCode::OK, "people stay");
    }
}
