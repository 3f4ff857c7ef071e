//! What a flag says of one environment: whether it is on, for whom, and in which variants. The words are those of Unleash.

mod check;
mod constraint;
mod dependency;
mod parameters;
mod variant;

use std::collections::BTreeMap;

use banyan_http::{Check, FieldError, Validate};
use sea_orm::FromJsonQueryResult;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

pub use constraint::{Constraint, Operator};
pub use dependency::Dependency;
pub use variant::{Override, Payload, StrategyVariant, Variant, WeightType};

pub(crate) use check::is_name;

/// Strategies of a flag in one environment.
pub const MOST_STRATEGIES: usize = 30;
/// Constraints of a strategy or segment.
pub const MOST_CONSTRAINTS: usize = 30;
/// Values of a constraint.
pub const MOST_VALUES: usize = 10_000;
/// Segments that a strategy names.
pub const MOST_SEGMENTS: usize = 5;
/// Variants of a flag or strategy.
pub const MOST_VARIANTS: usize = 20;

/// A flag in one environment.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema, FromJsonQueryResult)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = FlagSettings)]
#[schema(example = json!({
    "enabled": true,
    "strategies": [{
        "name": "flexibleRollout",
        "parameters": { "rollout": "50", "stickiness": "default", "groupId": "new-dashboard" },
        "constraints": [{ "contextName": "locale", "operator": "IN", "values": ["id-ID"] }]
    }]
}))]
pub struct Settings {
    /// Off means off for everybody, whatever the strategies say.
    pub enabled: bool,
    /// It is on for whom one of them holds; for everybody where there are none.
    #[serde(default)]
    #[schema(max_items = 30)]
    pub strategies: Vec<Strategy>,
    /// Of whom it is on for, each gets one. Variants of the strategy that held go before these.
    #[serde(default)]
    #[schema(max_items = 20)]
    pub variants: Vec<Variant>,
}

impl Validate for Settings {
    fn validate(&self, check: &mut Check) {
        strategies(check, &self.strategies);
        variants(check, &self.variants);
    }
}

/// What is to be different of a flag in one environment. What is left out stays.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema, FromJsonQueryResult)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = FlagProposal)]
pub struct Proposal {
    pub enabled: Option<bool>,
    #[schema(max_items = 30)]
    pub strategies: Option<Vec<Strategy>>,
    #[schema(max_items = 20)]
    pub variants: Option<Vec<Variant>>,
}

impl Validate for Proposal {
    fn validate(&self, check: &mut Check) {
        strategies(check, self.strategies.as_deref().unwrap_or_default());
        variants(check, self.variants.as_deref().unwrap_or_default());
        let says = self.enabled.is_some() || self.strategies.is_some() || self.variants.is_some();
        check.that(says, "enabled", FieldError::required());
    }
}

impl Settings {
    /// As a proposal has them.
    pub(crate) fn with(&self, proposal: &Proposal) -> Self {
        let proposal = proposal.clone();
        Self {
            enabled: proposal.enabled.unwrap_or(self.enabled),
            strategies: proposal.strategies.unwrap_or_else(|| self.strategies.clone()),
            variants: proposal.variants.unwrap_or_else(|| self.variants.clone()),
        }
    }

    /// The weights of the variants that people get, above 0. None where the strategies do not agree on them: by which one somebody got a
    /// variant would count as much as the variant.
    pub(crate) fn shares(&self) -> Option<BTreeMap<String, i64>> {
        let above = |(name, weight): (&String, i32)| (weight > 0).then(|| (name.clone(), i64::from(weight)));
        let own = || self.variants.iter().map(|one| (&one.name, one.weight)).filter_map(above).collect::<BTreeMap<_, _>>();
        let of = |strategy: &Strategy| match &strategy.variants[..] {
            [] => own(),
            variants => variants.iter().map(|one| (&one.name, one.weight)).filter_map(above).collect(),
        };
        let mut all = self.strategies.iter().filter(|strategy| !strategy.disabled).map(of);
        let Some(first) = all.next() else { return Some(own()) };
        all.all(|other| other == first).then_some(first)
    }
}

pub(crate) fn strategies(check: &mut Check, strategies: &[Strategy]) {
    check.count("strategies", strategies, 0, MOST_STRATEGIES);
    check.each("strategies", strategies.iter().take(MOST_STRATEGIES), |check, strategy| strategy.validate(check));
}

pub(crate) fn variants(check: &mut Check, variants: &[Variant]) {
    check.count("variants", variants, 0, MOST_VARIANTS);
    check.each("variants", variants.iter().take(MOST_VARIANTS), |check, variant| variant.validate(check));
    variant::names(check, "variants", variants.iter().map(|variant| variant.name.as_str()));
    variant::weights(check, variants);
}

/// Whom a flag is on for.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = FlagStrategy)]
pub struct Strategy {
    /// `flexibleRollout`, `userWithId`, `remoteAddress`, `applicationHostname`, `gradualRolloutUserId`, `gradualRolloutSessionId`,
    /// `gradualRolloutRandom` or `default`.
    #[schema(example = "flexibleRollout")]
    pub name: String,
    /// For people.
    #[schema(max_length = 100)]
    pub title: Option<String>,
    /// Left out of the decision. A flag whose strategies all are is off.
    #[serde(default)]
    pub disabled: bool,
    /// What the strategy of this name takes: `rollout` (0 to 100), `stickiness` and `groupId`; `percentage` and `groupId`; `userIds`,
    /// `IPs` or `hostNames`, separated by commas.
    #[serde(default)]
    #[schema(value_type = std::collections::HashMap<String, String>)]
    pub parameters: BTreeMap<String, String>,
    /// All of them must hold.
    #[serde(default)]
    #[schema(max_items = 30)]
    pub constraints: Vec<Constraint>,
    /// Numbers of segments, all of which must hold.
    #[serde(default)]
    #[schema(max_items = 5)]
    pub segments: Vec<i32>,
    #[serde(default)]
    #[schema(max_items = 20)]
    pub variants: Vec<StrategyVariant>,
    /// Strategies are looked at in this order; those without one in the order in which they stand.
    pub sort_order: Option<i32>,
}

impl Validate for Strategy {
    fn validate(&self, check: &mut Check) {
        check.line("title", &self.title).length(0, 100).any();
        parameters::check(check, &self.name, &self.parameters);
        constraints(check, &self.constraints);
        check.count("segments", &self.segments, 0, MOST_SEGMENTS);
        check.count("variants", &self.variants, 0, MOST_VARIANTS);
        check.each("variants", self.variants.iter().take(MOST_VARIANTS), |check, variant| variant.validate(check));
        variant::names(check, "variants", self.variants.iter().map(|variant| variant.name.as_str()));
    }
}

pub(crate) fn constraints(check: &mut Check, constraints: &[Constraint]) {
    check.count("constraints", constraints, 0, MOST_CONSTRAINTS);
    check.each("constraints", constraints.iter().take(MOST_CONSTRAINTS), |check, constraint| constraint.validate(check));
}

/// What a flag says of each environment, as it is kept.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, FromJsonQueryResult)]
pub struct AllSettings(pub BTreeMap<String, Settings>);

/// Constraints of a segment, as they are kept.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, FromJsonQueryResult)]
pub struct Constraints(pub Vec<Constraint>);

/// As they are kept.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, FromJsonQueryResult)]
pub struct Dependencies(pub Vec<Dependency>);

/// As they are kept.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, FromJsonQueryResult)]
pub struct Tags(pub Vec<String>);

/// For everybody in `percent` of a hundred, the same people at each look.
pub(crate) fn gradual(key: &str, percent: u8) -> Strategy {
    let parameters = [("rollout", percent.to_string()), ("stickiness", "default".to_owned()), ("groupId", key.to_owned())];
    Strategy {
        name: "flexibleRollout".to_owned(),
        parameters: parameters.into_iter().map(|(name, value)| (name.to_owned(), value)).collect(),
        ..Strategy::default()
    }
}
