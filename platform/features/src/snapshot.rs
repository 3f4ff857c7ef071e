//! A tenant's flags in one environment, compiled.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, OnceLock};

use ahash::AHashMap;
use banyan_kernel::Uuid;
use chrono::{DateTime, Utc};
use parking_lot::Mutex;
use unleash_types::client_features::ClientFeatures;
use unleash_yggdrasil::EngineState;
use unleash_yggdrasil::state::{EnrichedContext, PropertiesRef};

use crate::counts::Tally;
use crate::document::{Document, Scope, Segments, digest};
use crate::evaluation::Shape;
use crate::flag::{Flag, Source, flags_of, text_of, variants_of};
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

fn joined<'t>(texts: impl Iterator<Item = &'t str>) -> String {
    texts.collect::<Vec<_>>().join(",")
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
