//! `/api/v1/admin/translations/export` and `…/import`

use std::collections::HashMap;

use axum::extract::{Request, State};
use axum::response::{IntoResponse, Response};
use banyan_http::{FieldError, Json, Language, Problem, Query, Tenant, Validate};
use banyan_kernel::ErrorCode;
use banyan_locale::{Messages, TextFault};
use banyan_store::Tx;
use http::HeaderValue;
use http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::sheet::Sheet;
use super::who::Writer;
use crate::App;
use crate::entity::step::Act;
use crate::entity::translation;
use crate::error::{TranslationsError, field_error};
use crate::exchange::{Exchange, Format, MOST_BYTES, Unit, UnitState};
use crate::place::place;
use crate::store::translations;
use crate::work::{self, Proposal};

/// So many refusals are listed.
const MOST_REFUSALS: usize = 100;

/// Which file.
#[derive(Clone, Debug, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct WhichFile {
    /// The language.
    locale: String,
    /// Operators: the application whose own messages are meant; left out, those of none. Others: their tenant's.
    application: Option<String>,
    #[param(inline)]
    format: Format,
    /// On import: only say what would be done.
    dry_run: Option<bool>,
}

impl Validate for WhichFile {}

/// What came of an import.
#[derive(Clone, Debug, Default, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ImportReport {
    /// Messages that got their first text here.
    created: usize,
    changed: usize,
    /// The text is there already.
    unchanged: usize,
    /// The file has no text for them.
    untranslated: usize,
    refused: usize,
    /// The first 100 that were refused, and why.
    refusals: Vec<Refusal>,
}

#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = ImportRefusal)]
pub(crate) struct Refusal {
    key: String,
    /// For programs.
    code: String,
    /// For people, in the language of the request.
    reason: String,
}

/// Gives all messages of a language as a file for translators: XLIFF 2.1 or PO, with states, comments, placeholders and attributes.
#[utoipa::path(
    get,
    path = "/api/v1/admin/translations/export",
    operation_id = "exportTranslations",
    tag = "translations",
    params(WhichFile),
    responses((
        status = 200,
        description = "The file.",
        content((String = "application/xliff+xml"), (String = "text/x-gettext-translation"))
    ))
)]
pub(crate) async fn export_translations(
    State(app): State<App>,
    Writer(caller): Writer,
    tenant: Tenant,
    Query(which): Query<WhichFile>,
) -> Result<Response, Problem> {
    let place = place(&app, &tenant, which.application.as_deref(), &which.locale)?;
    let rows = app.store.bind(&caller);
    let sheet = Sheet::of(&app, &rows, place).await?;
    let comments = rows.read(|tx| async move { translations::comments(&tx).await }).await?;
    let mut by_row: HashMap<_, Vec<String>> = HashMap::new();
    for (id, comment) in comments {
        by_row.entry(id).or_default().push(comment);
    }
    let units = sheet.lines().map(|line| Unit {
        comments: sheet.rows.get(&line.key).and_then(|row| by_row.remove(&row.id)).unwrap_or_default(),
        key: line.key,
        source: line.source,
        target: line.text,
        state: line.state.unit(),
        description: line.description,
        previous: line.previous_source,
    });
    let (application, locale) = (sheet.place.application().to_owned(), sheet.place.locale.tag().to_owned());
    let units = units.collect();
    let name = if application.is_empty() { "common" } else { &application };
    let disposition = format!("attachment; filename=\"{name}-{locale}.{}\"", which.format.extension());
    let disposition = HeaderValue::try_from(disposition).unwrap_or(HeaderValue::from_static("attachment"));
    let headers = [(CONTENT_TYPE, HeaderValue::from_static(which.format.media_type())), (CONTENT_DISPOSITION, disposition)];
    let text = which.format.write(&Exchange { application, locale, units });
    Ok((headers, text).into_response())
}

/// Takes a translators' file. Each text that differs from what is there becomes a draft, or waits for review where the file says that it
/// is more; nothing is approved or published by a file. Texts that cannot stand for their message are refused one by one.
#[utoipa::path(
    post,
    path = "/api/v1/admin/translations/import",
    operation_id = "importTranslations",
    tag = "translations",
    params(WhichFile),
    request_body(
        description = "At most 4 MiB. No document type, no entities but those of XML itself.",
        content((String = "application/xliff+xml"), (String = "text/x-gettext-translation"))
    ),
    responses((status = 200, description = "What came of it.", body = ImportReport))
)]
pub(crate) async fn import_translations(
    State(app): State<App>,
    Writer(caller): Writer,
    tenant: Tenant,
    Language(language): Language,
    Query(which): Query<WhichFile>,
    request: Request,
) -> Result<Json<ImportReport>, Problem> {
    let place = place(&app, &tenant, which.application.as_deref(), &which.locale)?;
    let exchange = read(&which, request).await?;
    if exchange.locale != place.locale.tag() {
        let error = FieldError::new("wrong-locale", "translations-field-file-locale");
        let found: String = exchange.locale.chars().take(40).collect();
        return Err(Problem::invalid("body", error.with("found", found).with("expected", place.locale.tag())));
    }
    let rows = app.store.bind(&caller);
    let sheet = Sheet::of(&app, &rows, place).await?;
    let messages = app.catalogues.messages(Some(tenant.application.name()), language).of_tenant(tenant.id);
    let (mut report, wanted) = judge(&app, &sheet, &exchange.units, messages);
    if !which.dry_run.unwrap_or(false) && !wanted.is_empty() {
        let (wanted, place) = (&wanted, &sheet.place);
        let written = rows.write(move |tx: Tx| async move {
            for one in wanted {
                let present = translations::locked(&tx, place, one.key).await?;
                work::propose(&tx, place, present, &one.proposal()).await?;
            }
            Ok::<_, TranslationsError>(())
        });
        written.await?;
    }
    for one in &wanted {
        *if sheet.rows.contains_key(one.key) { &mut report.changed } else { &mut report.created } += 1;
    }
    Ok(Json(report))
}

async fn read(which: &WhichFile, request: Request) -> Result<Exchange, Problem> {
    let bytes = axum::body::to_bytes(request.into_body(), MOST_BYTES).await.map_err(|_| {
        Problem::new(ErrorCode::PayloadTooLarge).detail_message("translations-field-file-large", [("most", MOST_BYTES.into())])
    })?;
    let unreadable = |line: usize, reason: String| {
        let error = FieldError::new("unreadable", "translations-field-file").with("line", line).with("reason", reason);
        Problem::invalid("body", error)
    };
    let text = std::str::from_utf8(&bytes).map_err(|_| unreadable(1, "it is not UTF-8".to_owned()))?;
    which.format.read(text).map_err(|fault| unreadable(fault.line, fault.reason))
}

/// A text of the file that is to be written.
struct Wanted<'u> {
    key: &'u str,
    text: String,
    source: String,
    state: translation::State,
}

impl Wanted<'_> {
    fn proposal(&self) -> Proposal<'_> {
        let (text, source, state) = (self.text.as_str(), self.source.as_str(), self.state);
        Proposal { key: self.key, text, source, act: Act::Imported, state, note: None }
    }
}

fn judge<'u>(app: &App, sheet: &Sheet, units: &'u [Unit], messages: Messages<'_>) -> (ImportReport, Vec<Wanted<'u>>) {
    let (mut report, mut wanted) = (ImportReport::default(), Vec::new());
    let examiner = app.catalogues.examiner(sheet.place.app(), sheet.place.locale);
    for unit in units {
        let Some(target) = &unit.target else {
            report.untranslated += 1;
            continue;
        };
        let refuse = |report: &mut ImportReport, faults: &[TextFault]| {
            report.refused += 1;
            if report.refusals.len() < MOST_REFUSALS {
                let errors: Vec<FieldError> = faults.iter().map(field_error).collect();
                let reasons: Vec<String> = errors.iter().map(|error| error.text(messages)).collect();
                let code = errors.first().map_or("invalid", FieldError::code).to_owned();
                report.refusals.push(Refusal { key: unit.key.chars().take(200).collect(), code, reason: reasons.join(" ") });
            }
        };
        let Some(source) = sheet.sources.get(&unit.key) else {
            refuse(&mut report, &[TextFault::Unknown]);
            continue;
        };
        let text = match examiner.examine(&unit.key, target) {
            Ok(text) => text,
            Err(faults) => {
                refuse(&mut report, &faults);
                continue;
            }
        };
        let row = sheet.rows.get(&unit.key);
        let known = row.map(|row| &row.text).or(sheet.shipped.get(&unit.key).map(|shipped| &shipped.text));
        if known == Some(&text) {
            report.unchanged += 1;
            continue;
        }
        // What the translator saw: where it is not what stands there now, the translation is outdated from the start.
        let source = banyan_locale::usual_text(&unit.key, &unit.source).unwrap_or_else(|_| source.text.clone());
        let state = if unit.state == UnitState::Draft { translation::State::Draft } else { translation::State::Review };
        wanted.push(Wanted { key: &unit.key, text, source, state });
    }
    (report, wanted)
}
