//! Lists in a sentence.

use icu_list::ListFormatter;
use icu_list::options::ListFormatterOptions;
use icu_locale::Locale;

/// What joins the last two items.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ListKind {
    #[default]
    And,
    Or,
}

#[derive(Debug)]
pub(super) struct Lists {
    and: Option<ListFormatter>,
    or: Option<ListFormatter>,
}

impl Lists {
    pub(super) fn new(locale: &Locale) -> Self {
        Self {
            and: ListFormatter::try_new_and(locale.into(), ListFormatterOptions::default()).ok(),
            or: ListFormatter::try_new_or(locale.into(), ListFormatterOptions::default()).ok(),
        }
    }

    pub(super) fn write<T: AsRef<str>>(&self, items: &[T], kind: ListKind) -> String {
        let formatter = match kind {
            ListKind::And => &self.and,
            ListKind::Or => &self.or,
        };
        let texts = items.iter().map(AsRef::as_ref);
        match formatter {
            Some(formatter) => formatter.format_to_string(texts),
            None => texts.collect::<Vec<&str>>().join(", "),
        }
    }
}
