//! Where a translation belongs: to all tenants or one, to an application or none, to a locale.

use std::collections::BTreeMap;

use banyan_http::{FieldError, Problem, Tenant};
use banyan_kernel::{OPERATORS, Uuid};
use banyan_locale::{Catalogues, Locale, MessageText, Reach, Shelf};

use crate::App;

/// Whose texts are meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) locale: Locale,
    scope: Scope,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Scope {
    /// What belongs to no application, for everybody.
    Common,
    /// An application's own messages, for all of its tenants.
    Application(String),
    /// All that the tenants of an application see, for one of them.
    Tenant(String),
}

/// A tenant's people work for their tenant, on all that it sees; operators work for everybody.
///
/// # Errors
/// 422 for an application that is not there or is not the tenant's, and for what is no language.
pub(crate) fn place(app: &App, tenant: &Tenant, application: Option<&str>, locale: &str) -> Result<Place, Problem> {
    let unknown = || Problem::invalid("application", FieldError::new("unknown", "translations-field-application"));
    let scope = match (*tenant.name == *OPERATORS, application) {
        (true, None) => Scope::Common,
        (true, Some(name)) => Scope::Application(app.applications.get(name).ok_or_else(unknown)?.name().to_owned()),
        (false, given) if given.is_none_or(|given| given == tenant.application.name()) => {
            Scope::Tenant(tenant.application.name().to_owned())
        }
        (false, _) => return Err(unknown()),
    };
    let place = Place { locale: Locale::en_us(), scope };
    match locale_of(&app.catalogues, locale) {
        Some(locale) => Ok(Place { locale, ..place }),
        None => Err(Problem::invalid("locale", FieldError::locale())),
    }
}

/// The locale of just this tag, with files or without. Made-up languages are made of American English and not translated.
pub(crate) fn locale_of(catalogues: &Catalogues, tag: &str) -> Option<Locale> {
    let known = catalogues.locales(None).iter().find(|locale| locale.tag() == tag && locale.pseudo().is_none());
    known.or_else(|| Locale::begun(tag).ok())
}

impl Place {
    /// Of a row, as [`Place::application`] gave it.
    pub(crate) fn reach_of(operators: Uuid, tenant: Uuid, application: &str) -> Reach {
        match (tenant == operators, application) {
            (true, "") => Reach::Everybody,
            (true, name) => Reach::Application(name.to_owned()),
            (false, name) => Reach::Tenant(tenant, name.to_owned()),
        }
    }

    /// As it stands in rows; empty for none.
    pub(crate) fn application(&self) -> &str {
        self.app().unwrap_or_default()
    }

    pub(crate) fn app(&self) -> Option<&str> {
        match &self.scope {
            Scope::Common => None,
            Scope::Application(name) | Scope::Tenant(name) => Some(name),
        }
    }

    fn shelf(&self) -> Shelf<'_> {
        match &self.scope {
            Scope::Common => Shelf::Common,
            Scope::Application(name) => Shelf::Application(name),
            Scope::Tenant(name) => Shelf::Seen(name),
        }
    }

    /// What the files say in American English: the messages that there are.
    pub(crate) fn sources(&self, catalogues: &Catalogues) -> BTreeMap<String, MessageText> {
        catalogues.texts(self.shelf(), Locale::en_us())
    }

    /// What the files say in the place's locale.
    pub(crate) fn shipped(&self, catalogues: &Catalogues) -> BTreeMap<String, MessageText> {
        catalogues.texts(self.shelf(), self.locale)
    }
}
