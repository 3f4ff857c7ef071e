//! Experiments and who took part.

use std::collections::{BTreeMap, HashMap};

use banyan_http::{FieldError, Paged, Paging};
use banyan_kernel::Uuid;
use banyan_store::audit::Record;
use banyan_store::{Store, StoreError, Tx};
use sea_orm::sea_query::OnConflict;
use sea_orm::{
    ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, IntoActiveModel, PaginatorTrait, QueryFilter, QueryOrder,
    QuerySelect, Statement,
};
use serde_json::json;
use sha2::{Digest as _, Sha256};

use super::execute;
use crate::entity::experiment::{ActiveModel, Column, Entity, Group, Model, People, Results};
use crate::entity::subject;
use crate::error::FlagsError;

/// Experiments of a tenant that run at once.
pub(crate) const MOST_RUNNING: usize = 50;
/// People of an experiment. Beyond them, who is new is not counted.
const MOST_SUBJECTS: u64 = 1_000_000;
/// Of so many people, one has all of them counted: it costs a look at every row.
const COUNTED_EVERY: u16 = 1_024;
/// Rows that are deleted in one transaction.
const AT_ONCE: u64 = 5_000;
/// After its end; so long what it has shown stays.
const KEPT_SECONDS: i64 = 400 * 86_400;
const ORDERS: &[(&str, Column)] = &[("createdAt", Column::CreatedAt), ("name", Column::Name)];

pub(crate) async fn list(tx: &Tx, paging: &Paging) -> Result<Paged<Model>, FlagsError> {
    Ok(paging.fetch(tx, Entity::find(), ORDERS).await?)
}

pub(crate) async fn get(tx: &Tx, id: Uuid) -> Result<Model, FlagsError> {
    Entity::find().filter(Column::Id.eq(id)).one(tx).await?.ok_or(FlagsError::Hidden)
}

pub(crate) async fn insert(tx: &Tx, row: Model, why: Option<&str>) -> Result<Model, FlagsError> {
    let running = Entity::find().filter(Column::EndedAt.is_null()).all(tx).await?;
    if running.len() >= MOST_RUNNING {
        return Err(FlagsError::TooMany { message: "flags-too-many-experiments", most: MOST_RUNNING });
    }
    if running.iter().any(|other| other.name == row.name) {
        return Err(FlagsError::field("name", FieldError::taken()));
    }
    Entity::insert(row.clone().into_active_model()).exec_without_returning(tx).await?;
    let detail = json!({ "flag": row.key, "environment": row.environment, "goal": row.goal, "why": why });
    tx.audit(Record::new("flag-experiment.started").object("flag-experiment", row.id).detail(detail));
    Ok(row)
}

/// From here on nobody is counted, and what it has shown needs no rows of people any more. Twice is the same as once.
pub(crate) async fn end(tx: &Tx, id: Uuid, why: Option<&str>) -> Result<Model, FlagsError> {
    let row = Entity::find().filter(Column::Id.eq(id)).lock_exclusive().one(tx).await?.ok_or(FlagsError::Hidden)?;
    if row.ended_at.is_some() {
        return Ok(row);
    }
    let (ended_at, results) = (Some(tx.now().micros()), Results(counted(tx, id).await?));
    let changes = ActiveModel { ended_at: Set(ended_at), results: Set(results.clone()), ..Default::default() };
    Entity::update_many().set(changes).filter(Column::Id.eq(id)).exec(tx).await?;
    tx.audit(Record::new("flag-experiment.ended").object("flag-experiment", id).detail(json!({ "flag": row.key, "why": why })));
    Ok(Model { ended_at, results, ..row })
}

/// The flag is no more.
pub(crate) async fn end_of_flag(tx: &Tx, flag: Uuid, why: Option<&str>) -> Result<(), FlagsError> {
    for row in Entity::find().filter(Column::EndedAt.is_null()).filter(Column::FlagId.eq(flag)).all(tx).await? {
        end(tx, row.id, why).await?;
    }
    Ok(())
}

/// The groups by variant: as they are, or as they were at the end.
pub(crate) async fn groups(tx: &Tx, row: &Model) -> Result<BTreeMap<String, Group>, FlagsError> {
    if row.ended_at.is_some() { Ok(row.results.0.clone()) } else { counted(tx, row.id).await }
}

async fn counted(tx: &Tx, experiment: Uuid) -> Result<BTreeMap<String, Group>, FlagsError> {
    const SQL: &str = "SELECT variant, COUNT(*) AS exposed, COUNT(converted_at) AS converted FROM flag_subjects \
        WHERE experiment_id = $1 GROUP BY variant";
    let statement = Statement::from_sql_and_values(tx.get_database_backend(), SQL, [experiment.into()]);
    let rows = tx.query_all_raw(statement).await?;
    let group = |row: &sea_orm::QueryResult| -> Result<(String, Group), FlagsError> {
        let count = |name: &str| row.try_get::<i64>("", name).map(i64::unsigned_abs);
        Ok((row.try_get("", "variant")?, Group { exposed: count("exposed")?, converted: count("converted")? }))
    };
    rows.iter().map(group).collect()
}

/// What is to be written of a person in an experiment.
#[derive(Debug)]
pub(crate) struct Deed {
    experiment: Uuid,
    subject: Vec<u8>,
    /// The variant that was given, where the person is new.
    exposed: Option<String>,
    converted: bool,
}

/// What running experiments do not know yet of the person, who was shown these variants (by flag) and has reached these goals.
pub(crate) async fn wanted(
    tx: &Tx,
    environment: &str,
    person: Uuid,
    shown: &BTreeMap<&str, String>,
    goals: &[String],
) -> Result<Vec<Deed>, FlagsError> {
    let running = Entity::find().filter(Column::EndedAt.is_null()).filter(Column::Environment.eq(environment)).all(tx).await?;
    let touched = |row: &Model| shown.contains_key(row.key.as_str()) || goals.contains(&row.goal);
    let running: Vec<(Model, Vec<u8>)> =
        running.into_iter().filter(touched).map(|row| (digest(row.id, person), row)).map(|(digest, row)| (row, digest)).collect();
    if running.is_empty() {
        return Ok(Vec::new());
    }
    let digests = running.iter().map(|(_, digest)| digest.clone());
    let known = subject::Entity::find().filter(subject::Column::Subject.is_in(digests)).all(tx).await?;
    let known: HashMap<Vec<u8>, bool> = known.into_iter().map(|row| (row.subject, row.converted_at.is_some())).collect();
    let deeds = running.into_iter().filter_map(|(row, subject)| {
        let reached = goals.contains(&row.goal);
        let (exposed, converted) = match known.get(&subject) {
            Some(converted) => (None, reached && !converted),
            None if row.people == People::Open.word() => (Some(shown.get(row.key.as_str())?.clone()), reached),
            None => return None,
        };
        (exposed.is_some() || converted).then_some(Deed { experiment: row.id, subject, exposed, converted })
    });
    Ok(deeds.collect())
}

/// Writes what [`wanted`] gave. Who was faster counts.
pub(crate) async fn note(tx: &Tx, deeds: &[Deed]) -> Result<(), FlagsError> {
    const SQL: &str = "UPDATE flag_subjects SET converted_at = $1 WHERE subject = $2 AND converted_at IS NULL";
    for deed in deeds {
        if let Some(variant) = &deed.exposed {
            expose(tx, deed, variant).await?;
        }
        if deed.converted {
            execute(tx, SQL, [tx.now().micros().into(), deed.subject.clone().into()]).await?;
        }
    }
    Ok(())
}

async fn expose(tx: &Tx, deed: &Deed, variant: &str) -> Result<(), FlagsError> {
    let row = subject::Model {
        tenant_id: tx.caller().tenant,
        id: tx.new_id(),
        experiment_id: deed.experiment,
        subject: deed.subject.clone(),
        variant: variant.to_owned(),
        exposed_at: tx.now().micros(),
        converted_at: None,
    };
    let mut unless_there = OnConflict::columns([subject::Column::TenantId, subject::Column::Subject]);
    let unless_there = unless_there.do_nothing().to_owned();
    subject::Entity::insert(row.into_active_model()).on_conflict(unless_there).exec_without_returning(tx).await?;
    let drawn = deed.subject.iter().take(2).fold(0, |number: u16, byte| number << 8 | u16::from(*byte));
    if drawn % COUNTED_EVERY == 0 { close_if_full(tx, deed.experiment).await } else { Ok(()) }
}

async fn close_if_full(tx: &Tx, experiment: Uuid) -> Result<(), FlagsError> {
    let people = subject::Entity::find().filter(subject::Column::ExperimentId.eq(experiment)).count(tx).await?;
    if people >= MOST_SUBJECTS {
        set_people(tx, experiment, People::Full).await?;
    }
    Ok(())
}

async fn set_people(tx: &Tx, experiment: Uuid, people: People) -> Result<(), FlagsError> {
    let changes = ActiveModel { people: Set(people.word().to_owned()), ..Default::default() };
    Entity::update_many().set(changes).filter(Column::Id.eq(experiment)).exec(tx).await?;
    Ok(())
}

fn digest(experiment: Uuid, person: Uuid) -> Vec<u8> {
    let mut digest = Sha256::new();
    digest.update(experiment.as_bytes());
    digest.update(person.as_bytes());
    digest.finalize().to_vec()
}

/// Removes the person from every experiment. One fewer of many thousands, by a cause that no variant has, says nothing false.
pub(crate) async fn erase(tx: &Tx, person: Uuid) -> Result<(), StoreError> {
    let ids: Vec<Uuid> = Entity::find().all(tx).await?.into_iter().map(|row| row.id).collect();
    for some in ids.chunks(500) {
        let digests = some.iter().map(|experiment| digest(*experiment, person));
        subject::Entity::delete_many().filter(subject::Column::Subject.is_in(digests)).exec(tx).await?;
    }
    Ok(())
}

/// Deletes the people of experiments that have ended, and experiments 400 days after their end.
pub(crate) async fn purge(store: &Store, tenant: Uuid) -> Result<u64, FlagsError> {
    let rows = store.system(tenant);
    let ended = rows.read(|tx| async move {
        let gone = Column::People.ne(People::Gone.word());
        Ok::<_, FlagsError>(Entity::find().filter(Column::EndedAt.is_not_null()).filter(gone).all(&tx).await?)
    });
    let mut purged = 0;
    for experiment in ended.await? {
        loop {
            let deleted = rows.write(|tx| async move { some_people_of(&tx, experiment.id).await }).await?;
            purged += deleted;
            if deleted < AT_ONCE {
                break;
            }
        }
    }
    let old = rows.write(|tx| async move {
        let before = tx.now().plus_seconds(-KEPT_SECONDS).micros();
        Ok::<_, FlagsError>(execute(&tx, "DELETE FROM flag_experiments WHERE ended_at < $1", [before.into()]).await?)
    });
    Ok(purged + old.await?)
}

async fn some_people_of(tx: &Tx, experiment: Uuid) -> Result<u64, FlagsError> {
    let some = subject::Entity::find().filter(subject::Column::ExperimentId.eq(experiment));
    let some = some.order_by_asc(subject::Column::Id).limit(AT_ONCE).all(tx).await?;
    let ids: Vec<Uuid> = some.into_iter().map(|row| row.id).collect();
    let deleted = ids.len() as u64;
    if !ids.is_empty() {
        subject::Entity::delete_many().filter(subject::Column::Id.is_in(ids)).exec(tx).await?;
    }
    if deleted < AT_ONCE {
        set_people(tx, experiment, People::Gone).await?;
    }
    Ok(deleted)
}
