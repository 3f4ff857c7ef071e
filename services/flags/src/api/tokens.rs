//! `/api/v1/admin/flag-tokens`

use axum::extract::State;
use banyan_http::{Check, Created, FieldError, NoContent, Once, Paged, Paging, Path, Problem, Reason, Validate};
use banyan_kernel::{Timestamp, Uuid};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::flags::check_key;
use super::manager::Manager;
use super::moment;
use crate::app::App;
use crate::definition::Tags;
use crate::entity::token::Model;
use crate::error::FlagsError;
use crate::store::{environments, tokens};
use crate::tokens::{TokenKind, digest, generate};

const MOST_PROJECTS: usize = 20;
/// Characters of a token that are shown later: enough to know it again, of the secret only four.
const SHOWN: usize = 4;

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(list_flag_tokens, create_flag_token)).routes(routes!(revoke_flag_token))
}

/// What a program shows that asks for flags by Unleash's protocol or OFREP. Its text is never told again.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = FlagToken)]
pub(crate) struct Token {
    id: Uuid,
    name: String,
    kind: TokenKind,
    environment: String,
    projects: Vec<String>,
    /// Its beginning: `*:production.4f0a…`.
    hint: String,
    #[schema(value_type = Option<String>, format = DateTime)]
    expires_at: Option<Timestamp>,
    #[schema(value_type = Option<String>, format = DateTime)]
    revoked_at: Option<Timestamp>,
    created_by: Option<Uuid>,
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
}

impl From<Model> for Token {
    fn from(row: Model) -> Self {
        Self {
            id: row.id,
            name: row.name,
            kind: TokenKind::parse(&row.kind).unwrap_or(TokenKind::Frontend),
            environment: row.environment,
            projects: row.projects.0,
            hint: row.hint,
            expires_at: row.expires_at.map(moment),
            revoked_at: row.revoked_at.map(moment),
            created_by: row.created_by,
            created_at: moment(row.created_at),
        }
    }
}

/// A token with its text.
#[derive(Clone, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = NewFlagTokenMade)]
pub(crate) struct Made {
    token: Token,
    /// For `Authorization`. It is not shown again.
    secret: String,
}

/// A token that is to be.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = NewFlagToken)]
#[schema(example = json!({"name": "web shop", "kind": "frontend", "environment": "production"}))]
pub(crate) struct NewToken {
    #[schema(min_length = 1, max_length = 100)]
    name: String,
    #[schema(inline)]
    kind: TokenKind,
    /// Must be named for clients and frontends; tokens of administrators are for all.
    #[schema(max_length = 100)]
    environment: Option<String>,
    /// All, if it is left out.
    #[serde(default)]
    #[schema(max_items = 20)]
    projects: Vec<String>,
    #[schema(value_type = Option<String>, format = DateTime)]
    expires_at: Option<Timestamp>,
}

impl Validate for NewToken {
    fn validate(&self, check: &mut Check) {
        check.line("name", &self.name).not_blank().length(1, 100).any();
        match (self.kind, &self.environment) {
            (TokenKind::Admin, None) => {}
            (TokenKind::Admin, Some(name)) => check.that(name == "*", "environment", FieldError::not_one_of(&["*"])),
            (_, None) => check.error("environment", FieldError::required()),
            (_, Some(name)) => check_key(check, "environment", name),
        }
        check.count("projects", &self.projects, 0, MOST_PROJECTS);
        for (place, project) in self.projects.iter().enumerate().take(MOST_PROJECTS) {
            if project != "*" {
                check_key(check, &format!("projects[{place}]"), project);
            }
        }
    }
}

/// Lists tokens, those that were revoked too. `orderBy` is `createdAt` (the default) or `name`.
#[utoipa::path(
    get,
    path = "/api/v1/admin/flag-tokens",
    operation_id = "listFlagTokens",
    tag = "flags",
    params(Paging),
    responses((status = 200, description = "A page of tokens.", body = Paged<Token>))
)]
pub(crate) async fn list_flag_tokens(
    State(app): State<App>,
    Manager(caller): Manager,
    paging: Paging,
) -> Result<Paged<Token>, Problem> {
    let (rows, paging) = (app.store.bind(&caller), &paging);
    let page = rows.read(move |tx| async move { tokens::list(&tx, paging).await }).await?;
    Ok(page.map(Token::from))
}

/// Makes a token. Its text is shown this once.
#[utoipa::path(
    post,
    path = "/api/v1/admin/flag-tokens",
    operation_id = "createFlagToken",
    tag = "flags",
    params(("X-Reason" = Option<String>, Header, description = "Why, for the audit log.")),
    request_body = NewToken,
    responses((status = 201, description = "The token and its text.", body = Made))
)]
pub(crate) async fn create_flag_token(
    State(app): State<App>,
    Manager(caller): Manager,
    reason: Reason,
    Once { key, body }: Once<NewToken>,
) -> Result<Created<Made>, Problem> {
    let environment = &body.environment.clone().unwrap_or_else(|| "*".to_owned());
    let all = body.projects.is_empty() || body.projects.iter().any(|project| project == "*");
    let projects = &if all { vec!["*".to_owned()] } else { body.projects.clone() };
    let secret = &generate(projects, environment, &*app.random);
    if body.expires_at.is_some_and(|at| at <= app.clock.now()) {
        return Err(Problem::invalid("expiresAt", FieldError::new("past", "flags-field-past")));
    }
    let (rows, body, why) = (app.store.bind(&caller), &body, reason.as_deref());
    let made = rows.write_once(key.as_ref(), move |tx| async move {
        if body.kind != TokenKind::Admin {
            let names = environments::names(&tx).await?;
            if !names.contains(environment) {
                return Err(FlagsError::field("environment", FieldError::not_one_of(&names)));
            }
        }
        let shown = secret.find('.').map_or(0, |at| at + 1 + SHOWN);
        let row = Model {
            id: tx.new_id(),
            tenant: tx.caller().tenant,
            name: body.name.clone(),
            kind: body.kind.word().to_owned(),
            environment: environment.clone(),
            projects: Tags(projects.clone()),
            hash: digest(secret).to_vec(),
            hint: format!("{}…", secret.get(..shown).unwrap_or_default()),
            expires_at: body.expires_at.map(Timestamp::micros),
            revoked_at: None,
            created_by: tx.caller().user_id(),
            created_at: tx.now().micros(),
        };
        let row = tokens::insert(&tx, row, why).await?;
        Ok(Made { token: row.into(), secret: secret.clone() })
    });
    let made = made.await.map_err(|error: FlagsError| Problem::from(error))?;
    app.load_tokens(caller.tenant).await?;
    Ok(Created::at(format!("/api/v1/admin/flag-tokens/{}", made.token.id), made))
}

/// Revokes a token: at once in this process, within a second in others.
#[utoipa::path(
    delete,
    path = "/api/v1/admin/flag-tokens/{id}",
    operation_id = "revokeFlagToken",
    tag = "flags",
    params(
        ("id" = Uuid, Path, description = "The token."),
        ("X-Reason" = Option<String>, Header, description = "Why, for the audit log.")
    ),
    responses((status = 204, description = "It counts no more."))
)]
pub(crate) async fn revoke_flag_token(
    State(app): State<App>,
    Manager(caller): Manager,
    Path(id): Path<Uuid>,
    reason: Reason,
) -> Result<NoContent, Problem> {
    let (rows, why) = (app.store.bind(&caller), reason.as_deref());
    rows.write(move |tx| async move { tokens::revoke(&tx, id, why).await }).await?;
    app.load_tokens(caller.tenant).await?;
    Ok(NoContent)
}
