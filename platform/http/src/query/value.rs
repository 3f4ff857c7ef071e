//! Texts of a query or path as values of a type, with errors that know their field.

use std::cell::Cell;
use std::fmt::{self, Display};

use serde::de::{self, DeserializeSeed, Deserializer, EnumAccess, IntoDeserializer, Unexpected, VariantAccess, Visitor};
use serde::forward_to_deserialize_any;

use crate::FieldError;
use crate::problem::Expected;

/// Why a text is not the wanted value.
#[derive(Debug)]
pub(crate) struct Refusal {
    pub(crate) field: Option<String>,
    pub(crate) error: FieldError,
}

impl Refusal {
    fn of(error: FieldError) -> Self {
        Self { field: None, error }
    }

    fn at(field: &str, error: FieldError) -> Self {
        Self { field: Some(field.to_owned()), error }
    }

    /// Innermost names win.
    fn named(mut self, field: &str) -> Self {
        self.field.get_or_insert_with(|| field.to_owned());
        self
    }
}

impl Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.error.code())
    }
}

impl std::error::Error for Refusal {}

impl de::Error for Refusal {
    fn custom<T: Display>(_: T) -> Self {
        // The words may hold what was sent.
        Self::of(FieldError::invalid())
    }

    fn invalid_type(_: Unexpected<'_>, _: &dyn de::Expected) -> Self {
        Self::of(FieldError::invalid())
    }

    fn unknown_variant(_: &str, allowed: &'static [&'static str]) -> Self {
        Self::of(FieldError::not_one_of(allowed))
    }

    fn unknown_field(field: &str, _: &'static [&'static str]) -> Self {
        Self::at(field, FieldError::unknown())
    }

    fn missing_field(field: &'static str) -> Self {
        Self::at(field, FieldError::required())
    }

    fn duplicate_field(field: &'static str) -> Self {
        Self::at(field, FieldError::duplicate())
    }
}

/// One text and the name of its field.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Text<'t> {
    pub(crate) name: &'t str,
    pub(crate) value: &'t str,
}

impl<'t> Text<'t> {
    fn number<N: std::str::FromStr>(self, expected: Expected) -> Result<N, Refusal> {
        self.value.parse().map_err(|_| Refusal::at(self.name, FieldError::wrong_type(expected)))
    }

    fn text<'de, V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Refusal> {
        let uuid = expects_uuid(&visitor);
        visitor.visit_str(self.value).map_err(|refusal: Refusal| {
            let refusal = refusal.named(self.name);
            if uuid { Refusal { error: FieldError::uuid(), ..refusal } } else { refusal }
        })
    }
}

/// Whether the visitor says of itself that it wants a UUID. Allocates nothing.
fn expects_uuid<'de, V: Visitor<'de>>(visitor: &V) -> bool {
    struct Wanted<'v, V>(&'v V);

    impl<'de, V: Visitor<'de>> Display for Wanted<'_, V> {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            self.0.expecting(f)
        }
    }

    /// Compares what is written with what is left of the expected text.
    struct Compare(Option<&'static str>);

    impl fmt::Write for Compare {
        fn write_str(&mut self, part: &str) -> fmt::Result {
            self.0 = self.0.and_then(|left| left.strip_prefix(part));
            Ok(())
        }
    }

    let mut compare = Compare(Some("a formatted UUID string"));
    fmt::write(&mut compare, format_args!("{}", Wanted(visitor))).is_ok() && compare.0 == Some("")
}

macro_rules! numbers {
    ($($method:ident $visit:ident $expected:ident),+ $(,)?) => {
        $(
            fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Refusal> {
                let name = self.name;
                visitor.$visit(self.number(Expected::$expected)?).map_err(|refusal: Refusal| refusal.named(name))
            }
        )+
    };
}

impl<'de> Deserializer<'de> for Text<'_> {
    type Error = Refusal;

    numbers! {
        deserialize_i8 visit_i8 Integer,
        deserialize_i16 visit_i16 Integer,
        deserialize_i32 visit_i32 Integer,
        deserialize_i64 visit_i64 Integer,
        deserialize_u8 visit_u8 Integer,
        deserialize_u16 visit_u16 Integer,
        deserialize_u32 visit_u32 Integer,
        deserialize_u64 visit_u64 Integer,
        deserialize_f32 visit_f32 Number,
        deserialize_f64 visit_f64 Number,
    }

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Refusal> {
        self.text(visitor)
    }

    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Refusal> {
        match self.value {
            "true" => visitor.visit_bool(true),
            "false" => visitor.visit_bool(false),
            _ => Err(Refusal::at(self.name, FieldError::wrong_type(Expected::Boolean))),
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Refusal> {
        if self.value.is_empty() { visitor.visit_none() } else { visitor.visit_some(self) }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, _: &'static str, visitor: V) -> Result<V::Value, Refusal> {
        let name = self.name;
        visitor.visit_newtype_struct(self).map_err(|refusal| refusal.named(name))
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Refusal> {
        let name = self.name;
        visitor.visit_enum(self).map_err(|refusal| refusal.named(name))
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Refusal> {
        visitor.visit_unit()
    }

    forward_to_deserialize_any! {
        char str string bytes byte_buf unit unit_struct seq tuple tuple_struct map struct identifier
    }
}

impl<'de> EnumAccess<'de> for Text<'_> {
    type Error = Refusal;
    type Variant = Unit;

    fn variant_seed<V: DeserializeSeed<'de>>(self, seed: V) -> Result<(V::Value, Unit), Refusal> {
        Ok((seed.deserialize(self.value.into_deserializer())?, Unit))
    }
}

impl<'t> IntoDeserializer<'_, Refusal> for Text<'t> {
    type Deserializer = Self;

    fn into_deserializer(self) -> Self {
        self
    }
}

/// The one form that a variant can have in a query: its name.
pub(crate) struct Unit;

impl<'de> VariantAccess<'de> for Unit {
    type Error = Refusal;

    fn unit_variant(self) -> Result<(), Refusal> {
        Ok(())
    }

    fn newtype_variant_seed<T: DeserializeSeed<'de>>(self, _: T) -> Result<T::Value, Refusal> {
        Err(Refusal::of(FieldError::invalid()))
    }

    fn tuple_variant<V: Visitor<'de>>(self, _: usize, _: V) -> Result<V::Value, Refusal> {
        Err(Refusal::of(FieldError::invalid()))
    }

    fn struct_variant<V: Visitor<'de>>(self, _: &'static [&'static str], _: V) -> Result<V::Value, Refusal> {
        Err(Refusal::of(FieldError::invalid()))
    }
}

/// The names that a struct asks its deserializer for; `None` for types that take any.
pub(crate) fn fields_of<T: de::DeserializeOwned>() -> Option<&'static [&'static str]> {
    let found = Cell::new(None);
    let _ = T::deserialize(Asked(&found));
    found.get()
}

/// Answers nothing, but remembers what it was asked.
struct Asked<'f>(&'f Cell<Option<&'static [&'static str]>>);

impl<'de> Deserializer<'de> for Asked<'_> {
    type Error = Refusal;

    fn deserialize_any<V: Visitor<'de>>(self, _: V) -> Result<V::Value, Refusal> {
        Err(Refusal::of(FieldError::invalid()))
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        fields: &'static [&'static str],
        _: V,
    ) -> Result<V::Value, Refusal> {
        self.0.set(Some(fields));
        Err(Refusal::of(FieldError::invalid()))
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 u8 u16 u32 u64 f32 f64 char str string bytes byte_buf option unit unit_struct newtype_struct
        seq tuple tuple_struct map enum identifier ignored_any
    }
}
