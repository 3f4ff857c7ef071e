//! The messages: complete in both languages, and there for every code and every error of a field.

use banyan_http::FieldError;
use banyan_http::problem::Expected;
use banyan_kernel::ErrorCode;
use banyan_locale::{Args, Locale};

use crate::support::catalogues;

#[test]
fn nothing_is_missing_in_a_language() {
    let findings: Vec<String> = catalogues().check().iter().map(ToString::to_string).collect();
    assert!(findings.is_empty(), "{findings:#?}");
}

#[test]
fn every_code_is_documented_in_every_language() {
    let catalogues = catalogues();
    for locale in [Locale::en_us(), Locale::id_id()] {
        let messages = catalogues.messages(None, locale);
        for code in ErrorCode::ALL {
            for part in ["title", "detail", "means", "why", "do"] {
                let id = format!("{}-{part}", code.slug());
                assert!(messages.find(&id, &Args::new()).is_some_and(|text| !text.is_empty()), "{locale} {id}");
            }
        }
    }
}

#[test]
fn every_error_of_a_field_has_a_message() {
    let all = [
        FieldError::required(),
        FieldError::unknown(),
        FieldError::duplicate(),
        FieldError::wrong_type(Expected::Text),
        FieldError::invalid(),
        FieldError::too_short(1),
        FieldError::too_long(2),
        FieldError::blank(),
        FieldError::control_characters(),
        FieldError::too_small(1_i64),
        FieldError::too_large(1.5),
        FieldError::out_of_range(1_i64, 10_i64),
        FieldError::too_few(1),
        FieldError::too_many(2),
        FieldError::not_one_of(&["a", "b"]),
        FieldError::taken(),
        FieldError::email(),
        FieldError::uuid(),
        FieldError::date(),
        FieldError::time(),
        FieldError::timestamp(),
        FieldError::time_zone(),
        FieldError::locale(),
        FieldError::url(),
        FieldError::pattern(),
    ];
    let catalogues = catalogues();
    for locale in [Locale::en_us(), Locale::id_id()] {
        for error in &all {
            let messages = catalogues.messages(None, locale);
            assert!(messages.find(error.message(), &Args::new()).is_some(), "{locale} {}", error.message());
        }
    }
}
