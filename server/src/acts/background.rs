//! Jobs and sagas of all services, looked at and mended in the name of those who run the installation.

use anyhow::{Result, bail};
use banyan_events::jobs::{Board, BoardError, Filter, JobSheet, ScheduleLine};
use banyan_events::sagas::{SagaBoard, SagaFilter, SagaSheet};
use banyan_kernel::Uuid;
use banyan_store::Store;
use serde::{Deserialize, Serialize};

use super::Answer;
use crate::house::House;

/// What is asked about jobs.
#[derive(Serialize, Deserialize)]
#[serde(tag = "ask", rename_all = "kebab-case")]
pub(crate) enum JobsAsked {
    List { filter: Filter },
    Show { id: Uuid },
    Retry { id: Uuid },
    Cancel { id: Uuid },
    Schedules,
}

/// What is asked about sagas.
#[derive(Serialize, Deserialize)]
#[serde(tag = "ask", rename_all = "kebab-case")]
pub(crate) enum SagasAsked {
    List { filter: SagaFilter },
    Show { id: Uuid },
    Resume { id: Uuid },
    Compensate { id: Uuid },
}

/// Something of a service.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Of<T> {
    pub(crate) service: String,
    #[serde(flatten)]
    pub(crate) item: T,
}

fn of<T>(store: &Store, item: T) -> Of<T> {
    Of { service: store.service().to_owned(), item }
}

impl House {
    pub(super) async fn ask_jobs(&self, service: Option<&str>, asked: &JobsAsked) -> Result<Answer> {
        let stores = self.stores_of(service)?;
        let (mut jobs, mut schedules): (Vec<Of<JobSheet>>, Vec<Of<ScheduleLine>>) = (Vec::new(), Vec::new());
        for store in stores {
            let board = Board::of_all(store);
            let one = match asked {
                JobsAsked::List { filter } => {
                    jobs.extend(board.list(filter).await?.items.into_iter().map(|item| of(store, item)));
                    continue;
                }
                JobsAsked::Schedules => {
                    schedules.extend(board.schedules().await?.into_iter().map(|item| of(store, item)));
                    continue;
                }
                JobsAsked::Show { id } => board.show(*id).await,
                JobsAsked::Retry { id } => board.retry(*id).await,
                JobsAsked::Cancel { id } => board.cancel(*id).await,
            };
            if let Some(found) = found(one)? {
                return Ok(Answer::Jobs(vec![of(store, found)]));
            }
        }
        match asked {
            JobsAsked::Schedules => Ok(Answer::Schedules(schedules)),
            JobsAsked::List { filter } => {
                // Ids tell the time, so the services' pages make one.
                jobs.sort_by_key(|of| std::cmp::Reverse(of.item.id));
                jobs.truncate(filter.limit.unwrap_or(50) as usize);
                Ok(Answer::Jobs(jobs))
            }
            _ => bail!("no service has a job of this id; `banyan jobs list` shows them"),
        }
    }

    pub(super) async fn ask_sagas(&self, service: Option<&str>, asked: &SagasAsked) -> Result<Answer> {
        let mut sagas: Vec<Of<SagaSheet>> = Vec::new();
        for store in self.stores_of(service)? {
            let board = SagaBoard::of_all(store);
            let one = match asked {
                SagasAsked::List { filter } => {
                    sagas.extend(board.list(filter).await?.items.into_iter().map(|item| of(store, item)));
                    continue;
                }
                SagasAsked::Show { id } => board.show(*id).await,
                SagasAsked::Resume { id } => board.resume(*id).await,
                SagasAsked::Compensate { id } => board.compensate(*id).await,
            };
            if let Some(found) = found(one)? {
                return Ok(Answer::Sagas(vec![of(store, found)]));
            }
        }
        let SagasAsked::List { filter } = asked else { bail!("no service has a saga of this id; `banyan saga list` shows them") };
        sagas.sort_by_key(|of| std::cmp::Reverse(of.item.id));
        sagas.truncate(filter.limit.unwrap_or(50) as usize);
        Ok(Answer::Sagas(sagas))
    }
}

/// Another service may have it.
fn found<T>(answer: Result<T, BoardError>) -> Result<Option<T>> {
    match answer {
        Ok(item) => Ok(Some(item)),
        Err(BoardError::NotFound) => Ok(None),
        Err(BoardError::WrongState(state)) => bail!("it is {state}, so this cannot be done"),
        Err(error @ (BoardError::DrivesSaga | BoardError::NoReturn)) => bail!("{error}"),
        Err(BoardError::Store(error)) => Err(error.into()),
    }
}
