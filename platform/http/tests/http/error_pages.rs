//! `docs/errors/` holds what the program serves, in English.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use banyan_http::pages::errors::files;
use banyan_locale::Locale;

use crate::support::catalogues;

fn pages() -> Vec<(String, String)> {
    let catalogues = catalogues();
    files(catalogues.messages(None, Locale::en_us()))
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/errors")
}

#[test]
fn the_pages_of_the_codes_are_up_to_date() {
    let pages = pages();
    for (name, text) in &pages {
        let found = fs::read_to_string(folder().join(name)).unwrap_or_default();
        assert_eq!(found, *text, "docs/errors/{name} is out of date: cargo test -p banyan-http write_the_pages -- --ignored");
    }
    let expected: BTreeSet<String> = pages.into_iter().map(|(name, _)| name).collect();
    let found = fs::read_dir(folder()).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    assert_eq!(found.collect::<BTreeSet<_>>(), expected);
}

#[test]
#[ignore = "not a test: writes docs/errors/"]
fn write_the_pages() {
    fs::create_dir_all(folder()).unwrap();
    pages().iter().for_each(|(name, text)| fs::write(folder().join(name), text).unwrap());
}
