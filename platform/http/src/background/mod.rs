//! What a service does beside requests, over HTTP, for those who run a tenant or the installation: consumers of events and what they could
//! not handle, jobs, sagas.
//!
//! Each service answers for itself, under `/api/v1/admin/services/<its name>/…`: its rows are in its own database, and it may run in a process
//! of its own. The calls are described once, with the service as a parameter: [`document`].

mod consumers;
mod dead_letters;
mod fault;
mod jobs;
mod sagas;
mod who;

use std::sync::Arc;

use axum::Router;
use banyan_events::jobs::{Board, Jobs};
use banyan_events::sagas::SagaBoard;
use banyan_events::{Consumers, Slice};
use banyan_kernel::{Caller, Uuid};
use banyan_store::audit::Record;
use banyan_store::{Store, StoreError};
use serde::Deserialize;
use utoipa::ToSchema;
use utoipa::openapi::path::{ParameterBuilder, ParameterIn};
use utoipa::openapi::schema::{ObjectBuilder, Type};
use utoipa::openapi::{OpenApi, Required};
use utoipa_axum::router::OpenApiRouter;

use crate::openapi::operations_mut;
use crate::paging::Order;
use crate::{Check, Paging, Validate};
use who::Overseer;

/// The longest reason, in characters.
const LONGEST_REASON: usize = 500;

/// What the handlers of one service share.
#[derive(Clone)]
pub(crate) struct Desk {
    pub(crate) store: Store,
    /// Where this process runs them.
    pub(crate) consumers: Option<Consumers>,
    pub(crate) jobs: Arc<Jobs>,
}

impl Desk {
    fn board(&self, overseer: &Overseer) -> Board {
        match overseer.sees() {
            Some(tenant) => Board::of_tenant(&self.store, tenant, Some(overseer.user)),
            None => Board::of_all(&self.store).by(overseer.user),
        }
    }

    fn saga_board(&self, overseer: &Overseer) -> SagaBoard {
        match overseer.sees() {
            Some(tenant) => SagaBoard::of_tenant(&self.store, tenant, Some(overseer.user)),
            None => SagaBoard::of_all(&self.store).by(overseer.user),
        }
    }

    /// Notes in a tenant's audit log that somebody has seen what a person's data may be in.
    async fn note_look(&self, tenant: Uuid, what: &str, id: Uuid, caller: &Caller) -> Result<(), StoreError> {
        let write = move |tx: banyan_store::Tx| async move {
            let detail = serde_json::json!({ "by": caller.user_id(), "of": caller.tenant, "request": caller.request.0 });
            tx.audit(Record::new(format!("{what}.shown")).object(what, id).detail(detail));
            Ok::<_, StoreError>(())
        };
        self.store.system(tenant).write(write).await
    }
}

/// Why something is done, for the audit log.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(example = json!({ "reason": "Ticket 7: the mail server is back." }))]
pub(crate) struct WithReason {
    #[schema(min_length = 1, max_length = 500)]
    reason: String,
}

impl Validate for WithReason {
    fn validate(&self, check: &mut Check) {
        check_reason(check, &self.reason);
    }
}

fn check_reason(check: &mut Check, reason: &str) {
    check.line("reason", reason).not_blank().length(1, LONGEST_REASON);
}

/// The page in the words of those who keep the lists.
fn slice(paging: &Paging) -> Slice {
    let order = match paging.order {
        Order::Ascending => banyan_events::Order::Oldest,
        Order::Descending => banyan_events::Order::Latest,
    };
    Slice { offset: paging.offset(), limit: u32::try_from(paging.limit).unwrap_or(u32::MAX), order }
}

fn routes() -> OpenApiRouter<Desk> {
    OpenApiRouter::new().merge(dead_letters::routes()).merge(consumers::routes()).merge(jobs::routes()).merge(sagas::routes())
}

pub(crate) fn router(desk: Desk) -> Router {
    routes().split_for_parts().0.with_state(desk)
}

/// The path patterns at which a service answers.
pub(crate) fn paths(service: &str) -> Vec<String> {
    let document = routes().into_openapi();
    document.paths.paths.keys().map(|path| path.replace("{service}", service)).collect()
}

/// These calls, of `services`, to be merged with what these say of their own ones.
pub fn document(services: &[&str]) -> OpenApi {
    let mut document = routes().into_openapi();
    let schema = ObjectBuilder::new().schema_type(Type::String).enum_values(Some(services.iter().copied()));
    let service = ParameterBuilder::new()
        .name("service")
        .parameter_in(ParameterIn::Path)
        .required(Required::True)
        .description(Some("Whose they are."))
        .schema(Some(schema))
        .build();
    for operation in operations_mut(&mut document) {
        operation.parameters.get_or_insert_default().insert(0, service.clone().into());
    }
    document
}
