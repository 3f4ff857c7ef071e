//! `Cache-Control` and its targeted relatives (RFC 9111 §5.2, RFC 9213).

use http::header::CACHE_CONTROL;
use http::{HeaderMap, HeaderName, HeaderValue};

/// The longest lifetime that is reckoned with, in seconds (RFC 9111 §1.2.2).
pub(crate) const FOREVER: u64 = 1 << 31;

static CDN_CACHE_CONTROL: HeaderName = HeaderName::from_static("cdn-cache-control");
static SURROGATE_CONTROL: HeaderName = HeaderName::from_static("surrogate-control");
/// By this name `Surrogate-Control: max-age=60;banyan` speaks to us.
const SURROGATE: &str = "banyan";

/// To which fields of an answer `no-cache` or `private` applies.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Applies {
    ToAll,
    /// The listed fields must not be stored; the rest may.
    ToFields(Vec<HeaderName>),
}

/// What a request or an answer says about caching. Times are in seconds, at most [`FOREVER`].
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Directives {
    pub(crate) no_store: bool,
    pub(crate) no_cache: Option<Applies>,
    pub(crate) private: Option<Applies>,
    pub(crate) public: bool,
    pub(crate) must_revalidate: bool,
    pub(crate) proxy_revalidate: bool,
    pub(crate) must_understand: bool,
    pub(crate) only_if_cached: bool,
    pub(crate) max_age: Option<u64>,
    pub(crate) s_maxage: Option<u64>,
    pub(crate) min_fresh: Option<u64>,
    pub(crate) max_stale: Option<u64>,
    pub(crate) stale_while_revalidate: Option<u64>,
    pub(crate) stale_if_error: Option<u64>,
}

impl Directives {
    pub(crate) fn of(headers: &HeaderMap) -> Self {
        Self::parse(headers.get_all(CACHE_CONTROL))
    }

    /// What is said to caches like this one alone: it then counts instead of `Cache-Control` and `Expires`.
    pub(crate) fn targeted(headers: &HeaderMap) -> Option<Self> {
        if headers.contains_key(&CDN_CACHE_CONTROL) {
            return Some(Self::parse(headers.get_all(&CDN_CACHE_CONTROL)));
        }
        let mut directives = Self::default();
        for value in headers.get_all(&SURROGATE_CONTROL) {
            for member in members(value) {
                let (directive, target) = member.split_once(';').map_or((member, None), |(one, other)| (one, Some(other.trim())));
                if target.is_none_or(|target| target == SURROGATE) {
                    directives.take(directive);
                }
            }
        }
        (directives != Self::default()).then_some(directives)
    }

    fn parse<'v>(values: impl IntoIterator<Item = &'v HeaderValue>) -> Self {
        let mut directives = Self::default();
        for value in values {
            members(value).for_each(|member| directives.take(member));
        }
        directives
    }

    fn take(&mut self, member: &str) {
        let (name, argument) = member.split_once('=').map_or((member, None), |(name, argument)| (name, Some(argument)));
        let seconds = argument.map_or(Err(()), delta_seconds);
        match name.to_ascii_lowercase().as_str() {
            "no-store" => self.no_store = true,
            "no-cache" => widen(&mut self.no_cache, argument),
            "private" => widen(&mut self.private, argument),
            "public" => self.public = true,
            "must-revalidate" => self.must_revalidate = true,
            "proxy-revalidate" => self.proxy_revalidate = true,
            "must-understand" => self.must_understand = true,
            "only-if-cached" => self.only_if_cached = true,
            // What cannot be read counts as stale (RFC 9111 §4.2.1).
            "max-age" => lower(&mut self.max_age, seconds.unwrap_or(0)),
            "s-maxage" => lower(&mut self.s_maxage, seconds.unwrap_or(0)),
            "min-fresh" => self.min_fresh = seconds.ok().or(self.min_fresh),
            "max-stale" if argument.is_none() => lower(&mut self.max_stale, FOREVER),
            "max-stale" => lower(&mut self.max_stale, seconds.unwrap_or(0)),
            "stale-while-revalidate" => lower(&mut self.stale_while_revalidate, seconds.unwrap_or(0)),
            "stale-if-error" => lower(&mut self.stale_if_error, seconds.unwrap_or(0)),
            _ => {}
        }
    }
}

/// Of two times the stricter counts.
fn lower(time: &mut Option<u64>, said: u64) {
    *time = Some(time.map_or(said, |known| known.min(said)));
}

/// Of two statements the wider counts. A name that cannot be read makes it apply to all.
fn widen(applies: &mut Option<Applies>, argument: Option<&str>) {
    let names = argument.map(|argument| argument.trim_matches('"').split(',').map(|name| name.trim().parse::<HeaderName>()));
    let fields = names.and_then(|names| names.collect::<Result<Vec<_>, _>>().ok()).filter(|fields| !fields.is_empty());
    *applies = match (applies.take(), fields) {
        (None, Some(fields)) => Some(Applies::ToFields(fields)),
        (Some(Applies::ToFields(mut known)), Some(fields)) => {
            known.extend(fields);
            Some(Applies::ToFields(known))
        }
        _ => Some(Applies::ToAll),
    };
}

fn delta_seconds(text: &str) -> Result<u64, ()> {
    let bare = text.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).unwrap_or(text);
    if bare.is_empty() || !bare.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(());
    }
    // Only digits: what does not fit is larger than any lifetime.
    Ok(bare.parse::<u64>().unwrap_or(FOREVER).min(FOREVER))
}

/// The members of a list, without those that are empty; a comma inside of quotes parts nothing.
pub(crate) fn members(value: &HeaderValue) -> impl Iterator<Item = &str> {
    let text = value.to_str().unwrap_or_default();
    let mut quoted = false;
    let mut escaped = false;
    let parts = text.split(move |character: char| {
        let parting = character == ',' && !quoted;
        match character {
            _ if escaped => escaped = false,
            '\\' if quoted => escaped = true,
            '"' => quoted = !quoted,
            _ => {}
        }
        parting
    });
    parts.map(str::trim).filter(|member| !member.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Directives {
        Directives::parse([&HeaderValue::from_str(text).unwrap()])
    }

    #[test]
    fn what_is_said_is_read() {
        let said = parse("Public, MaX-aGe=003600, s-maxage=\"60\", stale-while-revalidate=5, foo, bar=\"x, no-store\"");
        assert!(said.public && !said.no_store);
        assert_eq!((said.max_age, said.s_maxage, said.stale_while_revalidate), (Some(3600), Some(60), Some(5)));
        assert_eq!(parse("max-age=99999999999999999999").max_age, Some(FOREVER));
        assert_eq!(parse("max-stale").max_stale, Some(FOREVER));
        assert_eq!(parse("max-stale=x").max_stale, Some(0));
    }

    #[test]
    fn what_cannot_be_read_is_stale_and_of_two_the_stricter_counts() {
        for text in ["max-age='3600'", "max-age=-1", "max-age=", "max-age", "max-age=3600.5", "max-age=a1", "max-age= 3600"] {
            assert_eq!(parse(text).max_age, Some(0), "{text}");
        }
        assert_eq!(parse("max-age =3600").max_age, None);
        assert_eq!(parse("max-age=10, max-age=5").max_age, Some(5));
        assert_eq!(parse("extension=\"max-age=3600\", max-age=1").max_age, Some(1));
    }

    #[test]
    fn fields_are_named_or_all_are_meant() {
        let named = |text| parse(text).no_cache;
        assert_eq!(named("no-cache"), Some(Applies::ToAll));
        assert_eq!(named("no-cache=\"a, B\""), Some(Applies::ToFields(vec!["a".parse().unwrap(), "b".parse().unwrap()])));
        assert_eq!(named("no-cache=\"a\", no-cache"), Some(Applies::ToAll));
        assert_eq!(named("no-cache=\"a b\""), Some(Applies::ToAll));
        assert_eq!(parse("private=\"\"").private, Some(Applies::ToAll));
    }

    #[test]
    fn a_targeted_field_speaks_to_us_alone() {
        let mut headers = HeaderMap::new();
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        assert_eq!(Directives::targeted(&headers), None);
        headers.insert(&SURROGATE_CONTROL, HeaderValue::from_static("max-age=5;other, max-age=7;banyan"));
        assert_eq!(Directives::targeted(&headers).unwrap().max_age, Some(7));
        headers.insert(&CDN_CACHE_CONTROL, HeaderValue::from_static("max-age=9"));
        assert_eq!(Directives::targeted(&headers).unwrap().max_age, Some(9));
    }
}
