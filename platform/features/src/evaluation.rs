//! What came of an evaluation.

use serde::Serialize;

/// The value of one flag for one context.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Evaluation {
    pub enabled: bool,
    /// The one that was chosen; none where the flag has none, or is off.
    pub variant: Option<Variant>,
    pub reason: Reason,
    /// Whether clients should tell of each evaluation.
    pub impression_data: bool,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Variant {
    pub name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub payload: Option<Payload>,
}

/// What a variant brings with it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Payload {
    /// `string`, `number`, `json` or `csv`.
    #[serde(rename = "type")]
    pub kind: String,
    pub value: String,
}

/// Why, in OpenFeature's words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    /// On for everybody.
    Static,
    /// On for those whom constraints, segments or lists name.
    TargetingMatch,
    /// By share: a roll-out, or variants with weights.
    Split,
    /// Switched off in this environment.
    Disabled,
    /// On for some; not for this one.
    Default,
}

impl Reason {
    pub const fn name(self) -> &'static str {
        match self {
            Self::Static => "STATIC",
            Self::TargetingMatch => "TARGETING_MATCH",
            Self::Split => "SPLIT",
            Self::Disabled => "DISABLED",
            Self::Default => "DEFAULT",
        }
    }
}

/// What is known of a flag's answers beforehand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Shape {
    Off,
    Everybody,
    Targeted,
    Shared,
}

impl Shape {
    pub(crate) const fn reason(self, enabled: bool) -> Reason {
        match (self, enabled) {
            (Self::Off, _) => Reason::Disabled,
            (_, false) => Reason::Default,
            (Self::Everybody, true) => Reason::Static,
            (Self::Targeted, true) => Reason::TargetingMatch,
            (Self::Shared, true) => Reason::Split,
        }
    }
}
