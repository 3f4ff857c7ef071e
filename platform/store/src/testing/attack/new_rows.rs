//! Attacks that make a row what it may not be: inserted in another's name, moved out of sight, written over a hidden one.

use banyan_kernel::Uuid;

use super::super::ground::insert;
use super::super::{Act, Answer, Row};
use super::attacks::{Attack, harmless, is_refused};
use super::people::{OTHER, TENANTS};
use super::planting;
use crate::error::StoreError;
use crate::policy::compile::possible;
use crate::schema::Scope;

impl Attack<'_> {
    /// Rows in everybody's name, in both tenants.
    pub(super) async fn insert_rows(&mut self) -> Result<(), StoreError> {
        const ATTACK: &str = "insert in another's name";
        let name = self.name();
        let mut serial = 500_000;
        let tenants = if self.table.scope == Scope::Tenant { &TENANTS[..] } else { &TENANTS[..1] };
        let mut rows: Vec<Row> = Vec::new();
        for tenant in tenants {
            rows.extend(planting::rows(self.world, self.table, *tenant, &mut serial));
        }
        let acts: Vec<Act> = rows.iter().map(|row| insert(&format!("\"{name}\""), row)).collect();
        let mut answers = Vec::new();
        for act in acts {
            answers.extend(self.run(&[act], &[]).await?.answers);
        }
        for (row, answer) in rows.iter().zip(answers) {
            let allowed = self.world.holds(self.table, &self.table.policy.insert, row, &self.attacker.who);
            self.log.tried(name, ATTACK, usize::from(allowed));
            let as_expected = match &answer {
                Ok(Answer::Count(1)) | Err(StoreError::Unique { .. }) => allowed,
                other => !allowed && is_refused(other),
            };
            if !as_expected {
                self.fail(ATTACK, &format!("allowed: {allowed}, met {answer:?} for {row:?}"));
            }
        }
        Ok(())
    }

    /// Gives rows away: to another owner, to another tenant.
    pub(super) async fn move_rows(&mut self) -> Result<(), StoreError> {
        const ATTACK: &str = "move out of sight";
        let mut columns: Vec<(&'static str, Uuid)> = planting::looked_at(self.table)
            .into_iter()
            .filter(|column| self.is_free_uuid(column))
            .flat_map(|column| [(column, OTHER), (column, TENANTS[1])])
            .collect();
        if self.table.scope == Scope::Tenant && self.table.references.is_empty() {
            columns.push(("tenant_id", TENANTS[1]));
        }
        for (column, to) in columns {
            let ids: Vec<Row> = self.rows().iter().take(4).cloned().collect();
            for row in ids {
                self.move_row(ATTACK, &row, column, to).await?;
            }
        }
        Ok(())
    }

    async fn move_row(&mut self, attack: &'static str, row: &Row, column: &'static str, to: Uuid) -> Result<(), StoreError> {
        let name = self.name();
        let sql = format!("UPDATE \"{name}\" SET \"{column}\" = $1 WHERE id = $2");
        let act = Act::count(sql, vec![to.into(), row["id"].clone()]);
        let answer = self.run(&[act], &[]).await?.answers.remove(0);
        let (world, table, who) = (self.world, self.table, &self.attacker.who);
        let before = |row: &Row| world.holds(table, &table.policy.update, row, who) && world.sees(table, row, who);
        let mut all_pass = true;
        let mut matched = 0;
        for candidate in self.rows().iter().filter(|it| it["id"] == row["id"] && before(it)) {
            let mut moved = candidate.clone();
            moved.insert(column.to_owned(), to.into());
            all_pass &= before(&moved);
            matched += 1;
        }
        self.log.tried(name, attack, usize::from(all_pass) * matched);
        let granted = possible(&table.policy.update) && possible(&table.policy.read);
        let as_expected = match &answer {
            Ok(Answer::Count(changed)) => granted && all_pass && usize::try_from(*changed) == Ok(matched),
            Err(StoreError::Unique { .. } | StoreError::ForeignKey) => granted && all_pass && matched > 0,
            answer => is_refused(answer) && (!granted || !all_pass),
        };
        if !as_expected {
            self.fail(
                attack,
                &format!("{column} of {:?} to {to}: expected {matched} (allowed: {all_pass}), met {answer:?}", row["id"]),
            );
        }
        Ok(())
    }

    fn is_free_uuid(&self, column: &str) -> bool {
        let is_uuid = self.table.columns.iter().any(|it| it.name == column && it.kind == crate::schema::ColumnType::Uuid);
        is_uuid && column != "id" && !self.table.references.iter().any(|reference| reference.column == column)
    }

    /// Overwrites a row by inserting one with its key.
    pub(super) async fn upsert_onto_rows(&mut self) -> Result<(), StoreError> {
        const ATTACK: &str = "upsert onto a hidden row";
        let Some(column) = harmless(self.table) else { return Ok(()) };
        let name = self.name();
        let marker = planting::value(column, 987_655);
        let keys = self.table.primary_key().join(", ");
        for row in self.rows().to_vec().into_iter().take(6) {
            let mut act = insert(&format!("\"{name}\""), &row);
            act.values.push(marker.clone());
            act.sql.push_str(&format!(" ON CONFLICT ({keys}) DO UPDATE SET \"{}\" = ${}", column.name, act.values.len()));
            let attempt = self.run(&[act], &[name]).await?;
            let (world, table, who) = (self.world, self.table, &self.attacker.who);
            let policy = &table.policy;
            let allowed = [&policy.insert, &policy.update, &policy.read].iter().all(|rule| world.holds(table, rule, &row, who));
            let touched = attempt.tables[name].iter().filter(|row| row.get(column.name) == Some(&marker)).count();
            self.log.tried(name, ATTACK, usize::from(allowed));
            let as_expected = match &attempt.answers[0] {
                Ok(Answer::Count(1)) => allowed && touched == 1,
                answer => !allowed && is_refused(answer) && touched == 0,
            };
            if !as_expected {
                let met = &attempt.answers[0];
                self.fail(ATTACK, &format!("allowed: {allowed}, met {met:?} and {touched} changed rows"));
            }
        }
        Ok(())
    }
}
