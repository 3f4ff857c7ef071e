use crate::{built, platform};
use banyan_kernel::Money;
use banyan_kernel::money::Currency;
use banyan_locale::formats::minor_digits;
use banyan_locale::{
    CompactStyle, DateStyle, Decimal, Formats, ListKind, Locale, PluralCategory, RelativeUnit, RelativeWords, TimeStyle,
};
use jiff::Zoned;
use jiff::civil::{date, time};

fn en() -> &'static Formats {
    Locale::en_us().formats()
}

fn id() -> &'static Formats {
    Locale::id_id().formats()
}

/// A locale that the platform does not ship; its formats come from CLDR alone.
fn other(tag: &str) -> &'static Formats {
    let catalogues = built(platform(&[("en-US", "a = b"), (tag, "a = b")]));
    catalogues.locales(None).lookup(tag).expect("it was just added").formats()
}

fn money(minor_units: i64, code: &str) -> Money {
    Money { minor_units, currency: currency(code) }
}

fn currency(code: &str) -> Currency {
    Currency::try_from(code.to_owned()).expect("a currency code")
}

#[test]
fn numbers() {
    let number = Decimal::new(123_456, 2);
    assert_eq!((en().decimal(number), id().decimal(number)), ("1,234.56".into(), "1.234,56".into()));
    assert_eq!((en().integer(-1_234_567), id().integer(-1_234_567)), ("-1,234,567".into(), "-1.234.567".into()));
    assert_eq!((en().integer(0), en().integer(999), id().integer(1_000)), ("0".into(), "999".into(), "1.000".into()));
    assert_eq!(en().integer(i64::MIN), "-9,223,372,036,854,775,808");
    assert_eq!(other("hi-IN").decimal(Decimal::new(123_456_789, 2)), "12,34,567.89");
    assert_eq!(other("ar-EG").decimal(number), "١٬٢٣٤٫٥٦");
}

#[test]
fn every_decimal_of_a_number_is_written() {
    assert_eq!(en().decimal(Decimal::new(0, 2)), "0.00");
    assert_eq!(en().decimal(Decimal::new(5, 3)), "0.005");
    assert_eq!(en().decimal(Decimal::new(1_200, 1)), "120.0");
    assert_eq!(en().decimal(Decimal::new(-50, 1)), "-5.0");
    assert_eq!(en().decimal(Decimal::new(1, 255)).len(), 2 + 255);
}

#[test]
fn percents() {
    assert_eq!((en().percent(Decimal::new(42, 2)), id().percent(Decimal::new(42, 2))), ("42%".into(), "42%".into()));
    assert_eq!(en().percent(Decimal::new(125, 3)), "12%", "half to even");
    assert_eq!(en().percent(Decimal::from(12)), "1,200%");
    assert_eq!(other("de-DE").percent(Decimal::new(5, 1)), "50\u{a0}%");
}

#[test]
fn short_dates_have_no_leading_zeros() {
    let day = date(2024, 1, 15);
    assert_eq!((en().date(day, DateStyle::Short), id().date(day, DateStyle::Short)), ("1/15/2024".into(), "15/1/2024".into()));
    let moment = day.at(15, 4, 5, 0);
    assert_eq!(en().date_time(moment, DateStyle::Short), "1/15/2024, 3:04\u{202f}PM");
    assert_eq!(id().date_time(moment, DateStyle::Short), "15/1/2024, 15.04");
    assert_eq!(id().date_time(date(2024, 12, 5).at(9, 4, 0, 0), DateStyle::Short), "5/12/2024, 09.04");
    assert_eq!(other("en-GB").date(day, DateStyle::Short), "15/01/2024");
    assert_eq!(other("de-DE").date(day, DateStyle::Short), "15.01.2024");
}

#[test]
fn longer_dates_and_times() {
    let day = date(2024, 1, 15);
    assert_eq!(
        (en().date(day, DateStyle::Medium), id().date(day, DateStyle::Medium)),
        ("Jan 15, 2024".into(), "15 Jan 2024".into())
    );
    assert_eq!(
        (en().date(day, DateStyle::Long), id().date(day, DateStyle::Long)),
        ("January 15, 2024".into(), "15 Januari 2024".into())
    );
    assert_eq!(en().date(day, DateStyle::Full), "Monday, January 15, 2024");
    assert_eq!(id().date(day, DateStyle::Full), "Senin, 15 Januari 2024");
    assert_eq!(
        (en().time(time(15, 4, 5, 0), TimeStyle::Short), id().time(time(15, 4, 5, 0), TimeStyle::Short)),
        ("3:04\u{202f}PM".into(), "15.04".into())
    );
    assert_eq!(
        (en().time(time(0, 4, 5, 0), TimeStyle::Medium), id().time(time(0, 4, 5, 0), TimeStyle::Medium)),
        ("12:04:05\u{202f}AM".into(), "00.04.05".into())
    );
    assert_eq!(id().date_time(day.at(15, 4, 0, 0), DateStyle::Long), "15 Januari 2024 pukul 15.04");
    assert_eq!(id().date_time(day.at(15, 4, 0, 0), DateStyle::Full), "Senin, 15 Januari 2024 pukul 15.04");
}

#[test]
fn a_zoned_moment_shows_its_own_clock() {
    let moment: Zoned = "2024-01-15T23:30:00+07:00[+07:00]".parse().expect("a moment");
    assert_eq!(id().zoned(&moment, DateStyle::Short), "15/1/2024, 23.30");
}

#[test]
fn dates_at_the_ends_of_the_calendar_are_written() {
    for day in [jiff::civil::Date::MIN, jiff::civil::Date::MAX, date(2024, 2, 29), date(0, 1, 1)] {
        for formats in [en(), id(), other("ar-EG")] {
            for style in [DateStyle::Short, DateStyle::Medium, DateStyle::Long, DateStyle::Full] {
                assert!(!formats.date(day, style).is_empty());
                assert!(!formats.date_time(day.at(23, 59, 59, 999_999_999), style).is_empty());
            }
        }
    }
}

#[test]
fn amounts_of_money() {
    assert_eq!(
        (en().money(money(123_456, "USD")), en().money(money(-123_456, "USD"))),
        ("$1,234.56".into(), "-$1,234.56".into())
    );
    assert_eq!(id().money(money(123_456, "USD")), "US$1.234,56");
    // IDR counts in sen and is shown in whole rupiah; the space is a no-break space.
    assert_eq!(id().money(money(123_456_700, "IDR")), "Rp\u{a0}1.234.567");
    assert_eq!(id().money(money(-123_456_789, "IDR")), "-Rp\u{a0}1.234.568");
    assert_eq!(en().money(money(123_456_700, "IDR")), "IDR\u{a0}1,234,567");
    assert_eq!(en().money(money(1_234, "JPY")), "¥1,234");
    assert_eq!(en().money(money(1_234_567, "KWD")), "KWD\u{a0}1,234.567");
    assert_eq!(en().money(money(5, "EUR")), "€0.05");
    assert_eq!(en().money(money(0, "USD")), "$0.00");
    assert_eq!(en().money(money(i64::MIN, "USD")), "-$92,233,720,368,547,758.08");
}

#[test]
fn an_unknown_currency_is_shown_by_its_code() {
    assert_eq!(id().money(money(150, "QQQ")), "QQQ\u{a0}1,50");
    // More codes than are remembered.
    for first in b'A'..=b'Z' {
        for last in b'A'..=b'Z' {
            let code = format!("Q{}{}", char::from(first), char::from(last));
            assert_eq!(en().money(money(100, &code)), format!("{code}\u{a0}1.00"));
        }
    }
}

#[test]
fn minor_units_follow_the_standard() {
    let digits = ["IDR", "USD", "JPY", "KWD", "CLF"].map(|code| minor_digits(currency(code)));
    assert_eq!(digits, [2, 2, 0, 3, 4]);
}

#[test]
fn plural_forms() {
    let of = |formats: &Formats, numbers: &[i64]| {
        numbers.iter().map(|number| formats.plural(Decimal::from(*number))).collect::<Vec<_>>()
    };
    assert_eq!(of(en(), &[0, 1, 2]), [PluralCategory::Other, PluralCategory::One, PluralCategory::Other]);
    assert_eq!(of(id(), &[0, 1, 2]), [PluralCategory::Other; 3]);
    assert_eq!(
        of(other("ar-EG"), &[0, 1, 2, 3, 11]),
        [PluralCategory::Zero, PluralCategory::One, PluralCategory::Two, PluralCategory::Few, PluralCategory::Many]
    );
    assert_eq!(en().plural(Decimal::new(10, 1)), PluralCategory::Other, "1.0 is not 1");
    assert_eq!(
        [1, 2, 3, 4, 21].map(|rank| en().ordinal(rank)),
        [PluralCategory::One, PluralCategory::Two, PluralCategory::Few, PluralCategory::Other, PluralCategory::One]
    );
}

#[test]
fn lists() {
    assert_eq!(
        (en().list(&["a", "b", "c"], ListKind::And), id().list(&["a", "b", "c"], ListKind::And)),
        ("a, b, and c".into(), "a, b, dan c".into())
    );
    assert_eq!(
        (en().list(&["a", "b"], ListKind::Or), id().list(&["a", "b"], ListKind::Or)),
        ("a or b".into(), "a atau b".into())
    );
    assert_eq!((en().list(&["a"], ListKind::And), en().list::<&str>(&[], ListKind::And)), ("a".into(), String::new()));
}

#[test]
fn relative_times() {
    assert_eq!(
        (en().relative(-1, RelativeUnit::Day), id().relative(-1, RelativeUnit::Day)),
        ("yesterday".into(), "kemarin".into())
    );
    assert_eq!(
        (en().relative(3, RelativeUnit::Day), id().relative(3, RelativeUnit::Day)),
        ("in 3 days".into(), "dalam 3 hari".into())
    );
    assert_eq!(
        (en().relative(-12, RelativeUnit::Minute), id().relative(-12, RelativeUnit::Minute)),
        ("12 minutes ago".into(), "12 menit yang lalu".into())
    );
    assert_eq!(en().relative(1_234, RelativeUnit::Year), "in 1,234 years");
    assert_eq!(en().relative(0, RelativeUnit::Second), "now");
}

#[test]
fn distances_choose_their_unit() {
    let now: Zoned = "2024-03-15T01:00:00+07:00[+07:00]".parse().expect("a moment");
    for (then, text) in [
        ("2024-03-15T01:00:00+07:00[+07:00]", "now"),
        ("2024-03-15T00:59:30+07:00[+07:00]", "30 seconds ago"),
        ("2024-03-15T01:59:59+07:00[+07:00]", "in 59 minutes"),
        ("2024-03-14T23:00:00+07:00[+07:00]", "2 hours ago"),
        ("2024-03-15T20:00:00+07:00[+07:00]", "in 19 hours"),
        ("2024-03-14T09:00:00+07:00[+07:00]", "yesterday"),
        // The other zone's date is another one; the reader's counts.
        ("2024-03-16T18:00:00+00:00[+00:00]", "in 2 days"),
        ("2024-03-09T12:00:00+07:00[+07:00]", "6 days ago"),
        ("2024-03-01T12:00:00+07:00[+07:00]", "2 weeks ago"),
        ("2024-02-15T12:00:00+07:00[+07:00]", "last month"),
        ("2024-10-20T12:00:00+07:00[+07:00]", "in 7 months"),
        ("2021-01-01T12:00:00+07:00[+07:00]", "3 years ago"),
        ("0001-01-01T12:00:00+07:00[+07:00]", "2,023 years ago"),
    ] {
        let then: Zoned = then.parse().expect("a moment");
        assert_eq!(en().relative_to(&then, &now), text, "{then}");
    }
}

#[test]
fn formatters_are_shared_by_threads() {
    let threads: Vec<_> = (0..4)
        .map(|number| {
            std::thread::spawn(move || {
                (0..200).map(|_| id().money(money(number * 100, "IDR"))).collect::<std::collections::HashSet<_>>()
            })
        })
        .collect();
    for (number, thread) in threads.into_iter().enumerate() {
        let texts = thread.join().expect("the thread ends");
        assert_eq!(texts, std::collections::HashSet::from([format!("Rp\u{a0}{number}")]));
    }
}

#[test]
fn short_forms_of_numbers_and_amounts() {
    let compact = |formats: &Formats, units, style| formats.compact(Decimal::from(units), style);
    assert_eq!(compact(en(), 1_234, CompactStyle::Letters), "1.2K");
    assert_eq!(compact(en(), 1_234_567, CompactStyle::Words), "1.2 million");
    assert_eq!(compact(id(), 1_234, CompactStyle::Letters), "1,2\u{a0}rb");
    assert_eq!(compact(id(), 1_234_567, CompactStyle::Words), "1,2 juta");
    assert_eq!(id().money_compact(money(123_456_700, "IDR")), "Rp\u{a0}1,2\u{a0}jt");
    assert_eq!(en().money_compact(money(1_234_567, "USD")), "$12K");
    assert_eq!(en().number(Decimal::new(12_345, 3), 0..=2), "12.34", "half to even");
    assert_eq!(id().number(Decimal::from(12), 2..=2), "12,00");
    assert_eq!(en().percent_with(Decimal::new(1_234, 4), 1..=1), "12.3%");
}

#[test]
fn numbers_are_read() {
    for (text, units, scale) in
        [("0", 0, 0), ("-1234.50", -123_450, 2), ("007", 7, 0), ("999999999999999999", 999_999_999_999_999_999, 0)]
    {
        assert_eq!(text.parse(), Ok(Decimal::new(units, scale)), "{text}");
    }
    for text in
        ["", "-", ".5", "5.", "1e3", "+1", "1,5", "١", " 1", "--1", "1.2.3", "1234567890123456789", "0.1234567890123456789"]
    {
        assert!(text.parse::<Decimal>().is_err(), "{text}");
    }
    assert_eq!((Decimal::new(125, 1).to_scale(2), Decimal::new(125, 1).to_scale(0)), (Some(1_250), None));
    assert_eq!(
        (Decimal::new(100, 2).to_scale(0), Decimal::from(i64::MAX).to_scale(1), Decimal::from(1).to_scale(255)),
        (Some(1), None, None)
    );
}

#[test]
fn a_moment_can_name_its_zone() {
    let jakarta: Zoned = "2024-01-15T15:04:00+07:00[Asia/Jakarta]".parse().expect("a moment");
    let new_york: Zoned = "2024-07-15T15:04:00-04:00[America/New_York]".parse().expect("a moment");
    assert_eq!(id().zoned_with_zone(&jakarta, DateStyle::Short), "15/1/2024, 15.04 WIB");
    assert_eq!(id().zoned_with_zone(&jakarta, DateStyle::Long), "15 Januari 2024 pukul 15.04 WIB");
    assert_eq!(en().zoned_with_zone(&new_york, DateStyle::Short), "7/15/2024, 3:04\u{202f}PM EDT");
    assert_eq!(en().zoned_with_zone(&jakarta, DateStyle::Medium), "Jan 15, 2024, 3:04\u{202f}PM GMT+7");
}

#[test]
fn a_distance_can_be_written_by_numbers() {
    assert_eq!(en().relative_with(-1, RelativeUnit::Day, RelativeWords::Never), "1 day ago");
    assert_eq!(en().relative_with(-1, RelativeUnit::Day, RelativeWords::Usual), "yesterday");
    assert_eq!(id().relative(1, RelativeUnit::Quarter), "kuartal berikutnya");
}
