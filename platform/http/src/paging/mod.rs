//! Lists in pages: `?page=&limit=&orderBy=&order=`.

mod fetch;

use axum::Json;
use axum::extract::FromRequestParts;
use axum::response::{IntoResponse, Response};
use http::request::Parts;
use serde::{Deserialize, Serialize};
use utoipa::openapi::Required;
use utoipa::openapi::path::{Parameter, ParameterBuilder, ParameterIn};
use utoipa::openapi::schema::{ObjectBuilder, Type};
use utoipa::{IntoParams, ToSchema};

use crate::problem::Expected;
use crate::query::pairs;
use crate::{Check, FieldError, Problem};

pub const DEFAULT_LIMIT: u64 = 20;
pub const GREATEST_LIMIT: u64 = 100;
/// The largest integer that JSON's readers agree on, 2^53 − 1 (RFC 8259 §6).
pub const GREATEST_PAGE: u64 = (1 << 53) - 1;

/// The page that is asked for. `page` counts from 1; a page behind the last one is empty. Newest or greatest first, unless `order=ASC`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Paging {
    pub page: u64,
    /// 1 to 100; 20 if nothing is said.
    pub limit: u64,
    /// A name that the call's documentation lists.
    pub order_by: Option<String>,
    pub order: Order,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Order {
    Ascending,
    #[default]
    Descending,
}

impl Default for Paging {
    fn default() -> Self {
        Self { page: 1, limit: DEFAULT_LIMIT, order_by: None, order: Order::default() }
    }
}

impl<S: Sync> FromRequestParts<S> for Paging {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        Self::of(parts.uri.query().unwrap_or_default())
    }
}

impl Paging {
    /// # Errors
    /// 422 that names each of `page`, `limit`, `orderBy` and `order` that is wrong.
    pub fn of(query: &str) -> Result<Self, Problem> {
        let mut paging = Self::default();
        if query.is_empty() {
            return Ok(paging);
        }
        let mut check = Check::new();
        let mut seen: [Option<()>; 4] = [None; 4];
        for (name, value) in pairs(query)? {
            let place = match name.as_ref() {
                "page" => 0,
                "limit" => 1,
                "orderBy" => 2,
                "order" => 3,
                _ => continue,
            };
            if seen[place].replace(()).is_some() {
                check.error(&name, FieldError::duplicate());
                continue;
            }
            match place {
                0 => paging.page = number(&name, &value, GREATEST_PAGE, &mut check).unwrap_or(paging.page),
                1 => paging.limit = number(&name, &value, GREATEST_LIMIT, &mut check).unwrap_or(paging.limit),
                2 => paging.order_by = Some(value.into_owned()).filter(|name| !name.is_empty()),
                _ => match value.as_ref() {
                    "ASC" | "asc" => paging.order = Order::Ascending,
                    "DESC" | "desc" => paging.order = Order::Descending,
                    _ => check.error(&name, FieldError::not_one_of(&["ASC", "DESC"])),
                },
            }
        }
        check.finish()?;
        Ok(paging)
    }

    /// How many things come before this page. Never overflows: a page that far out is empty on every engine.
    pub fn offset(&self) -> u64 {
        (self.page - 1).saturating_mul(self.limit).min(i64::MAX.unsigned_abs())
    }

    /// Which of `allowed` is asked for; the first one if none is.
    ///
    /// # Errors
    /// 422 that names `orderBy` and lists what is allowed.
    pub fn ordered_by<'a, C>(&self, allowed: &'a [(&str, C)]) -> Result<Option<&'a C>, Problem> {
        let Some(wanted) = &self.order_by else { return Ok(allowed.first().map(|(_, column)| column)) };
        match allowed.iter().find(|(name, _)| name == wanted) {
            Some((_, column)) => Ok(Some(column)),
            None => {
                let names: Vec<&str> = allowed.iter().map(|(name, _)| *name).collect();
                Err(Problem::invalid("orderBy", FieldError::not_one_of(&names)))
            }
        }
    }

    /// A page of what is in memory already and in its final order.
    pub fn cut<T>(&self, all: impl ExactSizeIterator<Item = T>) -> Paged<T> {
        let total = all.len() as u64;
        let skip = usize::try_from(self.offset()).unwrap_or(usize::MAX);
        let take = usize::try_from(self.limit).unwrap_or(usize::MAX);
        Paged::new(self, total, all.skip(skip).take(take).collect())
    }
}

/// A whole number from 1 to `greatest`.
fn number(name: &str, value: &str, greatest: u64, check: &mut Check) -> Option<u64> {
    let digits = value.strip_prefix('-').unwrap_or(value);
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        check.error(name, FieldError::wrong_type(Expected::Integer));
        return None;
    }
    match value.parse::<u64>() {
        Ok(number) if (1..=greatest).contains(&number) => Some(number),
        _ => {
            check.error(name, FieldError::out_of_range(1_i64, i64::try_from(greatest).unwrap_or(i64::MAX)));
            None
        }
    }
}

/// A page of a list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Paged<T> {
    pub data: Vec<T>,
    pub pagination: Pagination,
}

/// Where the page stands in the list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Pagination {
    #[schema(minimum = 1, example = 1)]
    pub page: u64,
    #[schema(minimum = 1, maximum = 100, example = 20)]
    pub limit: u64,
    /// Things in the whole list.
    #[schema(example = 42)]
    pub total: u64,
    #[schema(example = 3)]
    pub total_pages: u64,
    #[schema(example = true)]
    pub has_next: bool,
    #[schema(example = false)]
    pub has_prev: bool,
}

impl<T> Paged<T> {
    pub fn new(paging: &Paging, total: u64, data: Vec<T>) -> Self {
        let total_pages = total.div_ceil(paging.limit);
        let pagination = Pagination {
            page: paging.page,
            limit: paging.limit,
            total,
            total_pages,
            has_next: paging.page < total_pages,
            has_prev: paging.page > 1,
        };
        Self { data, pagination }
    }

    /// The same page of other things: rows into answers.
    pub fn map<U>(self, change: impl FnMut(T) -> U) -> Paged<U> {
        Paged { data: self.data.into_iter().map(change).collect(), pagination: self.pagination }
    }

    /// As [`Paged::map`], for changes that may fail.
    ///
    /// # Errors
    /// The first one of `change`.
    pub fn try_map<U, E>(self, change: impl FnMut(T) -> Result<U, E>) -> Result<Paged<U>, E> {
        let data = self.data.into_iter().map(change).collect::<Result<_, E>>()?;
        Ok(Paged { data, pagination: self.pagination })
    }
}

impl<T: Serialize> IntoResponse for Paged<T> {
    fn into_response(self) -> Response {
        Json(self).into_response()
    }
}

/// For `#[utoipa::path(params(Paging))]`. Say in the operation's description what `orderBy` allows.
impl IntoParams for Paging {
    fn into_params(_: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        let integer = |greatest: u64, usual: u64| {
            let schema = ObjectBuilder::new().schema_type(Type::Integer).minimum(Some(1)).maximum(Some(greatest as usize));
            schema.default(Some(usual.into()))
        };
        let text = || ObjectBuilder::new().schema_type(Type::String);
        let parameter = |name: &str, description: &str, schema: ObjectBuilder| {
            let parameter = ParameterBuilder::new().name(name).parameter_in(ParameterIn::Query).required(Required::False);
            parameter.description(Some(description)).schema(Some(schema)).build()
        };
        let orders = text().enum_values(Some(["ASC", "DESC"])).default(Some("DESC".into()));
        vec![
            parameter("page", "Counts from 1. A page behind the last one is empty.", integer(GREATEST_PAGE, 1)),
            parameter("limit", "Things on a page.", integer(GREATEST_LIMIT, DEFAULT_LIMIT)),
            parameter("orderBy", "What the list is ordered by.", text()),
            parameter("order", "Ascending or descending.", orders),
        ]
    }
}
