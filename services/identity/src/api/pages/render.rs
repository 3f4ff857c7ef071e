//! One page in three states: to be filled in, refused, done.

use std::fmt::Write as _;

use axum::extract::FromRequestParts;
use axum::response::{IntoResponse, Response};
use banyan_http::{Language, Localized, Problem, Tenant};
use banyan_kernel::ErrorCode;
use banyan_locale::{Args, Locale, Messages};
use http::StatusCode;
use http::header::{CACHE_CONTROL, CONTENT_TYPE, REFERRER_POLICY};
use http::request::Parts;

use crate::api::Desk;
use crate::mail::{LetterKind, escape};
use crate::passwords::HashingError;
use crate::{Identity, IdentityError};

/// Who looks at the page: where, and in which language.
pub(super) struct Reader {
    pub(super) identity: Identity,
    tenant: Option<Tenant>,
    /// The tenant as people read it.
    brand: String,
    locale: Locale,
}

impl FromRequestParts<Desk> for Reader {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, desk: &Desk) -> Result<Self, Problem> {
        let identity = Identity::from_request_parts(parts, desk).await?;
        let tenant = Tenant::from_request_parts(parts, desk).await.ok();
        let Ok(Language(locale)) = Language::from_request_parts(parts, desk).await;
        let known = tenant.as_ref().and_then(|tenant| identity.tenant(tenant.id));
        let brand = known.map(|tenant| tenant.display_name.to_string()).unwrap_or_default();
        Ok(Self { identity, tenant, brand, locale })
    }
}

impl LetterKind {
    /// Title, lead, label of the button, and what is said when it is done.
    const fn page_messages(self) -> [&'static str; 4] {
        match self {
            Self::Verify => ["page-verify-title", "page-verify-lead", "page-verify-action", "page-verify-done"],
            Self::Reset => ["page-reset-title", "page-reset-lead", "page-reset-action", "page-reset-done"],
            Self::Invite => ["page-invite-title", "page-invite-lead", "page-invite-action", "page-invite-done"],
        }
    }

    const fn asks_for_a_password(self) -> bool {
        match self {
            Self::Verify => false,
            Self::Reset | Self::Invite => true,
        }
    }
}

impl Reader {
    /// The page before anything was sent.
    pub(super) fn empty(&self, kind: LetterKind, secret: &str) -> Response {
        self.page(StatusCode::OK, kind, &self.form(kind, secret, None))
    }

    /// The page after something was sent: done, or the form again with what is wrong.
    pub(super) fn answer(&self, kind: LetterKind, secret: &str, result: Result<(), IdentityError>) -> Response {
        let refusal = match result {
            Ok(()) => {
                let [_, _, _, done] = kind.page_messages();
                let text = escape(&self.messages().format(done, &self.args()));
                return self.page(StatusCode::OK, kind, &format!("<p role=\"status\">{text}</p>\n"));
            }
            Err(error) => error,
        };
        let (status, message) = match &refusal {
            IdentityError::InvalidSecret => (ErrorCode::Unprocessable, "identity-secret-invalid"),
            IdentityError::WeakPassword(weakness) => (ErrorCode::WeakPassword, weakness.message()),
            IdentityError::EmailTaken => (ErrorCode::AlreadyExists, "identity-email-taken"),
            IdentityError::Hashing(HashingError::Overloaded) => (ErrorCode::Overloaded, "overloaded-detail"),
            _ => return Problem::from(refusal).into_response(),
        };
        let status = StatusCode::from_u16(status.status()).unwrap_or(StatusCode::UNPROCESSABLE_ENTITY);
        let text = self.messages().text(message).into_owned();
        self.page(status, kind, &self.form(kind, secret, Some(&text)))
    }

    fn form(&self, kind: LetterKind, secret: &str, wrong: Option<&str>) -> String {
        let messages = self.messages();
        let [_, lead, action, _] = kind.page_messages();
        let mut html = format!("<p>{}</p>\n", escape(&messages.format(lead, &self.args())));
        if let Some(wrong) = wrong {
            let _ = writeln!(html, "<p role=\"alert\" class=\"mark\">{}</p>", escape(wrong));
        }
        let _ = write!(
            html,
            "<form method=\"post\" action=\"{}\">\n<input type=\"hidden\" name=\"token\" value=\"{}\">\n",
            kind.path(),
            escape(secret)
        );
        if kind.asks_for_a_password() {
            let _ = writeln!(
                html,
                "<p><label>{}<input type=\"password\" name=\"password\" required minlength=\"8\" maxlength=\"128\" \
                 autocomplete=\"new-password\"></label></p>",
                escape(&messages.text("page-new-password"))
            );
        }
        let _ = write!(html, "<p><button type=\"submit\">{}</button></p>\n</form>\n", escape(&messages.text(action)));
        html
    }

    fn page(&self, status: StatusCode, kind: LetterKind, content: &str) -> Response {
        let [title, ..] = kind.page_messages();
        let title = escape(&self.messages().format(title, &self.args()));
        let html = format!(
            "<!doctype html>\n<html lang=\"{}\" dir=\"{}\">\n<head>\n<meta charset=\"utf-8\">\n<title>{title} · {brand}</title>\n\
             <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<meta name=\"robots\" content=\"noindex\">\n\
             <link rel=\"icon\" href=\"data:,\">\n<link rel=\"stylesheet\" href=\"{stylesheet}\">\n</head>\n\
             <body>\n<main class=\"prose\">\n<h1>{title}</h1>\n{content}</main>\n</body>\n</html>\n",
            self.locale.tag(),
            self.locale.direction().as_str(),
            brand = escape(&self.brand),
            stylesheet = banyan_http::pages::STYLESHEET.path(),
        );
        // The secret is in the address and in the form: neither is kept, nor told to another site.
        let headers = [(CONTENT_TYPE, "text/html; charset=utf-8"), (CACHE_CONTROL, "no-store"), (REFERRER_POLICY, "no-referrer")];
        Localized(self.locale, (status, headers, html)).into_response()
    }

    fn messages(&self) -> Messages<'_> {
        let app = self.tenant.as_ref().map(|tenant| tenant.application.name());
        self.identity.catalogues().messages(app, self.locale).of_tenant(self.tenant.as_ref().map(|tenant| tenant.id))
    }

    fn args(&self) -> Args<'_> {
        Args::new().text("brand", &self.brand)
    }
}
