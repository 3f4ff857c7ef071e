//! Compares [`banyan_locale::Formats`] with Node's `Intl`, case by case; `cargo xtask locale-compare` runs it.
//!
//! Reads what `intl.mjs` wrote from standard input, and prints a table in Markdown. Each difference has to be explained by a rule of
//! [`RULES`]; those that are not are printed, and the exit code is 1.

use std::collections::BTreeMap;
use std::io::{BufRead, Write, stderr, stdin, stdout};
use std::process::ExitCode;

use banyan_kernel::Money;
use banyan_kernel::money::Currency;
use banyan_locale::{
    Catalogues, CompactStyle, DateStyle, Decimal, Formats, Layer, ListKind, PluralCategory, RelativeUnit, RelativeWords,
    TimeStyle,
};
use serde_json::Value;

type Failure = Box<dyn std::error::Error>;

/// Why two texts may differ, in the order in which rules are tried. What a rule allows is checked, not believed: `intl.mjs` makes the
/// text that must come out, or [`explained`] does.
const RULES: [(&str, &str); 11] = [
    ("spaces", "V8 writes a plain space where CLDR has a narrow no-break space (U+202F), for pages that compare times as text."),
    (
        "short-pattern",
        "Banyan's short date is CLDR's short pattern with the year in full, which pads where CLDR pads. `Intl` without a style takes the \
         skeleton `yMd` instead.",
    ),
    (
        "indonesian-short",
        "In Indonesian Banyan has patterns of its own, `d/M/y` and `d/M/y, HH.mm`. `Intl` writes the same dates, but hours without a \
         leading zero, unlike its own short time.",
    ),
    (
        "day-unpadded",
        "ICU4X makes the full date of parts (`yMMMMEEEEd`), and has `d` where CLDR's Indonesian full pattern has `dd`.",
    ),
    (
        "zone-appended",
        "Banyan writes the date with time in its style and then the zone. `Intl` cannot name a zone beside a style, and takes another \
         pattern for the parts.",
    ),
    (
        "zone-offset",
        "ICU4X has the short names of zones that a language has by itself, and writes the offset for others; ICU takes some from other \
         languages.",
    ),
    ("zone-utc", "ICU4X writes the name of UTC in Arabic, ICU its abbreviation."),
    (
        "letter-mark",
        "ICU4X writes the Arabic letter mark (U+061C) before the sign of an offset, as CLDR has it; ICU leaves this one out.",
    ),
    ("half-even", "Banyan rounds half to even, ECMA-402 half away from zero."),
    (
        "carried",
        "Where rounding carries into the next power of ten, ICU4X keeps the words of the lower one with the plural form of the rounded \
         number, and ICU takes those of the higher one.",
    ),
    ("currency-digits", "Banyan shows the decimals that CLDR gives a currency (none for IDR)."),
];

#[derive(Default)]
struct Tally {
    cases: usize,
    same: usize,
    by_rule: BTreeMap<&'static str, (usize, String)>,
    unexplained: usize,
}

fn main() -> Result<ExitCode, Failure> {
    let mut lines = stdin().lock().lines();
    let made_by: Value = serde_json::from_str(&lines.next().ok_or("nothing on standard input")??)?;
    let catalogues = known()?;
    let mut tallies: BTreeMap<(String, String), Tally> = BTreeMap::new();
    let mut told = 0;
    for line in lines {
        let case: Value = serde_json::from_str(&line?)?;
        let (locale, kind) = (text(&case, "locale"), text(&case, "kind"));
        let formats =
            catalogues.locales(None).lookup(locale).filter(|found| found.tag() == locale).ok_or("a locale is missing")?;
        let ours = written(formats.formats(), &case)?;
        let tally = tallies.entry((kind.to_owned(), locale.to_owned())).or_default();
        tally.cases += 1;
        let theirs = text_at(&case["texts"][0], 1);
        if ours == theirs {
            tally.same += 1;
        } else if let Some(rule) = explained(&ours, &case) {
            let example = format!("`{theirs}` → `{ours}`");
            tally.by_rule.entry(rule).or_insert((0, example)).0 += 1;
        } else {
            tally.unexplained += 1;
            told += 1;
            if tally.unexplained <= 12 {
                writeln!(stderr(), "{locale} {kind}: ours {ours:?}, case {case}")?;
            }
        }
    }
    report(&made_by, &tallies)?;
    Ok(if told == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn known() -> Result<Catalogues, Failure> {
    let tags = ["en-US", "en-GB", "id-ID", "ar-EG", "de-DE", "ja-JP"];
    let builder = Catalogues::builder();
    Ok(tags.into_iter().fold(builder, |builder, tag| builder.add(Layer::Platform, tag, tag, "a = b")).build()?)
}

/// The rule by which the text may differ.
fn explained(ours: &str, case: &Value) -> Option<&'static str> {
    let texts = case["texts"].as_array()?;
    let plain = |text: &str| text.replace('\u{202f}', " ");
    if plain(ours) == plain(text_at(&texts[0], 1)) {
        return Some("spaces");
    }
    let fits = |ours: &str, expected: &str| ours == expected || plain(ours) == plain(expected);
    let Some(named) = texts.iter().skip(1).find(|alternative| fits(ours, text_at(alternative, 1))) else {
        let unmarked = ours.replace('\u{61c}', "");
        return texts.iter().any(|alternative| fits(&unmarked, text_at(alternative, 1))).then_some("letter-mark");
    };
    RULES.iter().map(|(name, _)| *name).find(|name| *name == text_at(named, 0))
}

fn written(formats: &Formats, case: &Value) -> Result<String, Failure> {
    let value = || text(case, "value");
    let decimal = || value().parse::<Decimal>();
    let style = text(case, "style");
    let most = u8::try_from(case["most"].as_u64().unwrap_or(0))?;
    Ok(match text(case, "kind") {
        "date" => formats.date(value().parse()?, date_style(style)),
        "time" => formats.time(value().parse()?, if style == "medium" { TimeStyle::Medium } else { TimeStyle::Short }),
        "dateTime" => formats.date_time(value().parse()?, date_style(style)),
        "zoned" => {
            let moment: jiff::Timestamp = value().parse()?;
            formats.zoned_with_zone(&moment.in_tz(text(case, "zone"))?, date_style(style))
        }
        "number" => formats.decimal(decimal()?),
        "rounded" => formats.number(decimal()?, 0..=most),
        "percent" => formats.percent_with(decimal()?, 0..=most),
        "compact" => formats.compact(decimal()?, if style == "long" { CompactStyle::Words } else { CompactStyle::Letters }),
        "currency" => {
            let currency = Currency::try_from(text(case, "currency").to_owned())?;
            formats.money(Money { minor_units: case["minor"].as_i64().unwrap_or_default(), currency })
        }
        "plural" => form(formats.plural(decimal()?)).to_owned(),
        "ordinal" => form(formats.ordinal(value().parse()?)).to_owned(),
        "list" => {
            let values: Vec<&str> = case["values"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
            formats.list(&values, if style == "or" { ListKind::Or } else { ListKind::And })
        }
        "relative" => {
            let words = if style == "always" { RelativeWords::Never } else { RelativeWords::Usual };
            formats.relative_with(case["amount"].as_i64().unwrap_or_default(), unit(text(case, "unit"))?, words)
        }
        other => return Err(format!("nobody knows the kind {other}").into()),
    })
}

fn date_style(style: &str) -> DateStyle {
    match style {
        "medium" => DateStyle::Medium,
        "long" => DateStyle::Long,
        "full" => DateStyle::Full,
        _ => DateStyle::Short,
    }
}

fn unit(name: &str) -> Result<RelativeUnit, Failure> {
    Ok(match name {
        "second" => RelativeUnit::Second,
        "minute" => RelativeUnit::Minute,
        "hour" => RelativeUnit::Hour,
        "day" => RelativeUnit::Day,
        "week" => RelativeUnit::Week,
        "month" => RelativeUnit::Month,
        "quarter" => RelativeUnit::Quarter,
        "year" => RelativeUnit::Year,
        other => return Err(format!("nobody knows the unit {other}").into()),
    })
}

fn form(category: PluralCategory) -> &'static str {
    match category {
        PluralCategory::Zero => "zero",
        PluralCategory::One => "one",
        PluralCategory::Two => "two",
        PluralCategory::Few => "few",
        PluralCategory::Many => "many",
        PluralCategory::Other => "other",
    }
}

fn text<'v>(case: &'v Value, name: &str) -> &'v str {
    case[name].as_str().unwrap_or_default()
}

fn text_at(pair: &Value, at: usize) -> &str {
    pair[at].as_str().unwrap_or_default()
}

fn report(made_by: &Value, tallies: &BTreeMap<(String, String), Tally>) -> Result<(), Failure> {
    let mut out = stdout().lock();
    let sum = |of: fn(&Tally) -> usize| tallies.values().map(of).sum::<usize>();
    let explained = |tally: &Tally| tally.by_rule.values().map(|(count, _)| count).sum::<usize>();
    writeln!(
        out,
        "Node {} (ICU {}, CLDR {}, zones {}): {} cases, {} the same, {} explained, {} not.\n",
        text(made_by, "node"),
        text(made_by, "icu"),
        text(made_by, "cldr"),
        text(made_by, "zones"),
        sum(|tally| tally.cases),
        sum(|tally| tally.same),
        sum(explained),
        sum(|tally| tally.unexplained),
    )?;
    writeln!(out, "| what | locale | cases | same | differences by rule |\n|---|---|---:|---:|---|")?;
    for ((kind, locale), tally) in tallies {
        let rules: Vec<String> = tally.by_rule.iter().map(|(rule, (count, _))| format!("{rule} {count}")).collect();
        writeln!(out, "| {kind} | {locale} | {} | {} | {} |", tally.cases, tally.same, rules.join(", "))?;
    }
    writeln!(out, "\nThe rules:\n")?;
    for (name, meaning) in RULES {
        let example = tallies.values().find_map(|tally| tally.by_rule.get(name));
        if let Some((_, example)) = example {
            writeln!(out, "- **{name}**: {meaning} For example {example}.")?;
        }
    }
    Ok(())
}
