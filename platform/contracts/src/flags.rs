//! Events of the flags service.

use banyan_kernel::Uuid;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::Event;

/// A flag was made, changed, switched, killed, archived or revived. What it says now is asked of the service.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct FlagChanged {
    pub flag_id: Uuid,
    pub key: String,
    /// `created`, `changed`, `switched-on`, `switched-off`, `killed`, `archived`, `revived`, …
    pub act: String,
    /// Where only one environment is touched.
    pub environment: Option<String>,
    pub version: i64,
    /// The person who did it; none for the command line and for a change whose time has come.
    pub changed_by: Option<Uuid>,
}

impl Event for FlagChanged {
    const TYPE: &'static str = "flags.flag.changed";
    const VERSION: u32 = 1;

    fn subject(&self) -> String {
        self.flag_id.to_string()
    }
}
