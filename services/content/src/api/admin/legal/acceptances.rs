//! `GET /api/v1/admin/legal/acceptances`

use axum::extract::State;
use banyan_http::{Allowed, Check, Paged, Paging, Problem, Query, Validate, permit};
use banyan_kernel::Uuid;
use banyan_store::audit::Record;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use serde::Deserialize;
use serde_json::json;
use utoipa::IntoParams;

use crate::App;
use crate::api::legal::LegalAcceptance;
use crate::entity::legal_acceptance::{Column, Entity};
use crate::entity::legal_version::Kind;
use crate::error::ContentError;
use crate::store::acceptances;

/// Which acceptances to show.
#[derive(Clone, Debug, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Which {
    user_id: Option<Uuid>,
    #[param(inline)]
    kind: Option<Kind>,
    #[param(minimum = 1)]
    number: Option<i64>,
}

impl Validate for Which {
    fn validate(&self, check: &mut Check) {
        check.range("number", self.number, 1, i64::MAX);
    }
}

/// Lists who accepted what, the latest first. That somebody looked is on record. `orderBy` is `acceptedAt`.
#[utoipa::path(
    get,
    path = "/api/v1/admin/legal/acceptances",
    operation_id = "listAllAcceptances",
    tag = "administration",
    params(Which, Paging),
    responses((status = 200, description = "A page of acceptances.", body = Paged<LegalAcceptance>))
)]
pub(crate) async fn list_all_acceptances(
    State(app): State<App>,
    Allowed { caller, .. }: Allowed<permit::ContentManage>,
    Query(which): Query<Which>,
    paging: Paging,
) -> Result<Paged<LegalAcceptance>, Problem> {
    let mut select = Entity::find();
    if let Some(user) = which.user_id {
        select = select.filter(Column::UserId.eq(user));
    }
    if let Some(kind) = which.kind {
        select = select.filter(Column::Kind.eq(kind));
    }
    if let Some(number) = which.number {
        select = select.filter(Column::Number.eq(number));
    }
    let (rows, select, paging, about) = (app.store.bind(&caller), &select, &paging, which.user_id);
    let page = rows.write(move |tx| async move {
        let page = acceptances::page(&tx, select.clone(), paging).await?;
        let record = Record::new("legal.acceptances-read").detail(json!({ "shown": page.data.len() }));
        tx.audit(match about {
            Some(user) => record.subject(user),
            None => record,
        });
        Ok::<_, ContentError>(page)
    });
    Ok(page.await?.map(LegalAcceptance::from))
}
