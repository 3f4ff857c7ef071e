use crate::{built, platform};
use banyan_locale::{Locale, LocaleError, Locales, Negotiated, Negotiation, Source};
use proptest::prelude::*;

/// Sets of locales come from catalogues; the first is American English.
fn locales(tags: &[&str]) -> Locales {
    let files: Vec<(&str, &str)> = std::iter::once("en-US").chain(tags.iter().copied()).map(|tag| (tag, "a = b")).collect();
    let all = built(platform(&files)).locales(None);
    all.select(files.iter().map(|(tag, _)| *tag)).expect("each tag has a catalogue")
}

fn by_header(locales: &Locales, default: Locale, field: &str) -> String {
    let negotiated = Negotiation { accept_language: Some(field), ..Negotiation::of(default) }.resolve(locales);
    format!("{} by {}", negotiated.locale, negotiated.source.as_str())
}

#[test]
fn the_strongest_wish_that_is_supported_decides() {
    let locales = locales(&["id-ID", "fr-FR", "ar"]);
    let of = |query, preference, cookie, accept_language| {
        let Negotiated { locale, source } =
            Negotiation { query, preference, cookie, accept_language, default: Locale::id_id() }.resolve(&locales);
        (locale.tag(), source)
    };
    assert_eq!(of(Some("fr"), Some("ar"), Some("en"), Some("id")), ("fr-FR", Source::Query));
    assert_eq!(of(Some("xx"), Some("ar"), Some("en"), Some("id")), ("ar", Source::Preference));
    assert_eq!(of(Some(""), Some("not a tag"), Some(" en "), Some("id")), ("en-US", Source::Cookie));
    assert_eq!(of(None, None, Some("*"), Some("fr-CA, en;q=0.1")), ("fr-FR", Source::Header));
    assert_eq!(of(None, None, None, Some("xx")), ("id-ID", Source::Default));
    assert_eq!(of(None, None, None, None), ("id-ID", Source::Default));
}

#[test]
fn only_what_no_cache_could_see_is_personal() {
    let personal = [Source::Query, Source::Preference, Source::Cookie, Source::Header, Source::Default].map(Source::is_personal);
    assert_eq!(personal, [false, true, true, false, false]);
}

#[test]
fn tags_and_ranges_find_the_nearest_locale() {
    let locales = locales(&["id-ID", "pt-BR", "pt-PT", "zh-Hant-TW", "de"]);
    for (range, tag) in [
        ("en-US", Some("en-US")),
        ("EN-us", Some("en-US")),
        ("en", Some("en-US")),
        ("en-GB", Some("en-US")),
        ("en-GB-oxendict", Some("en-US")),
        ("id", Some("id-ID")),
        ("in", Some("id-ID")),
        ("IN-id", Some("id-ID")),
        ("id_ID", Some("id-ID")),
        ("in_ID", Some("id-ID")),
        ("pt", Some("pt-BR")),
        ("pt-PT", Some("pt-PT")),
        ("pt-AO", Some("pt-BR")),
        ("zh-Hant", Some("zh-Hant-TW")),
        ("zh-Hant-TW-x-private", Some("zh-Hant-TW")),
        ("de-CH-1996", Some("de")),
        ("de-x-anything", Some("de")),
        ("x-de", None),
        ("ms", None),
        ("i", None),
        ("e", None),
        ("*", None),
        ("", None),
        ("en-", None),
        ("en--US", None),
        ("id;drop", None),
        ("../id", None),
        ("id\0", None),
        ("ïd", None),
    ] {
        assert_eq!(locales.lookup(range).map(Locale::tag), tag, "{range}");
    }
}

#[test]
fn accept_language_is_read_by_weight() {
    let locales = locales(&["id-ID", "fr-FR"]);
    let english = Locale::en_us();
    for (field, expected) in [
        ("id-ID", "id-ID by header"),
        ("id", "id-ID by header"),
        ("in", "id-ID by header"),
        ("en-US,en;q=0.9,id;q=0.8", "en-US by header"),
        ("en;q=0.5, id;q=0.8", "id-ID by header"),
        ("en;q=0.5,id;q=0.501", "id-ID by header"),
        ("id, fr", "id-ID by header"),
        ("fr, id", "fr-FR by header"),
        ("fr;q=0.5, id;q=0.5", "fr-FR by header"),
        // A range is shortened before the next is tried (RFC 4647 §3.4).
        ("en-GB, id;q=0.9", "en-US by header"),
        ("ja, ko;q=0.9, id;q=0.1", "id-ID by header"),
        ("ID-id;Q=0.4", "id-ID by header"),
        // Nothing that is there.
        ("", "en-US by default"),
        ("ja", "en-US by default"),
        (",,, ,", "en-US by default"),
        // Malformed members do not harm the others.
        ("id;q=2, fr;q=0.1", "fr-FR by header"),
        ("id;q=0.1234, fr;q=0.1", "fr-FR by header"),
        ("id;level=1, fr;q=0.1", "fr-FR by header"),
        ("i d, fr;q=0.1", "fr-FR by header"),
        ("\"id\", fr", "fr-FR by header"),
    ] {
        assert_eq!(by_header(&locales, english, field), expected, "{field}");
    }
}

#[test]
fn weight_zero_excludes_and_a_star_stands_for_the_rest() {
    let locales = locales(&["id-ID", "fr-FR"]);
    let english = Locale::en_us();
    for (field, expected) in [
        ("*", "en-US by header"),
        ("id;q=0.5, *;q=0.1", "id-ID by header"),
        // English is named with less weight than the rest has.
        ("en;q=0.5, *", "id-ID by header"),
        ("en;q=0.5, *;q=0.4", "en-US by header"),
        ("en;q=0, *", "id-ID by header"),
        ("en;q=0, fr;q=0, *", "id-ID by header"),
        ("en;q=0, fr;q=0, id;q=0, *", "en-US by default"),
        // Only what is not wanted is said.
        ("en;q=0", "id-ID by header"),
        ("id;q=0", "en-US by default"),
        ("*;q=0", "en-US by default"),
        ("fr, *;q=0", "fr-FR by header"),
        // The nearer range says what holds.
        ("en-US;q=0, en", "id-ID by header"),
        ("en;q=0, en-US;q=0.3", "en-US by header"),
        ("id;q=0, id", "id-ID by header"),
    ] {
        assert_eq!(by_header(&locales, english, field), expected, "{field}");
    }
    assert_eq!(by_header(&locales, Locale::id_id(), "*"), "id-ID by header");
    assert_eq!(by_header(&locales, Locale::id_id(), "id;q=0, *"), "en-US by header");
}

#[test]
fn a_manifest_may_offer_fewer_locales() {
    let all = locales(&["id-ID", "ar"]);
    let two = all.select(["id_ID", "en-us"]).expect("both are there");
    assert_eq!(two.iter().map(Locale::tag).collect::<Vec<_>>(), ["id-ID", "en-US"]);
    assert_eq!(two.lookup("ar"), None);
    let unsupported = all.select(["id-ID", "ja-JP"]).expect_err("there is no Japanese");
    assert_eq!(unsupported.to_string(), "`ja-JP` has no message catalogues; there are: en-US, id-ID, ar");
    // A manifest says exactly what it offers: a language is not its region's locale.
    assert!(matches!(all.select(["id"]), Err(LocaleError::Unsupported { .. })));
    assert!(matches!(all.select(["Bahasa Indonesia"]), Err(LocaleError::Malformed { .. })));
}

#[test]
fn locales_are_values() {
    let one = locales(&["ar-EG"]).lookup("ar-EG").expect("it was added");
    let other = locales(&["AR_eg"]).lookup("ar").expect("it was added");
    assert_eq!(one, other);
    assert_eq!((one.tag(), one.language(), one.direction().as_str()), ("ar-EG", "ar", "rtl"));
    let id = Locale::id_id();
    assert_eq!((id.tag(), id.language(), id.direction().as_str()), ("id-ID", "id", "ltr"));
    assert_ne!(one, id);
    assert_eq!(locales(&["iw"]).lookup("he").map(Locale::tag), Some("he"));
}

fn header() -> impl Strategy<Value = String> {
    let language =
        prop_oneof!["(?i)(en|id|in|fr|ar|xx)(-(US|ID|GB|Latn|x|1996)){0,3}", Just("*".to_owned()), ".{0,12}", "\\PC{0,40}"];
    let weight = prop_oneof![Just(String::new()), "[ \t]?;[ \t]?[qQ]=[01](\\.[0-9]{0,4})?", ";q=.{0,6}", ";.{0,5}"];
    prop::collection::vec((language, weight).prop_map(|(language, weight)| language + &weight), 0..60)
        .prop_map(|members| members.join(","))
}

proptest! {
    #[test]
    fn any_text_gives_a_locale_of_the_set(texts in prop::array::uniform4(prop::option::of(header()))) {
        let locales = locales(&["id-ID", "fr-FR"]);
        let [query, preference, cookie, accept_language] = &texts;
        let negotiated = Negotiation {
            query: query.as_deref(),
            preference: preference.as_deref(),
            cookie: cookie.as_deref(),
            accept_language: accept_language.as_deref(),
            default: Locale::id_id(),
        }
        .resolve(&locales);
        prop_assert!(locales.contains(negotiated.locale));
        prop_assert!(negotiated.source != Source::Default || negotiated.locale == Locale::id_id());
    }

    /// Compared with a plain reading of the rules for whole tags with distinct weights.
    #[test]
    fn the_heaviest_supported_tag_wins(weights in prop::collection::hash_map(prop::sample::select(vec!["en-US", "id-ID", "fr-FR", "ja-JP", "ko-KR"]), 0_u16..=1_000, 0..5)) {
        let distinct: std::collections::HashSet<u16> = weights.values().copied().collect();
        prop_assume!(distinct.len() == weights.len());
        let locales = locales(&["id-ID", "fr-FR"]);
        let field: Vec<String> = weights.iter().map(|(tag, weight)| format!("{tag};q={}.{:03}", weight / 1_000, weight % 1_000)).collect();
        let supported = weights.iter().filter(|(tag, weight)| locales.lookup(tag).is_some() && **weight > 0);
        let heaviest = supported.max_by_key(|(_, weight)| **weight).map(|(tag, _)| *tag);
        let negotiated = Negotiation { accept_language: Some(&field.join(", ")), ..Negotiation::of(Locale::en_us()) }.resolve(&locales);
        match heaviest {
            Some(tag) => prop_assert_eq!((negotiated.locale.tag(), negotiated.source), (tag, Source::Header)),
            None if weights.get("en-US") == Some(&0) => prop_assert_ne!(negotiated.locale, Locale::en_us()),
            None => prop_assert_eq!(negotiated.source, Source::Default),
        }
    }

    #[test]
    fn lookup_takes_any_text(text in "\\PC{0,60}") {
        let locales = locales(&["id-ID"]);
        if let Some(locale) = locales.lookup(&text) {
            prop_assert!(locales.contains(locale));
        }
    }
}
