//! What goes wrong in this service, and what the caller is told of it.

use banyan_http::{FieldError, Problem};
use banyan_kernel::ErrorCode;
use banyan_store::StoreError;

use crate::diagnosis;
use crate::door::EntryFault;
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
    /// The system of before cannot go while migrations need it.
    #[error("migrations need the legacy system")]
    StillMoving(Vec<String>),
    /// A value that is wrong only in the light of what is stored.
    #[error("the field `{field}` does not fit what is stored")]
    Field { field: &'static str, error: FieldError },
    /// The door of this process is not there, so nobody can say what it would make of a change.
    #[error("the front door of this process is not open")]
    NoDoor,
    /// What the door refuses of the entry itself.
    #[error("the door refuses the entry")]
    Refused(Vec<EntryFault>),
    /// Other entries that would have to be left out.
    #[error("other entries would have to be left out")]
    Breaks(Vec<EntryFault>),
    /// No more entries of the kind can be stored.
    #[error("there are too many entries")]
    TooMany(usize),
    /// A condition of the request, such as `If-Match`.
    #[error(transparent)]
    Problem(#[from] Problem),
    #[error(transparent)]
    Store(StoreError),
}

banyan_http::store_failures!(GatewayError);

impl From<GatewayError> for Problem {
    fn from(error: GatewayError) -> Self {
        match error {
            GatewayError::Hidden => Problem::hidden(),
            GatewayError::Stage(stage) => Problem::new(ErrorCode::Conflict)
                .detail_message("gateway-wrong-stage", [("stage", stage.name().into())])
                .extension("stage", stage.name()),
            GatewayError::NoLegacy => Problem::new(ErrorCode::Conflict).detail_message("gateway-no-legacy", []),
            GatewayError::StillMoving(names) => {
                Problem::new(ErrorCode::Conflict).detail_message("gateway-still-moving", [("names", names.join(", ").into())])
            }
            GatewayError::Field { field, error } => Problem::invalid(field, error),
            GatewayError::NoDoor => ErrorCode::ServiceUnavailable.into(),
            GatewayError::Refused(faults) => refused(&faults),
            GatewayError::Breaks(faults) => Problem::new(ErrorCode::Conflict)
                .detail_message("gateway-entry-breaks", [("names", names(&faults).into())])
                .extension("faults", serde_json::to_value(&faults).unwrap_or_default()),
            GatewayError::TooMany(most) => {
                let most = i64::try_from(most).unwrap_or(i64::MAX);
                Problem::new(ErrorCode::Conflict).detail_message("gateway-too-many-entries", [("most", most.into())])
            }
            GatewayError::Problem(problem) => problem,
            GatewayError::Store(error) => error.into(),
        }
    }
}

/// Each fault as the field of the body that it is in.
fn refused(faults: &[EntryFault]) -> Problem {
    faults
        .iter()
        .fold(Problem::new(ErrorCode::ValidationFailed), |problem, fault| problem.field(fault.field(), diagnosis::error(fault)))
}

fn names(faults: &[EntryFault]) -> String {
    let mut names: Vec<&str> = faults.iter().map(|fault| fault.name.as_str()).collect();
    names.dedup();
    names.truncate(10);
    names.join(", ")
}
