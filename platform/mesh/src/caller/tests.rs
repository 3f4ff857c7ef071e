use std::sync::Arc;

use banyan_kernel::{Caller, OsRandom, RequestId, Role, Roles, TestClock, Timestamp, Uuid};
use http::{HeaderValue, Method, Request};

use super::*;

const SECRET: &[u8] = b"0123456789abcdef0123456789abcdef";
const NEXT_SECRET: &[u8] = b"fedcba9876543210fedcba9876543210";

fn clock() -> TestClock {
    TestClock::at(Timestamp::from_seconds(1_700_000_000))
}

fn secret(bytes: &[u8]) -> ClusterSecret {
    ClusterSecret::new(bytes).unwrap()
}

fn signer(upstream: &str, clock: &TestClock) -> Signer {
    Signer::new(upstream, &secret(SECRET), Arc::new(clock.clone()), Arc::new(OsRandom))
}

fn verifier(upstream: &str, clock: &TestClock) -> Verifier {
    Verifier::new(upstream, &[secret(SECRET)], Arc::new(clock.clone()))
}

fn ada() -> SignedCaller {
    let roles = Roles::from_iter([Role::User, Role::Support]);
    let caller = Caller::user(Uuid::from_u128(1), Uuid::from_u128(2), roles, RequestId(Uuid::from_u128(3)))
        .with_session(Uuid::from_u128(4))
        .with_organisations(Arc::from([Uuid::from_u128(5)]));
    let details =
        CallerDetails { scopes: Some(Arc::from(["goals:read".to_owned()])), locale: Some("id-ID".into()), address: None };
    SignedCaller::of(&caller, Some(&details))
}

fn signed(clock: &TestClock) -> Request<()> {
    let mut request = Request::builder().method(Method::POST).uri("/api/v1/goals?page=2&q=a%20b").body(()).unwrap();
    signer("goals", clock).introduce(&mut request, &ada());
    request
}

fn verify(verifier: &Verifier, request: &Request<()>) -> Result<Verified, CallerError> {
    verifier.verify(request.method(), request.uri(), request.headers())
}

#[test]
fn what_was_signed_is_believed() {
    let clock = clock();
    let verified = verify(&verifier("goals", &clock), &signed(&clock)).unwrap();
    assert_eq!((&verified.caller, verified.digest), (&ada(), None));
    let caller = verified.caller.to_caller(&[], RequestId(Uuid::nil())).unwrap();
    assert_eq!((caller.user_id(), caller.session), (Some(Uuid::from_u128(2)), Some(Uuid::from_u128(4))));
    assert!(caller.roles.contains(Role::Support) && caller.request.0 == Uuid::from_u128(3));
    assert_eq!(verified.caller.details().locale.as_deref(), Some("id-ID"));
}

#[test]
fn every_part_is_covered() {
    let clock = clock();
    let verifier = verifier("goals", &clock);
    type Change = fn(&mut Request<()>);
    let changes: [(&str, Change); 8] = [
        ("method", |request| *request.method_mut() = Method::DELETE),
        ("path", |request| *request.uri_mut() = "/api/v1/goals/7?page=2&q=a%20b".parse().unwrap()),
        ("query", |request| *request.uri_mut() = "/api/v1/goals?page=3&q=a%20b".parse().unwrap()),
        ("no query", |request| *request.uri_mut() = "/api/v1/goals".parse().unwrap()),
        ("caller", |request| {
            let root = SignedCaller { roles: vec!["owner".into()], ..ada() }.to_field();
            request.headers_mut().insert(&CALLER, root);
        }),
        ("created", |request| edit(request, "created=1700000000", "created=1700000001")),
        ("expires", |request| edit(request, "expires=1700000060", "expires=1700000300")),
        ("signature", |request| {
            let other = format!("banyan=:{}:", "A".repeat(43) + "=");
            request.headers_mut().insert(&SIGNATURE, HeaderValue::try_from(other).unwrap());
        }),
    ];
    for (what, change) in changes {
        let mut request = signed(&clock);
        change(&mut request);
        assert_eq!(verify(&verifier, &request).unwrap_err(), CallerError::Wrong, "{what}");
    }
}

fn edit(request: &mut Request<()>, from: &str, to: &str) {
    let input = request.headers()[&SIGNATURE_INPUT].to_str().unwrap();
    assert!(input.contains(from), "{input}");
    let edited = input.replace(from, to);
    request.headers_mut().insert(&SIGNATURE_INPUT, HeaderValue::try_from(edited).unwrap());
}

#[test]
fn what_cannot_be_read_is_refused() {
    let clock = clock();
    let verifier = verifier("goals", &clock);
    for (from, to) in [
        ("hmac-sha256", "none"),
        (r#""@query" "#, ""),
        (r#"("@method""#, r#"("@authority" "@method""#),
        (";created=", ";created=1;created="),
        (";alg=", ";tag=\"x\";alg="),
        ("banyan=", "other="),
        ("created=1700000000", "created=x"),
        ("nonce=\"", "nonce=\"\\"),
        (";keyid=\"", ";keyid=\"\";x=\""),
    ] {
        let mut request = signed(&clock);
        edit(&mut request, from, to);
        assert_eq!(verify(&verifier, &request).unwrap_err(), CallerError::Malformed, "{from} to {to}");
    }
    let mut twice = signed(&clock);
    let line = twice.headers()[&CALLER].clone();
    twice.headers_mut().append(&CALLER, line);
    assert_eq!(verify(&verifier, &twice).unwrap_err(), CallerError::Malformed);
    let mut twice = signed(&clock);
    let line = twice.headers()[&SIGNATURE_INPUT].clone();
    twice.headers_mut().append(&SIGNATURE_INPUT, line);
    assert_eq!(verify(&verifier, &twice).unwrap_err(), CallerError::Malformed);
    assert_eq!(verify(&verifier, &Request::new(())).unwrap_err(), CallerError::Missing);
}

#[test]
fn signatures_of_others_may_stand_beside_ours() {
    let clock = clock();
    let mut request = signed(&clock);
    for field in [&SIGNATURE_INPUT, &SIGNATURE] {
        let ours = request.headers()[field].to_str().unwrap().to_owned();
        let theirs =
            if *field == SIGNATURE { "sig1=:AAAA:".to_owned() } else { r#"sig1=("a,b" "banyan");x="banyan=1, ")"#.to_owned() };
        request.headers_mut().insert(field, HeaderValue::try_from(format!("{theirs}, {ours}")).unwrap());
    }
    assert!(verify(&verifier("goals", &clock), &request).is_ok());
}

#[test]
fn a_request_for_one_upstream_is_none_for_another_and_a_strangers_key_is_not_known() {
    let clock = clock();
    assert_eq!(verify(&verifier("habits", &clock), &signed(&clock)).unwrap_err(), CallerError::Wrong);
    let stranger = Verifier::new("goals", &[secret(NEXT_SECRET)], Arc::new(clock.clone()));
    assert_eq!(verify(&stranger, &signed(&clock)).unwrap_err(), CallerError::UnknownKey);
}

#[test]
fn a_secret_is_replaced_without_a_gap() {
    let clock = clock();
    let both = Verifier::new("goals", &[secret(NEXT_SECRET), secret(SECRET)], Arc::new(clock.clone()));
    assert!(verify(&both, &signed(&clock)).is_ok());
    let mut request = Request::new(());
    let next = Signer::new("goals", &secret(NEXT_SECRET), Arc::new(clock), Arc::new(OsRandom));
    next.introduce(&mut request, &ada());
    assert!(verify(&both, &request).is_ok());
    assert!(ClusterSecret::new(&SECRET[..31]).is_err());
    assert!(!format!("{both:?} {:?}", secret(SECRET)).contains("0123456789abcdef"));
}

#[test]
fn a_signature_holds_for_its_time_and_the_clocks_may_differ_a_little() {
    let clock = clock();
    let verifier = verifier("goals", &clock);
    let request = signed(&clock);
    for (seconds, good) in [(0, true), (-30, true), (-31, false), (90, true), (91, false)] {
        clock.set(Timestamp::from_seconds(1_700_000_000 + seconds));
        assert_eq!(verify(&verifier, &request).is_ok(), good, "{seconds}");
    }
}

#[test]
fn a_signature_is_used_once_where_that_is_asked_for() {
    let clock = clock();
    let verifier = verifier("goals", &clock).remembering(2);
    let request = signed(&clock);
    assert!(verify(&verifier, &request).is_ok());
    assert_eq!(verify(&verifier, &request).unwrap_err(), CallerError::Replayed);
    assert!(verify(&verifier, &signed(&clock)).is_ok());
    assert_eq!(verify(&verifier, &signed(&clock)).unwrap_err(), CallerError::WindowFull);
    clock.advance_seconds(360);
    assert!(verify(&verifier, &signed(&clock)).is_ok(), "what is too old to be accepted need not be remembered");
}

#[test]
fn the_digest_of_a_body_is_signed_with_it() {
    let clock = clock();
    let verifier = verifier("goals", &clock);
    let digest = HeaderValue::from_static("sha-256=:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=:");
    let mut request = Request::new(());
    request.headers_mut().insert(&CONTENT_DIGEST, digest.clone());
    signer("goals", &clock).introduce(&mut request, &SignedCaller::node());
    assert_eq!(verify(&verifier, &request).unwrap().digest.as_deref(), digest.to_str().ok());
    request.headers_mut().insert(&CONTENT_DIGEST, HeaderValue::from_static("sha-256=:AAAA:"));
    assert_eq!(verify(&verifier, &request).unwrap_err(), CallerError::Wrong);
    request.headers_mut().remove(&CONTENT_DIGEST);
    assert_eq!(verify(&verifier, &request).unwrap_err(), CallerError::Malformed);
}

#[test]
fn a_service_acts_for_itself_only_if_it_is_known() {
    let request = RequestId(Uuid::nil());
    let signed = SignedCaller::of(&Caller::system(Uuid::from_u128(1), "goals", request), None);
    assert!(signed.to_caller(&["goals"], request).is_some());
    assert!(signed.to_caller(&["identity"], request).is_none());
    let both = SignedCaller { subject: Some(Uuid::nil()), ..signed };
    assert!(both.to_caller(&["goals"], request).is_none(), "nobody is both");
    assert!(SignedCaller::node().to_caller(&["goals"], request).is_none());
    let newer = SignedCaller {
        tenant: Some(Uuid::nil()),
        subject: Some(Uuid::nil()),
        roles: vec!["emperor".into()],
        ..SignedCaller::node()
    };
    assert_eq!(newer.to_caller(&[], request).unwrap().roles, Roles::NONE);
}

/// As `docs/signed-caller.md` has it. Whoever changes these bytes breaks everybody's checks.
#[test]
fn the_bytes_are_the_documented_ones() {
    let uri = "/api/v1/goals?page=2".parse().unwrap();
    let base = signature_base("GET", &uri, "eyJ9", None, &format!("{COVERED};created=1"));
    assert_eq!(
        base,
        "\"@method\": GET\n\"@path\": /api/v1/goals\n\"@query\": ?page=2\n\"banyan-caller\": eyJ9\n\"@signature-params\": (\"@method\" \
         \"@path\" \"@query\" \"banyan-caller\");created=1"
    );
    let bare = signature_base("GET", &"/".parse().unwrap(), "x", None, "()");
    assert!(bare.contains("\"@query\": ?\n"), "RFC 9421 §2.2.7: a missing query is `?`");
    let key = secret(SECRET).upstream_key("goals");
    let key: String = key.iter().map(|byte| format!("{byte:02x}")).collect();
    assert_eq!(
        (secret(SECRET).id(), key.as_str()),
        ("ebf809cd", "7436c428e604a85e7dfc6e1b7e49ff8f1a4083585b111fc28f2d3af081c1f297")
    );
}

proptest::proptest! {
    #[test]
    fn any_fields_are_read_without_panic(caller in ".{0,60}", input in "banyan=.{0,80}", signature in "banyan=:.{0,40}:") {
        let clock = clock();
        let mut request = Request::new(());
        for (field, text) in [(&CALLER, caller), (&SIGNATURE_INPUT, input), (&SIGNATURE, signature)] {
            if let Ok(value) = HeaderValue::try_from(text) {
                request.headers_mut().insert(field, value);
            }
        }
        proptest::prop_assert!(verify(&verifier("goals", &clock), &request).is_err());
    }
}
