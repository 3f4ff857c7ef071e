//! Why something cannot be done to a job or a saga.

use banyan_events::jobs::BoardError;
use banyan_kernel::ErrorCode;

use crate::Problem;

impl From<BoardError> for Problem {
    fn from(error: BoardError) -> Self {
        match error {
            BoardError::NotFound => Self::hidden(),
            BoardError::WrongState(state) => {
                Self::new(ErrorCode::Conflict).detail_message("background-wrong-state", [("state", state.into())])
            }
            BoardError::DrivesSaga => Self::new(ErrorCode::Conflict).detail_message("background-drives-saga", []),
            BoardError::NoReturn => Self::new(ErrorCode::Conflict).detail_message("background-no-return", []),
            BoardError::Store(error) => error.into(),
        }
    }
}
