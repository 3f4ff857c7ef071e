//! stub
use super::security::Guarded;
use crate::{context::Context, error::StoreError};
use sea_orm::{ProxyRow, Statement};
use std::path::Path;
use std::sync::Arc;
pub(crate) enum Access {
    Read,
    Write,
}
pub(crate) struct Connection;
impl Connection {
    pub(crate) fn open(_: &Path, _: Access, _: &Arc<Guarded>) -> Result<Self, StoreError> {
        Ok(Self)
    }
    pub(crate) fn bind(&mut self, _: &Context) {}
    pub(crate) fn unbind(&mut self) {}
    pub(crate) fn query(&mut self, _: &Statement) -> Result<Vec<ProxyRow>, StoreError> {
        Ok(vec![])
    }
    pub(crate) fn execute(&mut self, _: &Statement) -> Result<u64, StoreError> {
        Ok(0)
    }
    pub(crate) fn control(&mut self, _: &'static str) -> Result<(), StoreError> {
        Ok(())
    }
}
pub(crate) fn failed(error: rusqlite::Error) -> StoreError {
    StoreError::Database(error.to_string())
}
