//! Who asks: the verified [`Caller`] that the edge put into the request.

use std::convert::Infallible;
use std::marker::PhantomData;

use axum::extract::{FromRequestParts, OptionalFromRequestParts};
use banyan_kernel::{Caller, ErrorCode, Permission};
use http::request::Parts;

use crate::Problem;

/// Anybody: a signed-in caller or an anonymous one.
#[derive(Clone, Debug)]
pub struct Visitor(pub Caller);

/// Somebody who is signed in; others are answered 401.
#[derive(Clone, Debug)]
pub struct SignedIn(pub Caller);

/// Somebody who holds the permission that `P` names: `Allowed<permit::UsersRead>`. Others are answered 401 or 403.
#[derive(Clone, Debug)]
pub struct Allowed<P> {
    pub caller: Caller,
    permit: PhantomData<fn() -> P>,
}

/// A permission as a type. [`permit`] has one for each.
pub trait Permit {
    const PERMISSION: Permission;
}

macro_rules! permits {
    ($($name:ident),+ $(,)?) => {
        /// Each [`Permission`] as a type, for [`Allowed`].
        pub mod permit {
            $(
                #[doc = concat!("[`banyan_kernel::Permission::", stringify!($name), "`].")]
                #[derive(Clone, Copy, Debug)]
                pub struct $name;

                impl super::Permit for $name {
                    const PERMISSION: banyan_kernel::Permission = banyan_kernel::Permission::$name;
                }
            )+

            #[cfg(test)]
            pub(super) const ALL: &[banyan_kernel::Permission] = &[$(<$name as super::Permit>::PERMISSION),+];
        }
    };
}

permits! {
    UsersRead, UsersManage, RolesManage, ContentManage, RecordsOverride, AuditRead, AnalyticsRead, TenantManage, ServicesRead,
    ComplianceRead, KeysManage, GatewayManage, EventsPublish, EventsRead, NotificationsManage,
    BackgroundManage, EventsSubscribe, SupportHandle, FlagsManage, TranslationsWrite, TranslationsReview, TranslationsPublish, RealtimeManage,
}

/// The caller of the request. Without one the program is put together wrongly, and nobody gets in.
fn caller(parts: &Parts) -> Result<&Caller, Problem> {
    parts.extensions.get::<Caller>().ok_or_else(|| Problem::internal(&"no caller was put into the request"))
}

impl<S: Sync> FromRequestParts<S> for Visitor {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        Ok(Self(caller(parts)?.clone()))
    }
}

impl<S: Sync> FromRequestParts<S> for SignedIn {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let caller = caller(parts)?;
        caller.require_user()?;
        Ok(Self(caller.clone()))
    }
}

impl<S: Sync> OptionalFromRequestParts<S> for SignedIn {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Option<Self>, Infallible> {
        let caller = parts.extensions.get::<Caller>().filter(|caller| caller.user_id().is_some());
        Ok(caller.cloned().map(Self))
    }
}

impl<S: Sync, P: Permit> FromRequestParts<S> for Allowed<P> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let caller = caller(parts)?;
        if caller.user_id().is_none() {
            return Err(ErrorCode::Unauthenticated.into());
        }
        caller.require(P::PERMISSION)?;
        Ok(Self { caller: caller.clone(), permit: PhantomData })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_permission_has_a_type() {
        assert_eq!(permit::ALL, Permission::ALL);
    }
}
