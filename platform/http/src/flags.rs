//! Feature flags, for who asks.

use std::sync::{Arc, OnceLock};

use axum::extract::FromRequestParts;
use banyan_features::{Context, Evaluation, LocalFlags, Snapshot};
use banyan_kernel::Caller;
use banyan_locale::Locale;
use http::Extensions;
use http::request::Parts;

use crate::language::locale_of;
use crate::{ClientAddress, Problem};

/// The flags of the caller's tenant, as they were when the request came: `flags.enabled("new-dashboard")`. Every answer is for the caller
/// (user, session, roles, tenant, locale, address) and the moment of the request, and counts.
///
/// Where the process has no flags, all are off.
pub struct Flags {
    snapshot: Option<Arc<Snapshot>>,
    local: Option<LocalFlags>,
    caller: Caller,
    locale: Locale,
    address: Option<ClientAddress>,
    stand_in: Option<String>,
    /// Made with the first question.
    context: OnceLock<Context>,
}

impl Flags {
    /// As the extractor has them, by what the request carries; none where nobody has said who asks.
    pub fn of(extensions: &Extensions, local: Option<LocalFlags>) -> Option<Self> {
        let caller = extensions.get::<Caller>().cloned()?;
        Some(Self {
            snapshot: local.as_ref().and_then(|local| local.of(caller.tenant)),
            local,
            caller,
            locale: locale_of(extensions),
            address: extensions.get::<ClientAddress>().copied(),
            stand_in: None,
            context: OnceLock::new(),
        })
    }

    /// With what roll-outs stick to where neither user nor session is known, instead of this one request. Before the first question.
    #[must_use]
    pub fn sticking_to(mut self, stand_in: String) -> Self {
        self.stand_in = Some(stand_in);
        self
    }

    /// Whether the flag is on for the caller. One that is not there is off.
    pub fn enabled(&self, key: &str) -> bool {
        self.snapshot.as_ref().is_some_and(|snapshot| snapshot.enabled(key, self.context()))
    }

    /// The flag's value for the caller; none where there is no such flag.
    pub fn evaluate(&self, key: &str) -> Option<Evaluation> {
        self.snapshot.as_ref()?.evaluate(key, self.context())
    }

    /// The name of the variant that the caller gets; none where the flag is off or has none.
    pub fn variant(&self, key: &str) -> Option<String> {
        self.evaluate(key)?.variant.map(|variant| variant.name)
    }

    pub fn snapshot(&self) -> Option<&Snapshot> {
        self.snapshot.as_deref()
    }

    /// What constraints see of the caller: beside what [`Context::of`] says, the properties `locale` (`id-ID`) and `language` (`id`).
    pub fn context(&self) -> &Context {
        self.context.get_or_init(|| {
            let tag = self.locale.tag();
            let language = tag.split('-').next().unwrap_or(tag);
            let context = Context::of(&self.caller).with("locale", tag).with("language", language);
            let context = context.or_session(self.stand_in.clone().unwrap_or_else(|| self.caller.request.to_string()));
            let context = match self.address {
                Some(ClientAddress(address)) => context.from_address(address.to_string()),
                None => context,
            };
            match &self.local {
                Some(local) => local.now(context),
                None => context,
            }
        })
    }
}

impl<S: Sync> FromRequestParts<S> for Flags {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let local = parts.extensions.get::<LocalFlags>().cloned();
        Self::of(&parts.extensions, local).ok_or_else(|| Problem::internal(&"no caller was put into the request"))
    }
}
