//! The forms in which providers tell of mails that came back.

use banyan_channels::sns::{SnsError, SnsNews};
use banyan_channels::webhook::verify;
use banyan_kernel::Timestamp;
use hmac::{Hmac, KeyInit, Mac as _};
use http::HeaderMap;
use serde_json::Value;
use sha2::Sha256;

use super::{News, Providers, Verdict};

/// How old a message of Mailgun may be, either way, in seconds: it comes again for eight hours.
const MAILGUN_TOLERANCE: i64 = 12 * 3_600;
/// Where Postmark shows the token that was typed there as a custom header.
const POSTMARK_TOKEN: &str = "x-webhook-token";
/// As many recipients as SES lets a mail have.
const SES_RECIPIENTS: usize = 50;

/// Whose form it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    /// Signed by Standard Webhooks: for whoever speaks no other form, by a few lines between.
    Standard,
    /// <https://documentation.mailgun.com/docs/mailgun/user-manual/tracking-messages/>
    Mailgun,
    /// <https://postmarkapp.com/developer/webhooks/bounce-webhook>
    Postmark,
    /// Amazon SES, through a topic of SNS: <https://docs.aws.amazon.com/ses/latest/dg/notification-contents.html>, or as events:
    /// <https://docs.aws.amazon.com/ses/latest/dg/event-publishing-retrieving-sns-contents.html>
    Ses,
}

impl Form {
    pub(crate) fn named(name: &str) -> Option<Self> {
        match name {
            "standard" => Some(Self::Standard),
            "mailgun" => Some(Self::Mailgun),
            "postmark" => Some(Self::Postmark),
            "ses" => Some(Self::Ses),
            _ => None,
        }
    }
}

/// Why nothing is heard.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// Nobody shows that the provider has sent it.
    Unbelieved,
    /// Whether the provider has sent it cannot be told now: it will come again.
    Later,
}

/// What is told, if it is the provider who tells it; nothing where it is about something else.
pub(crate) async fn bounces(
    providers: &Providers,
    form: Form,
    headers: &HeaderMap,
    body: &[u8],
    now: Timestamp,
) -> Result<Vec<News>, Refusal> {
    let json = || serde_json::from_slice::<Value>(body).unwrap_or_default();
    let one = |news: Option<News>| news.into_iter().collect();
    match form {
        Form::Standard => {
            let verified = verify(&providers.keys, headers, body, now).map_err(|_| Refusal::Unbelieved)?;
            Ok(one(standard(&json(), verified.id)))
        }
        Form::Mailgun => {
            let json = json();
            mailgun_signature(providers, &json, now).ok_or(Refusal::Unbelieved)?;
            Ok(one(mailgun(&json)))
        }
        Form::Postmark => {
            let token = providers.postmark_token.as_ref().ok_or(Refusal::Unbelieved)?;
            let shown = headers.get(POSTMARK_TOKEN).map(http::HeaderValue::as_bytes).unwrap_or_default();
            // Two digests by one key: comparing them tells nothing of where the tokens differ.
            mac(token.expose(), token.expose().as_bytes())
                .and_then(|expected| {
                    let given = mac(token.expose(), shown)?;
                    given.verify_slice(&expected.finalize().into_bytes()).ok()
                })
                .ok_or(Refusal::Unbelieved)?;
            Ok(one(postmark(&json())))
        }
        Form::Ses => amazon(providers, body).await,
    }
}

/// What a topic says, and what SES says in it.
async fn amazon(providers: &Providers, body: &[u8]) -> Result<Vec<News>, Refusal> {
    let sns = providers.sns.as_ref().ok_or(Refusal::Unbelieved)?;
    match sns.hear(body).await {
        Ok(SnsNews::Message { text, .. }) => Ok(ses(&serde_json::from_str(&text).unwrap_or_default())),
        Ok(SnsNews::Subscribed) => {
            tracing::info!("a topic of Amazon SNS tells of mails from now on");
            Ok(Vec::new())
        }
        Ok(SnsNews::Unsubscribed) => {
            tracing::warn!("a topic of Amazon SNS tells of mails no more: somebody has ended the subscription there");
            Ok(Vec::new())
        }
        Err(error) => {
            tracing::warn!(%error, "a message of Amazon SNS is not heard");
            Err(if matches!(error, SnsError::Unbelieved(_)) { Refusal::Unbelieved } else { Refusal::Later })
        }
    }
}

fn text<'a>(value: &'a Value, path: &str) -> Option<&'a str> {
    value.pointer(path)?.as_str().filter(|text| !text.is_empty())
}

/// `{"type": "mail.bounced", "data": {"address": …, "permanent": true, "reason": …}}`, or `mail.complained`.
fn standard(json: &Value, id: String) -> Option<News> {
    let verdict = match text(json, "/type")? {
        "mail.bounced" if json["data"]["permanent"] == true => Verdict::Hard,
        "mail.bounced" => Verdict::Soft,
        "mail.complained" => Verdict::Complaint,
        _ => return None,
    };
    News::of("standard", id, text(json, "/data/address")?, verdict, text(json, "/data/reason"))
}

fn mailgun_signature(providers: &Providers, json: &Value, now: Timestamp) -> Option<()> {
    let key = providers.mailgun_key.as_ref()?;
    let (timestamp, token) = (text(json, "/signature/timestamp")?, text(json, "/signature/token")?);
    let at = Timestamp::from_seconds(timestamp.parse().ok()?);
    let signature = unhex(text(json, "/signature/signature")?)?;
    let is_near = now.seconds_since(at).unsigned_abs() <= MAILGUN_TOLERANCE.unsigned_abs();
    let signed = mac(key.expose(), format!("{timestamp}{token}").as_bytes())?;
    signed.verify_slice(&signature).ok().filter(|()| is_near)
}

fn mailgun(json: &Value) -> Option<News> {
    let data = &json["event-data"];
    let verdict = match (text(data, "/event")?, text(data, "/severity")) {
        ("failed", Some("permanent")) => Verdict::Hard,
        ("failed", _) => Verdict::Soft,
        ("complained", _) => Verdict::Complaint,
        _ => return None,
    };
    // The token is signed, the event's own name is not: Mailgun signs nothing of what it says.
    let id = text(json, "/signature/token")?.to_owned();
    let reason = text(data, "/delivery-status/message").or_else(|| text(data, "/delivery-status/description"));
    News::of("mailgun", id, text(data, "/recipient")?, verdict, reason.or_else(|| text(data, "/reason")))
}

fn postmark(json: &Value) -> Option<News> {
    let verdict = match (text(json, "/RecordType")?, text(json, "/Type").unwrap_or_default()) {
        ("SpamComplaint", _) | ("Bounce", "SpamComplaint" | "SpamNotification") => Verdict::Complaint,
        ("Bounce", "HardBounce" | "BadEmailAddress" | "ManuallyDeactivated" | "Unsubscribe") => Verdict::Hard,
        ("Bounce", "Transient" | "SoftBounce" | "DnsError" | "Undeliverable" | "Blocked" | "Unknown") => Verdict::Soft,
        _ => return None,
    };
    let id = json["ID"].as_i64().map(|id| id.to_string())?;
    News::of("postmark", id, text(json, "/Email")?, verdict, text(json, "/Description"))
}

/// Notifications and events alike, which name their kind differently.
fn ses(json: &Value) -> Vec<News> {
    let kind = text(json, "/notificationType").or_else(|| text(json, "/eventType"));
    let (about, verdict, people) = match kind {
        Some("Bounce") if json["bounce"]["bounceType"] == "Permanent" => (&json["bounce"], Verdict::Hard, "bouncedRecipients"),
        Some("Bounce") => (&json["bounce"], Verdict::Soft, "bouncedRecipients"),
        // Somebody took it out of the junk again.
        Some("Complaint") if json["complaint"]["complaintFeedbackType"] == "not-spam" => return Vec::new(),
        Some("Complaint") => (&json["complaint"], Verdict::Complaint, "complainedRecipients"),
        _ => return Vec::new(),
    };
    let Some(id) = text(about, "/feedbackId") else { return Vec::new() };
    let people = about[people].as_array().map(Vec::as_slice).unwrap_or_default();
    let news = |(index, person): (usize, &Value)| {
        let reason = text(person, "/diagnosticCode").or_else(|| text(about, "/bounceSubType"));
        News::of("ses", format!("{id}/{index}"), text(person, "/emailAddress")?, verdict, reason)
    };
    people.iter().take(SES_RECIPIENTS).enumerate().filter_map(news).collect()
}

fn mac(key: &str, content: &[u8]) -> Option<Hmac<Sha256>> {
    let mut mac = <Hmac<Sha256> as KeyInit>::new_from_slice(key.as_bytes()).ok()?;
    mac.update(content);
    Some(mac)
}

fn unhex(text: &str) -> Option<Vec<u8>> {
    let digits = text.as_bytes();
    if digits.len() != 64 {
        return None;
    }
    let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    digits.chunks(2).map(|pair| Some(digit(pair[0])? << 4 | digit(pair[1])?)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use banyan_kernel::Secret;
    use serde_json::json;

    const NOW: Timestamp = Timestamp::from_seconds(1_700_000_000);

    fn providers() -> Providers {
        let secret = |text: &str| Some(Secret::new(text.to_owned()));
        Providers { mailgun_key: secret("key-1"), postmark_token: secret("token-1"), ..Providers::default() }
    }

    fn signed(key: &str, seconds: i64) -> Value {
        let (timestamp, token) = (seconds.to_string(), "t".repeat(50));
        let tag = mac(key, format!("{timestamp}{token}").as_bytes()).unwrap().finalize().into_bytes();
        let signature: String = tag.iter().map(|byte| format!("{byte:02x}")).collect();
        json!({ "timestamp": timestamp, "token": token, "signature": signature })
    }

    #[tokio::test]
    async fn mailgun_is_known_by_its_signature() {
        let data = json!({ "event": "failed", "severity": "permanent", "recipient": "Ann@example.org", "delivery-status": { "message": "5.1.1 nobody" } });
        let hear = async |signature: Value| {
            let body = json!({ "signature": signature, "event-data": data }).to_string();
            bounces(&providers(), Form::Mailgun, &HeaderMap::new(), body.as_bytes(), NOW).await
        };
        let news = hear(signed("key-1", NOW.seconds())).await.unwrap().remove(0);
        assert_eq!(
            (news.verdict, news.address.as_str(), news.reason.as_str()),
            (Verdict::Hard, "Ann@example.org", "5.1.1 nobody")
        );
        assert_eq!(hear(signed("key-2", NOW.seconds())).await, Err(Refusal::Unbelieved));
        assert_eq!(hear(signed("key-1", NOW.seconds() - 86_400)).await, Err(Refusal::Unbelieved));
        assert_eq!(hear(Value::Null).await, Err(Refusal::Unbelieved));
        let none = Providers::default();
        let body = json!({ "signature": signed("", NOW.seconds()), "event-data": data }).to_string();
        assert_eq!(
            bounces(&none, Form::Mailgun, &HeaderMap::new(), body.as_bytes(), NOW).await,
            Err(Refusal::Unbelieved),
            "it is not set up"
        );
    }

    #[tokio::test]
    async fn postmark_is_known_by_its_token() {
        let hear = async |token: Option<&str>, body: &Value| {
            let mut headers = HeaderMap::new();
            if let Some(token) = token {
                headers.insert(POSTMARK_TOKEN, token.parse().unwrap());
            }
            bounces(&providers(), Form::Postmark, &headers, body.to_string().as_bytes(), NOW).await
        };
        let hard =
            json!({ "RecordType": "Bounce", "Type": "HardBounce", "ID": 42, "Email": "ann@example.org", "Description": "gone" });
        assert_eq!(hear(Some("token-1"), &hard).await.unwrap().remove(0).verdict, Verdict::Hard);
        for wrong in [None, Some(""), Some("token-2"), Some("token-11")] {
            assert_eq!(hear(wrong, &hard).await, Err(Refusal::Unbelieved), "{wrong:?}");
        }
        let soft = json!({ "RecordType": "Bounce", "Type": "SoftBounce", "ID": 43, "Email": "ann@example.org" });
        assert_eq!(hear(Some("token-1"), &soft).await.unwrap().remove(0).verdict, Verdict::Soft);
        for other in [
            json!({ "RecordType": "Open", "ID": 1, "Email": "a@b.c" }),
            json!({}),
            json!([1]),
            json!({ "RecordType": "Bounce", "Type": "AutoResponder", "ID": 1, "Email": "a@b.c" }),
        ] {
            assert_eq!(hear(Some("token-1"), &other).await, Ok(Vec::new()), "{other}");
        }
    }

    #[test]
    fn hexadecimal_digits_are_whole_or_nothing() {
        assert_eq!(unhex(&"0f".repeat(32)), Some(vec![15; 32]));
        for bad in ["", "0", &"0g".repeat(32), &"0f".repeat(33), &"é".repeat(32)] {
            assert_eq!(unhex(bad), None, "{bad}");
        }
    }
}
