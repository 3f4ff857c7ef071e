//! `/api/v1/gateway/cache`

use axum::Json;
use axum::extract::State;
use banyan_http::{Body, Check, FieldError, Problem, Validate};
use banyan_kernel::Uuid;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use super::operator::{Operator, Watcher};
use crate::App;
use crate::cache::{Purge, What, write_down};

/// What the doors are to forget.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewPurge {
    what: What,
    /// The tag, or an address such as `example.org/news/1`, or how addresses begin. Left out for everything.
    #[serde(default)]
    #[schema(max_length = 2048)]
    name: String,
    /// For those who read it later.
    #[serde(default)]
    #[schema(min_length = 1, max_length = 500)]
    why: Option<String>,
}

impl Validate for NewPurge {
    fn validate(&self, check: &mut Check) {
        let plain = |most: usize| (1..=most).contains(&self.name.len()) && self.name.bytes().all(|byte| byte.is_ascii_graphic());
        let good = match self.what {
            What::Everything => self.name.is_empty(),
            What::Tag => plain(128) && !self.name.contains(','),
            What::Address => plain(2_048) && self.name.trim_start_matches("https://").trim_start_matches("http://").contains('/'),
            What::Prefix => plain(2_048) && !self.name.starts_with('/'),
        };
        check.that(good, "name", FieldError::new("invalid_purge", "gateway-field-purge"));
        if let Some(why) = &self.why {
            check.text("why", why).not_blank().length(1, 500).any();
        }
    }
}

/// A purge that was written down.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
pub(crate) struct Purged {
    id: Uuid,
}

/// What the cache of the process that answers has done.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct CacheState {
    /// Hits, misses, bytes and so on; null in a process without a door.
    #[schema(value_type = Object)]
    stats: Value,
}

/// Forgets kept answers: in this process at once, in all others within a second or so.
#[utoipa::path(
    post,
    path = "/api/v1/gateway/cache/purges",
    operation_id = "purgeCache",
    tag = "gateway",
    request_body = NewPurge,
    responses((status = 200, description = "The purge.", body = Purged))
)]
pub(crate) async fn purge_cache(
    State(app): State<App>,
    Operator(caller): Operator,
    Body(new): Body<NewPurge>,
) -> Result<Json<Purged>, Problem> {
    let (purge, why) = (Purge { what: new.what, name: new.name }, new.why);
    let (given, why) = (&purge, why.as_deref());
    let rows = app.store.bind(&caller);
    let id = rows.write(move |tx| async move { write_down(&tx, given, why).await }).await?;
    if let Some(door) = app.door.get() {
        door.purge(purge.clone()).await;
    }
    Ok(Json(Purged { id }))
}

/// Says how much this process's door keeps, and how often it helped.
#[utoipa::path(
    get,
    path = "/api/v1/gateway/cache",
    operation_id = "getCacheState",
    tag = "gateway",
    responses((status = 200, description = "Counts since the start.", body = CacheState))
)]
pub(crate) async fn get_cache(State(app): State<App>, Watcher(_caller): Watcher) -> Json<CacheState> {
    Json(CacheState { stats: app.door.get().map_or(Value::Null, |door| door.cache_stats()) })
}
