//! Routes and upstreams that operators store: what both have in common.

mod change;
mod check;
mod routes;
mod upstreams;

use banyan_http::{Check, Document, ETag, FieldError, Paged, Paging, Problem, Tagged, Validate};
use banyan_kernel::{Caller, Timestamp, Uuid};
use banyan_locale::Locale;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;

use crate::App;
use crate::door::{Entry, EntryFault};
use crate::entity::entry::{Definition, Kind, Model};
use crate::entity::entry_version::{self, Act};
use crate::store::entries;

/// The longest definition, in bytes of its JSON.
const LONGEST: usize = 64 * 1024;
/// Deeper ones are refused.
const DEEPEST: usize = 24;

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().merge(routes::routes()).merge(upstreams::routes())
}

/// What is stored under a name.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(example = json!({"definition": {"path": "/shop/{*rest}", "upstream": "legacy", "strip_prefix": "/shop"}}))]
pub(crate) struct NewEntry {
    /// In the words of the route file: what stands in `[[routes]]` or `[upstreams.<name>]`, but the name.
    #[schema(value_type = Object)]
    definition: Document,
}

impl Validate for NewEntry {
    fn validate(&self, check: &mut Check) {
        definition(&self.definition, "definition", check);
    }
}

fn definition(definition: &Document, field: &str, check: &mut Check) {
    check.that(definition.0.is_object(), field, FieldError::new("wrong-type", "gateway-field-definition"));
    let length = serde_json::to_vec(definition).map_or(usize::MAX, |text| text.len());
    let fits = length <= LONGEST && !is_deeper(&definition.0, DEEPEST);
    check.that(fits, field, FieldError::new("too-long", "gateway-field-definition-long"));
}

fn is_deeper(value: &Value, left: usize) -> bool {
    match (value, left) {
        (Value::Array(_) | Value::Object(_), 0) => true,
        (Value::Array(values), _) => values.iter().any(|value| is_deeper(value, left - 1)),
        (Value::Object(members), _) => members.values().any(|value| is_deeper(value, left - 1)),
        _ => false,
    }
}

/// Which version is to come back.
#[derive(Clone, Copy, Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Restore {
    #[schema(minimum = 1)]
    version: i64,
}

impl Validate for Restore {
    fn validate(&self, check: &mut Check) {
        check.range("version", self.version, 1, i64::MAX);
    }
}

/// Whether the door of this process follows an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
#[schema(as = GatewayEntryState)]
pub(crate) enum State {
    Serving,
    /// It does not fit the file any more; `faults` say why.
    Refused,
}

/// A route or an upstream that was stored.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct GatewayEntry {
    kind: Kind,
    name: String,
    /// In the words of the route file.
    #[schema(value_type = Object)]
    definition: Value,
    state: State,
    /// Why it is left out.
    faults: Vec<EntryFault>,
    /// Rises with each change of the name.
    version: i64,
    changed_by: Uuid,
    /// As it was said in `X-Reason`.
    why: Option<String>,
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    #[schema(value_type = String, format = DateTime)]
    updated_at: Timestamp,
}

impl GatewayEntry {
    fn new(row: Model, refused: &[EntryFault]) -> Self {
        let faults: Vec<EntryFault> =
            refused.iter().filter(|fault| fault.kind == row.kind && fault.name == row.name).cloned().collect();
        Self {
            kind: row.kind,
            name: row.name,
            definition: Value::Object(row.definition.0),
            state: if faults.is_empty() { State::Serving } else { State::Refused },
            faults,
            version: row.version,
            changed_by: row.changed_by,
            why: row.why,
            created_at: Timestamp::from_micros(row.created_at),
            updated_at: Timestamp::from_micros(row.updated_at),
        }
    }
}

/// One change of a name: who, what, when, why.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct GatewayEntryVersion {
    version: i64,
    act: Act,
    /// Empty where it was removed.
    #[schema(value_type = Object)]
    definition: Value,
    changed_by: Uuid,
    why: Option<String>,
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
}

impl From<entry_version::Model> for GatewayEntryVersion {
    fn from(row: entry_version::Model) -> Self {
        Self {
            version: row.version,
            act: row.act,
            definition: Value::Object(row.definition.0),
            changed_by: row.changed_by,
            why: row.why,
            created_at: Timestamp::from_micros(row.created_at),
        }
    }
}

impl From<Model> for Entry {
    fn from(row: Model) -> Self {
        Self { kind: row.kind, name: row.name, definition: row.definition.0 }
    }
}

/// The tag of what is stored.
fn tag(row: &Model) -> ETag {
    ETag::of_version(row.id, Timestamp::from_micros(row.version))
}

fn definition_of(given: &Document) -> Definition {
    Definition(given.0.as_object().cloned().unwrap_or_default())
}

impl App {
    fn refused(&self, language: Locale) -> Vec<EntryFault> {
        let messages = self.catalogues.messages(None, language);
        let faults = self.door.get().map(|door| door.refused()).unwrap_or_default();
        faults.into_iter().map(|fault| fault.said(messages)).collect()
    }

    fn tagged(&self, row: Model, language: Locale) -> Tagged<GatewayEntry> {
        Tagged::new(tag(&row), GatewayEntry::new(row, &self.refused(language)))
    }

    async fn list_entries(
        &self,
        caller: &Caller,
        language: Locale,
        kind: Kind,
        paging: &Paging,
    ) -> Result<Paged<GatewayEntry>, Problem> {
        let page = self.store.bind(caller).read(move |tx| async move { entries::list(&tx, kind, paging).await }).await?;
        let refused = self.refused(language);
        Ok(page.map(|row| GatewayEntry::new(row, &refused)))
    }

    async fn get_entry(
        &self,
        caller: &Caller,
        language: Locale,
        kind: Kind,
        name: &str,
    ) -> Result<Tagged<GatewayEntry>, Problem> {
        let row = self.store.bind(caller).read(move |tx| async move { entries::get(&tx, kind, name).await }).await?;
        Ok(self.tagged(row, language))
    }

    async fn list_versions(
        &self,
        caller: &Caller,
        kind: Kind,
        name: &str,
        paging: &Paging,
    ) -> Result<Paged<GatewayEntryVersion>, Problem> {
        let rows = self.store.bind(caller);
        let page = rows.read(move |tx| async move { entries::versions(&tx, kind, name, paging).await }).await?;
        Ok(page.map(GatewayEntryVersion::from))
    }
}
