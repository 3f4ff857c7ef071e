//! What was published while the program runs: it stands above the files and is replaced as a whole.

use super::builder::ByLocale;
use super::error::BuildError;
use super::source::{Layer, Source};
use super::{Catalogues, Edition, Line, Origin, wording};
use crate::locale::Locale;
use banyan_kernel::Uuid;
use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

/// Texts of one locale that were published for somebody.
#[derive(Clone, Debug)]
pub struct Published {
    reach: Reach,
    source: Arc<Source>,
}

/// Who sees what was published. A later one stands above an earlier one.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Reach {
    /// Every tenant, below what an application says itself.
    Everybody,
    /// All tenants of an application.
    Application(String),
    /// One tenant, of an application.
    Tenant(Uuid, String),
}

/// How much of the messages is there in a locale.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Coverage {
    /// None for what belongs to no application.
    pub application: Option<String>,
    pub locale: Locale,
    pub messages: usize,
    pub translated: usize,
}

/// The editions that differ from those of the files.
#[derive(Default)]
pub(super) struct Live {
    common: Option<Edition>,
    apps: HashMap<String, Edition>,
    tenants: HashMap<Uuid, Edition>,
}

impl Published {
    /// `texts` are messages by name in the form of [`Catalogues::examine`]. `name` is what the log calls it.
    ///
    /// # Errors
    /// What is wrong with the texts or the locale's tag. Nothing of them is published then.
    pub fn new<'t>(
        reach: Reach,
        locale: Locale,
        name: String,
        texts: impl IntoIterator<Item = (&'t str, &'t str)>,
    ) -> Result<Self, BuildError> {
        let text = texts.into_iter().fold(String::new(), |all, (key, text)| all + &wording::as_entry(key, text));
        // Of the layers of files; where it stands is for `reach` to say.
        let source = Source::parse(Layer::Service, locale.tag(), name, text).map_err(|problems| BuildError { problems })?;
        Ok(Self { reach, source: Arc::new(source) })
    }
}

impl Catalogues {
    /// From here on these stand above the files, and nothing else of what was published before. Readers see all of it or nothing.
    /// It takes some milliseconds for each locale of each tenant.
    pub fn publish(&self, published: &[Published]) {
        let mut live = Live::default();
        let reaches: BTreeSet<&Reach> = published.iter().map(|one| &one.reach).collect();
        if reaches.contains(&Reach::Everybody) {
            live.common = Some(self.over(None, None, published));
        }
        for app in self.apps.keys() {
            if reaches.contains(&Reach::Everybody) || reaches.contains(&Reach::Application(app.clone())) {
                live.apps.insert(app.clone(), self.over(Some(app), None, published));
            }
        }
        for reach in reaches {
            if let Reach::Tenant(tenant, app) = reach {
                live.tenants.insert(*tenant, self.over(Some(app), Some(*tenant), published));
            }
        }
        self.live.store(Arc::new(live));
    }

    /// How many of the messages of American English each locale has, by application; those of the platform and the services first.
    pub fn coverage(&self) -> Vec<Coverage> {
        let live = self.live.load();
        let mut found = Vec::new();
        let apps = self.apps.keys().collect::<BTreeSet<&String>>();
        for app in std::iter::once(None).chain(apps.into_iter().map(Some)) {
            let own = |source: &&Source| source.layer.application() == app.map(String::as_str);
            let english = |source: &&Source| source.locale == Locale::en_us() && own(source);
            let names: BTreeSet<&str> = self.sources.iter().filter(english).flat_map(Source::messages).collect();
            let edition = live.edition(None, app.map(String::as_str)).unwrap_or(self.edition(app.map(String::as_str)));
            for Line { catalogue, .. } in &edition.lines {
                let translated = names.iter().filter(|name| catalogue.bundle.has_message(name)).count();
                let (application, locale) = (app.cloned(), catalogue.locale);
                found.push(Coverage { application, locale, messages: names.len(), translated });
            }
        }
        found
    }

    /// The edition of the files with what was published above it. Catalogues of locales in which nothing was are shared.
    fn over(&self, app: Option<&str>, tenant: Option<Uuid>, published: &[Published]) -> Edition {
        let base = self.edition(app);
        let rank = |reach: &Reach| match reach {
            Reach::Everybody => Some(Layer::Installation),
            Reach::Application(name) if Some(name.as_str()) == app => Some(Layer::InstallationFor(name.clone())),
            Reach::Tenant(id, name) if Some(*id) == tenant && Some(name.as_str()) == app => {
                Some(Layer::InstallationFor(name.clone()))
            }
            Reach::Application(_) | Reach::Tenant(..) => None,
        };
        let above: Vec<(Layer, &Published)> =
            published.iter().filter_map(|one| rank(&one.reach).map(|layer| (layer, one))).collect();
        let seen = |source: &&Source| source.layer.application().is_none_or(|owner| Some(owner) == app);
        // By layer; within one the files come first, and then the wider reach.
        let mut layered: Vec<(&Layer, Option<&Reach>, &Source)> =
            self.sources.iter().filter(seen).map(|source| (&source.layer, None, source)).collect();
        layered.extend(above.iter().map(|(layer, one)| (layer, Some(&one.reach), &*one.source)));
        layered.sort_by(|one, other| (one.0, one.1).cmp(&(other.0, other.1)));
        let mut by_locale = ByLocale::new();
        for (_, _, source) in layered {
            by_locale.entry(source.locale).or_default().push(source);
        }
        // Made-up languages are made of American English.
        let of = |locale: Locale| if locale.pseudo().is_some() { Locale::en_us() } else { locale };
        let is_changed = |locale: Locale| above.iter().any(|(_, one)| one.source.locale == of(locale));
        let line = |locale: Locale| base.lines.iter().find(|line| line.catalogue.locale == locale);
        let known = |locale: Locale| line(locale).filter(|_| !is_changed(locale)).map(|line| Arc::clone(&line.catalogue));
        let origin = |locale: Locale, _: &[&Source]| line(locale).map_or(Origin::Published, |line| line.origin);
        self.setup.edition(app, &by_locale, origin, known)
    }
}

impl Live {
    /// None where the files are all there is.
    pub(super) fn edition(&self, tenant: Option<Uuid>, app: Option<&str>) -> Option<&Edition> {
        let of_tenant = tenant.and_then(|tenant| self.tenants.get(&tenant));
        match app {
            _ if of_tenant.is_some() => of_tenant,
            // An application that the files do not know has what everybody has.
            Some(app) => self.apps.get(app).or(self.common.as_ref().filter(|_| !self.apps.contains_key(app))),
            None => self.common.as_ref(),
        }
    }
}
