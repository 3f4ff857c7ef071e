//! What becomes of what a provider told.

use banyan_kernel::Uuid;
use banyan_store::audit::Record;
use banyan_store::{Store, StoreError, Tx};
use serde_json::json;

use crate::store::reached::{self, SOFT_BOUNCES, Writer};
use crate::store::{execute, suppressions};
use crate::topic::Channel;

/// What happened to a message at its address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// The address takes nothing, and never will.
    Hard,
    /// Not this time.
    Soft,
    /// Its owner called it unwanted.
    Complaint,
    /// Its owner answered STOP.
    Stop,
}

impl Verdict {
    /// The `source` of a suppressed address.
    const fn source(self) -> &'static str {
        match self {
            Self::Hard | Self::Soft => "bounce",
            Self::Complaint => "complaint",
            Self::Stop => "stop",
        }
    }
}

/// Something that a provider told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct News {
    provider: &'static str,
    /// The same where it is told again.
    id: String,
    channel: Channel,
    pub(super) address: String,
    pub(super) verdict: Verdict,
    pub(super) reason: String,
}

impl News {
    /// Of a mail; nothing where the address is none.
    pub(super) fn of(provider: &'static str, id: String, address: &str, verdict: Verdict, reason: Option<&str>) -> Option<Self> {
        let is_address = (3..=254).contains(&address.len()) && address.contains('@') && !address.contains(char::is_whitespace);
        let usual = if verdict == Verdict::Complaint { "its owner complained" } else { "mails came back" };
        // What other programs say may be long, and may quote the address.
        let reason = reason.unwrap_or(usual).replace(address, "…");
        let reason = reason.chars().filter(|c| !c.is_control()).take(300).collect();
        let news = Self { provider, id, channel: Channel::Email, address: address.to_owned(), verdict, reason };
        is_address.then_some(news)
    }

    /// Of a telephone whose owner wants no more texts.
    pub(crate) fn stop(number: &str) -> Self {
        let reason = "its owner answered STOP".to_owned();
        Self {
            provider: "sms",
            id: String::new(),
            channel: Channel::Sms,
            address: number.to_owned(),
            verdict: Verdict::Stop,
            reason,
        }
    }
}

/// Does what follows from it, in each tenant that has written to the address. An address that nobody has written to is nobody's matter.
pub(crate) async fn heed(store: &Store, news: &News) -> Result<(), StoreError> {
    let nobody = store.system(Uuid::nil());
    let writers = nobody.write(move |tx: Tx| async move {
        // The count rises once for what is told twice; to be suppressed again changes nothing.
        if news.verdict == Verdict::Soft && reached::is_news(&tx, news.provider, &news.id).await? {
            reached::bounced(&tx, news.channel, &news.address).await?;
        }
        reached::writers(&tx, news.channel, &news.address).await
    });
    let is_enough = |writer: &Writer| news.verdict != Verdict::Soft || writer.soft_bounces >= SOFT_BOUNCES;
    for writer in writers.await?.into_iter().filter(is_enough) {
        let rows = store.system(writer.tenant);
        let write = move |tx: Tx| async move {
            let source = news.verdict.source();
            if let Some(id) = suppressions::add(&tx, news.channel, &news.address, &news.reason, source).await? {
                let detail = json!({ "source": source, "provider": news.provider });
                tx.audit(Record::new("address.suppressed").object("suppression", id).detail(detail));
            }
            Ok::<_, StoreError>(())
        };
        rows.write(write).await?;
    }
    Ok(())
}

/// Its owner wants texts again: what STOP did is taken back, and nothing else.
pub(crate) async fn take_back(store: &Store, number: &str) -> Result<(), StoreError> {
    const SQL: &str = "DELETE FROM suppressions WHERE channel = 'sms' AND source = 'stop' AND address_hash = $1";
    let nobody = store.system(Uuid::nil());
    let writers = nobody.read(move |tx: Tx| async move { reached::writers(&tx, Channel::Sms, number).await }).await?;
    for writer in writers {
        let rows = store.system(writer.tenant);
        let write = move |tx: Tx| async move {
            let hash = suppressions::fingerprint(&tx, Channel::Sms, number);
            if execute(&tx, SQL, [hash.into()]).await? > 0 {
                tx.audit(Record::new("address.unsuppressed").detail(json!({ "source": "stop" })));
            }
            Ok::<_, StoreError>(())
        };
        rows.write(write).await?;
    }
    Ok(())
}
