//! `manifest.toml`: what an application is called, speaks, switches on, allows and sells.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;

use super::{ApplicationError, Finding, is_kebab, parse_toml};
use crate::money::Currency;

/// The classes of routes that every application limits.
const REQUIRED_CLASSES: [&str; 3] = ["api", "auth", "ai"];

/// An application's manifest, checked.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    pub brand: Brand,
    /// Requests that name no tenant belong to this application's own tenant. Just one application says so.
    #[serde(default)]
    pub default: bool,
    /// The language of people who state none: one of `locales`.
    pub default_locale: String,
    /// BCP 47 tags, the default one among them.
    pub locales: Vec<String>,
    /// Languages that are offered although they lack texts, which fall back: they have no legal texts of their own, for one.
    #[serde(default)]
    pub partial_locales: Vec<String>,
    /// The IANA time zone of people who state none.
    pub time_zone: String,
    /// The services that the application shows. A binary that does not carry one of them leaves it out.
    pub services: Vec<String>,
    #[serde(default)]
    pub flags: Vec<Flag>,
    /// Limits of anonymous and free use, by class of route.
    pub rate_limits: BTreeMap<String, RateLimit>,
    #[serde(default)]
    pub plans: Vec<Plan>,
}

impl Manifest {
    /// What people may choose from: the whole languages, then the partial ones.
    pub fn offered_locales(&self) -> impl Iterator<Item = &str> {
        self.locales.iter().chain(&self.partial_locales).map(String::as_str)
    }
}

/// How the application shows itself.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Brand {
    /// As people read it; the same in all languages. At most 60 characters.
    pub name: String,
    /// The leading colour, `#rrggbb`.
    pub colour: String,
}

/// A feature flag as it stands in a new tenant.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Flag {
    pub key: String,
    pub description: String,
    pub enabled: bool,
    /// Percent of users for whom an enabled flag is on, 0 to 100.
    #[serde(default = "everybody")]
    pub rollout: u8,
}

/// So many requests in a window.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RateLimit {
    pub requests: u32,
    pub window_seconds: u32,
}

/// What people may subscribe to. Its name and text are messages: `plan-<key>` with the attribute `.description`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Plan {
    pub key: String,
    /// Empty for a plan that costs nothing.
    #[serde(default)]
    pub prices: Vec<Price>,
    /// Limits that are larger than the application's own, by class.
    #[serde(default)]
    pub rate_limits: BTreeMap<String, RateLimit>,
}

/// A price in minor units of ISO 4217 (IDR has 2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Price {
    pub minor_units: i64,
    pub currency: Currency,
    pub every: BillingPeriod,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum BillingPeriod {
    Month,
    Year,
}

const fn everybody() -> u8 {
    100
}

impl Manifest {
    /// Reads and checks a manifest; `file` names it in findings.
    ///
    /// # Errors
    /// Every mistake, with its key.
    pub fn parse(file: &str, text: &str) -> Result<Self, ApplicationError> {
        let manifest: Self = parse_toml(file, text)?;
        let mut check = Checker { file, findings: Vec::new() };
        manifest.check(&mut check);
        if check.findings.is_empty() { Ok(manifest) } else { Err(ApplicationError { findings: check.findings }) }
    }

    fn check(&self, check: &mut Checker<'_>) {
        let length = self.brand.name.trim().chars().count();
        check.that((1..=60).contains(&length), "brand.name", "1 to 60 characters");
        check.that(is_colour(&self.brand.colour), "brand.colour", "a colour is `#` and six hexadecimal digits");
        check.that(self.locales.contains(&self.default_locale), "default_locale", "it must be one of `locales`");
        check.that(is_zone_name(&self.time_zone), "time_zone", "an IANA time zone such as `Asia/Jakarta`");
        check.names("services", self.services.iter());
        check.unique("locales", self.locales.iter().chain(&self.partial_locales));
        check.names("flags", self.flags.iter().map(|flag| &flag.key));
        for flag in &self.flags {
            check.that(flag.rollout <= 100, format!("flags.{}.rollout", flag.key), "0 to 100 percent");
        }
        for class in REQUIRED_CLASSES {
            check.that(self.rate_limits.contains_key(class), format!("rate_limits.{class}"), "this class is missing");
        }
        check.limits("rate_limits", &self.rate_limits);
        check.names("plans", self.plans.iter().map(|plan| &plan.key));
        for plan in &self.plans {
            self.check_plan(check, plan);
        }
    }

    fn check_plan(&self, check: &mut Checker<'_>, plan: &Plan) {
        let key = format!("plans.{}", plan.key);
        for price in &plan.prices {
            check.that(price.minor_units > 0, format!("{key}.prices"), "a price is above 0; leave it out for a free plan");
        }
        check.limits(&format!("{key}.rate_limits"), &plan.rate_limits);
        for class in plan.rate_limits.keys() {
            let known = self.rate_limits.contains_key(class);
            check.that(known, format!("{key}.rate_limits.{class}"), "no such class under `rate_limits`");
        }
    }
}

struct Checker<'a> {
    file: &'a str,
    findings: Vec<Finding>,
}

impl Checker<'_> {
    fn that(&mut self, holds: bool, key: impl Into<String>, message: &str) {
        if !holds {
            self.findings.push(Finding::of_key(self.file, key, message));
        }
    }

    fn unique<'t>(&mut self, key: &str, values: impl Iterator<Item = &'t String>) {
        let mut seen = BTreeSet::new();
        for value in values {
            self.that(seen.insert(value), key, &format!("`{value}` stands here twice"));
        }
    }

    fn names<'t>(&mut self, key: &str, values: impl Iterator<Item = &'t String> + Clone) {
        self.unique(key, values.clone());
        for value in values {
            self.that(is_kebab(value), key, &format!("`{value}` is not lower-case words joined by `-`"));
        }
    }

    fn limits(&mut self, key: &str, limits: &BTreeMap<String, RateLimit>) {
        for (class, limit) in limits {
            self.that(is_kebab(class), format!("{key}.{class}"), "a class is lower-case words joined by `-`");
            self.that(limit.requests > 0, format!("{key}.{class}.requests"), "at least 1");
            self.that(limit.window_seconds > 0, format!("{key}.{class}.window_seconds"), "at least 1 second");
        }
    }
}

fn is_colour(text: &str) -> bool {
    text.strip_prefix('#').is_some_and(|digits| digits.len() == 6 && digits.bytes().all(|byte| byte.is_ascii_hexdigit()))
}

/// The shape of a zone's name; whether the zone exists is asked where time is worked with.
fn is_zone_name(text: &str) -> bool {
    let part = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_+-".contains(&byte));
    text.len() <= 64 && text.split('/').all(part)
}
