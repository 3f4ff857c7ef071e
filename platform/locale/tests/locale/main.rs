//! The locale room through its public names.

mod check;
mod formats;
mod messages;
mod negotiation;
mod reading;
mod shipped;

use banyan_locale::{Builder, Catalogues, Layer};

/// Catalogues of the platform's layer alone, each `(tag, FTL)` its own file `<tag>.ftl`.
fn platform(files: &[(&str, &str)]) -> Builder {
    files
        .iter()
        .fold(Catalogues::builder(), |builder, (tag, text)| builder.add(Layer::Platform, tag, format!("{tag}.ftl"), *text))
}

fn built(builder: Builder) -> Catalogues {
    builder.build().expect("the catalogues are well-formed")
}
