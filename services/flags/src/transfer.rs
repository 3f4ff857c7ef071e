//! Flags as Unleash exports them: flat lists that name one another.

use std::collections::BTreeMap;

use banyan_http::{Check, FieldError};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::definition::{
    Constraint, Dependency, Override, Payload, Settings, Strategy, StrategyVariant, Tags, Variant, WeightType, is_name,
};
use crate::entity::{flag, segment};

/// Features of one document: as many as a tenant may have.
pub(crate) const MOST: usize = crate::store::flags::MOST;

/// One environment's flags.
pub(crate) fn export(environment: &str, flags: &[flag::Model], segments: &[segment::Model]) -> Value {
    let feature = |row: &flag::Model| {
        json!({
            "name": row.key, "type": row.kind, "description": row.description, "project": row.project, "stale": row.stale,
            "impressionData": row.impression_data, "archived": row.archived_at.is_some(),
            "createdAt": banyan_kernel::Timestamp::from_micros(row.created_at)
        })
    };
    let strategies = |row: &flag::Model| {
        let settings = row.settings_of(environment);
        let key = row.key.clone();
        settings.strategies.into_iter().enumerate().map(move |(place, one)| {
            json!({
                "id": format!("{key}-{place}"), "featureName": key, "name": one.name, "title": one.title, "disabled": one.disabled,
                "parameters": one.parameters, "constraints": one.constraints, "segments": one.segments, "variants": one.variants,
                "sortOrder": one.sort_order
            })
        })
    };
    let settings = |row: &flag::Model| {
        let settings = row.settings_of(environment);
        json!({
            "featureName": row.key, "name": row.key, "environment": environment, "enabled": settings.enabled, "variants": settings.variants
        })
    };
    let tags = |row: &flag::Model| {
        let key = row.key.clone();
        row.tags.0.clone().into_iter().map(move |tag| {
            let (kind, value) = tag.split_once(':').map_or(("simple", tag.as_str()), |(kind, value)| (kind, value));
            json!({ "featureName": key, "tagType": kind, "tagValue": value })
        })
    };
    let dependencies = flags.iter().filter(|row| !row.dependencies.0.is_empty());
    let used = |one: &&segment::Model| {
        let strategies = flags.iter().flat_map(|row| row.settings.0.get(environment)).flat_map(|settings| &settings.strategies);
        strategies.flat_map(|strategy| &strategy.segments).any(|number| i64::from(*number) == one.number)
    };
    let segment = |one: &segment::Model| json!({ "id": one.number, "name": one.name, "constraints": one.constraints });
    json!({
        "features": flags.iter().map(feature).collect::<Vec<_>>(),
        "featureStrategies": flags.iter().flat_map(strategies).collect::<Vec<_>>(),
        "featureEnvironments": flags.iter().map(settings).collect::<Vec<_>>(),
        "featureTags": flags.iter().flat_map(tags).collect::<Vec<_>>(),
        "tagTypes": [],
        "contextFields": [],
        "segments": segments.iter().filter(used).map(segment).collect::<Vec<_>>(),
        "dependencies": dependencies.map(|row| json!({ "feature": row.key, "dependencies": row.dependencies })).collect::<Vec<_>>(),
    })
}

/// A document that was read and found good.
#[derive(Debug, Default)]
pub(crate) struct Incoming {
    pub(crate) flags: Vec<IncomingFlag>,
    pub(crate) segments: Vec<IncomingSegment>,
}

#[derive(Debug)]
pub(crate) struct IncomingFlag {
    pub(crate) key: String,
    pub(crate) kind: String,
    pub(crate) description: Option<String>,
    pub(crate) project: String,
    pub(crate) stale: bool,
    pub(crate) impression_data: bool,
    pub(crate) tags: Tags,
    pub(crate) dependencies: Vec<Dependency>,
    /// Segments by the numbers of the document.
    pub(crate) settings: Settings,
}

/// As strategies of the document name it.
#[derive(Debug)]
pub(crate) struct IncomingSegment {
    pub(crate) number: i32,
    pub(crate) name: String,
    /// Unleash leaves them out: then there must be one of this name.
    pub(crate) constraints: Option<Vec<Constraint>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Document {
    features: Vec<Feature>,
    feature_strategies: Vec<FeatureStrategy>,
    feature_environments: Vec<FeatureEnvironment>,
    feature_tags: Vec<FeatureTag>,
    segments: Vec<Segment>,
    dependencies: Vec<FeatureDependencies>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Feature {
    name: String,
    #[serde(rename = "type")]
    kind: Option<String>,
    description: Option<String>,
    project: Option<String>,
    stale: Option<bool>,
    impression_data: Option<bool>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct FeatureStrategy {
    feature_name: String,
    name: Option<String>,
    strategy_name: Option<String>,
    title: Option<String>,
    disabled: Option<bool>,
    parameters: Option<BTreeMap<String, Value>>,
    constraints: Option<Vec<Value>>,
    segments: Option<Vec<i32>>,
    variants: Option<Vec<Value>>,
    sort_order: Option<i32>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct FeatureEnvironment {
    feature_name: Option<String>,
    name: Option<String>,
    enabled: Option<bool>,
    variants: Option<Vec<Value>>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct FeatureTag {
    feature_name: String,
    tag_type: Option<String>,
    tag_value: String,
}

#[derive(Debug, Deserialize)]
struct Segment {
    id: i32,
    name: String,
    constraints: Option<Vec<Value>>,
}

#[derive(Debug, Deserialize)]
struct FeatureDependencies {
    feature: String,
    dependencies: Vec<FeatureDependency>,
}

#[derive(Debug, Deserialize)]
struct FeatureDependency {
    feature: String,
    enabled: Option<bool>,
    variants: Option<Vec<String>>,
}

/// Reads a document. Members that Banyan has no use for are passed over; what it would misread is named with its place.
///
/// # Errors
/// Everything that is wrong.
pub(crate) fn read(data: &Value) -> Result<Incoming, Vec<(String, FieldError)>> {
    if !data.is_object() {
        return Err(vec![("data".to_owned(), FieldError::new("not-unleash", "flags-field-import"))]);
    }
    let document: Document = serde_path_to_error::deserialize(data)
        .map_err(|error| vec![(format!("data.{}", error.path()), FieldError::new("not-unleash", "flags-field-import"))])?;
    let mut check = Check::new();
    check.that(document.features.len() <= MOST, "data.features", FieldError::too_many(MOST));
    let mut flags: BTreeMap<String, IncomingFlag> = BTreeMap::new();
    for (place, feature) in document.features.into_iter().enumerate().take(MOST) {
        let field = format!("data.features[{place}].name");
        check.that(is_name(&feature.name), &field, FieldError::new("invalid-key", "flags-field-key"));
        let flag = IncomingFlag::of(feature);
        if flags.insert(flag.key.clone(), flag).is_some() {
            check.error(field, FieldError::duplicate());
        }
    }
    for (place, one) in document.feature_strategies.into_iter().enumerate() {
        if let Some(flag) = flags.get_mut(&one.feature_name) {
            let strategy = strategy(&mut check, &format!("data.featureStrategies[{place}]"), one);
            flag.settings.strategies.push(strategy);
        }
    }
    for (place, one) in document.feature_environments.into_iter().enumerate() {
        if let Some(flag) = one.feature_name.as_ref().or(one.name.as_ref()).and_then(|name| flags.get_mut(name)) {
            flag.settings.enabled = one.enabled.unwrap_or_default();
            flag.settings.variants = values(&mut check, &format!("data.featureEnvironments[{place}].variants"), one.variants);
        }
    }
    for one in document.feature_tags {
        if let Some(flag) = flags.get_mut(&one.feature_name) {
            let kind = one.tag_type.filter(|kind| kind != "simple");
            let tag = kind.map_or_else(|| one.tag_value.clone(), |kind| format!("{kind}:{}", one.tag_value));
            // They are for people: what cannot be kept as it is is kept alike.
            flag.tags.0.push(tag.replace(['|', '%'], "-").chars().filter(|c| !c.is_control()).take(100).collect());
            flag.tags.0.truncate(20);
        }
    }
    for one in document.dependencies {
        if let Some(flag) = flags.get_mut(&one.feature) {
            let dependency = |one: FeatureDependency| Dependency {
                feature: one.feature,
                enabled: one.enabled.unwrap_or(true),
                variants: one.variants.unwrap_or_default(),
            };
            flag.dependencies.extend(one.dependencies.into_iter().take(10).map(dependency));
        }
    }
    for flag in flags.values() {
        let found = Check::of(&flag.settings).into_errors();
        found.into_iter().for_each(|(field, error)| check.error(format!("data.{}.{field}", flag.key), error));
    }
    let segments = document.segments.into_iter().enumerate().map(|(place, one)| IncomingSegment {
        number: one.id,
        name: one.name,
        constraints: one.constraints.map(|all| values(&mut check, &format!("data.segments[{place}].constraints"), Some(all))),
    });
    let segments = segments.collect();
    let errors = check.into_errors();
    if errors.is_empty() { Ok(Incoming { flags: flags.into_values().collect(), segments }) } else { Err(errors) }
}

impl IncomingFlag {
    fn of(feature: Feature) -> Self {
        Self {
            key: feature.name,
            kind: feature.kind.unwrap_or_else(|| "release".to_owned()),
            description: feature.description.map(|text| text.chars().take(1_000).collect()),
            project: feature.project.filter(|name| is_name(name)).unwrap_or_else(|| "default".to_owned()),
            stale: feature.stale.unwrap_or_default(),
            impression_data: feature.impression_data.unwrap_or_default(),
            tags: Tags::default(),
            dependencies: Vec::new(),
            settings: Settings::default(),
        }
    }
}

fn strategy(check: &mut Check, field: &str, one: FeatureStrategy) -> Strategy {
    let text = |value: Value| match value {
        Value::String(text) => text,
        value => value.to_string(),
    };
    Strategy {
        name: one.name.or(one.strategy_name).unwrap_or_default(),
        title: one.title.map(|title| title.chars().take(100).collect()),
        disabled: one.disabled.unwrap_or_default(),
        parameters: one.parameters.unwrap_or_default().into_iter().map(|(name, value)| (name, text(value))).collect(),
        constraints: values(check, &format!("{field}.constraints"), one.constraints),
        segments: one.segments.unwrap_or_default(),
        variants: values(check, &format!("{field}.variants"), one.variants),
        sort_order: one.sort_order,
    }
}

/// What is read member by member, so that more than we know does no harm.
trait Known: Sized {
    fn known(value: &Value) -> Option<Self>;
}

fn values<T: Known>(check: &mut Check, field: &str, given: Option<Vec<Value>>) -> Vec<T> {
    let mut found = Vec::new();
    for (place, value) in given.unwrap_or_default().iter().enumerate() {
        match T::known(value) {
            Some(value) => found.push(value),
            None => check.error(format!("{field}[{place}]"), FieldError::new("not-unleash", "flags-field-import")),
        }
    }
    found
}

fn text(value: &Value, member: &str) -> Option<String> {
    value[member].as_str().map(str::to_owned)
}

fn texts(value: &Value) -> Vec<String> {
    value.as_array().into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect()
}

fn weight(value: &Value) -> (i32, WeightType) {
    let weight = value["weight"].as_i64().and_then(|weight| i32::try_from(weight).ok()).unwrap_or(-1);
    let kind = if value["weightType"] == "fix" { WeightType::Fix } else { WeightType::Variable };
    (weight, kind)
}

fn payload(value: &Value) -> Option<Payload> {
    Some(Payload { kind: text(&value["payload"], "type")?, value: text(&value["payload"], "value")? })
}

impl Known for Constraint {
    fn known(value: &Value) -> Option<Self> {
        Some(Self {
            context_name: text(value, "contextName")?,
            operator: serde_json::from_value(value["operator"].clone()).ok()?,
            values: texts(&value["values"]),
            value: text(value, "value"),
            inverted: value["inverted"].as_bool().unwrap_or_default(),
            case_insensitive: value["caseInsensitive"].as_bool().unwrap_or_default(),
        })
    }
}

impl Known for Variant {
    fn known(value: &Value) -> Option<Self> {
        let (weight, weight_type) = weight(value);
        let one = |one: &Value| Some(Override { context_name: text(one, "contextName")?, values: texts(&one["values"]) });
        let overrides = value["overrides"].as_array().into_iter().flatten().filter_map(one).collect();
        let (name, stickiness) = (text(value, "name")?, text(value, "stickiness"));
        Some(Self { name, weight, weight_type, stickiness, payload: payload(value), overrides })
    }
}

impl Known for StrategyVariant {
    fn known(value: &Value) -> Option<Self> {
        let (weight, weight_type) = weight(value);
        let (name, stickiness) = (text(value, "name")?, text(value, "stickiness"));
        Some(Self { name, weight, weight_type, stickiness, payload: payload(value) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_would_be_misread_is_named() {
        let names = |data: Value| -> Vec<String> { read(&data).unwrap_err().into_iter().map(|(field, _)| field).collect() };
        assert_eq!(names(json!([])), ["data"]);
        assert_eq!(names(json!({ "features": [{ "type": "release" }] })), ["data.features[0]"]);
        assert_eq!(names(json!({ "features": [{ "name": "a b" }] })), ["data.features[0].name"]);
        assert_eq!(names(json!({ "features": [{ "name": "a" }, { "name": "a" }] })), ["data.features[1].name"]);
        let with = |strategy: Value| json!({ "features": [{ "name": "a" }], "featureStrategies": [strategy] });
        assert_eq!(names(with(json!({ "featureName": "a", "name": "own" }))), ["data.a.strategies[0].name"]);
        let bad = json!({ "featureName": "a", "name": "default", "constraints": [{ "contextName": "x", "operator": "LIKE" }] });
        assert_eq!(names(with(bad)), ["data.featureStrategies[0].constraints[0]"]);
        assert!(read(&json!({ "more": 1 })).unwrap().flags.is_empty());
    }
}
