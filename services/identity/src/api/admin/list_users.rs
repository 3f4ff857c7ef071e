//! `GET /api/v1/admin/users`

use banyan_http::{Allowed, Check, Paged, Paging, Problem, Query, Validate, permit};
use banyan_store::Tx;
use serde::Deserialize;
use utoipa::IntoParams;

use crate::Identity;
use crate::entity::user::Column;
use crate::model::Status;
use crate::store::directory::{self, UserFilter};
use crate::view::{RoleName, UserView};

/// Which users to show.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Which {
    /// A part of the name or of the address.
    #[param(max_length = 100)]
    search: Option<String>,
    #[param(inline)]
    status: Option<Status>,
    #[param(inline)]
    role: Option<RoleName>,
}

impl Validate for Which {
    fn validate(&self, check: &mut Check) {
        check.line("search", &self.search).length(0, 100).any();
    }
}

/// Lists the users of the tenant. `orderBy` is one of `createdAt` (the default), `email`, `name`.
#[utoipa::path(
    get,
    path = "/api/v1/admin/users",
    operation_id = "listUsers",
    tag = "administration",
    params(Which, Paging),
    responses((status = 200, description = "A page of users.", body = Paged<UserView>))
)]
pub(super) async fn list_users(
    identity: Identity,
    Allowed { caller, .. }: Allowed<permit::UsersRead>,
    Query(which): Query<Which>,
    paging: Paging,
) -> Result<Paged<UserView>, Problem> {
    let search = which.search.map(|text| text.trim().to_owned()).filter(|text| !text.is_empty());
    let filter = UserFilter { search, status: which.status, role: which.role.map(Into::into) };
    let (filter, paging) = (&filter, &paging);
    let columns = &[("createdAt", Column::CreatedAt), ("email", Column::Email), ("name", Column::Name)];
    let read = move |tx: Tx| async move {
        let page = paging.fetch(&tx, directory::select(filter), columns).await?;
        let people = directory::with_rights(&tx, page.data).await?;
        Ok::<_, Problem>(Paged { data: people, pagination: page.pagination })
    };
    Ok(identity.rows(&caller).read(read).await?.map(UserView::from))
}
