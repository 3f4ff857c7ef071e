//! The platform's own messages.

use banyan_kernel::ErrorCode;
use banyan_locale::{Args, Catalogues, Layer, Locale};
use std::collections::BTreeSet;

fn shipped() -> Catalogues {
    Catalogues::builder().add_platform().build().expect("the shipped catalogues are well-formed")
}

#[test]
fn english_and_indonesian_are_complete_and_agree() {
    let catalogues = shipped();
    let tags: Vec<&str> = catalogues.locales(None).iter().map(Locale::tag).collect();
    assert_eq!(tags, ["en-US", "ar", "id-ID"]);
    let findings: Vec<String> = catalogues.check().iter().map(ToString::to_string).collect();
    assert!(findings.is_empty(), "{findings:#?}");
}

#[test]
fn arabic_has_all_of_the_platform_s_messages() {
    let catalogues = shipped();
    let gaps: Vec<String> = catalogues.gaps().iter().map(ToString::to_string).collect();
    assert!(gaps.is_empty(), "{gaps:#?}");
    let arabic = catalogues.locales(None).lookup("ar-EG").expect("it is shipped");
    assert_eq!((arabic.tag(), arabic.direction()), ("ar", banyan_locale::Direction::RightToLeft));
    let days = |count| catalogues.text(None, arabic, "common-days", &Args::new().integer("count", count)).into_owned();
    let digits = |text: &str| text.replace(['\u{2068}', '\u{2069}'], "");
    let all: Vec<String> = [0, 1, 2, 3, 11, 100].map(days).iter().map(|text| digits(text)).collect();
    assert!(all[0].ends_with("يوم") && all[1].starts_with("يوم واحد") && all[2].starts_with("يومان"), "{all:?}");
    assert!(all[3].ends_with("أيام") && all[4].ends_with("يومًا") && all[5].ends_with("يوم"), "{all:?}");
}

#[test]
fn every_error_code_has_a_title_and_a_detail_and_nothing_else_has() {
    let catalogues = shipped();
    for code in ErrorCode::ALL {
        for locale in catalogues.locales(None).iter() {
            for part in ["title", "detail"] {
                let id = format!("{}-{part}", code.slug());
                assert!(catalogues.messages(None, locale).find(&id, &Args::new()).is_some(), "{locale} {id}");
            }
        }
    }
    assert_eq!(catalogues.misses(), Vec::<String>::new());
    let codes: BTreeSet<&str> = ErrorCode::ALL.iter().map(|code| code.slug()).collect();
    let file = include_str!("../../locales/en-US/errors.ftl");
    let written: BTreeSet<&str> = file.lines().filter_map(|line| line.split_once("-title = ")).map(|(code, _)| code).collect();
    assert_eq!(written, codes);
}

#[test]
fn the_english_title_is_the_kernel_s() {
    let catalogues = shipped();
    for code in ErrorCode::ALL {
        assert_eq!(catalogues.messages(None, Locale::en_us()).title(*code), code.title());
    }
}

#[test]
fn an_application_may_word_an_error_itself() {
    let app = Layer::Application("upcoach".into());
    let catalogues = Catalogues::builder().add_platform().add(app, "en-US", "app.ftl", "not-found-detail = Nothing to see.");
    let catalogues = catalogues.build().expect("the catalogues are well-formed");
    let of = |app, locale| catalogues.messages(app, locale).detail(ErrorCode::NotFound).into_owned();
    assert_eq!(of(Some("upcoach"), Locale::en_us()), "Nothing to see.");
    assert_eq!(of(None, Locale::en_us()), "There is nothing at this address.");
    assert_eq!(of(Some("upcoach"), Locale::id_id()), "Tidak ada apa pun pada alamat ini.");
}

#[test]
fn indonesian_is_translated_and_formal() {
    let catalogues = shipped();
    for code in ErrorCode::ALL {
        for part in ["title", "detail"] {
            let id = format!("{}-{part}", code.slug());
            let of = |locale| catalogues.text(None, locale, &id, &Args::new()).into_owned();
            assert_ne!(of(Locale::en_us()), of(Locale::id_id()), "{id}");
        }
    }
    for file in [
        include_str!("../../locales/id-ID/errors.ftl"),
        include_str!("../../locales/id-ID/fields.ftl"),
        include_str!("../../locales/id-ID/common.ftl"),
    ] {
        for line in file.lines().filter(|line| !line.starts_with('#')) {
            let informal = line
                .split(|letter: char| !letter.is_alphabetic())
                .find(|word| ["kamu", "anda", "kau", "lo", "gue"].contains(word));
            assert_eq!(informal, None, "{line}");
        }
    }
}

#[test]
fn field_errors_take_their_values() {
    let catalogues = shipped();
    let of = |locale, id: &str, args: Args<'_>| catalogues.text(None, locale, id, &args).into_owned();
    let (en, id) = (Locale::en_us(), Locale::id_id());
    assert_eq!(of(en, "field-too-short", Args::new().integer("min", 1)), "Enter at least one character.");
    assert_eq!(of(en, "field-too-short", Args::new().integer("min", 1_200)), "Enter at least 1,200 characters.");
    assert_eq!(of(id, "field-too-short", Args::new().integer("min", 1_200)), "Masukkan sedikitnya 1.200 karakter.");
    assert_eq!(of(en, "field-out-of-range", Args::new().integer("min", 1).integer("max", 10)), "Enter a value from 1 to 10.");
    assert_eq!(
        of(en, "field-not-one-of", Args::new().list("allowed", ["daily", "weekly", "monthly"])),
        "Choose daily, weekly, or monthly."
    );
    assert_eq!(of(id, "field-not-one-of", Args::new().list("allowed", ["daily", "weekly"])), "Pilih daily atau weekly.");
    assert_eq!(of(en, "field-wrong-type", Args::new().text("expected", "string")), "The value must be of type “string”.");
    let bytes = |number| Args::new().integer("limit", number);
    assert_eq!(
        of(en, "payload-too-large-limit", bytes(1_048_576)),
        "The body may have at most 1,048,576 bytes. Send less at once."
    );
    assert_eq!(of(en, "payload-too-large-limit", bytes(1)), "The body may have one byte. Send less at once.");
    assert_eq!(
        of(id, "malformed-body-place", Args::new().integer("line", 1_000).integer("column", 2)),
        "Isi permintaan bukan JSON yang valid: lihat baris 1.000, kolom 2."
    );
    assert_eq!(of(en, "common-results", Args::new().integer("count", 0)), "No results");
    assert_eq!(of(id, "common-page-of", Args::new().integer("page", 2).integer("pages", 1_000)), "Halaman 2 dari 1.000");
    assert_eq!(catalogues.misses(), Vec::<String>::new());
}
