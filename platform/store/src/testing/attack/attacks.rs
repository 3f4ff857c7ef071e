//! The attacks themselves: each runs in a transaction that is undone, and compares what happened with what the policy says.

use std::collections::BTreeSet;

use banyan_kernel::Uuid;
use sea_orm::Value;

use super::super::evaluate::uuid;
use super::super::{Act, Answer, Attempt, Ground, Row, World};
use super::people::Attacker;
use super::{Log, planting};
use crate::error::StoreError;
use crate::policy::compile::possible;
use crate::schema::{Table, Uniqueness};

type Key = (Option<Uuid>, Option<Uuid>);

/// One caller against one table.
pub(super) struct Attack<'a> {
    pub(super) ground: &'a mut Ground,
    pub(super) world: &'a World,
    pub(super) table: &'a Table,
    pub(super) attacker: &'a Attacker,
    pub(super) log: &'a mut Log,
}

pub(super) async fn all(
    ground: &mut Ground,
    world: &World,
    table: &Table,
    attacker: &Attacker,
    log: &mut Log,
) -> Result<(), StoreError> {
    let mut attack = Attack { ground, world, table, attacker, log };
    attack.read_everything().await?;
    attack.read_by_id().await?;
    attack.change_everything().await?;
    attack.delete_everything().await?;
    attack.insert_rows().await?;
    attack.move_rows().await?;
    attack.upsert_onto_rows().await
}

impl Attack<'_> {
    pub(super) fn name(&self) -> &'static str {
        self.table.name
    }

    pub(super) fn rows(&self) -> &[Row] {
        self.world.rows(self.table.name)
    }

    fn visible(&self) -> BTreeSet<Key> {
        let sees = |row: &&Row| self.world.sees(self.table, row, &self.attacker.who);
        self.rows().iter().filter(sees).map(key).collect()
    }

    pub(super) fn fail(&mut self, attack: &'static str, what: &str) {
        let line = format!("{}: {what}", self.attacker.name);
        self.log.fail(self.table.name, attack, line);
    }

    pub(super) async fn run(&mut self, acts: &[Act], tables: &[&str]) -> Result<Attempt, StoreError> {
        self.ground.attempt(&self.attacker.who, acts, tables).await
    }

    async fn read_everything(&mut self) -> Result<(), StoreError> {
        const ATTACK: &str = "read everything";
        let name = self.name();
        let acts = [
            Act::rows(format!("SELECT * FROM \"{name}\""), vec![]),
            Act::rows(format!("SELECT COUNT(*) AS n FROM \"{name}\""), vec![]),
        ];
        let answers = self.run(&acts, &[]).await?.answers;
        let expected = self.visible();
        self.log.tried(name, ATTACK, expected.len());
        if !possible(&self.table.policy.read) {
            if !answers.iter().all(is_refused) {
                self.fail(ATTACK, &format!("a table that nobody reads answered {answers:?}"));
            }
            return Ok(());
        }
        match &answers[0] {
            Ok(Answer::Rows(found))
                if found.iter().map(key).collect::<BTreeSet<_>>() == expected && found.len() == expected.len() => {}
            other => self.fail(ATTACK, &format!("expected {} rows, met {other:?}", expected.len())),
        }
        match &answers[1] {
            Ok(Answer::Rows(found)) if count(found) == i64::try_from(expected.len()).ok() => {}
            other => self.fail(ATTACK, &format!("expected to count {}, met {other:?}", expected.len())),
        }
        Ok(())
    }

    /// Ids that the caller guessed or overheard.
    async fn read_by_id(&mut self) -> Result<(), StoreError> {
        const ATTACK: &str = "read by forged id";
        if !possible(&self.table.policy.read) {
            return Ok(());
        }
        let name = self.name();
        let visible = self.visible();
        let ids: Vec<Uuid> = self.rows().iter().filter_map(|row| uuid(row, "id")).collect();
        let acts: Vec<Act> =
            ids.iter().map(|id| Act::rows(format!("SELECT * FROM \"{name}\" WHERE id = $1"), vec![(*id).into()])).collect();
        let answers = self.run(&acts, &[]).await?.answers;
        for (id, answer) in ids.into_iter().zip(answers) {
            let expected: BTreeSet<Key> = visible.iter().copied().filter(|key| key.1 == Some(id)).collect();
            self.log.tried(name, ATTACK, expected.len());
            match &answer {
                Ok(Answer::Rows(found)) if found.iter().map(key).collect::<BTreeSet<_>>() == expected => {}
                other => self.fail(ATTACK, &format!("expected {} rows of {id}, met {other:?}", expected.len())),
            }
        }
        Ok(())
    }

    /// `UPDATE` without `WHERE`, once without looking at a row and once looking.
    async fn change_everything(&mut self) -> Result<(), StoreError> {
        const ATTACK: &str = "update everything";
        let Some(column) = harmless(self.table) else { return Ok(()) };
        let name = self.name();
        let marker = planting::value(column, 987_654);
        let blind = Act::count(format!("UPDATE \"{name}\" SET \"{}\" = $1", column.name), vec![marker.clone()]);
        let looking =
            Act::count(format!("UPDATE \"{name}\" SET \"{}\" = $1 WHERE id IS NOT NULL", column.name), vec![marker.clone()]);
        for (act, looks) in [(blind, false), (looking, true)] {
            let attempt = self.run(&[act], &[name]).await?;
            let policy = &self.table.policy;
            let may = |row: &&Row| {
                let seen = !looks || self.world.sees(self.table, row, &self.attacker.who);
                seen && self.world.holds(self.table, &policy.update, row, &self.attacker.who)
            };
            let expected: BTreeSet<Key> = self.rows().iter().filter(may).map(key).collect();
            let touched: BTreeSet<Key> =
                attempt.tables[name].iter().filter(|row| row.get(column.name) == Some(&marker)).map(key).collect();
            self.log.tried(name, ATTACK, expected.len());
            let granted = possible(&policy.update) && (!looks || possible(&policy.read));
            let answered = match &attempt.answers[0] {
                Ok(Answer::Count(changed)) => granted && usize::try_from(*changed) == Ok(expected.len()),
                answer => !granted && is_refused(answer),
            };
            if !answered || touched != expected {
                let met = &attempt.answers[0];
                self.fail(
                    ATTACK,
                    &format!("expected {} changes, met {met:?} and {} changed rows", expected.len(), touched.len()),
                );
            }
        }
        Ok(())
    }

    async fn delete_everything(&mut self) -> Result<(), StoreError> {
        const ATTACK: &str = "delete everything";
        let name = self.name();
        let attempt = self.run(&[Act::count(format!("DELETE FROM \"{name}\""), vec![])], &[name]).await?;
        let policy = &self.table.policy;
        let may = |row: &&Row| self.world.holds(self.table, &policy.delete, row, &self.attacker.who);
        let expected: BTreeSet<Key> = self.rows().iter().filter(may).map(key).collect();
        let left: BTreeSet<Key> = attempt.tables[name].iter().map(key).collect();
        let gone: BTreeSet<Key> = self.rows().iter().map(key).filter(|key| !left.contains(key)).collect();
        self.log.tried(name, ATTACK, expected.len());
        let itself = self.table.references.iter().any(|reference| reference.table == name);
        let as_expected = match &attempt.answers[0] {
            // Rows of other tables hold on to these.
            Err(StoreError::ForeignKey) => !expected.is_empty() && gone.is_empty(),
            Ok(Answer::Count(deleted)) => {
                possible(&policy.delete) && usize::try_from(*deleted) == Ok(expected.len()) && (gone == expected || itself)
            }
            answer => !possible(&policy.delete) && is_refused(answer) && gone.is_empty(),
        };
        if !as_expected {
            let met = &attempt.answers[0];
            self.fail(ATTACK, &format!("expected {} deletions, met {met:?} and {} rows gone", expected.len(), gone.len()));
        }
        Ok(())
    }
}

fn key(row: &Row) -> Key {
    (uuid(row, "tenant_id"), uuid(row, "id"))
}

fn count(rows: &[Row]) -> Option<i64> {
    match rows.first()?.get("n")? {
        Value::BigInt(number) => *number,
        _ => None,
    }
}

pub(super) fn is_refused(answer: &Result<Answer, StoreError>) -> bool {
    matches!(answer, Err(StoreError::RowSecurity { .. }))
}

/// A column whose change means nothing to keys and policies.
pub(super) fn harmless(table: &Table) -> Option<&crate::schema::Column> {
    let looked_at = planting::looked_at(table);
    let unique = |name| table.indexes.iter().any(|index| index.uniqueness == Uniqueness::Unique && index.columns.contains(&name));
    table.columns.iter().find(|column| {
        let key = ["tenant_id", "id"].contains(&column.name) || table.references.iter().any(|it| it.column == column.name);
        let plain = !matches!(column.kind, crate::schema::ColumnType::Boolean);
        plain && !key && !looked_at.contains(column.name) && !unique(column.name)
    })
}
