use crate::{built, platform};
use banyan_kernel::Money;
use banyan_kernel::money::Currency;
use banyan_locale::{Args, Catalogues, Decimal, Layer, Locale};
use jiff::civil::{date, time};
use proptest::prelude::*;
use std::borrow::Cow;

const EN: Tag = Tag("en-US");
const ID: Tag = Tag("id-ID");
const AR: Tag = Tag("ar");

/// A tag to be looked up in the catalogues of a test.
#[derive(Clone, Copy)]
struct Tag(&'static str);

fn show(catalogues: &Catalogues, app: Option<&str>, tag: Tag, id: &str, args: &Args<'_>) -> String {
    let locale = catalogues.locales(app).lookup(tag.0).unwrap_or_default();
    catalogues.messages(app, locale).format(id, args).into_owned()
}

/// One message in English, shown.
fn english(text: &str, args: &Args<'_>) -> String {
    let catalogues = built(platform(&[("en-US", &format!("m = {text}"))]));
    show(&catalogues, None, EN, "m", args)
}

#[test]
fn later_layers_override_earlier_ones_for_their_application_only() {
    let catalogues = built(
        platform(&[
            ("en-US", "greeting = Hello from { -brand }\n-brand = Banyan\nkept = platform"),
            ("id-ID", "greeting = Salam dari { -brand }\n-brand = Banyan\nkept = landasan"),
        ])
        .add(Layer::Application("upcoach".into()), "en-US", "app.ftl", "-brand = UpCoach")
        .add(Layer::Service, "en-US", "service.ftl", "kept = service\nof-service = yes")
        .add(
            Layer::Application("upcoach".into()),
            "id-ID",
            "app.ftl",
            "greeting = Selamat datang di { -brand }\n-brand = UpCoach",
        ),
    );
    let none = Args::new();
    assert_eq!(show(&catalogues, None, EN, "greeting", &none), "Hello from Banyan");
    assert_eq!(show(&catalogues, Some("upcoach"), EN, "greeting", &none), "Hello from UpCoach");
    assert_eq!(show(&catalogues, Some("upcoach"), ID, "greeting", &none), "Selamat datang di UpCoach");
    assert_eq!(show(&catalogues, Some("aaiti"), ID, "greeting", &none), "Salam dari Banyan");
    assert_eq!(show(&catalogues, Some("upcoach"), EN, "kept", &none), "service");
    assert_eq!(show(&catalogues, Some("upcoach"), ID, "kept", &none), "landasan");
    assert_eq!(show(&catalogues, None, ID, "of-service", &none), "yes");
}

#[test]
fn a_message_falls_back_to_the_shorter_tag_and_then_to_english() {
    let catalogues = built(platform(&[
        ("en-US", "a = English\nb = English\nc = English\nd = English\n    .title = English"),
        ("pt", "a = geral\nb = geral"),
        ("pt-BR", "a = brasileiro\nd = brasileiro"),
    ]));
    let of = |id| show(&catalogues, None, Tag("pt-BR"), id, &Args::new());
    assert_eq!(["a", "b", "c", "d", "d.title"].map(of), ["brasileiro", "geral", "English", "brasileiro", "English"]);
}

#[test]
fn a_language_may_belong_to_one_application() {
    let catalogues =
        built(platform(&[("en-US", "a = English")]).add(Layer::Application("upcoach".into()), "ar", "app.ftl", "a = عربي"));
    let tags = |app| catalogues.locales(app).iter().map(Locale::tag).collect::<Vec<_>>();
    assert_eq!((tags(None), tags(Some("upcoach")), tags(Some("nobody"))), (vec!["en-US"], vec!["en-US", "ar"], vec!["en-US"]));
    let arabic = catalogues.locales(Some("upcoach")).lookup("ar").expect("it was added");
    assert_eq!(catalogues.text(Some("upcoach"), arabic, "a", &Args::new()), "عربي");
    // Another application's tenants do not have it, even where somebody holds the locale.
    assert_eq!(catalogues.text(None, arabic, "a", &Args::new()), "English");
}

#[test]
fn a_message_without_placeables_is_borrowed() {
    let catalogues = built(platform(&[
        ("en-US", "plain = Save\nlong =\n    One line\n    and { $one } more\nattributed = x\n    .title = Title"),
        ("id-ID", "plain = Simpan"),
    ]));
    for (locale, id, text) in
        [(Locale::en_us(), "plain", "Save"), (Locale::id_id(), "plain", "Simpan"), (Locale::id_id(), "attributed.title", "Title")]
    {
        assert!(matches!(catalogues.messages(None, locale).text(id), Cow::Borrowed(shown) if shown == text), "{id}");
    }
    assert!(matches!(catalogues.messages(None, Locale::en_us()).text("nowhere"), Cow::Borrowed("nowhere")));
}

#[test]
fn what_is_missing_gives_its_id_and_is_noted_once() {
    let catalogues = built(platform(&[
        ("en-US", "a = { $name }\nb = { NUMBER($text) }\nonly-attribute =\n    .title = x"),
        ("id-ID", "a = { $name }"),
    ]));
    let messages = catalogues.messages(None, Locale::id_id());
    for _ in 0..3 {
        assert_eq!(messages.text("nowhere"), "nowhere");
        assert_eq!(messages.text("a"), "{$name}");
        assert_eq!(messages.text("a.title"), "a.title");
        assert_eq!(messages.text("only-attribute"), "only-attribute");
        assert_eq!(messages.format("b", &Args::new().text("text", "three")), "NUMBER()");
        assert!(messages.find("nowhere", &Args::new()).is_none());
    }
    assert_eq!(
        catalogues.misses(),
        [
            "id-ID a.title: no such message",
            "id-ID a: Resolver error: Unknown variable: $name",
            "id-ID nowhere: no such message",
            "id-ID only-attribute: no such message",
        ]
    );
    for id in ["", ".", "a.", ".title", "a.b.c", "NUMBER", "-brand", "\0", "ä"] {
        assert_eq!(messages.text(id), id);
    }
}

#[test]
fn what_is_noted_is_bounded() {
    let catalogues = built(platform(&[("en-US", "a = b")]));
    for number in 0..1_500 {
        let id = format!("missing-{number}");
        assert_eq!(catalogues.text(None, Locale::en_us(), &id, &Args::new()), id);
    }
    assert_eq!(catalogues.misses().len(), 1_000);
}

#[test]
fn values_are_written_by_locale() {
    let text = "n = { $n }\nd = { $d }\nm = { $m }\nday = { $day }\nat = { $at }\nmoment = { $moment }\nlist = { $list }";
    let catalogues = built(platform(&[("en-US", text), ("id-ID", text), ("ar-EG", text)]));
    let args = || {
        Args::new()
            .integer("n", 1_234_567)
            .decimal("d", Decimal::new(123_450, 2))
            .money("m", Money { minor_units: 123_456_700, currency: Currency::IDR })
            .date("day", date(2024, 1, 15))
            .time("at", time(15, 4, 0, 0))
            .date_time("moment", date(2024, 1, 15).at(15, 4, 0, 0))
            .list("list", ["a", "b"])
    };
    let of = |tag| ["n", "d", "m", "day", "at", "moment", "list"].map(|id| show(&catalogues, None, Tag(tag), id, &args()));
    assert_eq!(
        of("en-US"),
        ["1,234,567", "1,234.50", "IDR\u{a0}1,234,567", "1/15/2024", "3:04\u{202f}PM", "1/15/2024, 3:04\u{202f}PM", "a and b"]
    );
    assert_eq!(of("id-ID"), ["1.234.567", "1.234,50", "Rp\u{a0}1.234.567", "15/1/2024", "15.04", "15/1/2024, 15.04", "a dan b"]);
    assert_eq!(of("ar-EG")[..2], ["١٬٢٣٤٬٥٦٧", "١٬٢٣٤٫٥٠"]);
}

#[test]
fn number_takes_options() {
    let n = |text: &str, value: Decimal| english(text, &Args::new().decimal("n", value));
    let number = Decimal::new(12_345_678, 4);
    assert_eq!(n("{ NUMBER($n, maximumFractionDigits: 1) }", Decimal::from(1_234)), "1,234");
    assert_eq!(n("{ NUMBER($n, minimumFractionDigits: 2) }", Decimal::from(1_234)), "1,234.00");
    assert_eq!(n("{ NUMBER($n, minimumFractionDigits: 0, maximumFractionDigits: 1) }", number), "1,234.6");
    assert_eq!(n("{ NUMBER($n, useGrouping: \"false\") }", number), "1234.5678");
    assert_eq!(n("{ NUMBER($n, style: \"percent\") }", Decimal::from(1)), "100%");
    assert_eq!(n("{ NUMBER($n, minimumIntegerDigits: 3) }", Decimal::from(7)), "007");
    assert_eq!(
        n("{ NUMBER($n, minimumFractionDigits: 99999, minimumIntegerDigits: 99999) }", Decimal::from(7)).len(),
        15 + 4 + 1 + 15
    );
    assert_eq!(n("{ 1234.5 } and { -0.25 }", number), "1,234.5 and -0.25");
}

#[test]
fn large_numbers_stay_exact() {
    for value in [i64::MAX, i64::MIN, 999_999_999_999_999, 1_000_000_000_000_000, -9_007_199_254_740_993] {
        for scale in [0, 2, 15, 40] {
            let number = Decimal::new(value, scale);
            assert_eq!(english("{ $n }", &Args::new().decimal("n", number)), Locale::en_us().formats().decimal(number));
            assert_eq!(english("{ NUMBER($n) }", &Args::new().decimal("n", number)), Locale::en_us().formats().decimal(number));
        }
    }
    assert_eq!(english("{ $n ->\n [one] one\n *[other] other\n }", &Args::new().integer("n", i64::MAX)), "other");
}

#[test]
fn dates_take_styles() {
    let args = || {
        Args::new()
            .date("d", date(2024, 1, 15))
            .date_time("m", date(2024, 1, 15).at(15, 4, 5, 0))
            .time("t", time(15, 4, 5, 0))
            .text("x", "y")
    };
    for (text, shown) in [
        ("{ DATETIME($d) }", "1/15/2024"),
        ("{ DATETIME($d, dateStyle: \"long\") }", "January 15, 2024"),
        ("{ DATETIME($d, dateStyle: \"full\") }", "Monday, January 15, 2024"),
        ("{ DATETIME($m) }", "1/15/2024, 3:04\u{202f}PM"),
        ("{ DATETIME($m, dateStyle: \"medium\") }", "Jan 15, 2024"),
        ("{ DATETIME($m, timeStyle: \"medium\") }", "3:04:05\u{202f}PM"),
        ("{ DATETIME($m, dateStyle: \"medium\", timeStyle: \"short\") }", "Jan 15, 2024, 3:04\u{202f}PM"),
        ("{ DATETIME($t, timeStyle: \"medium\") }", "3:04:05\u{202f}PM"),
        ("{ DATETIME($d, dateStyle: \"fancy\") }", "1/15/2024"),
        ("{ DATETIME($x) }", "DATETIME()"),
        ("{ DATETIME() }", "DATETIME()"),
        ("{ LIST($d) }", "LIST()"),
        ("{ NUMBER($d) }", "NUMBER()"),
    ] {
        assert_eq!(english(text, &args()), shown, "{text}");
    }
}

#[test]
fn plural_forms_choose_variants() {
    let text = "m = { $n ->\n    [0] none\n    [one] { $n } day\n   *[other] { $n } days\n}\nrank = { NUMBER($n, type: \"ordinal\") ->\n    [one] { $n }st\n    [two] { $n }nd\n   *[other] { $n }th\n}";
    let catalogues = built(platform(&[
        ("en-US", text),
        ("id-ID", "m = { $n } hari"),
        ("ar", "m = { $n ->\n    [two] يومان\n   *[other] { $n } يوم\n}"),
    ]));
    let of = |tag, id, n| show(&catalogues, None, tag, id, &Args::new().integer("n", n));
    assert_eq!([0, 1, 2, 1_000].map(|n| of(EN, "m", n)), ["none", "1 day", "2 days", "1,000 days"]);
    assert_eq!([1, 22, 1_000].map(|n| of(EN, "rank", n)), ["1st", "22nd", "1,000th"]);
    assert_eq!(of(ID, "m", 1_000), "1.000 hari");
    assert_eq!(of(AR, "m", 2), "يومان");
    assert_eq!(show(&catalogues, None, EN, "m", &Args::new().decimal("n", Decimal::new(10, 1))), "1.0 days");
}

#[test]
fn direction_marks_stand_only_in_right_to_left_text() {
    let catalogues = built(platform(&[("en-US", "m = Hello { $name }!"), ("ar", "m = مرحبا { $name }!")]));
    let args = Args::new().text("name", "Sari");
    assert_eq!(show(&catalogues, None, EN, "m", &args), "Hello Sari!");
    assert_eq!(show(&catalogues, None, AR, "m", &args), "مرحبا \u{2068}Sari\u{2069}!");
}

#[test]
fn values_are_not_read_as_fluent() {
    assert_eq!(english("{ $x }", &Args::new().text("x", "{ $y } { -brand }\n<b>")), "{ $y } { -brand }\n<b>");
}

#[test]
fn circles_end() {
    let catalogues = built(platform(&[(
        "en-US",
        "a = { b }\nb = { a }\nc = { c }{ c }\nlaughs = { d }{ d }{ d }{ d }{ d }\nd = { e }{ e }{ e }{ e }{ e }\ne = { f }{ f }{ f }{ f }{ f }\nf = ha",
    )]));
    for id in ["a", "b", "c", "laughs"] {
        assert!(catalogues.text(None, Locale::en_us(), id, &Args::new()).len() < 5_000, "{id}");
    }
}

#[test]
fn catalogues_are_shared_by_threads() {
    let catalogues =
        std::sync::Arc::new(built(platform(&[("en-US", "m = { $n ->\n    [one] { $n } day\n   *[other] { $n } days\n}")])));
    let threads: Vec<_> = (0..4)
        .map(|_| {
            let catalogues = std::sync::Arc::clone(&catalogues);
            std::thread::spawn(move || {
                (0..300).all(|n| catalogues.text(None, Locale::en_us(), "m", &Args::new().integer("n", n)).contains("day"))
            })
        })
        .collect();
    assert!(threads.into_iter().all(|thread| thread.join().expect("the thread ends")));
}

proptest! {
    #[test]
    fn any_values_can_be_shown(units in any::<i64>(), scale in any::<u8>(), text in "\\PC{0,30}", code in "[A-Z]{3}", year in -9_999_i16..=9_999) {
        let source = "m = { $n ->\n    [0] x\n    [one] { $n }\n   *[other] { NUMBER($n, minimumFractionDigits: 4) }\n} { $text } { $money } { DATETIME($day, dateStyle: \"full\") } { NUMBER($n, type: \"ordinal\") ->\n    [one] a\n   *[other] b\n}";
        let catalogues = built(platform(&[("en-US", source), ("id-ID", source), ("ar-EG", source)]));
        let currency = Currency::try_from(code).expect("three letters");
        for locale in catalogues.locales(None).iter() {
            let args = Args::new().decimal("n", Decimal::new(units, scale)).text("text", &text).money("money", Money { minor_units: units, currency }).date("day", date(year, 12, 31));
            let shown = catalogues.text(None, locale, "m", &args);
            prop_assert!(shown.contains(&text));
        }
        prop_assert!(catalogues.misses().is_empty(), "{:?}", catalogues.misses());
    }

    #[test]
    fn any_id_can_be_asked_for(id in "\\PC{0,30}") {
        let catalogues = built(platform(&[("en-US", "a = b\n    .c = d")]));
        prop_assert!(!catalogues.text(None, Locale::en_us(), &id, &Args::new()).is_empty() || id.is_empty());
    }
}
