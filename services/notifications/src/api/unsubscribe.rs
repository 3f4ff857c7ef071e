//! `/api/v1/notifications/unsubscribe`: the link of mails. Opening it changes nothing, as mail programs look at links before people do; mail
//! programs and the page's button post to it (RFC 8058).

use axum::extract::{RawQuery, State};
use axum::response::{IntoResponse, Response};
use banyan_http::{Language, Localized, Problem, Tenant};
use banyan_locale::{Args, Locale, Messages};
use banyan_store::audit::Record;
use banyan_store::{StoreError, Tx};
use http::StatusCode;
use http::header::{CACHE_CONTROL, CONTENT_TYPE, REFERRER_POLICY};
use serde_json::json;

use crate::App;
use crate::store::wishes;
use crate::template::escape;
use crate::topic::{Channel, Mode};
use crate::unsubscribe::Wish;

/// Opens the page on which a person ends mails on a topic. Nothing is ended by that.
#[utoipa::path(
    get,
    path = "/api/v1/notifications/unsubscribe",
    operation_id = "openUnsubscribePage",
    tag = "pages",
    security(()),
    params(("token" = Option<String>, Query, description = "What the mail's link has.")),
    responses(
        (status = 200, description = "The page.", body = String, content_type = "text/html"),
        (status = 422, description = "The link is not complete.", body = String, content_type = "text/html")
    )
)]
pub(crate) async fn open_unsubscribe_page(
    State(app): State<App>,
    tenant: Tenant,
    Language(locale): Language,
    RawQuery(query): RawQuery,
) -> Response {
    let page = Page { app: &app, tenant: &tenant, locale };
    match wish_of(&app, query.as_deref()) {
        Some(wish) => page.ask(&wish),
        None => page.invalid(),
    }
}

/// Ends mails on a topic: one click in a mail program, or the page's button. The link is its own proof; there is no log-in.
#[utoipa::path(
    post,
    path = "/api/v1/notifications/unsubscribe",
    operation_id = "unsubscribe",
    tag = "pages",
    security(()),
    params(("token" = Option<String>, Query, description = "What the mail's link has.")),
    responses(
        (status = 200, description = "It is ended.", body = String, content_type = "text/html"),
        (status = 422, description = "The link is not complete.", body = String, content_type = "text/html")
    )
)]
pub(crate) async fn unsubscribe(
    State(app): State<App>,
    tenant: Tenant,
    Language(locale): Language,
    RawQuery(query): RawQuery,
) -> Result<Response, Problem> {
    let page = Page { app: &app, tenant: &tenant, locale };
    let Some(wish) = wish_of(&app, query.as_deref()) else { return Ok(page.invalid()) };
    let (rows, wished) = (app.store.system(wish.tenant), &wish);
    let write = move |tx: Tx| async move {
        for topic in wished.topics.iter().filter(|topic| topic.allows(Channel::Email, Mode::Off)) {
            wishes::choose(&tx, wished.user, *topic, Channel::Email, Mode::Off).await?;
        }
        tx.audit(Record::new("notifications.unsubscribed").subject(wished.user).detail(json!({ "topics": wished.topics })));
        Ok::<_, StoreError>(())
    };
    rows.write(write).await?;
    Ok(page.done(&wish))
}

fn wish_of(app: &App, query: Option<&str>) -> Option<Wish> {
    // The token's letters need no escaping in an address.
    let token = query?.split('&').find_map(|pair| pair.strip_prefix("token="))?;
    Wish::read(token, &app.store.environment().cipher)
}

struct Page<'a> {
    app: &'a App,
    tenant: &'a Tenant,
    locale: Locale,
}

impl Page<'_> {
    fn messages(&self) -> Messages<'_> {
        self.app.catalogues.messages(Some(self.tenant.application.name()), self.locale).of_tenant(self.tenant.id)
    }

    fn topics(&self, wish: &Wish) -> String {
        let name = |word: &str| {
            let id = format!("notifications-topic-{word}");
            self.messages().whole(&id, &Args::new()).unwrap_or_else(|_| word.to_owned())
        };
        wish.topics.iter().map(|topic| name(topic.word())).collect::<Vec<_>>().join(", ")
    }

    fn ask(&self, wish: &Wish) -> Response {
        let topics = self.topics(wish);
        let ask = self.messages().format("notifications-unsubscribe-ask", &Args::new().text("topic", &topics)).into_owned();
        let button = self.messages().text("notifications-unsubscribe-button").into_owned();
        // The form posts to the address that the page has.
        let form = format!(
            "<p>{}</p>\n<form method=\"post\"><button style=\"padding:.6em 1.2em\">{}</button></form>",
            escape(&ask),
            escape(&button)
        );
        self.answer(StatusCode::OK, &form)
    }

    fn done(&self, wish: &Wish) -> Response {
        let topics = self.topics(wish);
        let done = self.messages().format("notifications-unsubscribe-done", &Args::new().text("topic", &topics)).into_owned();
        self.answer(StatusCode::OK, &format!("<p>{}</p>", escape(&done)))
    }

    fn invalid(&self) -> Response {
        let text = self.messages().text("notifications-unsubscribe-invalid").into_owned();
        self.answer(StatusCode::UNPROCESSABLE_ENTITY, &format!("<p>{}</p>", escape(&text)))
    }

    fn answer(&self, status: StatusCode, body: &str) -> Response {
        let title = escape(&self.messages().text("notifications-unsubscribe-title"));
        let html = format!(
            "<!doctype html>\n<html lang=\"{}\" dir=\"{}\">\n<head><meta charset=\"utf-8\">\
             <meta name=\"viewport\" content=\"width=device-width\"><title>{title}</title></head>\n\
             <body style=\"font-family:sans-serif;max-width:34em;margin:2em auto;padding:0 1em\">\n<h1>{title}</h1>\n{body}\n</body>\n</html>\n",
            self.locale.tag(),
            self.locale.direction().as_str(),
        );
        let headers = [(CONTENT_TYPE, "text/html; charset=utf-8"), (CACHE_CONTROL, "no-store"), (REFERRER_POLICY, "no-referrer")];
        // The page is whole as it is: no problem is rendered in its place.
        let mut response = Localized(self.locale, (status, headers, html)).into_response();
        response.extensions_mut().insert(banyan_http::Verbatim);
        response
    }
}
