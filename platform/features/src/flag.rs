//! What is known of a flag before anybody asks for its value: its text for clients, and what its answer depends on.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

use unleash_types::client_features::{ClientFeature, ClientFeatures, Constraint, Segment, Strategy, Variant as UnleashVariant};

use crate::evaluation::Shape;

/// As it was given, with what clients expect to be there.
pub(crate) struct Source {
    pub(crate) features: Vec<ClientFeature>,
    pub(crate) segments: Vec<Segment>,
}

/// What is known of a flag.
pub(crate) struct Flag {
    pub(crate) name: Box<str>,
    pub(crate) project: Box<str>,
    /// The feature, as clients get it.
    pub(crate) text: Arc<str>,
    pub(crate) tags: Vec<String>,
    /// Whether its answer depends on the time.
    pub(crate) needs_time: bool,
    /// Whether it looks at the session by name.
    pub(crate) needs_session: bool,
    /// Whether it must not be evaluated for nobody: it sticks to the user.
    pub(crate) needs_user: bool,
    /// Whether it may give a variant.
    pub(crate) has_variants: bool,
    /// Whether a variant of it has a payload.
    pub(crate) has_payloads: bool,
    pub(crate) impression_data: bool,
    pub(crate) shape: Shape,
}

impl Source {
    pub(crate) fn of(features: ClientFeatures) -> Self {
        // Of two with one name the later counts, as in the engine.
        let by_name: BTreeMap<String, ClientFeature> =
            features.features.into_iter().map(|feature| (feature.name.clone(), complete(feature))).collect();
        let mut segments = features.segments.unwrap_or_default();
        segments.sort_by_key(|segment| segment.id);
        Self { features: by_name.into_values().collect(), segments }
    }

    pub(crate) fn inlined(&self) -> Vec<Arc<str>> {
        let constraints: HashMap<i32, &[Constraint]> =
            self.segments.iter().map(|segment| (segment.id, segment.constraints.as_slice())).collect();
        let inline = |strategy: &mut Strategy| {
            let ids = strategy.segments.take().unwrap_or_default();
            let own = strategy.constraints.get_or_insert_default();
            own.extend(ids.iter().filter_map(|id| constraints.get(id)).flat_map(|constraints| constraints.iter().cloned()));
        };
        let text = |feature: &ClientFeature| {
            let mut feature = feature.clone();
            feature.strategies.iter_mut().flatten().for_each(inline);
            text_of(&feature)
        };
        self.features.iter().map(text).collect()
    }
}

pub(crate) fn flags_of(source: &Source, safe: &ClientFeatures) -> Box<[Flag]> {
    let (time, session) = (Looks::at(source, "currentTime"), Looks::at(source, "sessionId"));
    let flag = |(feature, safe): (&ClientFeature, &ClientFeature)| Flag {
        name: feature.name.as_str().into(),
        project: feature.project.as_deref().unwrap_or("default").into(),
        text: text_of(feature),
        tags: Vec::new(),
        needs_time: time.has(feature),
        needs_session: session.has(feature),
        needs_user: feature.strategies.as_ref().is_some_and(|all| !all.is_empty() && all.iter().all(sticks_to_user)),
        has_variants: !variants_of(safe).is_empty(),
        has_payloads: has_payloads(feature),
        impression_data: feature.impression_data.unwrap_or_default(),
        shape: shape_of(safe),
    };
    source.features.iter().zip(&safe.features).map(flag).collect()
}

/// Which flags look at a field of the context.
struct Looks<'s>(HashSet<&'s str>);

impl<'s> Looks<'s> {
    fn at(source: &'s Source, field: &str) -> Self {
        let constrains = |constraint: &Constraint| constraint.context_name == field;
        let segments: Vec<i32> = source
            .segments
            .iter()
            .filter(|segment| segment.constraints.iter().any(constrains))
            .map(|segment| segment.id)
            .collect();
        let sticks = |stickiness: Option<&String>| stickiness.is_some_and(|stickiness| stickiness == field);
        let strategy = |strategy: &Strategy| {
            strategy.constraints.iter().flatten().any(constrains)
                || strategy.segments.iter().flatten().any(|id| segments.contains(id))
                || sticks(strategy.parameters.as_ref().and_then(|parameters| parameters.get("stickiness")))
                || strategy.variants.iter().flatten().any(|variant| sticks(variant.stickiness.as_ref()))
                || strategy.name == "gradualRolloutSessionId" && field == "sessionId"
        };
        let variant = |variant: &UnleashVariant| {
            sticks(variant.stickiness.as_ref()) || variant.overrides.iter().flatten().any(|one| one.context_name == field)
        };
        let looks = |feature: &&ClientFeature| {
            feature.strategies.iter().flatten().any(strategy) || feature.variants.iter().flatten().any(variant)
        };
        Self(source.features.iter().filter(looks).map(|feature| feature.name.as_str()).collect())
    }

    /// Itself, or by what it depends on.
    fn has(&self, feature: &ClientFeature) -> bool {
        let parents = feature.dependencies.iter().flatten().map(|parent| parent.feature.as_str());
        parents.chain([feature.name.as_str()]).any(|name| self.0.contains(name))
    }
}

/// Below 100 percent, and by nothing but the user.
fn sticks_to_user(strategy: &Strategy) -> bool {
    let parameter = |name: &str| strategy.parameters.as_ref().and_then(|all| all.get(name)).map(String::as_str);
    match strategy.name.as_str() {
        "flexibleRollout" => parameter("stickiness") == Some("userId") && parameter("rollout") != Some("100"),
        "gradualRolloutUserId" => parameter("percentage") != Some("100"),
        _ => false,
    }
}

fn shape_of(feature: &ClientFeature) -> Shape {
    if !feature.enabled {
        return Shape::Off;
    }
    let strategies = feature.strategies.as_deref().unwrap_or_default();
    let share = |strategy: &Strategy| {
        let parameter = |name: &str| strategy.parameters.as_ref().and_then(|all| all.get(name)).map(String::as_str);
        match strategy.name.as_str() {
            "flexibleRollout" => parameter("rollout") != Some("100"),
            name => name.starts_with("gradualRollout"),
        }
    };
    let targets = |strategy: &Strategy| {
        let lists = matches!(strategy.name.as_str(), "userWithId" | "remoteAddress" | "applicationHostname");
        let has = |count: Option<usize>| count.is_some_and(|count| count > 0);
        lists || has(strategy.constraints.as_ref().map(Vec::len)) || has(strategy.segments.as_ref().map(Vec::len))
    };
    match strategies {
        _ if strategies.iter().any(share) || variants_of(feature).len() > 1 => Shape::Shared,
        _ if strategies.iter().any(targets) || feature.dependencies.as_ref().is_some_and(|parents| !parents.is_empty()) => {
            Shape::Targeted
        }
        _ => Shape::Everybody,
    }
}

pub(crate) fn variants_of(feature: &ClientFeature) -> Box<[Box<str>]> {
    let own = feature.variants.iter().flatten().map(|variant| variant.name.as_str());
    let of_strategies = feature.strategies.iter().flatten().flat_map(|strategy| strategy.variants.iter().flatten());
    let mut names: Vec<Box<str>> = own.chain(of_strategies.map(|variant| variant.name.as_str())).map(Box::from).collect();
    names.sort_unstable();
    names.dedup();
    names.into()
}

fn has_payloads(feature: &ClientFeature) -> bool {
    let of_strategies = feature.strategies.iter().flatten().flat_map(|strategy| strategy.variants.iter().flatten());
    feature.variants.iter().flatten().any(|variant| variant.payload.is_some())
        || of_strategies.into_iter().any(|variant| variant.payload.is_some())
}

/// With what clients expect to be there.
fn complete(mut feature: ClientFeature) -> ClientFeature {
    feature.feature_type.get_or_insert_with(|| "release".to_owned());
    feature.project.get_or_insert_with(|| "default".to_owned());
    feature.stale.get_or_insert(false);
    feature.impression_data.get_or_insert(false);
    feature.variants.get_or_insert_default();
    for strategy in feature.strategies.get_or_insert_default() {
        strategy.constraints.get_or_insert_default();
        strategy.parameters.get_or_insert_default();
        strategy.variants.get_or_insert_default();
    }
    feature
}

pub(crate) fn text_of(value: &impl serde::Serialize) -> Arc<str> {
    // Texts, numbers and lists always make JSON.
    serde_json::to_string(value).unwrap_or_default().into()
}
