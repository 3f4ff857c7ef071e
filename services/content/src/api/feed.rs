//! `GET /api/v1/content/feed`

use axum::extract::State;
use banyan_http::paging::Pagination;
use banyan_http::{Json, Language, Localized, Paging, Problem, SignedIn, Tenant};
use banyan_kernel::{Timestamp, Uuid};
use banyan_locale::{Args, Messages};
use jiff::tz::TimeZone;
use serde::Serialize;
use utoipa::ToSchema;

use super::moment;
use crate::App;
use crate::entity::journal::{Kind, Model};
use crate::feed::{Activity, chosen};
use crate::library::{Library, Moment, Template, TemplateKind};
use crate::own_texts::OwnTexts;
use crate::store::{journals, template_texts};

/// How many of her own latest entries a person sees.
const RECENT: u64 = 3;
/// Characters of an entry that the feed shows.
const EXCERPT: usize = 280;

/// What is shown to one person today.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(example = json!({
    "userId": "01941f29-7c00-7000-8000-0000000000aa", "language": "en-US",
    "personalizedContent": [{
        "id": "template:first-page", "kind": "prompt", "title": "Your first page", "body": "Three sentences are enough.",
        "reason": "Because you have not written yet", "topics": ["reflection"], "createdAt": null
    }],
    "pagination": {"page": 1, "limit": 20, "total": 1, "totalPages": 1, "hasNext": false, "hasPrev": false}
}))]
pub(crate) struct Feed {
    user_id: Uuid,
    /// The language of the texts that are not the person's own, BCP 47.
    language: String,
    /// On the first page never empty.
    personalized_content: Vec<FeedItem>,
    pagination: Pagination,
}

/// One thing in a feed.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct FeedItem {
    /// `template:<name>` or `journal:<id>`.
    id: String,
    kind: FeedKind,
    title: String,
    body: String,
    /// Why it is shown.
    reason: String,
    topics: Vec<String>,
    /// When the person wrote it; `null` for a template.
    #[schema(value_type = Option<String>, format = DateTime)]
    created_at: Option<Timestamp>,
}

/// What an item is: one of the templates' kinds, or an entry of the person's own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum FeedKind {
    Prompt,
    Practice,
    Lesson,
    Tip,
    Journal,
}

impl From<TemplateKind> for FeedKind {
    fn from(kind: TemplateKind) -> Self {
        match kind {
            TemplateKind::Prompt => Self::Prompt,
            TemplateKind::Practice => Self::Practice,
            TemplateKind::Lesson => Self::Lesson,
            TemplateKind::Tip => Self::Tip,
        }
    }
}

/// The caller's feed: what fits her moment, her own latest entries, and a choice of templates that changes daily.
/// It is in its own order; `orderBy` is not used.
#[utoipa::path(
    get,
    path = "/api/v1/content/feed",
    operation_id = "getFeed",
    tag = "content",
    params(Paging),
    responses((status = 200, description = "A page of the feed.", body = Feed))
)]
pub(crate) async fn get_feed(
    State(app): State<App>,
    SignedIn(caller): SignedIn,
    tenant: Tenant,
    Language(locale): Language,
    paging: Paging,
) -> Result<Localized<Json<Feed>>, Problem> {
    paging.ordered_by::<()>(&[])?;
    let user = caller.require_user()?;
    let rows = app.store.bind(&caller);
    let read = rows.read(move |tx| async move {
        let now = tx.now();
        let own = template_texts::current(&tx, locale.tag()).await?;
        journals::activity(&tx, user, RECENT).await.map(|(activity, recent)| (activity, recent, own, now))
    });
    let (activity, recent, own, now) = read.await?;
    let name = tenant.application.name();
    let zone = TimeZone::get(&tenant.application.manifest().time_zone).unwrap_or(TimeZone::UTC);
    let composer = Composer {
        messages: app.catalogues.messages(Some(name), locale).of_tenant(tenant.id),
        own: OwnTexts::of(own, locale, &tenant.application.manifest().brand.name),
        zone,
    };
    let items = composer.items(app.libraries.of(name), &activity, &recent, user, now);
    let page = paging.cut(items.into_iter());
    let feed =
        Feed { user_id: user, language: locale.tag().to_owned(), personalized_content: page.data, pagination: page.pagination };
    Ok(Localized(locale, Json(feed)))
}

/// Puts a feed into words.
struct Composer<'c> {
    messages: Messages<'c>,
    own: OwnTexts,
    zone: TimeZone,
}

impl Composer<'_> {
    fn items(
        &self,
        library: Option<&Library>,
        activity: &Activity,
        recent: &[Model],
        user: Uuid,
        now: Timestamp,
    ) -> Vec<FeedItem> {
        let templates = library.map(|library| chosen(library, activity, user, now)).unwrap_or_default();
        let (usual, special): (Vec<&Template>, Vec<&Template>) =
            templates.into_iter().partition(|template| template.when == Moment::Always);
        let mut items: Vec<FeedItem> = special.into_iter().filter_map(|template| self.template(template)).collect();
        items.extend(recent.iter().map(|row| self.journal(row)));
        items.extend(usual.into_iter().filter_map(|template| self.template(template)));
        if items.is_empty() {
            items.push(self.fallback());
        }
        items
    }

    /// A template whose texts are missing is left out rather than shown by its id.
    fn template(&self, template: &Template) -> Option<FeedItem> {
        let (title, body) = self.own.words(self.messages, template)?;
        Some(FeedItem {
            id: format!("template:{}", template.id),
            kind: template.kind.into(),
            title,
            body,
            reason: self.messages.text(reason(template.when)).into_owned(),
            topics: template.topics.clone(),
            created_at: None,
        })
    }

    fn journal(&self, row: &Model) -> FeedItem {
        let id = match row.kind {
            Kind::Text => "content-recent-title",
            Kind::Voice => "content-recent-voice-title",
        };
        let written = moment(row.created_at);
        let date = written.to_jiff().to_zoned(self.zone.clone()).date();
        FeedItem {
            id: format!("journal:{}", row.id),
            kind: FeedKind::Journal,
            title: self.messages.format(id, &Args::new().date("date", date)).into_owned(),
            body: excerpt(&row.content),
            reason: self.messages.text("content-reason-recent").into_owned(),
            topics: row.tags.0.clone(),
            created_at: Some(written),
        }
    }

    fn fallback(&self) -> FeedItem {
        FeedItem {
            id: "template:fallback".to_owned(),
            kind: FeedKind::Prompt,
            title: self.messages.text("content-fallback").into_owned(),
            body: self.messages.text("content-fallback.body").into_owned(),
            reason: self.messages.text(reason(Moment::Always)).into_owned(),
            topics: Vec::new(),
            created_at: None,
        }
    }
}

const fn reason(moment: Moment) -> &'static str {
    match moment {
        Moment::NoJournal => "content-reason-no-journal",
        Moment::Quiet => "content-reason-quiet",
        Moment::DailyWriter => "content-reason-daily-writer",
        Moment::LowMood => "content-reason-low-mood",
        Moment::HighMood => "content-reason-high-mood",
        Moment::Always => "content-reason-always",
    }
}

/// The beginning of an entry; cut at a space where one is near.
fn excerpt(text: &str) -> String {
    let text = text.trim();
    let Some((end, _)) = text.char_indices().nth(EXCERPT) else { return text.to_owned() };
    let head = &text[..end];
    let cut = head.rfind(char::is_whitespace).filter(|cut| *cut > end / 2).unwrap_or(end);
    format!("{}…", head[..cut].trim_end())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_excerpt_ends_at_a_word_and_never_inside_a_character() {
        assert_eq!(excerpt("  short "), "short");
        let words = "kata ".repeat(100);
        let cut = excerpt(&words);
        assert!(cut.ends_with("kata…") && cut.chars().count() <= EXCERPT + 1, "{cut}");
        let solid = "é".repeat(400);
        assert_eq!(excerpt(&solid).chars().count(), EXCERPT + 1);
    }
}
