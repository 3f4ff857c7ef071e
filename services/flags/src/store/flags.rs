//! Flags, checked against what else is stored.

use std::collections::BTreeSet;

use banyan_http::{FieldError, Paged, Paging};
use banyan_store::Tx;
use sea_orm::sea_query::{Expr, ExprTrait as _, LikeExpr};
use sea_orm::{
    ActiveModelTrait, ColumnTrait, EntityTrait, IntoActiveModel, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect, Select,
};

use super::history::{self, Note, Object};
use super::{environments, experiments, revisions, segments};
use crate::definition::{AllSettings, Dependencies, Settings, Strategy, Tags};
use crate::document;
use crate::entity::flag::{Column, Entity, Model};
use crate::error::FlagsError;

/// Flags that a tenant may have, beside those in the archive.
pub(crate) const MOST: usize = 10_000;

/// What a list may be ordered by; the first is the default.
const ORDERS: &[(&str, Column)] =
    &[("createdAt", Column::CreatedAt), ("updatedAt", Column::UpdatedAt), ("key", Column::Key), ("expiresAt", Column::ExpiresAt)];

/// Which flags are listed.
#[derive(Clone, Debug, Default)]
pub(crate) struct Filter {
    pub(crate) search: Option<String>,
    pub(crate) tag: Option<String>,
    pub(crate) kind: Option<String>,
    pub(crate) project: Option<String>,
    pub(crate) stale: Option<bool>,
    pub(crate) archived: bool,
}

pub(crate) async fn list(tx: &Tx, filter: &Filter, paging: &Paging) -> Result<Paged<Model>, FlagsError> {
    Ok(paging.fetch(tx, select(filter), ORDERS).await?)
}

fn select(filter: &Filter) -> Select<Entity> {
    let mut select = Entity::find();
    select = if filter.archived {
        select.filter(Column::ArchivedAt.is_not_null())
    } else {
        select.filter(Column::ArchivedAt.is_null())
    };
    if let Some(search) = &filter.search {
        let pattern = LikeExpr::new(format!("%{}%", escaped(&search.to_lowercase()))).escape('!');
        let lower = |column: Column| Expr::expr(sea_orm::sea_query::Func::lower(Expr::col(column)));
        select = select.filter(lower(Column::Key).like(pattern.clone()).or(lower(Column::Description).like(pattern)));
    }
    if let Some(tag) = &filter.tag {
        select = select.filter(Expr::col(Column::TagLine).like(LikeExpr::new(format!("%|{}|%", escaped(tag))).escape('!')));
    }
    if let Some(kind) = &filter.kind {
        select = select.filter(Column::Kind.eq(kind.as_str()));
    }
    if let Some(project) = &filter.project {
        select = select.filter(Column::Project.eq(project.as_str()));
    }
    if let Some(stale) = filter.stale {
        select = select.filter(Column::Stale.eq(stale));
    }
    select
}

/// As it stands in a pattern whose escape is `!`.
fn escaped(text: &str) -> String {
    text.chars().flat_map(|c| ['%', '_', '!'].contains(&c).then_some('!').into_iter().chain([c])).collect()
}

/// All that are not in the archive, by key.
pub(crate) async fn living(tx: &Tx) -> Result<Vec<Model>, FlagsError> {
    Ok(Entity::find().filter(Column::ArchivedAt.is_null()).order_by_asc(Column::Key).all(tx).await?)
}

/// All of them, by key.
pub(crate) async fn all(tx: &Tx) -> Result<Vec<Model>, FlagsError> {
    Ok(Entity::find().order_by_asc(Column::Key).all(tx).await?)
}

pub(crate) async fn find(tx: &Tx, key: &str) -> Result<Option<Model>, FlagsError> {
    Ok(Entity::find().filter(Column::Key.eq(key)).one(tx).await?)
}

pub(crate) async fn get(tx: &Tx, key: &str) -> Result<Model, FlagsError> {
    find(tx, key).await?.ok_or(FlagsError::Hidden)
}

/// The row, locked until the transaction ends: of two writers at once, the second decides on what the first has left.
pub(crate) async fn locked(tx: &Tx, key: &str) -> Result<Model, FlagsError> {
    Entity::find().filter(Column::Key.eq(key)).lock_exclusive().one(tx).await?.ok_or(FlagsError::Hidden)
}

/// As [`locked`], for one that is not in the archive.
pub(crate) async fn locked_living(tx: &Tx, key: &str) -> Result<Model, FlagsError> {
    let row = locked(tx, key).await?;
    if row.archived_at.is_some() { Err(FlagsError::Conflict("flags-archived")) } else { Ok(row) }
}

/// A row of a new flag, off everywhere, which nobody has written yet.
pub(crate) fn new(tx: &Tx, key: &str) -> Model {
    let now = tx.now().micros();
    Model {
        tenant_id: tx.caller().tenant,
        id: tx.new_id(),
        key: key.to_owned(),
        kind: "release".to_owned(),
        description: None,
        owner: None,
        project: "default".to_owned(),
        stale: false,
        impression_data: false,
        tags: Tags::default(),
        tag_line: String::new(),
        dependencies: Dependencies::default(),
        settings: AllSettings::default(),
        expires_at: None,
        archived_at: None,
        created_by: tx.caller().user_id(),
        version: 1,
        created_at: now,
        updated_at: now,
    }
}

pub(crate) async fn insert(tx: &Tx, mut row: Model, why: Option<&str>) -> Result<Model, FlagsError> {
    let environments = environments::names(tx).await?;
    revisions::bump_all(tx, environments.iter().map(String::as_str)).await?;
    if find(tx, &row.key).await?.is_some() {
        return Err(FlagsError::field("key", FieldError::taken()));
    }
    let count = Entity::find().filter(Column::ArchivedAt.is_null()).count(tx).await?;
    if count >= MOST as u64 {
        return Err(FlagsError::TooMany { message: "flags-too-many", most: MOST });
    }
    row.complete();
    // Of an environment that goes later, what flags say of it stays, and counts for nothing.
    if let Some(name) = row.settings.0.keys().find(|name| !environments.contains(name)) {
        return Err(FlagsError::field(format!("environments.{name}"), FieldError::not_one_of(&environments)));
    }
    check(tx, &row).await?;
    Entity::insert(row.clone().into_active_model()).exec_without_returning(tx).await?;
    let after = document::of(&row);
    let note = Note {
        object: Object::Flag,
        id: row.id,
        name: &row.key,
        version: row.version,
        act: "created",
        environment: None,
        why,
        before: serde_json::json!({}),
        after,
    };
    history::write(tx, note).await?;
    Ok(row)
}

/// What was done to a flag, for the history.
#[derive(Clone, Copy)]
pub(crate) struct Deed<'d> {
    pub(crate) act: &'d str,
    pub(crate) why: Option<&'d str>,
}

/// Writes a changed row that [`locked`] gave; says which environments change with it. One that is as it was is left alone.
pub(crate) async fn save(tx: &Tx, before: &Model, mut after: Model, deed: Deed<'_>) -> Result<(Model, Vec<String>), FlagsError> {
    after.complete();
    if after == *before {
        return Ok((after, Vec::new()));
    }
    let environments = environments::names(tx).await?;
    let touched = touched(before, &after, &environments);
    revisions::bump_all(tx, touched.iter().map(String::as_str)).await?;
    if after.archived_at.is_none() {
        check(tx, &after).await?;
    }
    after.version = before.version + 1;
    after.updated_at = tx.now().micros();
    update(tx, &after).await?;
    let environment = match &touched[..] {
        [one] if environments.len() > 1 => Some(one.as_str()),
        _ => None,
    };
    let note = Note {
        object: Object::Flag,
        id: after.id,
        name: &after.key,
        version: after.version,
        act: deed.act,
        environment,
        why: deed.why,
        before: document::of(before),
        after: document::of(&after),
    };
    history::write(tx, note).await?;
    Ok((after, touched))
}

/// Writes the row over the stored one.
pub(super) async fn update(tx: &Tx, row: &Model) -> Result<(), FlagsError> {
    let mut changes = row.clone().into_active_model().reset_all();
    for fixed in [Column::TenantId, Column::Id, Column::Key, Column::CreatedAt, Column::CreatedBy] {
        changes.not_set(fixed);
    }
    Entity::update_many().set(changes).filter(Column::Id.eq(row.id)).exec(tx).await?;
    Ok(())
}

/// The environments whose documents change.
pub(super) fn touched(before: &Model, after: &Model, environments: &[String]) -> Vec<String> {
    let rest = |row: &Model| Model { settings: AllSettings::default(), ..row.clone() };
    if rest(before) != rest(after) {
        return environments.to_vec();
    }
    environments.iter().filter(|name| before.settings.0.get(*name) != after.settings.0.get(*name)).cloned().collect()
}

/// Of the archive, for good.
pub(crate) async fn remove(tx: &Tx, row: &Model, why: Option<&str>) -> Result<(), FlagsError> {
    if row.archived_at.is_none() {
        return Err(FlagsError::Conflict("flags-not-archived"));
    }
    let note = Note {
        object: Object::Flag,
        id: row.id,
        name: &row.key,
        version: row.version + 1,
        act: "removed",
        environment: None,
        why,
        before: document::of(row),
        after: serde_json::json!({}),
    };
    history::write(tx, note).await?;
    experiments::end_of_flag(tx, row.id, why).await?;
    Entity::delete_many().filter(Column::Id.eq(row.id)).exec(tx).await?;
    Ok(())
}

/// The keys of living flags that need `key`.
pub(crate) async fn dependants(tx: &Tx, key: &str) -> Result<Vec<String>, FlagsError> {
    let needs = |row: &Model| row.dependencies.0.iter().any(|one| one.feature == key);
    Ok(living(tx).await?.into_iter().filter(needs).map(|row| row.key).collect())
}

/// What can be said of a flag only in the light of the rest.
pub(crate) async fn check(tx: &Tx, row: &Model) -> Result<(), FlagsError> {
    let mut errors = Vec::new();
    check_segments(tx, row, &mut errors).await?;
    check_dependencies(tx, row, &mut errors).await?;
    if errors.is_empty() { Ok(()) } else { Err(FlagsError::Fields(errors)) }
}

async fn check_segments(tx: &Tx, row: &Model, errors: &mut Vec<(String, FieldError)>) -> Result<(), FlagsError> {
    let mut strategies = row.settings.0.values().flat_map(|settings| &settings.strategies);
    if strategies.any(|strategy| !strategy.segments.is_empty()) {
        errors.extend(segment_errors(row, &segments::numbers(tx).await?));
    }
    Ok(())
}

/// Segments that are not there.
pub(super) fn segment_errors(row: &Model, known: &BTreeSet<i64>) -> Vec<(String, FieldError)> {
    let mut errors = Vec::new();
    for settings in row.settings.0.values() {
        for (place, strategy) in settings.strategies.iter().enumerate() {
            for (at, _) in strategy.segments.iter().enumerate().filter(|(_, number)| !known.contains(&i64::from(**number))) {
                let field = format!("strategies[{place}].segments[{at}]");
                errors.push((field, FieldError::new("unknown-segment", "flags-field-segment")));
            }
        }
    }
    errors
}

async fn check_dependencies(tx: &Tx, row: &Model, errors: &mut Vec<(String, FieldError)>) -> Result<(), FlagsError> {
    if row.dependencies.0.is_empty() {
        return Ok(());
    }
    let keys = row.dependencies.0.iter().map(|one| one.feature.as_str());
    let parents = Entity::find().filter(Column::Key.is_in(keys)).all(tx).await?;
    let children = dependants(tx, &row.key).await?;
    errors.extend(dependency_errors(row, |key| parents.iter().find(|parent| parent.key == key), &children));
    Ok(())
}

/// As Unleash has it: one level, so that there is no circle, and nothing of the archive. `children` are the keys of living flags that need
/// this one.
pub(super) fn dependency_errors<'m>(
    row: &Model,
    find: impl Fn(&str) -> Option<&'m Model>,
    children: &[String],
) -> Vec<(String, FieldError)> {
    let mut errors = Vec::new();
    let mut seen = BTreeSet::new();
    for (place, dependency) in row.dependencies.0.iter().enumerate() {
        let error = if dependency.feature == row.key {
            Some(FieldError::new("circular", "flags-field-dependency-self"))
        } else if !seen.insert(&dependency.feature) {
            Some(FieldError::duplicate())
        } else {
            match find(&dependency.feature) {
                None => Some(FieldError::new("unknown-flag", "flags-field-dependency-unknown")),
                Some(parent) if parent.archived_at.is_some() => {
                    Some(FieldError::new("archived", "flags-field-dependency-archived"))
                }
                Some(parent) if !parent.dependencies.0.is_empty() => {
                    let circular = parent.dependencies.0.iter().any(|one| one.feature == row.key);
                    let code = if circular { "circular" } else { "too-deep" };
                    Some(FieldError::new(code, "flags-field-dependency-deep"))
                }
                Some(_) => None,
            }
        };
        errors.extend(error.map(|error| (format!("dependencies[{place}].feature"), error)));
    }
    if !row.dependencies.0.is_empty() && !children.is_empty() && errors.is_empty() {
        let circular = children.iter().any(|child| row.dependencies.0.iter().any(|one| one.feature == *child));
        let code = if circular { "circular" } else { "too-deep" };
        let error = FieldError::new(code, "flags-field-dependency-needed").with("flags", children.join(", "));
        errors.push(("dependencies".to_owned(), error));
    }
    errors
}

impl Model {
    /// What follows from the rest: the line of tags, and what a strategy leaves out.
    pub(super) fn complete(&mut self) {
        let Self { key, tags, tag_line, settings, .. } = self;
        tags.0.sort();
        tags.0.dedup();
        *tag_line = if tags.0.is_empty() { String::new() } else { format!("|{}|", tags.0.join("|")) };
        for strategy in settings.0.values_mut().flat_map(|settings| &mut settings.strategies) {
            complete_strategy(key, strategy);
        }
    }

    /// In an environment; off, where nothing was ever said.
    pub(crate) fn settings_of(&self, environment: &str) -> Settings {
        self.settings.0.get(environment).cloned().unwrap_or_default()
    }
}

/// So that every program that reads it divides people alike.
fn complete_strategy(key: &str, strategy: &mut Strategy) {
    if strategy.name == "flexibleRollout" {
        strategy.parameters.entry("stickiness".to_owned()).or_insert_with(|| "default".to_owned());
        let group = strategy.parameters.entry("groupId".to_owned()).or_default();
        if group.is_empty() {
            key.clone_into(group);
        }
    }
}
