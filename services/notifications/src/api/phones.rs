//! `/api/v1/notifications/phones`: telephones that take texts.

use axum::extract::State;
use banyan_http::{Body, Check, Created, FieldError, Json, Language, NoContent, Path, Problem, SignedIn, Tenant, Validate};
use banyan_kernel::{Caller, Timestamp, Uuid};
use banyan_locale::Locale;
use banyan_store::Tx;
use banyan_store::audit::Record;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::inbox::owner;
use crate::App;
use crate::entity::phone::Model;
use crate::error::NotificationsError;
use crate::jobs::code::SendCode;
use crate::store::allowances::{self, Allowance};
use crate::store::phones::{self, Said, e164};
use crate::store::suppressions;
use crate::topic::{Channel, Way};

/// Codes in an hour: texts cost money, and disturb whoever has the number.
const CODES_OF_A_PERSON: i64 = 5;
const CODES_TO_A_NUMBER: i64 = 4;
const CODES_OF_A_TENANT: i64 = 500;

/// A telephone.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = NotificationPhone)]
pub(crate) struct Phone {
    id: Uuid,
    /// Its beginning and end, so that its owner knows it again.
    number: String,
    /// Whether texts go to it: its owner has said the code.
    confirmed: bool,
    #[schema(value_type = Option<String>, format = DateTime)]
    confirmed_at: Option<Timestamp>,
    /// Until when the code counts that was sent last.
    #[schema(value_type = Option<String>, format = DateTime)]
    code_expires_at: Option<Timestamp>,
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
}

impl From<Model> for Phone {
    fn from(row: Model) -> Self {
        let sent = row.code_sent_at.map(Timestamp::from_micros);
        Self {
            id: row.id,
            number: row.hint,
            confirmed: row.verified_at.is_some(),
            confirmed_at: row.verified_at.map(Timestamp::from_micros),
            code_expires_at: sent.map(|at| at.plus_seconds(phones::CODE_SECONDS)),
            created_at: Timestamp::from_micros(row.created_at),
        }
    }
}

/// One that takes texts, and one that waits for its code, at most.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = NotificationPhones)]
pub(crate) struct Phones {
    /// Whether texts can be sent at all here.
    available: bool,
    data: Vec<Phone>,
}

/// A telephone of one's own.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(example = json!({"number": "+62 812 3456 7890"}))]
#[schema(as = NewNotificationPhone)]
pub(crate) struct NewPhone {
    /// International (E.164): `+`, the country and the number. Spaces, hyphens, points and brackets do no harm.
    #[schema(min_length = 8, max_length = 40)]
    number: String,
}

impl Validate for NewPhone {
    fn validate(&self, check: &mut Check) {
        check.that(e164(&self.number).is_some(), "number", FieldError::new("phone", "notifications-field-phone"));
    }
}

/// What was sent to the telephone.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(example = json!({"code": "012345"}))]
#[schema(as = NotificationPhoneCode)]
pub(crate) struct Code {
    /// Six digits.
    #[schema(min_length = 6, max_length = 6)]
    code: String,
}

impl Validate for Code {
    fn validate(&self, check: &mut Check) {
        let is_code = self.code.len() == 6 && self.code.bytes().all(|b| b.is_ascii_digit());
        check.that(is_code, "code", FieldError::new("code-form", "notifications-field-code-form"));
    }
}

/// Lists one's own telephones.
#[utoipa::path(
    get,
    path = "/api/v1/notifications/phones",
    operation_id = "listNotificationPhones",
    tag = "notifications",
    responses((status = 200, description = "All of them.", body = Phones))
)]
pub(crate) async fn list_phones(State(app): State<App>, SignedIn(caller): SignedIn) -> Result<Json<Phones>, Problem> {
    let user = owner(&caller)?;
    let rows = app.store.bind(&caller);
    let found = rows.read(move |tx| async move { phones::list(&tx, user).await }).await?;
    Ok(Json(Phones { available: app.senders.has(Way::Sms), data: found.into_iter().map(Phone::from).collect() }))
}

/// Adds a telephone and sends it a code, which counts for ten minutes. Texts go to it once the code was said. The one that takes texts already
/// stays until then.
#[utoipa::path(
    post,
    path = "/api/v1/notifications/phones",
    operation_id = "addNotificationPhone",
    tag = "notifications",
    request_body = NewPhone,
    responses((status = 201, description = "The telephone; a code is on its way, unless it is confirmed already.", body = Phone))
)]
pub(crate) async fn add_phone(
    State(app): State<App>,
    SignedIn(caller): SignedIn,
    Language(locale): Language,
    tenant: Tenant,
    Body(new): Body<NewPhone>,
) -> Result<Created<Phone>, Problem> {
    let number = e164(&new.number).ok_or_else(|| Problem::invalid("number", FieldError::invalid()))?;
    let phone = send_code(&app, &caller, locale, &tenant, &Which::Number(number)).await?;
    Ok(Created::at(format!("/api/v1/notifications/phones/{}", phone.id), phone.into()))
}

/// Sends another code to a telephone that waits for one; the code before does not count any more.
#[utoipa::path(
    post,
    path = "/api/v1/notifications/phones/{id}/code",
    operation_id = "sendNotificationPhoneCode",
    tag = "notifications",
    params(("id" = Uuid, Path, description = "The telephone.")),
    responses((status = 200, description = "A code is on its way.", body = Phone))
)]
pub(crate) async fn send_phone_code(
    State(app): State<App>,
    SignedIn(caller): SignedIn,
    Language(locale): Language,
    tenant: Tenant,
    Path(id): Path<Uuid>,
) -> Result<Json<Phone>, Problem> {
    Ok(Json(send_code(&app, &caller, locale, &tenant, &Which::Id(id)).await?.into()))
}

enum Which {
    Number(String),
    Id(Uuid),
}

/// In one transaction: the allowance, the row, the code, the job that sends it.
async fn send_code(app: &App, caller: &Caller, locale: Locale, tenant: &Tenant, which: &Which) -> Result<Model, Problem> {
    let (user, is_possible) = (owner(caller)?, app.senders.has(Way::Sms));
    let code = &phones::new_code(&*app.random);
    let application = tenant.application.name();
    // The allowances are the installation's, and the delivery is the service's.
    let rows = app.store.system(caller.tenant);
    let sent = rows.write(move |tx: Tx| async move {
        if let Which::Id(id) = which {
            phones::own(&tx, user, *id).await?;
        }
        if !is_possible {
            return Err(NotificationsError::Conflict("notifications-sms-missing"));
        }
        let row = match which {
            Which::Number(number) => phones::add(&tx, user, number).await?,
            Which::Id(id) => phones::own(&tx, user, *id).await?,
        };
        if row.verified_at.is_some() {
            return match which {
                Which::Number(_) => Ok(row),
                Which::Id(_) => Err(NotificationsError::Conflict("notifications-phone-confirmed")),
            };
        }
        let number = phones::number(tx.store(), &row).ok_or(NotificationsError::Hidden)?;
        if suppressions::find(&tx, Channel::Sms, &number).await?.is_some() {
            return Err(NotificationsError::Conflict("notifications-phone-stopped"));
        }
        let of = |kind, subject: &[u8], most| Allowance { kind, subject: subject.to_vec(), most };
        let allowances = [
            of("codes-of-person", user.as_bytes(), CODES_OF_A_PERSON),
            of("codes-to-number", &row.fingerprint, CODES_TO_A_NUMBER),
            of("codes-of-tenant", tx.caller().tenant.as_bytes(), CODES_OF_A_TENANT),
        ];
        allowances::take(&tx, &allowances).await?;
        phones::give_code(&tx, row.id, code).await?;
        SendCode::enqueue(&tx, &row, code, locale, application).await?;
        tx.audit(Record::new("phone.code-sent").subject(user).object("phone", row.id));
        phones::own(&tx, user, row.id).await
    });
    Ok(sent.await?)
}

/// Says the code: from now on texts go to this telephone, in the place of the one before. A code may be said wrong five times.
#[utoipa::path(
    post,
    path = "/api/v1/notifications/phones/{id}/confirm",
    operation_id = "confirmNotificationPhone",
    tag = "notifications",
    params(("id" = Uuid, Path, description = "The telephone.")),
    request_body = Code,
    responses((status = 200, description = "It is confirmed.", body = Phone))
)]
pub(crate) async fn confirm_phone(
    State(app): State<App>,
    SignedIn(caller): SignedIn,
    Path(id): Path<Uuid>,
    Body(body): Body<Code>,
) -> Result<Json<Phone>, Problem> {
    let user = owner(&caller)?;
    let (rows, code) = (app.store.bind(&caller), &body.code);
    let said = rows.write(move |tx: Tx| async move {
        let said = phones::say_code(&tx, user, id, code).await?;
        if matches!(said, Said::Right(_)) {
            tx.audit(Record::new("phone.confirmed").subject(user).object("phone", id));
        }
        Ok::<_, NotificationsError>(said)
    });
    match said.await? {
        Said::Right(row) => Ok(Json(row.into())),
        Said::Wrong => Err(Problem::invalid("code", FieldError::new("code-wrong", "notifications-field-code-wrong"))),
        Said::Over => Err(NotificationsError::Conflict("notifications-code-over").into()),
    }
}

/// From here on no texts go to this telephone.
#[utoipa::path(
    delete,
    path = "/api/v1/notifications/phones/{id}",
    operation_id = "deleteNotificationPhone",
    tag = "notifications",
    params(("id" = Uuid, Path, description = "The telephone.")),
    responses((status = 204, description = "It is forgotten."))
)]
pub(crate) async fn delete_phone(
    State(app): State<App>,
    SignedIn(caller): SignedIn,
    Path(id): Path<Uuid>,
) -> Result<NoContent, Problem> {
    let user = owner(&caller)?;
    let rows = app.store.bind(&caller);
    let removed = rows.write(move |tx: Tx| async move {
        let removed = phones::remove(&tx, user, id).await?;
        if removed > 0 {
            tx.audit(Record::new("phone.removed").subject(user).object("phone", id));
        }
        Ok::<_, NotificationsError>(removed)
    });
    if removed.await? == 0 { Err(Problem::hidden()) } else { Ok(NoContent) }
}
