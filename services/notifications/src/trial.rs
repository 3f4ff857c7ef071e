//! One attempt while somebody waits for what comes of it: tests of a way. It stands in the log of deliveries as any other does.

use std::time::Duration;

use banyan_http::Problem;
use banyan_kernel::Uuid;
use banyan_store::{StoreError, Tx};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::App;
use crate::entity::delivery;
use crate::jobs::record::{give_up, note_sent};
use crate::senders::{Hope, Message, NotSent};
use crate::store::deliveries;
use crate::topic::{DeliveryState, Way};

/// Nobody waits longer.
const LONGEST: Duration = Duration::from_secs(45);

/// What came of a test by one way.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = NotificationTestResult)]
pub(crate) struct Tried {
    #[schema(inline)]
    way: Way,
    /// The browser, the device or the destination; none for mails and texts.
    endpoint_id: Option<Uuid>,
    /// Where it went, so that its owner knows it again.
    address: Option<String>,
    /// Whether the next one took it.
    sent: bool,
    /// What the provider said, or why it was not asked.
    reason: Option<String>,
    /// How the provider calls the message.
    provider_id: Option<String>,
    /// In the log of deliveries.
    delivery_id: Uuid,
}

impl From<delivery::Model> for Tried {
    fn from(row: delivery::Model) -> Self {
        Self {
            way: row.way,
            endpoint_id: row.endpoint_id,
            address: row.address_hint,
            sent: row.state == DeliveryState::Sent,
            reason: row.reason,
            provider_id: row.provider_id,
            delivery_id: row.id,
        }
    }
}

/// Sends it, or says why not, and writes down what came of it.
pub(crate) async fn try_now(app: &App, row: delivery::Model, message: Result<Message, &'static str>) -> Result<Tried, Problem> {
    let outcome = match &message {
        Ok(message) => {
            let late = || Err(NotSent { hope: Hope::Later(None), reason: "no answer in time".to_owned() });
            tokio::time::timeout(LONGEST, app.senders.send(message)).await.unwrap_or_else(|_| late())
        }
        Err(reason) => Err(NotSent { hope: Hope::Never, reason: (*reason).to_owned() }),
    };
    let rows = app.store.system(row.tenant_id);
    let (before, message, outcome) = (&row, message.as_ref().ok(), &outcome);
    let written = rows.write(move |tx: Tx| async move {
        deliveries::add(&tx, before.clone()).await?;
        let mut row = before.clone();
        match (message, outcome) {
            (Some(message), Ok(sent)) => note_sent(&tx, row, message, sent).await,
            (Some(message), Err(refusal)) if !matches!(refusal.hope, Hope::Later(_)) => give_up(&tx, row, message, refusal).await,
            // Nobody comes again with a test, and what fails once is not given up for that.
            (_, Err(refusal)) => {
                row.note(tx.now(), refusal.hope.word(), &refusal.reason);
                row.address_hint = message.and_then(Message::hint).or(row.address_hint);
                row.end(tx.now(), DeliveryState::Failed, Some(&refusal.reason));
                deliveries::save(&tx, row.clone()).await?;
                Ok(row)
            }
            (None, Ok(_)) => Ok::<_, StoreError>(row),
        }
    });
    Ok(written.await?.into())
}
