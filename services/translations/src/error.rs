//! What goes wrong in this service, and what the caller is told of it.

use banyan_http::{FieldError, Problem};
use banyan_kernel::ErrorCode;
use banyan_locale::TextFault;
use banyan_store::StoreError;

use crate::entity::translation::State;

/// A failure of the service.
#[derive(Debug, thiserror::Error)]
pub enum TranslationsError {
    /// The files have no such message.
    #[error("there is no such message")]
    NoMessage,
    /// The row is missing, or the caller may not see it.
    #[error("there is no such row in the caller's sight")]
    Hidden,
    /// The text cannot stand for its message.
    #[error("the text does not fit its message")]
    Text(Vec<TextFault>),
    /// The step cannot be taken from this state.
    #[error("a translation that is {0:?} cannot take this step")]
    Stage(State),
    /// Nobody approves what they wrote.
    #[error("the author cannot approve")]
    OwnWork,
    /// The American English has changed since.
    #[error("the translation is outdated")]
    Outdated,
    #[error("nothing is approved")]
    NothingApproved,
    /// A value that is wrong only in the light of what is stored.
    #[error("the field `{field}` does not fit what is stored")]
    Field { field: &'static str, error: FieldError },
    /// A condition of the request, such as `If-Match`.
    #[error(transparent)]
    Problem(#[from] Problem),
    #[error(transparent)]
    Store(StoreError),
}

banyan_http::store_failures!(TranslationsError);

impl From<TranslationsError> for Problem {
    fn from(error: TranslationsError) -> Self {
        match error {
            TranslationsError::NoMessage => ErrorCode::NotFound.into(),
            TranslationsError::Hidden => Problem::hidden(),
            // A field is named once, with the first thing that is wrong with it; the others come along for programs.
            TranslationsError::Text(faults) => {
                let all: Vec<String> = faults.iter().map(ToString::to_string).collect();
                let problem = Problem::new(ErrorCode::ValidationFailed).extension("faults", all);
                match faults.first() {
                    Some(fault) => problem.field("text", field_error(fault)),
                    None => problem.field("text", FieldError::invalid()),
                }
            }
            TranslationsError::Stage(state) => Problem::new(ErrorCode::Conflict)
                .detail_message("translations-wrong-state", [("state", state.word().into())])
                .extension("state", state.word()),
            TranslationsError::OwnWork => Problem::new(ErrorCode::Forbidden).detail_message("translations-own-work", []),
            TranslationsError::Outdated => Problem::new(ErrorCode::Conflict).detail_message("translations-outdated", []),
            TranslationsError::NothingApproved => {
                Problem::new(ErrorCode::Conflict).detail_message("translations-nothing-approved", [])
            }
            TranslationsError::Field { field, error } => Problem::invalid(field, error),
            TranslationsError::Problem(problem) => problem,
            TranslationsError::Store(error) => error.into(),
        }
    }
}

/// What is wrong with a text, in the words of the catalogues.
pub(crate) fn field_error(fault: &TextFault) -> FieldError {
    let list = |words: &[String]| words.join(", ");
    match fault {
        TextFault::TooLong { most } => FieldError::new("too-long", "translations-text-long").with("most", *most),
        TextFault::TooComplex { most } => FieldError::new("too-complex", "translations-text-complex").with("most", *most),
        TextFault::Number { most } => FieldError::new("number", "translations-text-number").with("most", *most),
        TextFault::Control => FieldError::control_characters(),
        TextFault::Syntax { line, reason } => {
            FieldError::new("syntax", "translations-text-syntax").with("line", *line).with("reason", reason.clone())
        }
        TextFault::Unknown => FieldError::new("unknown", "translations-text-unknown"),
        TextFault::Parts { missing, unknown } => FieldError::new("parts", "translations-text-parts")
            .with("missing", dash(list(missing)))
            .with("unknown", dash(list(unknown))),
        TextFault::Values { part, here, expected } => FieldError::new("values", "translations-text-values")
            .with("part", part.clone())
            .with("here", dash(list(here)))
            .with("expected", dash(list(expected))),
        TextFault::Dangling { target } => {
            FieldError::new("dangling", "translations-text-dangling").with("target", target.clone())
        }
        TextFault::Circle { through } => FieldError::new("circle", "translations-text-circle").with("through", through.clone()),
    }
}

fn dash(text: String) -> String {
    if text.is_empty() { "–".to_owned() } else { text }
}
