//! `POST /api/v1/gateway/migrations`

use axum::extract::State;
use banyan_http::{Body, Check, Created, FieldError, Problem, Validate};
use serde::Deserialize;
use utoipa::ToSchema;

use super::Migration;
use crate::api::legacy::is_origin;
use crate::api::operator::Operator;
use crate::entity::migration::{Evidence, Model, Settings, Stage};
use crate::error::GatewayError;
use crate::{App, plan, store};

/// A feature that is to move.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(example = json!({"name": "goals", "path": "/api/v1/goals", "service": "goals", "why": "the first feature"}))]
pub(crate) struct NewMigration {
    #[schema(min_length = 1, max_length = 40)]
    name: String,
    /// The path that moves, with all below it.
    #[schema(min_length = 2, max_length = 200)]
    path: String,
    /// The service of Banyan that it moves to. Either this or `url`.
    #[schema(min_length = 1, max_length = 64)]
    service: Option<String>,
    /// Scheme, host and port of a new implementation outside Banyan, such as `http://127.0.0.1:4001`. Either this or `service`.
    #[schema(max_length = 255)]
    url: Option<String>,
    /// The path there, where it differs.
    #[schema(max_length = 200)]
    rewrite: Option<String>,
    #[schema(max_length = 500)]
    why: Option<String>,
}

impl Validate for NewMigration {
    fn validate(&self, check: &mut Check) {
        let name = !self.name.is_empty()
            && self.name.len() <= 40
            && self.name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-');
        check.that(name, "name", FieldError::new("invalid_name", "gateway-field-name"));
        check.that(is_path(&self.path), "path", FieldError::new("invalid_path", "gateway-field-path"));
        let rewrite = self.rewrite.as_deref().is_none_or(is_path);
        check.that(rewrite, "rewrite", FieldError::new("invalid_path", "gateway-field-path"));
        let one = self.service.is_some() != self.url.is_some();
        check.that(one, "service", FieldError::new("one_of_two", "gateway-field-service-or-url"));
        let url = self.url.as_deref().is_none_or(is_origin);
        check.that(url, "url", FieldError::new("invalid_url", "gateway-field-url"));
        check.text("why", &self.why).length(0, 500).any();
    }
}

/// `/api/v1/goals`: no slash at its end, nothing that would have to be encoded.
fn is_path(path: &str) -> bool {
    let part = |part: &str| {
        !matches!(part, "" | "." | "..") && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte))
    };
    path.len() <= 200 && path.strip_prefix('/').is_some_and(|rest| rest.split('/').all(part))
}

/// Begins a migration. The system of before goes on answering; its traffic there is counted.
#[utoipa::path(
    post,
    path = "/api/v1/gateway/migrations",
    operation_id = "createMigration",
    tag = "gateway",
    request_body = NewMigration,
    responses((status = 201, description = "The new migration.", body = Migration))
)]
pub(crate) async fn create_migration(
    State(app): State<App>,
    Operator(caller): Operator,
    Body(new): Body<NewMigration>,
) -> Result<Created<Migration>, Problem> {
    if new.service.as_ref().is_some_and(|service| app.mesh.service(service).is_none()) {
        return Err(Problem::invalid("service", FieldError::new("unknown_service", "gateway-field-service")));
    }
    if let Some(url) = &new.url {
        app.check_address(url)?;
    }
    if plan::hides_what_stays(&new.path, &app.mesh) {
        return Err(Problem::invalid("path", FieldError::new("reserved_path", "gateway-field-reserved")));
    }
    let rows = app.store.bind(&caller);
    let (by, new) = (caller.user_id(), &new);
    let row = rows
        .write(move |tx| async move {
            let now = tx.now().micros();
            let settings = Settings {
                service: new.service.clone(),
                url: new.url.clone(),
                rewrite: new.rewrite.clone(),
                sticky: "user".to_owned(),
                sample: 100.0,
                ..Settings::default()
            };
            let row = Model {
                tenant_id: tx.caller().tenant,
                id: tx.new_id(),
                name: new.name.clone(),
                path: new.path.clone(),
                stage: Stage::Observing,
                settings,
                generation: 1,
                report: Evidence::default(),
                created_by: by,
                version: 1,
                created_at: now,
                updated_at: now,
            };
            store::insert(&tx, row, new.why.as_deref()).await
        })
        .await
        .map_err(|error: GatewayError| Problem::from(error))?;
    app.tell_door(&rows).await?;
    Ok(Created::at(format!("/api/v1/gateway/migrations/{}", row.id), row.into()))
}
