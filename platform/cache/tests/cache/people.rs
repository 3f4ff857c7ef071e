//! Nobody is answered with what another one may see.

use banyan_kernel::{Caller, Permission, RequestId, Role, Roles, Uuid};

use banyan_cache::Key;

use crate::support::{Away, alone, clock, region, steady};

fn caller(tenant: u128, user: u128, role: Role) -> Caller {
    Caller::user(Uuid::from_u128(tenant), Uuid::from_u128(user), Roles::from_iter([role]), RequestId(Uuid::nil()))
}

#[tokio::test]
async fn the_same_question_of_two_callers_has_two_answers() {
    let clock = clock();
    let words = region(&alone(&clock), steady());
    let admin = caller(1, 1, Role::Admin);
    let callers = [
        Caller::anonymous(Uuid::from_u128(1), RequestId(Uuid::nil())),
        caller(1, 1, Role::User),
        caller(1, 2, Role::User),
        caller(2, 1, Role::User),
        admin.clone(),
        admin.with_key(Uuid::from_u128(9), [Permission::UsersRead].into_iter().collect()),
    ];
    for _ in 0..2 {
        for (number, caller) in callers.iter().enumerate() {
            let load = move || async move { Ok::<_, Away>(number.to_string()) };
            let answer = words.get_or(&Key::of_caller(caller, "list"), load).await.unwrap();
            assert_eq!(*answer, number.to_string());
        }
    }
}

#[tokio::test]
async fn an_elevated_read_always_reaches_the_store_which_audits_it() {
    let clock = clock();
    let words = region(&alone(&clock), steady());
    let elevated = caller(1, 1, Role::Admin).elevate(Permission::RecordsOverride, Some("a reason")).unwrap();
    for round in 0..3 {
        let load = move || async move { Ok::<_, Away>(round.to_string()) };
        assert_eq!(*words.get_or(&Key::of_caller(&elevated, "list"), load).await.unwrap(), round.to_string());
    }
    let plain = || async { Ok::<_, Away>("plain".to_owned()) };
    let found = words.get_or(&Key::of_caller(&caller(1, 1, Role::Admin), "list"), plain).await.unwrap();
    assert_eq!(*found, "plain");
}
