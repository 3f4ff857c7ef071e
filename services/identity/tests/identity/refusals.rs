//! Who is refused: at every route, by enumeration.

use banyan_http::openapi::{Access, Operation};
use banyan_kernel::{ErrorCode, Role};
use banyan_testkit::on_both_engines;
use http::StatusCode;
use serde_json::{Value, json};

use crate::support::{Desk, PASSWORD, tenant};

/// A body that the call takes, so that nothing but the caller can be wrong.
fn body_of(operation: &Operation) -> Option<Value> {
    let body = match operation.id.as_str() {
        "changePassword" => json!({ "currentPassword": PASSWORD, "password": "warm oven bread" }),
        "askErasure" => json!({ "password": PASSWORD }),
        "updateProfile" | "setPreferences" => json!({}),
        "createUser" | "createInvitation" => json!({ "email": "sam@example.org", "name": "Sam" }),
        "createApiKey" | "changeApiKey" => json!({ "name": "X" }),
        "createProgramKey" => json!({ "name": "X", "userId": "01941f29-7c00-7000-8000-0000000000aa" }),
        "rotateApiKey" | "changeKeyPlan" => json!({}),
        "createServiceAccount" | "createOrganisation" | "updateOrganisation" => json!({ "name": "X" }),
        "changeRoles" => json!({ "roles": ["user"] }),
        _ => return None,
    };
    Some(body)
}

/// What needs no log-in, named one by one.
const OPEN: &[&str] = &[
    "acceptInvitation",
    "clientToken",
    "forgotPassword",
    "getSigningKeys",
    "logIn",
    "logOut",
    "openInvitationPage",
    "openResetPage",
    "openVerificationPage",
    "refreshTokens",
    "register",
    "resetPassword",
    "submitInvitationPage",
    "submitResetPage",
    "submitVerificationPage",
    "verifyEmail",
];

on_both_engines! {
    async fn an_anonymous_caller_is_refused_everywhere_else(bench: Bench) {
        let desk = Desk::at(bench).await;
        let operations = banyan_identity::service().operations();
        let mut open: Vec<_> = operations.iter().filter(|operation| operation.access == Access::Anonymous).map(|operation| operation.id.as_str()).collect();
        open.sort_unstable();
        assert_eq!(open, OPEN);
        for operation in operations.iter().filter(|operation| operation.access == Access::SignedIn) {
            let mut call = desk.app.call(&desk.nobody(), operation.method.clone(), &operation.example_path());
            if let Some(body) = body_of(operation) {
                call = call.json(body);
            }
            let answer = call.send().await;
            assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "{operation:?} {answer:?}");
        }
    }

    async fn a_person_without_a_role_is_refused_by_all_of_administration(bench: Bench) {
        let desk = Desk::at(bench).await;
        let maya = desk.register("maya@example.org").await;
        let mut seen = 0;
        for operation in banyan_identity::service().operations().iter().filter(|operation| operation.path.contains("/admin/")) {
            let answer = desk.call(&maya, operation.method.clone(), &operation.example_path(), body_of(operation)).await;
            assert_eq!((answer.status, answer.code()), (StatusCode::FORBIDDEN, "forbidden"), "{operation:?} {answer:?}");
            seen += 1;
        }
        assert!(seen > 15, "{seen}");
    }

    async fn a_credential_of_one_tenant_is_worthless_in_another(bench: Bench) {
        let desk = Desk::at(bench).await;
        let gym = desk.identity.create_tenant(&tenant("gym")).await.unwrap();
        let owner = desk.with_role(Role::Owner, "owner@example.org").await;
        let verified = desk.identity.authenticate(&owner.access).await.unwrap();
        assert_ne!(verified.tenant(), gym.id, "the edge compares");
        // Even a caller that was bound to the wrong tenant sees nothing there.
        let own = desk.caller(&owner.access).await;
        let misled = banyan_kernel::Caller::user(gym.id, owner.id, own.roles, own.request);
        let list = desk.app.get(&misled, "/api/v1/admin/users").await;
        assert_eq!(list.body["pagination"]["total"], 0, "{list:?}");
        assert_eq!(desk.app.get(&misled, "/api/v1/users/profile").await.status, StatusCode::FORBIDDEN);
        let other = banyan_kernel::Caller::anonymous(gym.id, desk.request());
        let refresh = desk.app.post(&other, "/api/v1/auth/refresh", json!({ "refreshToken": owner.refresh })).await;
        assert_eq!((refresh.status, refresh.code()), (StatusCode::UNAUTHORIZED, ErrorCode::InvalidToken.slug()));
        assert_eq!(desk.refresh(&owner.refresh).await.status, StatusCode::OK, "and was not used up there");
    }
}
