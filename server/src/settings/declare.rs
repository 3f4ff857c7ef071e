//! The macro behind the table of settings: one declaration gives the typed struct, the reference and the validation.

use std::borrow::Cow;

use super::types::{Invalid, Setting};

/// What is known of one setting besides its value.
#[derive(Debug)]
pub(crate) struct Key {
    /// Of the section in the file; empty at its top.
    pub(crate) section: &'static str,
    pub(crate) field: &'static str,
    /// One line for each line of the declaration's comment.
    pub(crate) doc: &'static [&'static str],
    /// As a person would write it; empty where nothing is set.
    pub(crate) default: &'static str,
    pub(crate) marks: Marks,
    pub(crate) kind: Kind,
}

/// What the type of a setting knows, without the type.
#[derive(Debug)]
pub(crate) struct Kind {
    pub(crate) secret: bool,
    /// Takes several values: a list in the file, commas in a variable.
    pub(crate) list: bool,
    pub(crate) form: fn() -> Cow<'static, str>,
    pub(crate) check: fn(&str) -> Result<(), Invalid>,
    pub(crate) shown: fn(&str) -> String,
}

/// Rare properties of a setting.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Marks {
    pub(crate) flag: Option<&'static str>,
    /// The feature that will use it, where that is not there yet.
    pub(crate) later: Option<&'static str>,
}

impl Marks {
    pub(crate) const fn none() -> Self {
        Self { flag: None, later: None }
    }

    pub(crate) const fn flag(name: &'static str) -> Self {
        Self { flag: Some(name), later: None }
    }

    pub(crate) const fn later(feature: &'static str) -> Self {
        Self { flag: None, later: Some(feature) }
    }
}

/// A section of the file.
#[derive(Debug)]
pub(crate) struct Section {
    pub(crate) name: &'static str,
    pub(crate) about: &'static [&'static str],
    pub(crate) keys: &'static [Key],
}

impl Kind {
    pub(crate) const fn of<T: Setting>() -> Self {
        Self { secret: T::SECRET, list: T::LIST, form: T::form, check: check::<T>, shown: T::shown }
    }
}

fn check<T: Setting>(text: &str) -> Result<(), Invalid> {
    T::parse(text).map(drop)
}

impl Key {
    /// `database.pool_max`, or `listen` at the top of the file.
    pub(crate) fn name(&self) -> String {
        match self.section {
            "" => self.field.to_owned(),
            section => format!("{section}.{}", self.field),
        }
    }

    /// `BANYAN_DATABASE_POOL_MAX`.
    pub(crate) fn variable(&self) -> String {
        format!("BANYAN_{}", self.name().replace('.', "_").to_ascii_uppercase())
    }
}

macro_rules! declare_settings {
    ($(
        $(#[doc = $about:literal])+
        $section:ident: $Section:ident = $name:literal {
            $( $(#[doc = $doc:literal])+ $field:ident: $type:ty = $default:literal $(=> $marks:expr)?; )+
        }
    )+) => {
        $(
            $(#[doc = $about])+
            #[allow(dead_code, reason = "a setting whose feature comes later is understood already")]
            #[derive(Clone, Debug)]
            pub(crate) struct $Section { $( $(#[doc = $doc])+ pub(crate) $field: $type, )+ }
        )+

        /// All settings, parsed.
        #[allow(dead_code, reason = "a setting whose feature comes later is understood already")]
        #[derive(Clone, Debug)]
        pub(crate) struct Settings { $( pub(crate) $section: $Section, )+ }

        pub(crate) static SECTIONS: &[$crate::settings::declare::Section] = &[
            $( $crate::settings::declare::Section {
                name: $name,
                about: &[$($about),+],
                keys: &[ $( $crate::settings::declare::Key {
                    section: $name,
                    field: stringify!($field),
                    doc: &[$($doc),+],
                    default: $default,
                    marks: declare_settings!(@marks $($marks)?),
                    kind: $crate::settings::declare::Kind::of::<$type>(),
                } ),+ ],
            } ),+
        ];

        impl Settings {
            /// Parses the texts that `text_of` gives for section and field.
            pub(super) fn parse<'t>(
                text_of: impl Fn(&'static str, &'static str) -> &'t str,
            ) -> Result<Self, $crate::settings::types::Invalid> {
                Ok(Self { $(
                    $section: $Section { $(
                        $field: <$type as $crate::settings::types::Setting>::parse(text_of($name, stringify!($field)))?,
                    )+ },
                )+ })
            }
        }
    };
    (@marks) => { $crate::settings::declare::Marks::none() };
    (@marks $marks:expr) => { $marks };
}

pub(super) use declare_settings;
