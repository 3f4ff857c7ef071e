//! The pages that explain the interface, for people without the internet: `/docs`, `/errors`, and the document itself.

mod assets;
pub mod errors;
mod html;
mod interface;

use std::sync::Arc;

use axum::Router;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use banyan_kernel::ErrorCode;
use banyan_locale::{Builder, Catalogues, Layer, Messages};
use bytes::Bytes;
use http::HeaderMap;

use crate::assets::ShippedAsset;
use crate::{Language, Localized, Problem, Tenant, render_problems};
use assets::Asset;

/// The words of the pages.
const MESSAGES: [(&str, &str, &str); 6] = [
    ("en-US", "pages.ftl", include_str!("../../locales/en-US/pages.ftl")),
    ("en-US", "background.ftl", include_str!("../../locales/en-US/background.ftl")),
    ("en-US", "error-pages.ftl", include_str!("../../locales/en-US/error-pages.ftl")),
    ("id-ID", "pages.ftl", include_str!("../../locales/id-ID/pages.ftl")),
    ("id-ID", "background.ftl", include_str!("../../locales/id-ID/background.ftl")),
    ("id-ID", "error-pages.ftl", include_str!("../../locales/id-ID/error-pages.ftl")),
];

const fn script(stem: &'static str, bytes: &'static [u8]) -> ShippedAsset {
    ShippedAsset::new("/docs/assets/", stem, "js", "text/javascript; charset=utf-8", bytes)
}

/// The script of `/docs`.
pub(crate) static SCRIPT: ShippedAsset = script("page", include_bytes!("assets/page.js"));
/// Its parts. It imports them by their bare names, for which browsers ask each time whether they changed.
static PARTS: [ShippedAsset; 6] = [
    script("dom", include_bytes!("assets/dom.js")),
    script("keys", include_bytes!("assets/keys.js")),
    script("schema", include_bytes!("assets/schema.js")),
    script("session", include_bytes!("assets/session.js")),
    script("snippets", include_bytes!("assets/snippets.js")),
    script("usage", include_bytes!("assets/usage.js")),
];
/// The stylesheet of all pages about the interface.
pub static STYLESHEET: ShippedAsset =
    ShippedAsset::new("/docs/assets/", "page", "css", "text/css; charset=utf-8", include_bytes!("assets/page.css"));

/// Adds this crate's messages to the platform's.
#[must_use]
pub fn add_messages(builder: Builder) -> Builder {
    MESSAGES.iter().fold(builder, |builder, (locale, file, text)| {
        builder.add(Layer::Platform, locale, format!("platform/http/locales/{locale}/{file}"), *text)
    })
}

/// Serves `/openapi.json`, `/docs` and `/errors`. `document` is what [`crate::openapi::text`] gives.
///
/// The router reads `Negotiated` and [`Tenant`] from the request's extensions, and works without them.
pub fn pages(catalogues: Arc<Catalogues>, document: String) -> Router {
    let document = Asset::new("application/json", Bytes::from(document));
    let layer = render_problems(Arc::clone(&catalogues));
    Router::new()
        .route("/openapi.json", asset(document))
        .route("/docs/assets/{file}", get(shipped))
        .route("/docs", get(docs))
        .route("/errors", get(all_errors))
        .route("/errors/{slug}", get(one_error))
        .with_state(catalogues)
        .layer(layer)
}

fn asset(asset: Asset) -> axum::routing::MethodRouter<Arc<Catalogues>> {
    get(move |headers: HeaderMap| {
        let answer = asset.answer(&headers);
        async move { answer }
    })
}

async fn shipped(Path(file): Path<String>, headers: HeaderMap) -> Response {
    match [&SCRIPT, &STYLESHEET].into_iter().chain(&PARTS).find(|asset| asset.is_named(&file)) {
        Some(asset) => asset.answer(&format!("/docs/assets/{file}"), &headers).await,
        None => Problem::new(ErrorCode::NotFound).into_response(),
    }
}

async fn docs(
    State(catalogues): State<Arc<Catalogues>>,
    tenant: Option<Tenant>,
    Language(locale): Language,
    headers: HeaderMap,
) -> Response {
    let messages = messages(&catalogues, tenant.as_ref(), locale);
    page(locale, &headers, interface::page(messages))
}

async fn all_errors(
    State(catalogues): State<Arc<Catalogues>>,
    tenant: Option<Tenant>,
    Language(locale): Language,
    headers: HeaderMap,
) -> Response {
    let messages = messages(&catalogues, tenant.as_ref(), locale);
    page(locale, &headers, errors::list(messages))
}

async fn one_error(
    State(catalogues): State<Arc<Catalogues>>,
    tenant: Option<Tenant>,
    Language(locale): Language,
    Path(slug): Path<String>,
    headers: HeaderMap,
) -> Response {
    let Some(code) = ErrorCode::ALL.iter().copied().find(|code| code.slug() == slug) else {
        return Problem::new(ErrorCode::NotFound).into_response();
    };
    let messages = messages(&catalogues, tenant.as_ref(), locale);
    page(locale, &headers, errors::page(code, messages))
}

fn messages<'c>(catalogues: &'c Catalogues, tenant: Option<&Tenant>, locale: banyan_locale::Locale) -> Messages<'c> {
    catalogues.messages(tenant.map(|tenant| tenant.application.name()), locale).of_tenant(tenant.map(|tenant| tenant.id))
}

/// A page in a language. Browsers ask each time whether it changed, because another tenant or language has another one.
fn page(locale: banyan_locale::Locale, headers: &HeaderMap, html: String) -> Response {
    let asset = Asset::new("text/html; charset=utf-8", Bytes::from(html));
    Localized(locale, asset.answer(headers)).into_response()
}
