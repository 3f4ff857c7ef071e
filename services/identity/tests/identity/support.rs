//! What several tests need.

use std::sync::Arc;

use async_trait::async_trait;
use banyan_channels::mail::{Mail, Mailer};
use banyan_channels::{Attempt, Delivered, Reason, Refused};
use banyan_contracts::limits::{LimitBook, LimitedPage, LimitedSubject, Sight, SubjectKind};
use banyan_identity::{Identity, NewAccount, NewTenant, Registration, TenantInfo, service};
use banyan_kernel::{Caller, ErrorCode, RequestId, Role, Roles, Timestamp, Uuid};
use banyan_testkit::{Answer, App, Bench};
use http::{Method, StatusCode};
use parking_lot::Mutex;
use serde_json::{Value, json};

pub(crate) const PASSWORD: &str = "hujan di bulan juni";

/// A mailer that keeps what it is given.
#[derive(Default)]
pub(crate) struct Letterbox(Mutex<State>);

#[derive(Default)]
struct State {
    mails: Vec<Mail>,
    shut: bool,
}

#[async_trait]
impl Mailer for Letterbox {
    async fn send(&self, mail: &Mail) -> Attempt {
        let mut state = self.0.lock();
        if state.shut {
            return Err(Refused::for_now(Reason::Unreachable));
        }
        state.mails.push(mail.clone());
        Ok(Delivered::nameless())
    }
}

impl Letterbox {
    pub(crate) fn shut(&self) {
        self.0.lock().shut = true;
    }

    pub(crate) fn open(&self) {
        self.0.lock().shut = false;
    }

    pub(crate) fn take(&self) -> Vec<Mail> {
        std::mem::take(&mut self.0.lock().mails)
    }
}

/// A front door that limits one user of each tenant, and one address of the operators'.
pub(crate) struct Book;

pub(crate) const LIMITED: &str = "api:user:00000000-0000-0000-0000-000000000005";

#[async_trait]
impl LimitBook for Book {
    fn limited(&self, sight: Sight, skip: usize, take: usize) -> LimitedPage {
        let subject = |id: &str, tenant, kind| LimitedSubject {
            id: id.to_owned(),
            tenant,
            class: "api".to_owned(),
            kind,
            requests: 10,
            window_seconds: 60,
            refused: 3,
            until: Timestamp::from_seconds(1_705_312_860),
        };
        let all = match sight {
            Sight::Tenant(tenant) => vec![subject(LIMITED, tenant, SubjectKind::User)],
            Sight::Operators => vec![subject("api:address:9.9.9.9", Uuid::nil(), SubjectKind::Address)],
        };
        LimitedPage { total: all.len(), subjects: all.into_iter().skip(skip).take(take).collect() }
    }

    async fn lift(&self, sight: Sight, tenant: Uuid, id: &str) -> bool {
        id == LIMITED && (sight == Sight::Operators || sight == Sight::Tenant(tenant))
    }
}

/// The secret that a mail carries.
pub(crate) fn secret(mail: &Mail) -> String {
    let at = mail.text.find("?token=").unwrap() + "?token=".len();
    mail.text[at..].split_whitespace().next().unwrap().to_owned()
}

/// Identity at work in one tenant.
pub(crate) struct Desk {
    pub(crate) bench: Bench,
    pub(crate) app: App,
    pub(crate) identity: Identity,
    pub(crate) letters: Arc<Letterbox>,
    pub(crate) tenant: TenantInfo,
}

/// Somebody who is in.
#[derive(Clone, Debug)]
pub(crate) struct Person {
    pub(crate) id: Uuid,
    pub(crate) access: String,
    pub(crate) refresh: String,
}

impl Person {
    pub(crate) fn of(body: &Value) -> Self {
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        Self {
            id: body["user"]["id"].as_str().unwrap().parse().unwrap(),
            access: text(&body["accessToken"]),
            refresh: text(&body["refreshToken"]),
        }
    }
}

pub(crate) fn tenant(name: &str) -> NewTenant {
    NewTenant {
        name: name.into(),
        application: "upcoach".into(),
        display_name: "Fig & Root".into(),
        registration: Registration::Open,
    }
}

async fn ensure_tenant(identity: &Identity, wanted: &NewTenant) -> TenantInfo {
    match identity.tenant_named(&wanted.name) {
        Some(tenant) => tenant,
        None => identity.create_tenant(wanted).await.unwrap(),
    }
}

impl Desk {
    pub(crate) async fn at(bench: Bench) -> Self {
        Self::with(bench, json!({})).await
    }

    /// With settings besides those of all tests.
    pub(crate) async fn with(bench: Bench, more: Value) -> Self {
        let letters = Arc::new(Letterbox::default());
        let mut resources = http::Extensions::new();
        resources.insert::<Arc<dyn Mailer>>(letters.clone());
        resources.insert::<Arc<dyn LimitBook>>(Arc::new(Book));
        let service = service();
        let mut settings = json!({ "hashing_workers": 2, "public_url": "https://fig.example" });
        settings.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        let secret = settings["legacy_secret"].as_str().map(str::to_owned);
        let mut host = bench.host(&service, settings, resources).await;
        if bench.is_split() {
            // A front door has opened on this tenant already.
            bench.execute("UPDATE identity.tenants SET display_name = 'Fig & Root' WHERE name = 'upcoach'").await;
        }
        let identity = Identity::open(&host).await.unwrap();
        let tenant = ensure_tenant(&identity, &tenant("upcoach")).await;
        host.resources.insert(identity.clone());
        let app = App::new(&service, host);
        app.set("BANYAN_PUBLIC_URL", "https://fig.example");
        app.set("BANYAN_IDENTITY_HASHING_WORKERS", "2");
        if let Some(secret) = secret {
            app.set("BANYAN_IDENTITY_LEGACY_SECRET", &secret);
        }
        Self { bench, app, identity, letters, tenant }
    }

    /// A tenant that a split installation has already. New ones are to be made before the first call, so that all processes know them.
    pub(crate) async fn ensure_tenant(&self, wanted: &NewTenant) -> TenantInfo {
        ensure_tenant(&self.identity, wanted).await
    }

    /// What the test's own process did counts in others within half a second; in the test's own at once.
    pub(crate) async fn soon<T: PartialEq + std::fmt::Debug>(&self, ask: impl AsyncFn() -> T, wanted: T) {
        let begun = std::time::Instant::now();
        let mut met = ask().await;
        while self.app.is_split() && met != wanted && begun.elapsed().as_secs() < 30 {
            met = ask().await;
        }
        assert_eq!(met, wanted);
    }

    /// What other processes have done counts here: they do it within half a second, and a test does not wait for that.
    pub(crate) async fn heard(&self) {
        if self.app.is_split() {
            self.identity.hear(i64::from(u32::MAX)).await.unwrap();
        }
    }

    pub(crate) fn request(&self) -> RequestId {
        RequestId(self.bench.new_id())
    }

    pub(crate) fn nobody(&self) -> Caller {
        Caller::anonymous(self.tenant.id, self.request())
    }

    /// The caller behind a token, as the edge makes it.
    pub(crate) async fn caller(&self, access: &str) -> Caller {
        self.try_caller(access).await.unwrap()
    }

    pub(crate) async fn try_caller(&self, access: &str) -> Result<Caller, ErrorCode> {
        self.heard().await;
        let verified = self.identity.authenticate(access).await?;
        if verified.is_revoked() { Err(ErrorCode::InvalidToken) } else { Ok(verified.caller(self.request())) }
    }

    /// A call without a log-in.
    pub(crate) async fn post(&self, path: &str, body: Value) -> Answer {
        self.app.post(&self.nobody(), &format!("/api/v1/auth/{path}"), body).await
    }

    pub(crate) async fn register(&self, email: &str) -> Person {
        let body = json!({ "email": email, "password": PASSWORD, "name": "Maya Hartono" });
        let answer = self.post("register", body).await;
        assert_eq!(answer.status, StatusCode::CREATED, "{answer:?}");
        Person::of(&answer.body)
    }

    pub(crate) async fn log_in(&self, email: &str, password: &str) -> Answer {
        self.post("login", json!({ "email": email, "password": password })).await
    }

    pub(crate) async fn refresh(&self, token: &str) -> Answer {
        self.post("refresh", json!({ "refreshToken": token })).await
    }

    /// Somebody with a role, made at the command line, who logs in.
    pub(crate) async fn with_role(&self, role: Role, email: &str) -> Person {
        let roles = Roles::from_iter([Role::User, role]);
        let new = NewAccount { email, name: "Rosa Lindgren", roles, password: PASSWORD, locale: None };
        self.identity.create_user(&self.tenant.name, &new).await.unwrap();
        let answer = self.log_in(email, PASSWORD).await;
        assert_eq!(answer.status, StatusCode::OK, "{answer:?}");
        Person::of(&answer.body)
    }

    /// A call as somebody.
    pub(crate) async fn call(&self, who: &Person, method: Method, path: &str, body: Option<Value>) -> Answer {
        let caller = self.caller(&who.access).await;
        let call = self.app.call(&caller, method, path).bearer(&who.access);
        match body {
            Some(body) => call.json(body).send().await,
            None => call.send().await,
        }
    }

    pub(crate) async fn get(&self, who: &Person, path: &str) -> Answer {
        self.call(who, Method::GET, path, None).await
    }

    /// Lets events take effect and mails leave; gives the mails.
    pub(crate) async fn mails(&self) -> Vec<Mail> {
        self.app.deliver().await;
        self.identity.send_mails().await.unwrap();
        self.letters.take()
    }

    /// The actions in the audit log about somebody, in order.
    pub(crate) async fn audited(&self, admin: &Person, subject: Uuid) -> Vec<String> {
        let answer = self.get(admin, &format!("/api/v1/admin/audit?subject={subject}&limit=100")).await;
        assert_eq!(answer.status, StatusCode::OK, "{answer:?}");
        // The clock stands still, so the times do not tell the order.
        let mut records = answer.body["data"].as_array().unwrap().clone();
        records.sort_by_key(|record| record["position"].as_i64());
        records.iter().map(|record| record["action"].as_str().unwrap().to_owned()).collect()
    }
}
