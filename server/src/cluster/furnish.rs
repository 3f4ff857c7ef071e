//! What handlers expect besides the caller, for a request that another node has sent.

use banyan_edge::Tenants as _;
use banyan_http::{ClientAddress, TraceContext};
use banyan_kernel::ErrorCode;
use banyan_locale::{Negotiated, Source};
use banyan_mesh::caller::SignedCaller;
use banyan_mesh::receiver::Furnish;
use http::request::Parts;

use crate::house::KnownTenants;

/// Tenant, language, address and trace.
pub(super) struct Surroundings(pub(super) KnownTenants);

impl Furnish for Surroundings {
    fn furnish(&self, caller: &SignedCaller, parts: &mut Parts) -> Result<(), ErrorCode> {
        // Services answer for tenants alone.
        let id = caller.tenant.ok_or(ErrorCode::Unauthenticated)?;
        // A tenant of the last half second may not have been heard of yet; another try may know it.
        let entry = self.0.with_id(id).ok_or(ErrorCode::ServiceUnavailable)?;
        let locale = caller.locale.as_deref().and_then(|tag| entry.locales().lookup(tag)).unwrap_or(entry.default_locale);
        // How the door came to it is the door's affair.
        parts.extensions.insert(Negotiated { locale, source: Source::Preference });
        parts.extensions.insert(entry.tenant.clone());
        if let Some(address) = caller.address {
            parts.extensions.insert(ClientAddress(address));
        }
        if let Some(trace) = TraceContext::of(&parts.headers) {
            parts.extensions.insert(trace);
        }
        Ok(())
    }
}
