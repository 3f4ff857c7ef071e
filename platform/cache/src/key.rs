//! Whose a value is, and which.

use banyan_kernel::{Actor, Caller, Uuid};
use sha2::{Digest as _, Sha256};

/// A longer name is replaced by its digest.
const LONGEST: usize = 512;

/// Within which names of tags and patterns are told apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Realm {
    /// What belongs to no tenant.
    Installation,
    Tenant(Uuid),
}

/// What is asked for, and in whose sight. There is no key that does not say whose it is.
///
/// All that the answer depends on beside who asks must stand in the text: parameters, page, language.
#[derive(Clone, Debug)]
pub struct Key {
    realm: Realm,
    text: String,
    /// `None` for what must not be kept.
    sight: Option<Vec<u8>>,
    tags: Vec<String>,
}

impl Key {
    /// What everybody may see, of no tenant: published keys, the installation's own documents.
    pub fn of_installation(text: impl Into<String>) -> Self {
        Self { realm: Realm::Installation, text: text.into(), sight: Some(vec![0]), tags: Vec::new() }
    }

    /// What every caller of the tenant sees alike, also one who is not signed in. Never for rows that a policy shows to some only.
    pub fn of_tenant(tenant: Uuid, text: impl Into<String>) -> Self {
        let mut sight = vec![1];
        sight.extend_from_slice(tenant.as_bytes());
        Self { realm: Realm::Tenant(tenant), text: text.into(), sight: Some(sight), tags: Vec::new() }
    }

    /// What this caller sees: tenant, actor, roles, organisations and scopes are part of the key, which is all that row security and
    /// permissions go by. An elevated caller's answers are never kept: each of their reads is audited.
    pub fn of_caller(caller: &Caller, text: impl Into<String>) -> Self {
        let sight = caller.elevation().is_none().then(|| sight_of(caller));
        Self { realm: Realm::Tenant(caller.tenant), text: text.into(), sight, tags: Vec::new() }
    }

    /// The value ends when a tag of it is invalidated in the realm of the key.
    #[must_use]
    pub fn tagged(mut self, tag: impl Into<String>) -> Self {
        self.tags.push(tag.into());
        self
    }

    pub fn realm(&self) -> Realm {
        self.realm
    }

    pub fn text(&self) -> &str {
        &self.text
    }

    pub(crate) fn tags(&self) -> &[String] {
        &self.tags
    }

    /// The value's name within everything that is kept; `None` if it must not be.
    pub(crate) fn name(&self, region: &str, version: u32) -> Option<Vec<u8>> {
        let sight = self.sight.as_ref()?;
        let mut name = Vec::with_capacity(region.len() + 8 + sight.len() + self.text.len());
        name.extend_from_slice(region.as_bytes());
        name.push(0);
        name.extend_from_slice(&version.to_be_bytes());
        let begins = name.len();
        // With its length, so that no text can continue a sight into another one.
        name.extend_from_slice(&u32::try_from(sight.len()).unwrap_or(u32::MAX).to_be_bytes());
        name.extend_from_slice(sight);
        name.extend_from_slice(self.text.as_bytes());
        if name.len() > LONGEST {
            let digest = Sha256::digest(&name[begins..]);
            name.truncate(begins);
            name.extend_from_slice(&[0xff; 4]);
            name.extend_from_slice(&digest);
        }
        Some(name)
    }
}

impl Realm {
    fn write(self, name: &mut Vec<u8>) {
        match self {
            Self::Installation => name.push(0),
            Self::Tenant(tenant) => {
                name.push(1);
                name.extend_from_slice(tenant.as_bytes());
            }
        }
    }

    pub(crate) fn text(self) -> String {
        match self {
            Self::Installation => "-".to_owned(),
            Self::Tenant(tenant) => tenant.simple().to_string(),
        }
    }
}

/// The stamp over everything.
pub(crate) const ALL: &[u8] = b"a";

/// What names of stamps over regions begin with.
pub(crate) const OF_REGION: &[u8] = b"r";

/// The stamp over a region.
pub(crate) fn stamp_of_region(region: &str) -> Vec<u8> {
    [OF_REGION, region.as_bytes()].concat()
}

pub(crate) fn stamp_of_key(name: &[u8]) -> Vec<u8> {
    [b"k", name].concat()
}

pub(crate) fn stamp_of_tag(realm: Realm, tag: &str) -> Vec<u8> {
    let mut name = vec![b't'];
    realm.write(&mut name);
    name.extend_from_slice(tag.as_bytes());
    name
}

fn sight_of(caller: &Caller) -> Vec<u8> {
    let mut sight = Vec::with_capacity(96);
    sight.push(2);
    sight.extend_from_slice(caller.tenant.as_bytes());
    match caller.actor {
        Actor::Anonymous => sight.push(0),
        Actor::User(user) => {
            sight.push(1);
            sight.extend_from_slice(user.as_bytes());
        }
        Actor::System(service) => {
            sight.push(2);
            word(&mut sight, service);
        }
    }
    for role in caller.roles.iter() {
        word(&mut sight, role.name());
    }
    sight.push(0);
    // A key without scopes is not the same as no key.
    if let Some(scopes) = caller.scopes() {
        sight.push(1);
        for scope in scopes.iter() {
            word(&mut sight, scope.name());
        }
    }
    sight.push(0);
    for organisation in caller.organisations.iter() {
        sight.extend_from_slice(organisation.as_bytes());
    }
    sight
}

/// With its length: names are shorter than 255 bytes.
fn word(sight: &mut Vec<u8>, text: &str) {
    sight.push(u8::try_from(text.len()).unwrap_or(u8::MAX));
    sight.extend_from_slice(text.as_bytes());
}

#[cfg(test)]
mod tests {
    use super::*;
    use banyan_kernel::{Permission, RequestId, Role, Roles, Scopes};
    use std::collections::HashSet;

    fn request() -> RequestId {
        RequestId(Uuid::nil())
    }

    fn name(caller: &Caller) -> Vec<u8> {
        Key::of_caller(caller, "list").name("goals", 1).unwrap()
    }

    #[test]
    fn whoever_may_see_something_else_has_another_key() {
        let (a, b) = (Uuid::from_u128(1), Uuid::from_u128(2));
        let roles = |roles: &[Role]| roles.iter().copied().collect::<Roles>();
        let user = Caller::user(a, a, roles(&[Role::User]), request());
        let callers = [
            Caller::anonymous(a, request()),
            Caller::anonymous(b, request()),
            Caller::user(a, b, roles(&[Role::User]), request()),
            Caller::user(b, a, roles(&[Role::User]), request()),
            Caller::user(a, a, Roles::NONE, request()),
            Caller::user(a, a, roles(&[Role::User, Role::Admin]), request()),
            Caller::user(a, a, roles(&[Role::Admin]), request()),
            Caller::system(a, "goals", request()),
            Caller::system(a, "content", request()),
            user.clone().with_organisations([a].into()),
            user.clone().with_organisations([b].into()),
            user.clone().with_organisations([a, b].into()),
            user.clone().with_narrowed_key(a, Scopes::NONE),
            user.clone().with_narrowed_key(a, Scopes::NONE.with(Permission::UsersRead)),
            user,
        ];
        let names: HashSet<Vec<u8>> = callers.iter().map(name).collect();
        assert_eq!(names.len(), callers.len());
    }

    #[test]
    fn the_same_caller_by_another_request_has_the_same_key() {
        let caller = |request: u128| Caller::user(Uuid::nil(), Uuid::nil(), Roles::NONE, RequestId(Uuid::from_u128(request)));
        assert_eq!(name(&caller(1)), name(&caller(2).with_session(Uuid::from_u128(7))));
    }

    #[test]
    fn what_an_elevated_caller_sees_is_never_kept() {
        let admin = Caller::user(Uuid::nil(), Uuid::nil(), Roles::from_iter([Role::Admin]), request());
        let elevated = admin.elevate(Permission::RecordsOverride, Some("a reason")).unwrap();
        assert!(Key::of_caller(&elevated, "list").name("goals", 1).is_none());
    }

    #[test]
    fn texts_cannot_pass_for_another_sight_version_or_region() {
        let tenant = Uuid::from_u128(1);
        let named = |key: Key, region: &str, version| key.name(region, version).unwrap();
        let plain = named(Key::of_installation(format!("\u{1}{tenant}")), "r", 1);
        assert_ne!(plain, named(Key::of_tenant(tenant, ""), "r", 1));
        assert_ne!(named(Key::of_installation("x"), "r", 1), named(Key::of_installation("x"), "r", 2));
        assert_ne!(named(Key::of_installation("bx"), "a", 1), named(Key::of_installation("x"), "ab", 1));
        let long = "y".repeat(10_000);
        let (one, other) = (named(Key::of_installation(&*long), "r", 1), named(Key::of_tenant(tenant, &*long), "r", 1));
        assert!(one.len() < 64 && one != other);
    }

    #[test]
    fn tags_of_two_tenants_are_two() {
        let (a, b) = (Realm::Tenant(Uuid::from_u128(1)), Realm::Tenant(Uuid::from_u128(2)));
        let stamps: HashSet<_> = [a, b, Realm::Installation].map(|realm| stamp_of_tag(realm, "goals")).into();
        assert_eq!(stamps.len(), 3);
    }
}
