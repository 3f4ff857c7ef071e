//! Lists of words: stored as text, sent as they are stored, and listed in the documentation.

/// An enumeration whose words are the same in the store (`text`), in JSON and in OpenAPI. Words are stored: never rename one.
///
/// `pub(crate) Category as TicketCategory { Question = "question" }` is `Category` here and `TicketCategory` in the documentation. The crate
/// that uses it depends on `sea-orm`, `serde` and `utoipa`.
#[macro_export]
macro_rules! words {
    (
        $(#[$meta:meta])*
        $vis:vis $name:ident as $shown:ident { $($(#[$variant_meta:meta])* $variant:ident = $word:literal),+ $(,)? }
    ) => {
        $(#[$meta])*
        #[derive(
            Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash,
            ::sea_orm::EnumIter, ::sea_orm::DeriveActiveEnum, ::serde::Serialize, ::serde::Deserialize,
        )]
        #[sea_orm(rs_type = "String", db_type = "Text")]
        $vis enum $name {
            $($(#[$variant_meta])* #[serde(rename = $word)] #[sea_orm(string_value = $word)] $variant),+
        }

        impl $name {
            #[allow(dead_code, reason = "not every list is gone through")]
            $vis const ALL: &'static [Self] = &[$(Self::$variant),+];

            #[allow(dead_code, reason = "not every word leaves")]
            $vis const fn word(self) -> &'static str {
                match self { $(Self::$variant => $word),+ }
            }
        }

        // The derive does not see the words, which reach it through this macro.
        impl ::utoipa::PartialSchema for $name {
            fn schema() -> ::utoipa::openapi::RefOr<::utoipa::openapi::schema::Schema> {
                let words = ::utoipa::openapi::schema::ObjectBuilder::new().schema_type(::utoipa::openapi::schema::Type::String);
                words.enum_values(Some([$($word),+])).into()
            }
        }

        impl ::utoipa::ToSchema for $name {
            fn name() -> ::std::borrow::Cow<'static, str> {
                ::std::borrow::Cow::Borrowed(stringify!($shown))
            }
        }
    };
}
