//! Flags of a process whose store did not answer when it started: those that were kept, else those of the bootstrap file.

use std::path::Path;
use std::sync::Arc;

use async_trait::async_trait;
use axum::Router;
use banyan_features::LocalFlags;
use banyan_http::{Host, Problem, render_problems};
use banyan_kernel::application::Application;
use banyan_kernel::{Clock, ErrorCode, Random, Uuid};
use banyan_locale::Catalogues;
use utoipa_axum::router::OpenApiRouter;

use crate::app::Shared;
use crate::clients::{ClientIdentity, Clients, Parts, VerifyTokens};
use crate::error::FlagsError;
use crate::kept::{Kept, KeptTenant, bootstrap};
use crate::tokens::{TimedTokens, Tokens};

/// Answers clients out of what was kept, until the store is there.
#[derive(Debug)]
pub struct Alone {
    local: LocalFlags,
    shared: Shared,
    tenants: Vec<KeptTenant>,
}

impl Alone {
    /// What the folder and the bootstrap file hold, put into `local`; none where that is nothing. Where no tenant is known, the bootstrap file
    /// counts for one that stands for `application`.
    pub fn begin(folder: &Path, file: Option<&Path>, application: &Application, local: LocalFlags) -> Option<Self> {
        let kept = Kept::at(folder.to_owned());
        let clients = kept.read_clients();
        let mut tenants = clients.tenants;
        if !tenants.iter().any(|tenant| tenant.name == application.name()) {
            let name = application.name().to_owned();
            tenants.push(KeptTenant { id: Uuid::nil(), name: name.clone(), application: name });
        }
        for (_, _, snapshot) in kept.read() {
            local.features.put(snapshot);
        }
        let ids: Vec<Uuid> = tenants.iter().map(|tenant| tenant.id).collect();
        match file.map(|file| bootstrap(file, &ids)) {
            Some(Ok(found)) => {
                for ((tenant, environment), snapshot) in found {
                    if local.features.get(tenant, &environment).is_none() {
                        local.features.put(snapshot);
                    }
                }
            }
            Some(Err(error)) => tracing::error!(error, "the bootstrap file of flags cannot be read"),
            None => {}
        }
        if local.features.known().is_empty() {
            return None;
        }
        let shared = Shared { features: local.features.clone(), tokens: Tokens::of_kept(clients.tokens), ..Shared::default() };
        Some(Self { local, shared, tenants })
    }

    /// Whose flags there are; one stands for the application that was named.
    pub fn tenants(&self) -> &[KeptTenant] {
        &self.tenants
    }

    /// What [`Alone::router`] answers.
    pub fn paths() -> Vec<String> {
        routes().split_for_parts().1.paths.paths.keys().cloned().collect()
    }

    /// The calls of clients, and the caller's flags.
    pub fn router(&self, catalogues: Arc<Catalogues>, clock: Arc<dyn Clock>, random: Arc<dyn Random>) -> Router {
        let clients = Clients::new(Parts {
            local: self.local.clone(),
            tokens: Arc::new(KnownTokens(self.shared.tokens.with(clock.clone()))),
            sums: Arc::new(self.shared.sums.with(self.local.features.clone(), clock.clone())),
            catalogues: catalogues.clone(),
            clock,
            random,
        });
        let router = routes().split_for_parts().0.with_state(clients);
        router.layer(axum::Extension(self.local.clone())).layer(render_problems(catalogues))
    }

    /// Writes what was counted meanwhile, now that there is a store.
    ///
    /// # Errors
    /// What the store says; then it is lost.
    pub async fn hand_over(self, host: &Host) -> Result<(), FlagsError> {
        self.shared.write(host).await
    }
}

/// Without what only administrators ask.
fn routes() -> OpenApiRouter<Clients> {
    OpenApiRouter::new().merge(crate::unleash::routes()).merge(crate::ofrep::routes()).merge(crate::features::routes())
}

/// Tokens that were known when they were kept count. Of others nobody can say anything now: they may be new, so they are not called unknown.
struct KnownTokens(TimedTokens);

#[async_trait]
impl VerifyTokens for KnownTokens {
    async fn verify(&self, token: &str) -> Result<Option<ClientIdentity>, Problem> {
        match self.0.verify(token).await? {
            Some(known) => Ok(Some(known)),
            None => Err(ErrorCode::ServiceUnavailable.into()),
        }
    }
}
