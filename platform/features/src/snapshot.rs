//! A tenant's flags in one environment, compiled.

use std::collections::{HashMap, HashSet, VecDeque};
use std::sync::{Arc, OnceLock};

use ahash::AHashMap;
use banyan_kernel::Uuid;
use chrono::{DateTime, Utc};
use parking_lot::Mutex;
use unleash_types::client_features::{ClientFeature, ClientFeatures, Constraint, Segment, Strategy, Variant as UnleashVariant};
use unleash_yggdrasil::EngineState;
use unleash_yggdrasil::state::{EnrichedContext, PropertiesRef};

use crate::counts::Tally;
use crate::document::{Document, Scope, Segments, digest};
use crate::evaluation::Shape;
use crate::{CompileWarning, Context, Evaluation, Payload, Variant, guard};

/// Documents of one snapshot that are kept: one for each kind of client.
const MOST_DOCUMENTS: usize = 32;

/// All flags of a tenant in one environment, as they were at one revision.
pub struct Snapshot {
    tenant: Uuid,
    environment: Arc<str>,
    revision: i64,
    /// Of the content.
    fingerprint: String,
    engine: EngineState,
    numbers: AHashMap<Box<str>, usize>,
    flags: Box<[Flag]>,
    segments: Vec<(i32, Arc<str>)>,
    source: Source,
    /// The features with the constraints of their segments inside.
    inlined: OnceLock<Vec<Arc<str>>>,
    documents: Mutex<VecDeque<(Scope, Arc<Document>)>>,
    pub(crate) tally: Arc<Tally>,
}

/// As it was given, with what clients expect to be there.
struct Source {
    features: Vec<ClientFeature>,
    segments: Vec<Segment>,
}

/// What is known of a flag.
pub(crate) struct Flag {
    pub(crate) name: Box<str>,
    pub(crate) project: Box<str>,
    /// The feature, as clients get it.
    pub(crate) text: Arc<str>,
    tags: Vec<String>,
    /// Whether its answer depends on the time.
    needs_time: bool,
    /// Whether it looks at the session by name.
    needs_session: bool,
    /// Whether it must not be evaluated for nobody: it sticks to the user.
    needs_user: bool,
    /// Whether it may give a variant.
    has_variants: bool,
    /// Whether a variant of it has a payload.
    has_payloads: bool,
    impression_data: bool,
    shape: Shape,
}

/// A flag with its value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Named<'s> {
    pub key: &'s str,
    /// Whether its variants have payloads, so that its value is one of them and not whether it is on.
    pub has_payloads: bool,
    pub evaluation: Evaluation,
}

impl Snapshot {
    /// Compiles the flags. Those that cannot be evaluated as they are written are off for everybody, and named.
    ///
    /// `revision` rises with each change of this tenant's flags in this environment. Costs some 10 µs a flag.
    pub fn compile(tenant: Uuid, environment: &str, revision: i64, features: ClientFeatures) -> (Self, Vec<CompileWarning>) {
        let source = Source::of(features);
        let document = ClientFeatures {
            version: 2,
            features: source.features.clone(),
            segments: Some(source.segments.clone()),
            query: None,
            meta: None,
        };
        let (safe, mut warnings) = guard::safe(&document);
        let flags = flags_of(&source, &safe);
        let tally =
            Arc::new(Tally::new(flags.iter().zip(&safe.features).map(|(flag, safe)| (flag.name.clone(), variants_of(safe)))));
        let engine = EngineState::initial_state(DateTime::<Utc>::UNIX_EPOCH);
        let more = engine.apply_client_features(safe).unwrap_or_default();
        warnings.extend(more.into_iter().map(|warning| CompileWarning { flag: warning.toggle_name, reason: warning.message }));
        let segments = source.segments.iter().map(|segment| (segment.id, text_of(segment))).collect::<Vec<_>>();
        let texts = flags.iter().map(|flag| &*flag.text).chain(segments.iter().map(|(_, text)| &**text));
        let snapshot = Self {
            tenant,
            environment: environment.into(),
            revision,
            fingerprint: digest(texts),
            engine,
            numbers: flags.iter().enumerate().map(|(number, flag)| (flag.name.clone(), number)).collect(),
            flags,
            segments,
            source,
            inlined: OnceLock::new(),
            documents: Mutex::default(),
            tally,
        };
        (snapshot, warnings)
    }

    /// With the tags of flags, by which clients may choose; each as `type:value`.
    #[must_use]
    pub fn tagged(mut self, mut tags: HashMap<String, Vec<String>>) -> Self {
        for flag in &mut self.flags {
            flag.tags = tags.remove(&*flag.name).unwrap_or_default();
        }
        self
    }

    pub fn tenant(&self) -> Uuid {
        self.tenant
    }

    pub fn environment(&self) -> &Arc<str> {
        &self.environment
    }

    pub fn revision(&self) -> i64 {
        self.revision
    }

    /// Changes with the content, whatever the revision says.
    pub fn fingerprint(&self) -> &str {
        &self.fingerprint
    }

    /// The names of all flags, in order.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.flags.iter().map(|flag| &*flag.name)
    }

    pub fn len(&self) -> usize {
        self.flags.len()
    }

    pub fn is_empty(&self) -> bool {
        self.flags.is_empty()
    }

    pub fn has(&self, key: &str) -> bool {
        self.numbers.contains_key(key)
    }

    /// The project of a flag.
    pub fn project(&self, key: &str) -> Option<&str> {
        self.numbers.get(key).map(|number| &*self.flags[*number].project)
    }

    /// The names of the variants that a flag may give, in order.
    pub fn variants(&self, key: &str) -> &[Box<str>] {
        self.numbers.get(key).map_or(&[], |number| self.tally.variants(*number))
    }

    /// Whether the flag sticks to the user, and to nobody else: without a user's id it would be off, for lack of one alone.
    pub fn needs_user(&self, key: &str) -> bool {
        self.numbers.get(key).is_some_and(|number| self.flags[*number].needs_user)
    }

    /// Whether the flag's answer depends on the time.
    pub fn needs_time(&self, key: &str) -> bool {
        self.numbers.get(key).is_some_and(|number| self.flags[*number].needs_time)
    }

    /// Whether the flag is on. One that is not there is off. The evaluation counts.
    pub fn enabled(&self, key: &str, context: &Context) -> bool {
        let Some(&number) = self.numbers.get(key) else { return false };
        let enabled = self.is_on(number, context);
        self.tally.count(number, enabled);
        enabled
    }

    /// The flag's value; none where there is no such flag. The evaluation counts.
    pub fn evaluate(&self, key: &str, context: &Context) -> Option<Evaluation> {
        let number = *self.numbers.get(key)?;
        let evaluation = self.value(number, context);
        self.tally.count(number, evaluation.enabled);
        if let Some(variant) = &evaluation.variant {
            self.tally.count_variant(number, &variant.name);
        }
        Some(evaluation)
    }

    /// As [`Snapshot::evaluate`], with what is known of the flag.
    pub fn named(&self, key: &str, context: &Context) -> Option<Named<'_>> {
        let flag = &self.flags[*self.numbers.get(key)?];
        let evaluation = self.evaluate(key, context)?;
        Some(Named { key: &flag.name, has_payloads: flag.has_payloads, evaluation })
    }

    /// As [`Snapshot::evaluate`], for somebody who looks, without counting.
    pub fn peek(&self, key: &str, context: &Context) -> Option<Evaluation> {
        self.numbers.get(key).map(|number| self.value(*number, context))
    }

    /// Every flag with its value, in the order of their names. It does not count: who gets all of them tells what they used.
    pub fn all<'s>(&'s self, context: &'s Context, scope: &'s Scope) -> impl Iterator<Item = Named<'s>> {
        self.numbered(scope).map(move |(number, flag)| Named {
            key: &flag.name,
            has_payloads: flag.has_payloads,
            evaluation: self.value(number, context),
        })
    }

    /// The document of `/api/client/features`.
    pub fn document(&self, scope: &Scope) -> Arc<Document> {
        // What a client may write as it likes is not kept.
        if !scope.prefix.is_empty() || !scope.tags.is_empty() {
            return Arc::new(Document::of(self, scope));
        }
        let mut documents = self.documents.lock();
        if let Some((_, document)) = documents.iter().find(|(known, _)| known == scope) {
            return document.clone();
        }
        let document = Arc::new(Document::of(self, scope));
        documents.truncate(MOST_DOCUMENTS - 1);
        documents.push_front((scope.clone(), document.clone()));
        document
    }

    /// One feature of the document, as JSON.
    pub fn feature(&self, key: &str, scope: &Scope) -> Option<Arc<str>> {
        let number = *self.numbers.get(key)?;
        self.numbered(scope).any(|(of_scope, _)| of_scope == number).then(|| self.text(number, scope.segments))
    }

    pub(crate) fn flags(&self) -> &[Flag] {
        &self.flags
    }

    pub(crate) fn segments(&self) -> &[(i32, Arc<str>)] {
        &self.segments
    }

    /// In bytes, about.
    pub(crate) fn size(&self) -> usize {
        let flags: usize = self.flags.iter().map(|flag| flag.text.len() + 1).sum();
        flags + self.segments.iter().map(|(_, text)| text.len() + 1).sum::<usize>()
    }

    pub(crate) fn features_in(&self, scope: &Scope) -> String {
        let texts: Vec<Arc<str>> = self.numbered(scope).map(|(number, _)| self.text(number, scope.segments)).collect();
        joined(texts.iter().map(|text| &**text))
    }

    pub(crate) fn segments_joined(&self) -> String {
        joined(self.segments.iter().map(|(_, text)| &**text))
    }

    fn text(&self, number: usize, segments: Segments) -> Arc<str> {
        match segments {
            Segments::Listed => self.flags[number].text.clone(),
            Segments::Inlined => self.inlined.get_or_init(|| self.source.inlined())[number].clone(),
        }
    }

    fn numbered<'s>(&'s self, scope: &'s Scope) -> impl Iterator<Item = (usize, &'s Flag)> {
        self.flags.iter().enumerate().filter(|(_, flag)| {
            scope.admits(&flag.name, &flag.project)
                && (scope.tags.is_empty() || flag.tags.iter().any(|tag| scope.tags.contains(tag)))
        })
    }

    fn is_on(&self, number: usize, context: &Context) -> bool {
        let flag = &self.flags[number];
        if flag.shape == Shape::Off {
            return false;
        }
        let time = flag.time_of(context);
        self.engine.check_enabled(&self.view(flag, context, time.as_deref())).unwrap_or(false)
    }

    fn value(&self, number: usize, context: &Context) -> Evaluation {
        let flag = &self.flags[number];
        if flag.shape == Shape::Off {
            return Evaluation {
                enabled: false,
                variant: None,
                reason: flag.shape.reason(false),
                impression_data: flag.impression_data,
            };
        }
        let time = flag.time_of(context);
        let view = self.view(flag, context, time.as_deref());
        let enabled = self.engine.check_enabled(&view).unwrap_or(false);
        let variant = if enabled && flag.has_variants { self.engine.check_variant(&view) } else { None };
        let variant = variant.filter(|variant| variant.enabled).map(|variant| Variant {
            name: variant.name,
            payload: variant.payload.map(|payload| Payload { kind: payload.payload_type, value: payload.value }),
        });
        Evaluation { enabled, variant, reason: flag.shape.reason(enabled), impression_data: flag.impression_data }
    }

    fn view<'c>(&'c self, flag: &'c Flag, context: &'c Context, time: Option<&'c str>) -> EnrichedContext<'c> {
        EnrichedContext {
            user_id: context.user_id.as_deref(),
            session_id: context.session_id.as_deref().or(context.stand_in.as_deref().filter(|_| !flag.needs_session)),
            environment: Some(context.environment.as_deref().unwrap_or(&self.environment)),
            app_name: context.app_name.as_deref(),
            current_time: time,
            remote_address: context.remote_address.as_deref(),
            properties: Some(PropertiesRef::Strings(&context.properties)),
            external_results: None,
            toggle_name: &flag.name,
            runtime_hostname: None,
        }
    }
}

impl Flag {
    fn time_of(&self, context: &Context) -> Option<String> {
        context.current_time.filter(|_| self.needs_time).map(|time| time.to_string())
    }
}

impl Source {
    fn of(features: ClientFeatures) -> Self {
        // Of two with one name the later counts, as in the engine.
        let by_name: std::collections::BTreeMap<String, ClientFeature> =
            features.features.into_iter().map(|feature| (feature.name.clone(), complete(feature))).collect();
        let mut segments = features.segments.unwrap_or_default();
        segments.sort_by_key(|segment| segment.id);
        Self { features: by_name.into_values().collect(), segments }
    }

    fn inlined(&self) -> Vec<Arc<str>> {
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

fn text_of(value: &impl serde::Serialize) -> Arc<str> {
    // Texts, numbers and lists always make JSON.
    serde_json::to_string(value).unwrap_or_default().into()
}

fn joined<'t>(texts: impl Iterator<Item = &'t str>) -> String {
    texts.collect::<Vec<_>>().join(",")
}

fn flags_of(source: &Source, safe: &ClientFeatures) -> Box<[Flag]> {
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

fn variants_of(feature: &ClientFeature) -> Box<[Box<str>]> {
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

impl std::fmt::Debug for Snapshot {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Snapshot")
            .field("tenant", &self.tenant)
            .field("environment", &self.environment)
            .field("revision", &self.revision)
            .field("flags", &self.flags.len())
            .finish_non_exhaustive()
    }
}
