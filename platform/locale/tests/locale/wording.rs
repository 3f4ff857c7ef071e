//! Texts that somebody wrote for one message.

use crate::{built, platform};
use banyan_locale::{Catalogues, LONGEST_TEXT, Locale, Shelf, TextFault, usual_text};

const ENGLISH: &str = "
plain = Hello
# Who asks.
valued = Hello { $name }
    .title = Title { $name }
    .hint =
        Two
        lines
chosen = { $count ->
    [one] One
   *[other] { $count }
}
first = { second }
second = { third }
third = x
-brand = Banyan
branded = { -brand }
";

fn catalogues() -> Catalogues {
    let indonesian = "-brand = Beringin\nplain = Halo\nfirst = satu\nsecond = { third }\nthird = tiga";
    built(platform(&[("en-US", ENGLISH), ("id-ID", indonesian)]))
}

fn examined(key: &str, text: &str) -> Result<String, Vec<TextFault>> {
    catalogues().examine(None, Locale::id_id(), key, text)
}

#[test]
fn the_files_messages_are_shown_in_their_usual_form() {
    let texts = catalogues().texts(Shelf::Common, Locale::en_us());
    assert_eq!(texts["plain"].text, "Hello");
    assert_eq!(texts["valued"].text, "Hello { $name }\n.title = Title { $name }\n.hint =\n    Two\n    lines");
    assert_eq!(texts["valued"].comment, "Who asks.");
    assert_eq!(texts["chosen"].text, "{ $count ->\n    [one] One\n   *[other] { $count }\n}");
    for (key, text) in &texts {
        assert_eq!(usual_text(key, &text.text).as_deref(), Ok(text.text.as_str()), "{key}");
    }
}

#[test]
fn what_means_the_same_is_written_the_same() {
    assert_eq!(examined("plain", "  Halo\r\n").unwrap(), "Halo");
    assert_eq!(examined("plain", "Halo\n  dunia").unwrap(), "Halo\n  dunia");
    let text = "Halo {$name}\n  .hint = Dua\n  .title={ $name }";
    assert_eq!(examined("valued", text).unwrap(), "Halo { $name }\n.hint = Dua\n.title = { $name }");
    assert_eq!(examined("chosen", "{ $count }").unwrap(), "{ $count }", "a language without plural forms needs none");
    assert_eq!(examined("branded", "{ -brand }").unwrap(), "{ -brand }");
    assert_eq!(examined("plain", "{ \"\" }.5").unwrap(), "{ \"\" }.5");
    // It stays within its own message whatever it looks like.
    assert_eq!(examined("plain", "a\nother = b").unwrap(), "a\nother = b");
}

#[test]
fn hostile_and_wrong_texts_are_refused() {
    let long = "x".repeat(LONGEST_TEXT + 1);
    let deep = "{".repeat(5_000);
    let nested = format!("{}\"x\"{}", "{ ".repeat(151), " }".repeat(151));
    assert!(matches!(examined("plain", &long).unwrap_err()[..], [TextFault::TooLong { .. }]));
    assert!(matches!(examined("plain", &deep).unwrap_err()[..], [TextFault::TooComplex { .. }]));
    assert!(matches!(examined("plain", &nested).unwrap_err()[..], [TextFault::TooComplex { .. }]));
    assert!(matches!(examined("plain", "a\u{0}b").unwrap_err()[..], [TextFault::Control]));
    assert!(matches!(examined("plain", "{ 1234567890123456 }").unwrap_err()[..], [TextFault::Number { .. }]));
    for broken in ["", "   ", "{ $x", "a\n}", ".title", "a\n.title =", "{ $x -> }"] {
        assert!(matches!(examined("plain", broken).unwrap_err()[..], [TextFault::Syntax { line: 1..=2, .. }]), "{broken:?}");
    }
    assert_eq!(examined("gone", "x").unwrap_err(), [TextFault::Unknown]);
    let parts = |missing: &[&str], unknown: &[&str]| {
        let owned = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect();
        TextFault::Parts { missing: owned(missing), unknown: owned(unknown) }
    };
    assert_eq!(examined("plain", "x\n.title = y").unwrap_err(), [parts(&[], &["plain.title"])]);
    assert_eq!(examined("plain", ".title = y").unwrap_err(), [parts(&["plain"], &["plain.title"])]);
    assert_eq!(
        examined("valued", "Halo { $nama }\n.title = { $name }\n.hint = x").unwrap_err(),
        [TextFault::Values { part: "valued".into(), here: vec!["nama".into()], expected: vec!["name".into()] }]
    );
    for (text, target) in [("{ gone }", "gone"), ("{ -gone }", "-gone"), ("{ FOO() }", "FOO()"), ("{ plain.gone }", "plain.gone")]
    {
        let faults = examined("third", text).unwrap_err();
        assert!(faults.contains(&TextFault::Dangling { target: target.into() }), "{text}: {faults:?}");
    }
    for (key, text) in [("third", "{ second }"), ("third", "{ third }")] {
        let faults = examined(key, text).unwrap_err();
        assert!(faults.iter().any(|fault| matches!(fault, TextFault::Circle { .. })), "{text}: {faults:?}");
    }
}
