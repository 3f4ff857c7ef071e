//! Push to telephones: Firebase and Apple.

use std::collections::BTreeMap;
use std::time::Duration;

use banyan_channels::apns::{Apns, ApnsEnvironment, ApnsMessage, ApnsPriority, ApnsSettings};
use banyan_channels::fcm::{Fcm, FcmMessage, FcmSettings, Wake};
use banyan_channels::testing::Reply;
use banyan_channels::{Hope, SecretText};
use banyan_kernel::{Secret, Uuid};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::Version;
use ring::rand::SystemRandom;
use ring::signature::{self, EcdsaKeyPair, KeyPair as _, RsaKeyPair, UnparsedPublicKey};
use serde_json::json;

use super::support::{Bench, NOW, token};

/// Made for these tests; it opens nothing.
const RSA: &str = include_str!("keys/for-tests-only.pem");

fn fcm(bench: &Bench) -> Fcm {
    let account = json!({
        "type": "service_account",
        "project_id": "demo-1",
        "private_key_id": "key-1",
        "private_key": RSA,
        "client_email": "push@demo-1.iam.gserviceaccount.com",
        "token_uri": bench.sink.url("/token").as_str(),
    });
    let settings =
        FcmSettings { service_account: SecretText::Text(Secret::new(account.to_string())), base_url: Some(bench.sink.url("/")) };
    Fcm::new(&settings, bench.outbound.clone(), bench.clock()).unwrap()
}

fn granted(token: &str) -> Reply {
    Reply::json(200, &json!({ "access_token": token, "expires_in": 3600, "token_type": "Bearer" }))
}

fn message() -> FcmMessage {
    FcmMessage {
        token: "device-1".into(),
        title: "Hi".into(),
        body: "There".into(),
        data: BTreeMap::from([("goal".to_owned(), "1".to_owned())]),
        lifetime: Some(Duration::from_secs(60)),
        wake: Wake::AtOnce,
        collapse_key: Some("goals".into()),
    }
}

/// <https://developers.google.com/identity/protocols/oauth2/service-account#authorizingrequests>,
/// <https://firebase.google.com/docs/reference/fcm/rest/v1/projects.messages/send>.
#[tokio::test]
async fn firebase_is_asked_as_it_says() {
    let bench = Bench::plain().await;
    bench.sink.reply(granted("access-1"));
    bench.sink.always(Reply::json(200, &json!({ "name": "projects/demo-1/messages/0:1" })));
    let fcm = fcm(&bench);
    let delivered = fcm.send(&message()).await.unwrap();
    assert_eq!(delivered.reference.as_deref(), Some("projects/demo-1/messages/0:1"));
    let heard = bench.sink.heard();
    assert_eq!((heard[0].method.as_str(), heard[0].target.as_str()), ("POST", "/token"));
    assert_eq!(heard[0].header("content-type"), "application/x-www-form-urlencoded");
    let form: BTreeMap<_, _> = url::form_urlencoded::parse(&heard[0].body).into_owned().collect();
    assert_eq!(form["grant_type"], "urn:ietf:params:oauth:grant-type:jwt-bearer");
    let (signed, signature, header, claims) = token(&form["assertion"]);
    assert_eq!(header, json!({ "alg": "RS256", "typ": "JWT", "kid": "key-1" }));
    let expected = json!({
        "iss": "push@demo-1.iam.gserviceaccount.com",
        "scope": "https://www.googleapis.com/auth/firebase.messaging",
        "aud": bench.sink.url("/token").as_str(),
        "iat": NOW,
        "exp": NOW + 3_600,
    });
    assert_eq!(claims, expected);
    let der: String = RSA.lines().filter(|line| !line.starts_with("--")).collect();
    let pair = RsaKeyPair::from_pkcs8(&STANDARD.decode(der).unwrap()).unwrap();
    let key = UnparsedPublicKey::new(&signature::RSA_PKCS1_2048_8192_SHA256, pair.public().as_ref());
    key.verify(signed.as_bytes(), &signature).unwrap();

    assert_eq!((heard[1].method.as_str(), heard[1].target.as_str()), ("POST", "/v1/projects/demo-1/messages:send"));
    assert_eq!(heard[1].header("authorization"), "Bearer access-1");
    let expected = json!({ "message": {
        "token": "device-1",
        "notification": { "title": "Hi", "body": "There" },
        "data": { "goal": "1" },
        "android": { "priority": "HIGH", "ttl": "60s", "collapse_key": "goals" },
    }});
    assert_eq!(heard[1].json(), expected);
}

#[tokio::test]
async fn one_access_token_serves_all_until_it_ends() {
    let bench = Bench::plain().await;
    bench.sink.reply(granted("access-1"));
    let fcm = fcm(&bench);
    let (one, other, message) = (fcm.clone(), fcm.clone(), message());
    let (first, second, third) = tokio::join!(fcm.send(&message), one.send(&message), other.send(&message));
    assert!(first.is_ok() && second.is_ok() && third.is_ok());
    let asked = || bench.sink.heard().iter().filter(|heard| heard.target == "/token").count();
    assert_eq!((asked(), bench.sink.heard().len()), (1, 4));
    bench.clock.advance_seconds(3_539);
    fcm.send(&message).await.unwrap();
    assert_eq!(asked(), 1);
    bench.clock.advance_seconds(1);
    bench.sink.reply(granted("access-2"));
    fcm.send(&message).await.unwrap();
    assert_eq!(asked(), 2);
    // Refused before its time: the next attempt asks for another.
    bench.sink.reply(Reply::json(401, &json!({ "error": { "status": "UNAUTHENTICATED" } })));
    assert!(fcm.send(&message).await.unwrap_err().is_temporary());
    bench.sink.reply(granted("access-3"));
    fcm.send(&message).await.unwrap();
    assert_eq!(bench.sink.heard().last().unwrap().header("authorization"), "Bearer access-3");
}

/// <https://firebase.google.com/docs/reference/fcm/rest/v1/ErrorCode>.
#[tokio::test]
async fn firebases_codes_say_what_to_do_next() {
    let bench = Bench::plain().await;
    bench.sink.reply(granted("access-1"));
    let fcm = fcm(&bench);
    fcm.send(&message()).await.unwrap();
    for (status, code, hope) in [
        (404, "UNREGISTERED", "gone"),
        (400, "INVALID_ARGUMENT", "permanent"),
        (403, "SENDER_ID_MISMATCH", "permanent"),
        (403, "PERMISSION_DENIED", "temporary"),
        (429, "QUOTA_EXCEEDED", "temporary"),
        (500, "INTERNAL", "temporary"),
        (503, "UNAVAILABLE", "temporary"),
    ] {
        let detail = json!({ "@type": "type.googleapis.com/google.firebase.fcm.v1.FcmError", "errorCode": code });
        let error =
            json!({ "code": status, "message": "device-1 and more", "status": "X", "details": [{ "@type": "y" }, detail] });
        bench.sink.reply(Reply::json(status, &json!({ "error": error })).with("retry-after", "60"));
        let refused = fcm.send(&message()).await.unwrap_err();
        assert_eq!(refused.hope.word(), hope, "{code}");
        assert_eq!(refused.to_string(), format!("answered {status} {code}"));
        if status == 429 {
            assert_eq!(refused.hope, Hope::Temporary { retry_after: Some(Duration::from_secs(60)) });
        }
    }
    let before = bench.sink.heard().len();
    for bad in [
        FcmMessage { token: String::new(), ..message() },
        FcmMessage { body: "x".repeat(5_000), ..message() },
        FcmMessage { data: BTreeMap::from([("google.x".to_owned(), String::new())]), ..message() },
    ] {
        assert_eq!(fcm.send(&bad).await.unwrap_err().hope, Hope::Permanent);
    }
    assert_eq!(bench.sink.heard().len(), before);
}

#[tokio::test]
async fn without_an_access_token_the_message_waits() {
    let bench = Bench::plain().await;
    bench.sink.always(Reply::json(400, &json!({ "error": "invalid_grant" })));
    let refused = fcm(&bench).send(&message()).await.unwrap_err();
    assert!(refused.is_temporary(), "{refused}");
    assert_eq!(bench.sink.heard().len(), 1);
}

struct Apple {
    bench: Bench,
    apns: Apns,
    public: Vec<u8>,
}

async fn apple() -> Apple {
    let bench = Bench::tls().await;
    let (random, algorithm) = (SystemRandom::new(), &signature::ECDSA_P256_SHA256_FIXED_SIGNING);
    let document = EcdsaKeyPair::generate_pkcs8(algorithm, &random).unwrap();
    let public = EcdsaKeyPair::from_pkcs8(algorithm, document.as_ref(), &random).unwrap().public_key().as_ref().to_vec();
    let pem = format!("-----BEGIN PRIVATE KEY-----\n{}\n-----END PRIVATE KEY-----\n", STANDARD.encode(document.as_ref()));
    let settings = ApnsSettings {
        key: SecretText::Text(Secret::new(pem)),
        key_id: "ABC123DEFG".into(),
        team_id: "TEAM123456".into(),
        topic: "org.example.app".into(),
        environment: ApnsEnvironment::Production,
        base_url: Some(bench.sink.url("/")),
    };
    let apns = Apns::new(&settings, bench.outbound.clone(), bench.clock()).unwrap();
    Apple { bench, apns, public }
}

fn note() -> ApnsMessage {
    ApnsMessage {
        id: Uuid::from_u128(7),
        token: "00fc13adff785122b4ad28809a3420982341241421348097878e577c991de8f0".into(),
        title: "Hi".into(),
        body: "There".into(),
        badge: Some(3),
        data: json!({ "goal": 1 }).as_object().cloned().unwrap(),
        lifetime: Duration::from_secs(60),
        priority: ApnsPriority::AtOnce,
        collapse_id: Some("goals".into()),
    }
}

/// <https://developer.apple.com/documentation/usernotifications/sending-notification-requests-to-apns>,
/// <https://developer.apple.com/documentation/usernotifications/establishing-a-token-based-connection-to-apns>.
#[tokio::test]
async fn apple_is_asked_as_it_says() {
    let Apple { bench, apns, public } = apple().await;
    bench.sink.reply(Reply::status(200).with("apns-id", "00000000-0000-0000-0000-000000000007"));
    let delivered = apns.send(&note()).await.unwrap();
    assert_eq!(delivered.reference.as_deref(), Some("00000000-0000-0000-0000-000000000007"));
    let heard = &bench.sink.heard()[0];
    assert_eq!((heard.version, heard.method.as_str()), (Version::HTTP_2, "POST"));
    assert_eq!(heard.target, format!("/3/device/{}", note().token));
    let expiration = (NOW + 60).to_string();
    for (name, value) in [
        ("apns-topic", "org.example.app"),
        ("apns-push-type", "alert"),
        ("apns-priority", "10"),
        ("apns-expiration", &expiration),
        ("apns-id", "00000000-0000-0000-0000-000000000007"),
        ("apns-collapse-id", "goals"),
    ] {
        assert_eq!(heard.header(name), value, "{name}");
    }
    let expected = json!({ "aps": { "alert": { "title": "Hi", "body": "There" }, "sound": "default", "badge": 3 }, "goal": 1 });
    assert_eq!(heard.json(), expected);
    let (signed, signature, header, claims) = token(heard.header("authorization").strip_prefix("bearer ").unwrap());
    assert_eq!(header, json!({ "alg": "ES256", "typ": "JWT", "kid": "ABC123DEFG" }));
    assert_eq!(claims, json!({ "iss": "TEAM123456", "iat": NOW }));
    let key = UnparsedPublicKey::new(&signature::ECDSA_P256_SHA256_FIXED, public);
    key.verify(signed.as_bytes(), &signature).unwrap();
}

#[tokio::test]
async fn apples_token_is_kept_for_forty_minutes_on_one_connection() {
    let Apple { bench, apns, .. } = apple().await;
    let last = || bench.sink.heard().last().unwrap().header("authorization").to_owned();
    apns.send(&note()).await.unwrap();
    let first = last();
    bench.clock.advance_seconds(40 * 60 - 1);
    apns.send(&note()).await.unwrap();
    assert_eq!(last(), first);
    bench.clock.advance_seconds(1);
    apns.send(&note()).await.unwrap();
    assert_ne!(last(), first);
    assert_eq!(bench.sink.connections(), 1);
}

/// <https://developer.apple.com/documentation/usernotifications/handling-notification-responses-from-apns>.
#[tokio::test]
async fn apples_reasons_say_what_to_do_next() {
    let Apple { bench, apns, .. } = apple().await;
    for (status, reason, hope) in [
        (410, "Unregistered", "gone"),
        (410, "ExpiredToken", "gone"),
        (400, "BadDeviceToken", "permanent"),
        (413, "PayloadTooLarge", "permanent"),
        (403, "ExpiredProviderToken", "temporary"),
        (403, "InvalidProviderToken", "temporary"),
        (429, "TooManyRequests", "temporary"),
        (500, "InternalServerError", "temporary"),
        (503, "Shutdown", "temporary"),
    ] {
        bench.sink.reply(Reply::json(status, &json!({ "reason": reason, "timestamp": 1 })));
        let refused = apns.send(&note()).await.unwrap_err();
        assert_eq!((refused.hope.word(), refused.to_string()), (hope, format!("answered {status} {reason}")));
    }
    let before = bench.sink.heard().len();
    for bad in [
        ApnsMessage { token: "../../x".into(), ..note() },
        ApnsMessage { token: String::new(), ..note() },
        ApnsMessage { body: "x".repeat(4_096), ..note() },
        ApnsMessage { collapse_id: Some("x".repeat(65)), ..note() },
        ApnsMessage { collapse_id: Some("a\r\nb".into()), ..note() },
    ] {
        assert_eq!(apns.send(&bad).await.unwrap_err().hope, Hope::Permanent);
    }
    assert_eq!(bench.sink.heard().len(), before);
}
