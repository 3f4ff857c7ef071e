//! `POST /api/v1/gateway/migrations/{id}/steps`

use axum::Json;
use axum::extract::State;
use banyan_http::{Body, Check, FieldError, Path, Preconditions, Problem, Validate};
use banyan_kernel::Uuid;
use serde::Deserialize;
use utoipa::ToSchema;

use super::{Migration, tag};
use crate::api::operator::Operator;
use crate::entity::migration::{Evidence, Model, Stage};
use crate::error::GatewayError;
use crate::{App, store};

/// What is to be done next.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Act {
    /// Copies of requests go to Banyan, and the answers are compared.
    Shadow,
    /// A share is answered by Banyan.
    Canary,
    /// Banyan answers everything.
    Finish,
    /// The system of before answers everything again.
    Undo,
}

/// A step of a migration.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(example = json!({"act": "canary", "percent": 10, "why": "no differences in a week"}))]
pub(crate) struct NewStep {
    act: Act,
    /// Per cent of the requests that Banyan answers in a canary.
    #[schema(minimum = 0, maximum = 100)]
    percent: Option<f64>,
    /// What keeps somebody on one side.
    sticky: Option<String>,
    /// `name: value` of a header by which a request asks for Banyan's answer.
    #[schema(max_length = 200)]
    header: Option<String>,
    /// `name=value` of a cookie by which a request asks for Banyan's answer.
    #[schema(max_length = 200)]
    cookie: Option<String>,
    /// A feature flag of the tenant that is asked: Banyan answers those for whom it is on. It takes the place of `percent`, and a `percent` above 0
    /// takes its place.
    #[schema(max_length = 100)]
    flag: Option<String>,
    /// Users whom Banyan answers in a canary.
    #[schema(max_items = 100)]
    users: Option<Vec<Uuid>>,
    /// JSON pointers, `*` for any one member, that are not compared.
    #[schema(max_items = 100)]
    ignore: Option<Vec<String>>,
    /// Per cent of the requests that are copied.
    #[schema(minimum = 0, maximum = 100)]
    sample: Option<f64>,
    /// By how much Banyan's share of failures (500 and above, or no answer) may be higher than the share of the system of before: 0.02 is two
    /// requests of a hundred. More than that, and than chance would have, and the system of before answers everything again. Left out: as before, at
    /// first 0.02.
    #[schema(minimum = 0, maximum = 1, default = 0.02)]
    max_error_rate: Option<f64>,
    /// By which factor Banyan's 95th percentile of latency may be higher, where it is also 50 ms higher. Left out: as before, at first 1.5.
    #[schema(minimum = 1, maximum = 100, default = 1.5)]
    max_slower: Option<f64>,
    /// Requests that Banyan must have answered within a minute before it is judged. Left out: as before, at first 20.
    #[schema(minimum = 5, maximum = 1_000_000, default = 20)]
    min_requests: Option<u32>,
    /// `allowed`: members of the answer that the new side alone has are no differences. `different`: they are.
    additions: Option<String>,
    /// What examples of differences show of values. `masked`: their kind and length. `shown`: their beginning.
    examples: Option<String>,
    /// For those who read it later.
    #[schema(max_length = 500)]
    why: Option<String>,
}

impl Validate for NewStep {
    fn validate(&self, check: &mut Check) {
        check.range("percent", self.percent, 0.0, 100.0);
        check.range("sample", self.sample, 0.0, 100.0);
        check.range("maxErrorRate", self.max_error_rate, 0.0, 1.0);
        check.range("maxSlower", self.max_slower, 1.0, 100.0);
        check.range("minRequests", self.min_requests.map(i64::from), 5, 1_000_000);
        check.text("why", &self.why).length(0, 500).any();
        check.count("users", self.users.as_deref().unwrap_or_default(), 0, 100);
        check.count("ignore", self.ignore.as_deref().unwrap_or_default(), 0, 100);
        if let Some(sticky) = &self.sticky {
            check.one_of("sticky", sticky.as_str(), &["request", "user", "address", "cookie"]);
        }
        if let Some(additions) = &self.additions {
            check.one_of("additions", additions.as_str(), &["allowed", "different"]);
        }
        if let Some(examples) = &self.examples {
            check.one_of("examples", examples.as_str(), &["masked", "shown"]);
        }
        let pointers = self.ignore.iter().flatten().all(|pointer| pointer.starts_with('/') && pointer.len() <= 200);
        check.that(pointers, "ignore", FieldError::new("invalid_pointer", "gateway-field-pointer"));
        let header = self.header.as_deref().is_none_or(is_header);
        check.that(header, "header", FieldError::new("invalid_header", "gateway-field-header"));
        let cookie = self.cookie.as_deref().is_none_or(is_cookie);
        check.that(cookie, "cookie", FieldError::new("invalid_cookie", "gateway-field-cookie"));
        let flag = self.flag.as_deref().is_none_or(is_flag);
        check.that(flag, "flag", FieldError::new("invalid_flag", "gateway-field-flag"));
        let one_way = self.flag.is_none() || self.percent.is_none_or(|percent| percent <= 0.0);
        check.that(one_way, "percent", FieldError::new("percent_and_flag", "gateway-field-percent-and-flag"));
    }
}

fn is_header(text: &str) -> bool {
    is_pair(text, ": ")
}

fn is_cookie(text: &str) -> bool {
    is_pair(text, "=")
}

/// As the service of flags takes keys, and the reader of route files.
fn is_flag(text: &str) -> bool {
    let plain = text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte));
    (1..=100).contains(&text.len()) && plain && ![".", ".."].contains(&text)
}

fn is_pair(text: &str, separator: &str) -> bool {
    let plain = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte));
    text.len() <= 200 && text.split_once(separator).is_some_and(|(name, value)| plain(name) && plain(value))
}

impl NewStep {
    fn apply(&self, row: &mut Model) -> Result<(), GatewayError> {
        let settings = &mut row.settings;
        settings.percent = self.percent.unwrap_or(if self.flag.is_some() { 0.0 } else { settings.percent });
        settings.flag = self.flag.clone().or(settings.flag.take()).filter(|_| settings.percent <= 0.0);
        settings.sample = self.sample.unwrap_or(settings.sample);
        settings.max_error_rate = self.max_error_rate.or(settings.max_error_rate);
        settings.max_slower = self.max_slower.or(settings.max_slower);
        settings.min_requests = self.min_requests.or(settings.min_requests);
        settings.sticky = self.sticky.clone().unwrap_or(std::mem::take(&mut settings.sticky));
        settings.header = self.header.clone().or(settings.header.take());
        settings.cookie = self.cookie.clone().or(settings.cookie.take());
        settings.users = self.users.clone().unwrap_or(std::mem::take(&mut settings.users));
        settings.additions = self.additions.clone().or(settings.additions.take());
        settings.examples = self.examples.clone().or(settings.examples.take());
        settings.ignore = self.ignore.clone().unwrap_or(std::mem::take(&mut settings.ignore));
        row.stage = match (self.act, row.stage) {
            (Act::Shadow | Act::Canary, Stage::Finished) => return Err(GatewayError::Stage(row.stage)),
            (Act::Finish, Stage::Observing | Stage::RolledBack | Stage::Undone | Stage::Finished) => {
                return Err(GatewayError::Stage(row.stage));
            }
            (Act::Undo, Stage::Undone) => return Err(GatewayError::Stage(row.stage)),
            (Act::Shadow, _) => Stage::Shadow,
            (Act::Canary, _) => Stage::Canary,
            (Act::Finish, _) => Stage::Finished,
            (Act::Undo, _) => Stage::Undone,
        };
        Ok(())
    }
}

/// Takes a step. What the door saw until then is kept with it. With `If-Match`, only if nobody took another step in between.
#[utoipa::path(
    post,
    path = "/api/v1/gateway/migrations/{id}/steps",
    operation_id = "takeMigrationStep",
    tag = "gateway",
    params(("id" = Uuid, Path, description = "The migration.")),
    request_body = NewStep,
    responses((status = 200, description = "The migration as it is now.", body = Migration))
)]
pub(crate) async fn take_migration_step(
    State(app): State<App>,
    Operator(caller): Operator,
    preconditions: Preconditions,
    Path(id): Path<Uuid>,
    Body(step): Body<NewStep>,
) -> Result<Json<Migration>, Problem> {
    app.bring_up_to_date(caller.tenant).await;
    let rows = app.store.bind(&caller);
    let (step, preconditions, app_ref) = (&step, &preconditions, &app);
    let row = rows
        .write(move |tx| async move {
            let mut row = store::locked(&tx, id).await?;
            preconditions.allow(&tag(row.id, row.version))?;
            let seen = Evidence(app_ref.seen(&tx, &row).await?);
            step.apply(&mut row)?;
            row.report = if seen.0.is_some() { seen.clone() } else { row.report };
            store::save(&tx, row, step.why.as_deref(), seen).await
        })
        .await
        .map_err(|error: GatewayError| Problem::from(error))?;
    app.tell_door(&rows).await?;
    Ok(Json(row.into()))
}
