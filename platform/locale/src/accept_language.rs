//! The `Accept-Language` field (RFC 9110 §12.5.4): language ranges with weights, resolved by lookup (RFC 4647 §3.4).

use crate::locale::{Locale, Locales};
use crate::tag;

/// Bytes of the field that are read; a member that this cuts is left out.
const MOST_BYTES: usize = 1_024;
/// Well-formed, distinct members that are kept.
const MOST_MEMBERS: usize = 32;
/// Weights are counted in thousandths: three decimals are all that the grammar has.
const FULL_WEIGHT: u16 = 1_000;

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Member<'h> {
    range: &'h str,
    weight: u16,
}

/// The well-formed members of the field, heaviest first, equals in the order of the field.
#[derive(Clone, Copy, Debug)]
pub(crate) struct AcceptLanguage<'h> {
    members: [Member<'h>; MOST_MEMBERS],
    count: usize,
}

impl<'h> AcceptLanguage<'h> {
    /// Malformed members are left out, as is everything past the limits. Several header lines are read as one joined by commas.
    pub(crate) fn parse(field: &'h str) -> Self {
        let mut parsed = Self { members: [Member::default(); MOST_MEMBERS], count: 0 };
        for text in within_limit(field).split(',') {
            if parsed.count == MOST_MEMBERS {
                break;
            }
            if let Some(member) = Member::parse(text) {
                parsed.insert(member);
            }
        }
        parsed
    }

    /// The locale that the field asks for, or none where it leaves the choice open or asks for nothing that is there.
    ///
    /// - Each range is tried in turn, its subtags taken off the end; a locale excluded by weight 0 is passed over.
    /// - `*` stands for what no other member names: `default` first, then the set's order.
    /// - Where only exclusions are left and they hit `default`, the first locale not excluded is taken.
    pub(crate) fn choose(&self, locales: &Locales, default: Locale) -> Option<Locale> {
        let wanted = self.members().iter().filter(|member| member.weight > 0);
        let named = wanted.into_iter().find_map(|member| match member.range {
            "*" => candidates(locales, default).find(|locale| self.weight_of(*locale).is_none()),
            range => locales.lookup_among(range, |locale| !self.excludes(locale)),
        });
        if named.is_some() || !self.excludes(default) {
            return named;
        }
        candidates(locales, default).find(|locale| !self.excludes(*locale))
    }

    fn members(&self) -> &[Member<'h>] {
        self.members.get(..self.count).unwrap_or_default()
    }

    /// A range that is repeated counts once, with its greatest weight.
    fn insert(&mut self, member: Member<'h>) {
        if let Some(place) = self.members().iter().position(|other| other.range.eq_ignore_ascii_case(member.range)) {
            if self.members[place].weight >= member.weight {
                return;
            }
            self.members.copy_within(place + 1..self.count, place);
            self.count -= 1;
        }
        let place = self.members().iter().position(|other| other.weight < member.weight).unwrap_or(self.count);
        self.members.copy_within(place..self.count, place + 1);
        self.members[place] = member;
        self.count += 1;
    }

    fn excludes(&self, locale: Locale) -> bool {
        self.weight_of(locale) == Some(0)
    }

    /// The weight of the most specific range that matches; of equals the greatest. `*` names nothing.
    fn weight_of(&self, locale: Locale) -> Option<u16> {
        self.members()
            .iter()
            .filter(|member| member.range != "*")
            .filter_map(|member| Some((tag::matched_subtags(member.range, locale.tag())?, member.weight)))
            .max()
            .map(|(_, weight)| weight)
    }
}

impl<'h> Member<'h> {
    /// `language-range [ OWS ";" OWS "q=" qvalue ]`
    fn parse(text: &'h str) -> Option<Self> {
        let (range, weight) = match text.split_once(';') {
            Some((range, weight)) => (trim(range), weight_value(trim(weight))?),
            None => (trim(text), FULL_WEIGHT),
        };
        let well_formed = range == "*" || (tag::is_range(range) && !range.contains('_'));
        well_formed.then_some(Self { range, weight })
    }
}

fn candidates(locales: &Locales, default: Locale) -> impl Iterator<Item = Locale> + '_ {
    std::iter::once(default).chain(locales.iter().filter(|locale| locale.pseudo().is_none()))
}

/// The part of the field that is read: whole members only.
fn within_limit(field: &str) -> &str {
    if field.len() <= MOST_BYTES {
        return field;
    }
    let start = &field[..field.floor_char_boundary(MOST_BYTES)];
    start.rsplit_once(',').map_or("", |(whole, _)| whole)
}

/// Optional white space is spaces and tabs (RFC 9110 §5.6.3).
fn trim(text: &str) -> &str {
    text.trim_matches([' ', '\t'])
}

/// `weight` in thousandths (RFC 9110 §12.4.2): `q=0`, `q=0.875`, `q=1.000`; nothing else.
fn weight_value(text: &str) -> Option<u16> {
    let (name, value) = text.split_once('=')?;
    if !name.eq_ignore_ascii_case("q") {
        return None;
    }
    let (whole, decimals) = value.split_once('.').unwrap_or((value, ""));
    if decimals.len() > 3 || !decimals.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let thousandths =
        decimals.bytes().chain(std::iter::repeat(b'0')).take(3).fold(0, |sum, digit| sum * 10 + u16::from(digit - b'0'));
    match whole {
        "0" => Some(thousandths),
        "1" if thousandths == 0 => Some(FULL_WEIGHT),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn members(field: &str) -> Vec<(String, u16)> {
        AcceptLanguage::parse(field).members().iter().map(|member| (member.range.to_owned(), member.weight)).collect()
    }

    fn names(field: &str) -> Vec<String> {
        members(field).into_iter().map(|(range, _)| range).collect()
    }

    #[test]
    fn weights_follow_the_grammar() {
        for (text, weight) in [
            ("q=1", 1_000),
            ("q=1.", 1_000),
            ("q=1.000", 1_000),
            ("Q=0.5", 500),
            ("q=0.875", 875),
            ("q=0", 0),
            ("q=0.001", 1),
            ("q=0.", 0),
        ] {
            assert_eq!(weight_value(text), Some(weight), "{text}");
        }
        for text in [
            "",
            "q",
            "q=",
            "q=2",
            "q=1.001",
            "q=.5",
            "q=0.1234",
            "q=-0",
            "q=+1",
            "q= 1",
            "q=0,5",
            "q=NaN",
            "level=1",
            "q=0.5;q=1",
            "q=１",
        ] {
            assert_eq!(weight_value(text), None, "{text}");
        }
    }

    #[test]
    fn members_are_ordered_by_weight_and_then_by_place() {
        assert_eq!(names("a;q=0.5, b, c;q=0.5, d;q=0.9, e"), ["b", "e", "d", "a", "c"]);
        assert_eq!(members("\ten-US ;\t q=0.8 ,,, id"), [("id".to_owned(), 1_000), ("en-US".to_owned(), 800)]);
    }

    #[test]
    fn a_repeated_range_counts_once_with_its_greatest_weight() {
        assert_eq!(
            members("a;q=0.1, b;q=0.5, A;q=0.9, b, b;q=0, *, *;q=0.2"),
            [("b", 1_000), ("*", 1_000), ("A", 900)].map(|(r, w)| (r.to_owned(), w))
        );
        let full: Vec<String> =
            (b'b'..=b'z').flat_map(|one| [format!("{0}{0};q=0.1", one as char), format!("{0}a;q=0.1", one as char)]).collect();
        let repeated = format!("{},bb", full[..MOST_MEMBERS].join(","));
        assert_eq!(AcceptLanguage::parse(&repeated).count, MOST_MEMBERS);
    }

    #[test]
    fn malformed_members_are_left_out_alone() {
        assert_eq!(names("en;q=9, *-ID, , en_US, ;q=1, id;q=0.3;x=1, toolonglanguage, héé, fr"), ["fr"]);
    }

    #[test]
    fn length_and_number_are_bounded() {
        let many: Vec<String> =
            (b'b'..=b'z').flat_map(|one| [format!("{0}{0}", one as char), format!("{0}a", one as char)]).collect();
        assert_eq!(AcceptLanguage::parse(&many.join(",")).count, MOST_MEMBERS);
        // The limit falls inside the last member, which must not be read as a shorter one.
        let cut = format!("fr;q=0.1{},id-ID", " ".repeat(MOST_BYTES - 12));
        assert!(cut.len() > MOST_BYTES);
        assert_eq!(names(&cut), ["fr"]);
        let wide = format!("fr,{}", "é".repeat(MOST_BYTES));
        assert_eq!(names(&wide), ["fr"]);
        assert!(names(&"x".repeat(100_000)).is_empty());
    }
}
