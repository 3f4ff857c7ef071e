//! The document of an environment, as Unleash's SDKs take it.

use std::collections::{BTreeSet, HashMap};

use unleash_types::client_features as unleash;

use crate::definition::{Constraint, Operator, Payload, Settings, Strategy, StrategyVariant, Variant, WeightType};
use crate::entity::{flag, segment};

/// An environment's flags with the segments that they name, and the tags of each.
pub(crate) fn document(
    environment: &str,
    flags: Vec<flag::Model>,
    segments: Vec<segment::Model>,
) -> (unleash::ClientFeatures, HashMap<String, Vec<String>>) {
    let mut used = BTreeSet::new();
    let mut tags = HashMap::new();
    let features = flags.into_iter().map(|mut row| {
        if !row.tags.0.is_empty() {
            tags.insert(row.key.clone(), row.tags.0.iter().map(|tag| with_type(tag)).collect());
        }
        let settings = row.settings.0.remove(environment).unwrap_or_default();
        used.extend(settings.strategies.iter().filter(|one| !one.disabled).flat_map(|one| one.segments.iter().copied()));
        feature(row, settings)
    });
    let features: Vec<unleash::ClientFeature> = features.collect();
    let segments = segments.into_iter().filter_map(|row| {
        let id = i32::try_from(row.number).ok().filter(|id| used.contains(id))?;
        Some(unleash::Segment { id, constraints: row.constraints.0.into_iter().map(constraint).collect() })
    });
    let segments = Some(segments.collect());
    (unleash::ClientFeatures { version: 2, features, segments, query: None, meta: None }, tags)
}

/// As Unleash writes a tag; one without a type is a simple one.
pub(crate) fn with_type(tag: &str) -> String {
    if tag.contains(':') { tag.to_owned() } else { format!("simple:{tag}") }
}

/// A flag of an environment.
pub(crate) fn feature(row: flag::Model, settings: Settings) -> unleash::ClientFeature {
    let Settings { enabled, mut strategies, variants } = settings;
    // Where none is left that counts, no strategies would mean everybody.
    let all_disabled = !strategies.is_empty() && strategies.iter().all(|strategy| strategy.disabled);
    strategies.retain(|strategy| !strategy.disabled);
    strategies.sort_by_key(|strategy| strategy.sort_order.unwrap_or(i32::MAX));
    let dependencies: Vec<unleash::FeatureDependency> = row.dependencies.0.into_iter().map(dependency).collect();
    unleash::ClientFeature {
        name: row.key,
        feature_type: Some(row.kind),
        description: row.description,
        created_at: None,
        last_seen_at: None,
        enabled: enabled && !all_disabled,
        stale: Some(row.stale),
        impression_data: Some(row.impression_data),
        project: Some(row.project),
        strategies: Some(strategies.into_iter().map(strategy).collect()),
        variants: Some(variants.into_iter().map(variant).collect()),
        dependencies: (!dependencies.is_empty()).then_some(dependencies),
    }
}

fn dependency(one: crate::definition::Dependency) -> unleash::FeatureDependency {
    let variants = (!one.variants.is_empty()).then_some(one.variants);
    unleash::FeatureDependency { feature: one.feature, enabled: Some(one.enabled), variants }
}

fn strategy(one: Strategy) -> unleash::Strategy {
    let stickiness = one.parameters.get("stickiness").cloned();
    let of_strategy = |variant: StrategyVariant| unleash::StrategyVariant {
        name: variant.name,
        weight: variant.weight,
        payload: variant.payload.map(payload),
        stickiness: variant.stickiness.or_else(|| stickiness.clone()),
    };
    unleash::Strategy {
        name: one.name,
        sort_order: one.sort_order,
        segments: (!one.segments.is_empty()).then_some(one.segments),
        constraints: Some(one.constraints.into_iter().map(constraint).collect()),
        parameters: Some(one.parameters.into_iter().collect()),
        variants: Some(one.variants.into_iter().map(of_strategy).collect()),
    }
}

fn variant(one: Variant) -> unleash::Variant {
    let overrides = one.overrides.into_iter();
    let overrides = overrides.map(|one| unleash::Override { context_name: one.context_name, values: one.values });
    unleash::Variant {
        name: one.name,
        weight: one.weight,
        weight_type: Some(match one.weight_type {
            WeightType::Fix => unleash::WeightType::Fix,
            WeightType::Variable => unleash::WeightType::Variable,
        }),
        stickiness: Some(one.stickiness.unwrap_or_else(|| "default".to_owned())),
        payload: one.payload.map(payload),
        overrides: Some(overrides.collect()),
    }
}

fn payload(one: Payload) -> unleash::Payload {
    unleash::Payload { payload_type: one.kind, value: one.value }
}

pub(crate) fn constraint(one: Constraint) -> unleash::Constraint {
    unleash::Constraint {
        context_name: one.context_name,
        operator: operator(one.operator),
        case_insensitive: one.case_insensitive,
        inverted: one.inverted,
        values: Some(one.values),
        value: one.value,
    }
}

const fn operator(one: Operator) -> unleash::Operator {
    match one {
        Operator::In => unleash::Operator::In,
        Operator::NotIn => unleash::Operator::NotIn,
        Operator::StrStartsWith => unleash::Operator::StrStartsWith,
        Operator::StrEndsWith => unleash::Operator::StrEndsWith,
        Operator::StrContains => unleash::Operator::StrContains,
        Operator::NumEq => unleash::Operator::NumEq,
        Operator::NumGt => unleash::Operator::NumGt,
        Operator::NumGte => unleash::Operator::NumGte,
        Operator::NumLt => unleash::Operator::NumLt,
        Operator::NumLte => unleash::Operator::NumLte,
        Operator::DateAfter => unleash::Operator::DateAfter,
        Operator::DateBefore => unleash::Operator::DateBefore,
        Operator::SemverEq => unleash::Operator::SemverEq,
        Operator::SemverGt => unleash::Operator::SemverGt,
        Operator::SemverGte => unleash::Operator::SemverGte,
        Operator::SemverLt => unleash::Operator::SemverLt,
        Operator::SemverLte => unleash::Operator::SemverLte,
        Operator::Regex => unleash::Operator::RegexMatch,
        Operator::InCidr => unleash::Operator::InCidr,
    }
}
