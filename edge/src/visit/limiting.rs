//! Whether somebody asks too often: before it is known who, and after.

use std::sync::Arc;

use banyan_contracts::usage::KeyOwner;
use banyan_http::Problem;
use banyan_kernel::{Caller, ErrorCode};
use http::HeaderMap;

use super::Visit;
use crate::Inner;
use crate::limits::{CountBy, Subject};
use crate::request::{Credential, TenantEntry};
use crate::routes::CompiledRoute;

impl Visit {
    fn stranger<'t>(&self, tenant: &'t TenantEntry) -> Subject<'t> {
        Subject { tenant, address: self.client.address, user: None, key: None, plan: None }
    }
}

/// An API key may be bound to networks. Who holds it is told, or would look for the fault elsewhere.
fn from_here(credential: Arc<dyn Credential>, visit: &Visit) -> Result<Arc<dyn Credential>, Problem> {
    match credential.counts_from(visit.client.address) {
        true => Ok(credential),
        false => Err(Problem::new(ErrorCode::Forbidden).detail_message("edge-key-network", [])),
    }
}

impl Inner {
    /// Attempts to sign in count before anything else is done for them.
    pub(super) async fn limit_address(
        &self,
        visit: &mut Visit,
        route: &CompiledRoute,
        tenant: &TenantEntry,
    ) -> Result<(), Problem> {
        let Some(limit) = route.limit_of(&visit.method).filter(|limit| limit.by() == CountBy::Address) else { return Ok(()) };
        visit.rate = self.limiter.count(limit, &visit.stranger(tenant)).await;
        visit.rate.as_ref().map_or(Ok(()), crate::limits::Decision::enforce)
    }

    /// The credential that the request presents, if it presents one.
    ///
    /// Verifying costs work, so an address that keeps sending bad ones is not listened to for a while.
    pub(super) async fn verify(
        &self,
        visit: &mut Visit,
        headers: &HeaderMap,
        tenant: &TenantEntry,
    ) -> Result<Option<Arc<dyn Credential>>, Problem> {
        if let Some(known) = self.credentials.remembered(headers) {
            return from_here(known, visit).map(Some);
        }
        let stranger = visit.stranger(tenant);
        if self.credentials.are_in(headers)
            && let Some(decision) = self.limiter.distrusts(&stranger)
        {
            let refused = decision.enforce();
            visit.rate = Some(decision);
            refused?;
        }
        match self.credentials.of(headers).await {
            Ok(Some(credential)) => from_here(credential, visit).map(Some),
            Ok(None) => Ok(None),
            Err(code) => {
                if code == ErrorCode::InvalidToken {
                    self.limiter.note_bad_credential(&stranger);
                }
                Err(code.into())
            }
        }
    }

    /// Everything else counts for who asks.
    pub(super) async fn limit_caller(
        &self,
        visit: &mut Visit,
        route: &CompiledRoute,
        tenant: &TenantEntry,
        caller: &Caller,
        plan: Option<&str>,
    ) -> Result<(), Problem> {
        visit.key = caller.key().zip(caller.user_id()).map(|(key, user)| KeyOwner { key, user });
        let Some(limit) = route.limit_of(&visit.method).filter(|limit| limit.by() == CountBy::Caller) else { return Ok(()) };
        let subject = Subject { user: caller.user_id(), key: caller.key(), plan, ..visit.stranger(tenant) };
        visit.rate = self.limiter.count(limit, &subject).await;
        visit.rate.as_ref().map_or(Ok(()), crate::limits::Decision::enforce)
    }
}
