//! A flag that needs another one.

use banyan_http::{Check, FieldError, Validate};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::check::is_name;
use super::{MOST_VARIANTS, variant};

/// The flag is off unless another one is on (or off, or in one of some variants) for the same person.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = FlagDependency)]
pub struct Dependency {
    /// The key of the flag that is needed. It must have none that it needs itself.
    #[schema(min_length = 1, max_length = 100)]
    pub feature: String,
    /// Whether it has to be on or off.
    #[serde(default = "on")]
    pub enabled: bool,
    /// One of these, where it has to be on; any, where none is named.
    #[serde(default)]
    #[schema(max_items = 20)]
    pub variants: Vec<String>,
}

const fn on() -> bool {
    true
}

impl Validate for Dependency {
    fn validate(&self, check: &mut Check) {
        check.that(is_name(&self.feature), "feature", FieldError::new("invalid-key", "flags-field-key"));
        check.count("variants", &self.variants, 0, MOST_VARIANTS);
        variant::names(check, "variants", self.variants.iter().map(String::as_str));
    }
}
