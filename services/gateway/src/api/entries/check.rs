//! `POST /api/v1/gateway/routes/check`

use std::collections::BTreeMap;

use axum::Json;
use axum::extract::State;
use banyan_http::{Body, Check, Document, Language, Problem, Validate};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::change::most;
use super::definition;
use crate::App;
use crate::api::operator::Operator;
use crate::door::{Entry, EntryFault, Kind};
use crate::error::GatewayError;
use crate::store::entries;

/// Entries that nobody stores, by name.
#[derive(Clone, Debug, Default, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
#[schema(example = json!({"routes": {"shop": {"path": "/shop/{*rest}", "upstream": "legacy"}}}))]
pub(crate) struct Proposal {
    #[schema(value_type = std::collections::HashMap<String, Object>)]
    routes: BTreeMap<String, Document>,
    #[schema(value_type = std::collections::HashMap<String, Object>)]
    upstreams: BTreeMap<String, Document>,
}

impl Validate for Proposal {
    fn validate(&self, check: &mut Check) {
        for (field, kind, entries) in [("routes", Kind::Route, &self.routes), ("upstreams", Kind::Upstream, &self.upstreams)] {
            let all: Vec<_> = entries.iter().collect();
            check.count(field, &all, 0, most(kind));
            for (name, given) in all.into_iter().take(most(kind)) {
                definition(given, &format!("{field}.{name}"), check);
            }
        }
    }
}

/// What the door would say.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct Verdict {
    /// Nothing would be left out.
    good: bool,
    /// What would be left out, and why: proposed entries, and stored ones beside which they cannot stand.
    faults: Vec<EntryFault>,
}

/// Says what the door would make of routes and upstreams together with all that is stored. Nothing is stored; those of a known name are
/// looked at in its place.
#[utoipa::path(
    post,
    path = "/api/v1/gateway/routes/check",
    operation_id = "checkGatewayRoutes",
    tag = "gateway",
    request_body = Proposal,
    responses((status = 200, description = "What would be left out, and why.", body = Verdict))
)]
pub(crate) async fn check_gateway_routes(
    State(app): State<App>,
    Operator(caller): Operator,
    Language(language): Language,
    Body(proposal): Body<Proposal>,
) -> Result<Json<Verdict>, Problem> {
    let rows = app.store.bind(&caller);
    let stored = rows.read(|tx| async move { entries::all(&tx).await }).await?;
    let door = app.door.get().ok_or(GatewayError::NoDoor)?;
    let routes = proposal.routes.into_iter().map(|(name, given)| (Kind::Route, name, given));
    let upstreams = proposal.upstreams.into_iter().map(|(name, given)| (Kind::Upstream, name, given));
    let proposed = upstreams.chain(routes);
    let proposed: Vec<Entry> = proposed
        .map(|(kind, name, given)| Entry { kind, name, definition: given.0.as_object().cloned().unwrap_or_default() })
        .collect();
    let replaced = |row: &Entry| proposed.iter().any(|entry| entry.kind == row.kind && entry.name == row.name);
    let mut all: Vec<Entry> = stored.into_iter().map(Entry::from).filter(|row| !replaced(row)).collect();
    all.extend(proposed.iter().cloned());
    let messages = app.catalogues.messages(None, language);
    let faults: Vec<EntryFault> = door.check(&all).into_iter().map(|fault| fault.said(messages)).collect();
    Ok(Json(Verdict { good: faults.is_empty(), faults }))
}
