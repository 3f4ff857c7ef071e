//! What goes wrong in this service, and what the caller is told of it.

use banyan_http::{FieldError, Problem};
use banyan_kernel::ErrorCode;
use banyan_store::StoreError;
use sea_orm::DbErr;

use crate::entity::migration::Stage;

/// A failure of the service.
#[derive(Debug, thiserror::Error)]
pub enum GatewayError {
    /// The row is missing, or the caller may not see it: she learns no more than that.
    #[error("there is no such row in the caller's sight")]
    Hidden,
    /// The migration is at a stage from which this step cannot be taken.
    #[error("a migration that is {0:?} cannot take this step")]
    Stage(Stage),
    /// Nothing can move while no system of before stands behind the door.
    #[error("no legacy system stands behind the door")]
    NoLegacy,
    /// A value that is wrong only in the light of what is stored.
    #[error("the field `{field}` does not fit what is stored")]
    Field { field: &'static str, error: FieldError },
    /// A condition of the request, such as `If-Match`.
    #[error(transparent)]
    Problem(#[from] Problem),
    #[error(transparent)]
    Store(StoreError),
}

impl From<StoreError> for GatewayError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::RowSecurity { .. } => Self::Hidden,
            error => Self::Store(error),
        }
    }
}

impl From<DbErr> for GatewayError {
    fn from(error: DbErr) -> Self {
        StoreError::from(error).into()
    }
}

impl From<GatewayError> for Problem {
    fn from(error: GatewayError) -> Self {
        match error {
            GatewayError::Hidden => Problem::hidden(),
            GatewayError::Stage(stage) => Problem::new(ErrorCode::Conflict)
                .detail_message("gateway-wrong-stage", [("stage", stage.name().into())])
                .extension("stage", stage.name()),
            GatewayError::NoLegacy => Problem::new(ErrorCode::Conflict).detail_message("gateway-no-legacy", []),
            GatewayError::Field { field, error } => Problem::invalid(field, error),
            GatewayError::Problem(problem) => problem,
            GatewayError::Store(error) => error.into(),
        }
    }
}
