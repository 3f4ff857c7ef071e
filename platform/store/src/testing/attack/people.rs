//! Who attacks. The same people exist in both tenants, under the same ids: a forged tenant is then a real temptation.

use std::sync::Arc;

use banyan_kernel::{Caller, Permission, RequestId, Role, Roles, Uuid};

use super::super::Who;

pub(super) const TENANTS: [Uuid; 2] = [Uuid::from_u128(0xA000), Uuid::from_u128(0xB000)];
/// Rows belong to her.
pub(super) const OWNER: Uuid = Uuid::from_u128(0x0123);
/// Rows belong to him, too, but not hers.
pub(super) const OTHER: Uuid = Uuid::from_u128(0x0456);
/// Holds grants of the owner's.
pub(super) const FRIEND: Uuid = Uuid::from_u128(0x0789);
/// Held grants that were taken back.
pub(super) const FORMER: Uuid = Uuid::from_u128(0x0ABC);
pub(super) const PEOPLE: [Uuid; 4] = [OWNER, OTHER, FRIEND, FORMER];
pub(super) const ORGANISATIONS: [Uuid; 2] = [Uuid::from_u128(0xF001), Uuid::from_u128(0xF002)];

/// A caller with a name for the report.
#[derive(Clone, Debug)]
pub(super) struct Attacker {
    pub(super) name: String,
    pub(super) who: Who,
}

pub(super) fn callers() -> Vec<Attacker> {
    let request = RequestId(Uuid::from_u128(1));
    let [home, abroad] = TENANTS;
    let person = |id, role| Caller::user(home, id, Roles::from_iter([role]), request);
    let mut callers = vec![
        ("nobody".to_owned(), Who::Unbound),
        ("an anonymous caller".to_owned(), Who::Caller(Caller::anonymous(home, request))),
        ("the owner".to_owned(), Who::Caller(person(OWNER, Role::User))),
        (
            "the owner, of another tenant".to_owned(),
            Who::Caller(Caller::user(abroad, OWNER, Roles::from_iter([Role::User]), request)),
        ),
        ("another user".to_owned(), Who::Caller(person(OTHER, Role::User))),
        ("a grantee".to_owned(), Who::Caller(person(FRIEND, Role::Coach))),
        ("a former grantee".to_owned(), Who::Caller(person(FORMER, Role::Coach))),
        ("a member".to_owned(), Who::Caller(person(OTHER, Role::User).with_organisations(Arc::from([ORGANISATIONS[0]])))),
        ("the service".to_owned(), Who::Caller(Caller::system(home, "attack", request))),
        ("the store".to_owned(), Who::Platform(Caller::anonymous(home, request))),
    ];
    for role in Role::ALL {
        callers.push((format!("a stranger with role {role}"), Who::Caller(person(Uuid::from_u128(0x0DEF), *role))));
    }
    if let Ok(elevated) = person(OTHER, Role::Admin).elevate(Permission::RecordsOverride, Some("attack")) {
        callers.push(("an elevated admin".to_owned(), Who::Caller(elevated)));
    }
    callers.into_iter().map(|(name, who)| Attacker { name, who }).collect()
}
