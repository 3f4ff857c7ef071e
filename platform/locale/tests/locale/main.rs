//! The locale room through its public names.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod check;
mod formats;
mod installation;
mod live;
mod messages;
mod negotiation;
mod pseudo;
mod reading;
mod shipped;
mod wording;

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
