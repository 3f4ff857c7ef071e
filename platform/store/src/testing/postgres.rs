//! The ground on PostgreSQL: a schema and a role of its own, reached with the store's own driver and settings.

use std::collections::BTreeMap;

use deadpool_postgres::{Client, Manager, ManagerConfig, Pool, RecyclingMethod};
use sea_orm::{DbBackend, Statement};
use tokio_postgres::NoTls;

use super::ground::{Wants, insert, parents_first, rows};
use super::{Act, Answer, Attempt, Row, Who};
use crate::compliance::Entry;
use crate::error::StoreError;
use crate::migrate::{Dialect, Schema};
use crate::postgres::{driver, failed, policies, role_of, session};
use crate::schema::Table;

pub struct PostgresGround {
    client: Client,
    schema: Schema,
    role: String,
}

impl PostgresGround {
    /// Makes the schema `service` in the database of `url`, which must be a superuser's: rows are planted and looked at past
    /// row security. A schema of that name that is there already is dropped.
    ///
    /// # Errors
    /// When the server cannot be reached, or what it says.
    pub async fn create(url: &str, service: &'static str, tables: &[Table]) -> Result<Self, StoreError> {
        let mut config: tokio_postgres::Config = url.parse().map_err(failed)?;
        config.options(format!("-c search_path={service} -c client_min_messages=warning"));
        let manager = Manager::from_config(config, NoTls, ManagerConfig { recycling_method: RecyclingMethod::Fast });
        let unavailable = |error: &dyn std::fmt::Display| StoreError::Unavailable(error.to_string());
        let pool = Pool::builder(manager).max_size(1).build().map_err(|error| unavailable(&error))?;
        let client = pool.get().await.map_err(|error| unavailable(&error))?;
        let ground = Self { client, schema: Schema::new(service, tables.to_vec()), role: role_of(service) };
        ground.make().await?;
        Ok(ground)
    }

    async fn make(&self) -> Result<(), StoreError> {
        let (service, role) = (self.schema.service, &self.role);
        self.batch(&format!(
            "DROP SCHEMA IF EXISTS \"{service}\" CASCADE; DROP ROLE IF EXISTS \"{role}\", \"{role}_log\"; CREATE SCHEMA \"{service}\"; \
             CREATE ROLE \"{role}\" NOLOGIN; CREATE ROLE \"{role}_log\" NOLOGIN; GRANT USAGE ON SCHEMA \"{service}\" TO \"{role}\""
        ))
        .await?;
        let dialect = Dialect::Postgres { schema: service };
        for table in parents_first(&self.schema.tables) {
            for statement in dialect.create_table(table) {
                self.batch(&statement).await?;
            }
        }
        for table in &self.schema.tables {
            for statement in policies::statements(&self.schema, table, role) {
                self.batch(&statement).await?;
            }
        }
        Ok(())
    }

    /// Removes the schema and the role.
    ///
    /// # Errors
    /// What the server says.
    pub async fn drop_all(self) -> Result<(), StoreError> {
        let (service, role) = (self.schema.service, &self.role);
        self.batch(&format!("DROP SCHEMA \"{service}\" CASCADE; DROP ROLE \"{role}\", \"{role}_log\"")).await
    }

    /// What the compliance check says of the schema.
    ///
    /// # Errors
    /// What the server says.
    pub async fn compliance(&self) -> Result<(Vec<Entry>, Vec<String>), StoreError> {
        let (service, role) = (self.schema.service, &self.role);
        let found = crate::compliance::check_postgres(&self.client, service, &self.schema.tables, role, role).await?;
        Ok((found.entries, found.findings))
    }

    pub fn tables(&self) -> &[Table] {
        &self.schema.tables
    }

    pub fn schema(&self) -> &Schema {
        &self.schema
    }

    pub fn client(&self) -> &Client {
        &self.client
    }

    /// Statements as the superuser.
    ///
    /// # Errors
    /// What the server says.
    pub async fn batch(&self, sql: &str) -> Result<(), StoreError> {
        self.client.batch_execute(sql).await.map_err(failed)
    }

    pub(super) async fn plant(&mut self, table: &str, planted: &[Row]) -> Result<(), StoreError> {
        self.batch("BEGIN").await?;
        for row in planted {
            let act = insert(&format!("\"{}\".\"{table}\"", self.schema.service), row);
            if let Err(error) = driver::execute(&self.client, &act.statement(DbBackend::Postgres)).await {
                self.batch("ROLLBACK").await?;
                return Err(error);
            }
        }
        self.batch("COMMIT").await
    }

    pub(super) async fn clear(&mut self) -> Result<(), StoreError> {
        let mut sql = String::new();
        for table in parents_first(&self.schema.tables).into_iter().rev() {
            sql.push_str(&format!("DELETE FROM \"{}\".\"{}\";", self.schema.service, table.name));
        }
        self.batch(&sql).await
    }

    pub(super) async fn attempt(&mut self, who: &Who, acts: &[Act], tables: &[&str]) -> Result<Attempt, StoreError> {
        self.batch("BEGIN").await?;
        match who.context() {
            Some(context) => session::apply(&self.client, &session::settings(&self.role, &context)).await?,
            None => self.batch(&format!("SET LOCAL ROLE \"{}\"", self.role)).await?,
        }
        let mut answers = Vec::new();
        for act in acts {
            self.batch("SAVEPOINT act").await?;
            let answer = self.run(act).await;
            self.batch(if answer.is_ok() { "RELEASE act" } else { "ROLLBACK TO act" }).await?;
            answers.push(answer);
        }
        let mut seen = BTreeMap::new();
        if !tables.is_empty() {
            self.batch("RESET ROLE").await?;
        }
        for table in tables {
            let sql = format!("SELECT * FROM \"{}\".\"{table}\"", self.schema.service);
            let found = driver::query(&self.client, &Statement::from_string(DbBackend::Postgres, sql)).await?;
            seen.insert((*table).to_owned(), rows(found));
        }
        self.batch("ROLLBACK").await?;
        Ok(Attempt { answers, tables: seen })
    }

    async fn run(&self, act: &Act) -> Result<Answer, StoreError> {
        policies::admit(&act.sql)?;
        let statement = act.statement(DbBackend::Postgres);
        match act.wants {
            Wants::Rows => driver::query(&self.client, &statement).await.map(|found| Answer::Rows(rows(found))),
            Wants::Count => driver::execute(&self.client, &statement).await.map(Answer::Count),
        }
    }
}

impl std::fmt::Debug for PostgresGround {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PostgresGround").field("schema", &self.schema.service).finish_non_exhaustive()
    }
}
