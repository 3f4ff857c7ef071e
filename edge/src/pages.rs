//! The few pages that the door itself has. None of them needs the internet, a script or an inline style.

use axum::response::{IntoResponse, Response};
use banyan_http::assets::ShippedAsset;
use banyan_http::{Localized, Problem, Tenant};
use banyan_kernel::ErrorCode;
use banyan_locale::{Args, Locale, Messages, Negotiated, Source};
use banyan_mesh::{InstanceHealth, ServiceReport};
use http::header::{CACHE_CONTROL, CONTENT_TYPE, SET_COOKIE};
use http::request::Parts;
use http::{HeaderValue, Method};

use crate::Inner;
use crate::operations::not_allowed;
use crate::routes::Page;

const FIRST: &str = include_str!("../assets/first.html");
const ICON: &str = include_str!("../assets/favicon.svg");
static STYLESHEET: ShippedAsset = ShippedAsset::new("/assets/", "banyan", "css", CSS, include_bytes!("../assets/banyan.css"));
static PICTURE: ShippedAsset = ShippedAsset::new("/assets/", "banyan", "svg", SVG, include_bytes!("../assets/favicon.svg"));
/// The interface is nothing for search engines; the page is.
const ROBOTS: &str = "User-agent: *\nDisallow: /api/\n";

const HTML: &str = "text/html; charset=utf-8";
const CSS: &str = "text/css; charset=utf-8";
const SVG: &str = "image/svg+xml";
const PLAIN: &str = "text/plain; charset=utf-8";
const FOR_AN_HOUR: &str = "public, max-age=3600";
const ASK_AGAIN: &str = "private, no-cache";

/// Where a reader may go next: the address, which is shown if something answers there, and its messages.
const NEXT: [(&str, &str); 5] = [
    ("/docs", "page-docs"),
    ("/openapi.json", "page-openapi"),
    ("/api/v1/content/landing", "page-landing"),
    ("/services", "page-services"),
    ("/health", "page-health"),
];

impl Inner {
    pub(crate) async fn page(&self, page: Page, request: &Parts) -> Response {
        if !matches!(request.method, Method::GET | Method::HEAD) {
            return not_allowed();
        }
        match page {
            Page::First => self.first_page(request),
            Page::Services => self.services_page(request),
            Page::Asset => asset(request).await,
            Page::Icon => fixed(SVG, ICON),
            Page::Robots => fixed(PLAIN, ROBOTS),
        }
    }

    fn first_page(&self, request: &Parts) -> Response {
        let negotiated = request.extensions.get::<Negotiated>();
        let locale = negotiated.map_or_else(Locale::default, |negotiated| negotiated.locale);
        let tenant = request.extensions.get::<Tenant>();
        let application = tenant.map(|tenant| tenant.application.name());
        let brand = tenant.map_or("Banyan", |tenant| tenant.application.manifest().brand.name.as_str());
        let messages = self.catalogues.messages(application, locale).of_tenant(tenant.map(|tenant| tenant.id));
        let version = &self.health.build().version;
        let text = |name: &str| match name {
            "lang" => locale.tag().to_owned(),
            "dir" => locale.direction().as_str().to_owned(),
            "stylesheet" => STYLESHEET.path().to_owned(),
            "picture" => PICTURE.path().to_owned(),
            "services" => services(&self.mesh.services(), messages),
            "next" => self.next(messages),
            "languages" => self.languages(tenant, locale),
            "page-lead" => escape(&messages.format("page-lead", &Args::new().text("application", brand))),
            "page-version" => escape(&messages.format("page-version", &Args::new().text("version", version))),
            other => escape(&messages.find(other, &Args::new()).unwrap_or_default()),
        };
        let headers = [(CONTENT_TYPE, HTML), (CACHE_CONTROL, ASK_AGAIN)];
        let mut response = Localized(locale, (headers, fill(FIRST, text))).into_response();
        // Who chose a language here finds it again on the next page.
        if negotiated.is_some_and(|negotiated| negotiated.source == Source::Query)
            && let Ok(cookie) = HeaderValue::try_from(format!("locale={}; Path=/; Max-Age=31536000; SameSite=Lax", locale.tag()))
        {
            response.headers_mut().insert(SET_COOKIE, cookie);
        }
        response
    }

    fn next(&self, messages: Messages<'_>) -> String {
        let routes = self.routes.load();
        let there = NEXT.iter().filter(|(path, _)| routes.has(path));
        there.fold(String::new(), |mut html, (path, id)| {
            let title = messages.find(id, &Args::new()).unwrap_or_default();
            let text = messages.find(&format!("{id}.text"), &Args::new()).unwrap_or_default();
            html.push_str(&format!(
                "<li><a href=\"{path}\"><strong>{}</strong><code dir=\"ltr\">{path}</code></a><p>{}</p></li>",
                escape(&title),
                escape(&text)
            ));
            html
        })
    }

    /// Each language in its own words. With one there is nothing to choose.
    fn languages(&self, tenant: Option<&Tenant>, present: Locale) -> String {
        let application = tenant.map(|tenant| tenant.application.name());
        let all = self.catalogues.locales(application);
        let of = |tenant: &Tenant| {
            let application = &tenant.application;
            let offered = self.catalogues.offered(application.name(), application.manifest().offered_locales()).ok()?;
            Some(self.catalogues.with_published(&offered, application.name(), tenant.id))
        };
        let locales = tenant.and_then(of).unwrap_or(all);
        if locales.len() < 2 {
            return String::new();
        }
        locales.iter().fold(String::new(), |mut html, locale| {
            let messages = self.catalogues.messages(application, locale).of_tenant(tenant.map(|tenant| tenant.id));
            let name = messages.find("page-language", &Args::new()).unwrap_or_default();
            let (tag, name) = (locale.tag(), escape(&name));
            let current = if locale == present { " aria-current=\"true\"" } else { "" };
            html.push_str(&format!("<a href=\"/?lang={tag}\" hreflang=\"{tag}\" lang=\"{tag}\"{current}>{name}</a>"));
            html
        })
    }
}

fn services(services: &[ServiceReport], messages: Messages<'_>) -> String {
    services.iter().fold(String::new(), |mut html, service| {
        let (class, id) = match service.health {
            InstanceHealth::Up => ("up", "page-up"),
            InstanceHealth::Down => ("down", "page-down"),
        };
        let state = messages.find(id, &Args::new()).unwrap_or_default();
        html.push_str(&format!("<li class=\"{class}\"><span>{}</span> <em>{}</em></li>", escape(&service.name), escape(&state)));
        html
    })
}

async fn asset(request: &Parts) -> Response {
    let path = request.uri.path();
    let name = path.strip_prefix("/assets/").unwrap_or_default();
    match [&STYLESHEET, &PICTURE].into_iter().find(|asset| asset.is_named(name)) {
        Some(asset) => asset.answer(path, &request.headers).await,
        None => Problem::new(ErrorCode::NotFound).into_response(),
    }
}

/// At an address that browsers know without being told.
fn fixed(kind: &'static str, text: &'static str) -> Response {
    ([(CONTENT_TYPE, kind), (CACHE_CONTROL, FOR_AN_HOUR)], text).into_response()
}

/// Puts a text in the place of each `{{name}}`, in one pass, so that a text with braces stays as it is.
fn fill(template: &str, mut text: impl FnMut(&str) -> String) -> String {
    let mut filled = String::with_capacity(template.len() * 2);
    let mut rest = template;
    while let Some((before, after)) = rest.split_once("{{") {
        let Some((name, after)) = after.split_once("}}") else { break };
        filled.push_str(before);
        filled.push_str(&text(name.trim()));
        rest = after;
    }
    filled.push_str(rest);
    filled
}

fn escape(text: &str) -> String {
    text.chars().fold(String::with_capacity(text.len()), |mut escaped, character| {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            plain => escaped.push(plain),
        }
        escaped
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_template_is_filled_once_and_text_is_escaped() {
        let html = fill("<p>{{a}}</p>{{ b }}{{c", |name| if name == "a" { escape("<{{b}}> & \"x\"") } else { "B".into() });
        assert_eq!(html, "<p>&lt;{{b}}&gt; &amp; &quot;x&quot;</p>B{{c");
    }
}
