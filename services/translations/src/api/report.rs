//! `GET /api/v1/admin/translations/report`

use axum::extract::State;
use banyan_http::{Json, Problem, Query, Tenant};
use banyan_kernel::OPERATORS;
use banyan_locale::Locales;
use serde::Serialize;
use utoipa::ToSchema;

use super::messages::Whose;
use super::sheet::{Sheet, Standing};
use super::who::Writer;
use crate::App;
use crate::place::{locale_of, place};
use crate::store::translations;

/// How far each language is.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct TranslationReport {
    data: Vec<LocaleReport>,
}

/// How far one language of an application is.
#[derive(Clone, Debug, Default, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct LocaleReport {
    /// None for what belongs to no application.
    application: Option<String>,
    locale: String,
    /// `ltr` or `rtl`.
    direction: String,
    /// Whether it is promised whole, by this application or, of what belongs to none, by any. What a partial one lacks falls back.
    whole: bool,
    messages: usize,
    /// Messages for which people see a text in this language, in per cent, rounded down.
    percent: usize,
    missing: usize,
    shipped: usize,
    draft: usize,
    review: usize,
    approved: usize,
    published: usize,
    /// Of those that somebody translated: the American English has changed since.
    outdated: usize,
}

/// Says how far each language is: for operators all applications and what belongs to none, for others their tenant's.
#[utoipa::path(
    get,
    path = "/api/v1/admin/translations/report",
    operation_id = "reportTranslations",
    tag = "translations",
    params(Whose),
    responses((status = 200, description = "A line for each application and language.", body = TranslationReport))
)]
pub(crate) async fn report_translations(
    State(app): State<App>,
    Writer(caller): Writer,
    tenant: Tenant,
    Query(whose): Query<Whose>,
) -> Result<Json<TranslationReport>, Problem> {
    let mut wanted: Vec<Option<&str>> = vec![whose.application.as_deref()];
    if *tenant.name == *OPERATORS && whose.application.is_none() {
        wanted.extend(app.applications.iter().map(|application| Some(application.name())));
    }
    let rows = app.store.bind(&caller);
    let mut data = Vec::new();
    for application in wanted {
        // An application that is not there is refused here.
        let english = place(&app, &tenant, application, "en-US")?;
        let of_files = app.catalogues.locales(english.app());
        let begun = rows.read(|tx| async move { translations::locales(&tx).await }).await?;
        let begun = begun.iter().filter_map(|tag| locale_of(&app.catalogues, tag));
        let all = Locales::new(of_files.iter().filter(|locale| locale.pseudo().is_none()).chain(begun));
        for locale in all.iter() {
            let place = place(&app, &tenant, application, locale.tag())?;
            data.push(line(&app, &Sheet::of(&app, &rows, place).await?));
        }
    }
    Ok(Json(TranslationReport { data }))
}

fn line(app: &App, sheet: &Sheet) -> LocaleReport {
    let locale = sheet.place.locale;
    let mut promising = app.applications.iter().filter(|one| sheet.place.app().is_none_or(|name| name == one.name()));
    let mut report = LocaleReport {
        application: sheet.place.app().map(str::to_owned),
        locale: locale.tag().to_owned(),
        direction: locale.direction().as_str().to_owned(),
        whole: promising.any(|one| one.manifest().locales.iter().any(|promised| promised == locale.tag())),
        messages: sheet.sources.len(),
        ..LocaleReport::default()
    };
    let mut shown = 0;
    for line in sheet.lines() {
        shown += usize::from(line.shown.is_some());
        report.outdated += usize::from(line.outdated);
        *match line.state {
            Standing::Missing => &mut report.missing,
            Standing::Shipped => &mut report.shipped,
            Standing::Draft => &mut report.draft,
            Standing::Review => &mut report.review,
            Standing::Approved => &mut report.approved,
            Standing::Published => &mut report.published,
        } += 1;
    }
    report.percent = (100 * shown).checked_div(report.messages).unwrap_or(100);
    report
}
