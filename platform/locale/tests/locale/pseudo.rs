use crate::{built, platform};
use banyan_locale::{Args, Catalogues, Direction, Layer, Locale, Negotiation, Pseudo, Source};

fn catalogues() -> Catalogues {
    built(
        platform(&[
            ("en-US", "a = Save { $count ->\n    [one] { $count } file\n   *[other] { $count } files\n} for { $name }\nb = See { a-term }\na-term = x"),
            ("id-ID", "a = Simpan { $count } { $name }"),
            ("ar", "b = عربي"),
        ])
        .add(Layer::Application("upcoach".into()), "en-US", "app.ftl", "b = Hello\n    .title = Title")
        .add_pseudolocales(),
    )
}

fn pseudo(catalogues: &Catalogues, tag: &str) -> Locale {
    catalogues.locales(None).lookup(tag).expect("it was asked for")
}

#[test]
fn english_is_accented_and_framed_and_values_are_not() {
    let catalogues = catalogues();
    let accented = pseudo(&catalogues, "en-XA");
    assert_eq!((accented.pseudo(), accented.direction()), (Some(Pseudo::Accented), Direction::LeftToRight));
    let args = Args::new().integer("count", 1_200).text("name", "Sari");
    assert_eq!(catalogues.text(None, accented, "a", &args), "[Šååṽéé 1,200 ƒîîļééš ƒööŕ Sari]");
    assert_eq!(catalogues.text(None, accented, "b", &Args::new()), "[Šéééé ẋ]", "one frame, whatever stands inside");
    assert_eq!(catalogues.text(Some("upcoach"), accented, "b", &Args::new()), "[Ĥééļļöö]");
    assert_eq!(catalogues.text(Some("upcoach"), accented, "b.title", &Args::new()), "[Ţîîţļéé]");
    assert_eq!(catalogues.messages(None, accented).whole("b", &Args::new()).as_deref(), Ok("[Šéééé ẋ]"));
}

#[test]
fn english_runs_from_right_to_left() {
    let catalogues = catalogues();
    let backwards = pseudo(&catalogues, "ar-XB");
    assert_eq!((backwards.pseudo(), backwards.direction()), (Some(Pseudo::Bidirectional), Direction::RightToLeft));
    let text = catalogues.text(None, backwards, "a", &Args::new().integer("count", 1).text("name", "Sari")).into_owned();
    assert!(text.starts_with("\u{202e}Save\u{202c} ") && text.ends_with("\u{2068}Sari\u{2069}"), "{text:?}");
}

#[test]
fn nobody_gets_one_who_did_not_name_it() {
    let catalogues = catalogues();
    let all = catalogues.locales(None);
    assert_eq!(all.iter().map(Locale::tag).collect::<Vec<_>>(), ["en-US", "ar", "id-ID", "en-XA", "ar-XB"]);
    let by_header = |field| {
        let negotiated = Negotiation { accept_language: Some(field), ..Negotiation::of(Locale::en_us()) }.resolve(&all);
        (negotiated.locale.tag(), negotiated.source)
    };
    assert_eq!(by_header("en-XA"), ("en-XA", Source::Header));
    assert_eq!(by_header("EN-xa, id;q=0.5"), ("en-XA", Source::Header));
    assert_eq!(by_header("en"), ("en-US", Source::Header));
    assert_eq!(by_header("en-US;q=0, id;q=0, ar;q=0, *"), ("en-US", Source::Default));
    let without = all.select(["en-US", "id-ID"]).expect("both are there");
    assert_eq!(without.lookup("en-XA"), Some(Locale::en_us()), "a made-up language that is not offered is English");
    let offered = catalogues.offered("upcoach", ["en-US", "id-ID"]).expect("all are there");
    assert_eq!(offered.iter().map(Locale::tag).collect::<Vec<_>>(), ["en-US", "id-ID", "en-XA", "ar-XB"]);
    let backwards = built(platform(&[("en-US", "a = b")]).add_pseudolocales());
    assert_eq!(backwards.locales(None).lookup("ar-EG"), None);
    assert_eq!(built(platform(&[("en-US", "a = b")])).locales(None).lookup("ar-XB"), None);
}

#[test]
fn they_take_no_part_in_what_is_checked() {
    let catalogues = catalogues();
    assert!(catalogues.check().iter().chain(&catalogues.gaps()).all(|finding| finding.locale.pseudo().is_none()));
    let share = |tag: &str| {
        let known = catalogues.completeness(None, None).into_iter().find(|known| known.locale.tag() == tag).expect("it is there");
        (known.present, known.all)
    };
    assert_eq!([share("en-US"), share("id-ID"), share("ar"), share("en-XA")], [(3, 3), (1, 3), (1, 3), (3, 3)]);
}
