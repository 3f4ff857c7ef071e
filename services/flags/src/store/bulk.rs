//! Many flags in one transaction: what else is stored is read once, and what is written goes many rows at a time.

use std::collections::{BTreeMap, BTreeSet};

use banyan_http::FieldError;
use banyan_store::Tx;
use sea_orm::{EntityTrait, IntoActiveModel};

use super::flags::{self, Deed};
use super::history::{self, Note, Object};
use super::{environments, revisions, segments};
use crate::document;
use crate::entity::flag::{Entity, Model};
use crate::error::FlagsError;

/// Rows of one statement. An engine takes some 32,000 values, and a row has twenty.
const AT_ONCE: usize = 200;

/// All flags of a tenant as they shall be.
pub(crate) struct Bulk {
    environments: Vec<String>,
    segments: BTreeSet<i64>,
    /// As they are stored, those of the archive included.
    before: BTreeMap<String, Model>,
    /// Those that were put.
    after: BTreeMap<String, Model>,
}

/// What came of it.
#[derive(Debug, Default)]
pub(crate) struct Written {
    pub(crate) created: Vec<String>,
    pub(crate) changed: Vec<String>,
    pub(crate) unchanged: usize,
}

impl Bulk {
    /// Nobody else writes flags of the tenant until the transaction ends.
    pub(crate) async fn begin(tx: &Tx) -> Result<Self, FlagsError> {
        revisions::hold(tx).await?;
        let before = flags::all(tx).await?.into_iter().map(|row| (row.key.clone(), row)).collect();
        let (environments, segments) = (environments::names(tx).await?, segments::numbers(tx).await?);
        Ok(Self { environments, segments, before, after: BTreeMap::new() })
    }

    /// The flag of a key as it is stored.
    pub(crate) fn find(&self, key: &str) -> Option<&Model> {
        self.before.get(key)
    }

    pub(crate) fn put(&mut self, mut row: Model) {
        row.complete();
        self.after.insert(row.key.clone(), row);
    }

    /// Checks what was put against one another and what is stored, and writes what differs. All of it or nothing.
    pub(crate) async fn write(self, tx: &Tx, deed: Deed<'_>) -> Result<Written, FlagsError> {
        self.check()?;
        let (mut new, mut changed) = (Vec::new(), Vec::new());
        let mut touched: BTreeSet<String> = BTreeSet::new();
        for row in self.after.values() {
            match self.before.get(&row.key) {
                None => {
                    touched.extend(self.environments.iter().cloned());
                    new.push(row);
                }
                Some(before) if before == row => {}
                Some(before) => {
                    let of_row = flags::touched(before, row, &self.environments);
                    let after = Model { version: before.version + 1, updated_at: tx.now().micros(), ..row.clone() };
                    touched.extend(of_row.iter().cloned());
                    changed.push((before, after, of_row));
                }
            }
        }
        revisions::bump_all(tx, touched.iter().map(String::as_str)).await?;
        let mut notes: Vec<Note<'_>> = Vec::new();
        for rows in new.chunks(AT_ONCE) {
            let models = rows.iter().map(|row| Model::clone(row).into_active_model());
            Entity::insert_many(models).exec_without_returning(tx).await?;
            notes.extend(rows.iter().map(|row| self.note(row, None, &self.environments, Deed { act: "created", ..deed })));
        }
        for (before, after, touched) in &changed {
            flags::update(tx, after).await?;
            notes.push(self.note(after, Some(before), touched, deed));
        }
        let keys = |rows: Vec<&Model>| rows.into_iter().map(|row| row.key.clone()).collect::<Vec<String>>();
        let unchanged = self.after.len() - new.len() - changed.len();
        history::write_all(tx, notes, AT_ONCE).await?;
        let changed = keys(changed.iter().map(|(_, after, _)| after).collect());
        Ok(Written { created: keys(new), changed, unchanged })
    }

    fn note<'n>(&self, row: &'n Model, before: Option<&Model>, touched: &'n [String], deed: Deed<'n>) -> Note<'n> {
        let environment = match touched {
            [one] if self.environments.len() > 1 && before.is_some() => Some(one.as_str()),
            _ => None,
        };
        Note {
            object: Object::Flag,
            id: row.id,
            name: &row.key,
            version: row.version,
            act: deed.act,
            environment,
            why: deed.why,
            before: before.map_or_else(|| serde_json::json!({}), document::of),
            after: document::of(row),
        }
    }

    fn check(&self) -> Result<(), FlagsError> {
        let living = |row: &&Model| row.archived_at.is_none();
        let new = self.after.keys().filter(|key| !self.before.contains_key(*key)).count();
        if self.before.values().filter(living).count() + new > flags::MOST && new > 0 {
            return Err(FlagsError::TooMany { message: "flags-too-many", most: flags::MOST });
        }
        let find = |key: &str| self.after.get(key).or_else(|| self.before.get(key));
        // Who needs whom, once for all of them.
        let mut needed: BTreeMap<&str, Vec<String>> = BTreeMap::new();
        let others = self.before.values().filter(living).filter(|row| !self.after.contains_key(&row.key));
        for row in others.chain(self.after.values()) {
            for one in &row.dependencies.0 {
                needed.entry(&one.feature).or_default().push(row.key.clone());
            }
        }
        let mut errors: Vec<(String, FieldError)> = Vec::new();
        for row in self.after.values().filter(|row| self.before.get(&row.key) != Some(*row)) {
            let mut found = flags::segment_errors(row, &self.segments);
            let children = needed.get(row.key.as_str()).map_or(&[][..], Vec::as_slice);
            found.extend(flags::dependency_errors(row, find, children));
            errors.extend(found.into_iter().map(|(field, error)| (format!("data.{}.{field}", row.key), error)));
        }
        if errors.is_empty() { Ok(()) } else { Err(FlagsError::Fields(errors)) }
    }
}
