//! Which tenant a request is for: by its host name, else its `X-Tenant` header, else its credential, else the default.

use std::collections::HashMap;
use std::sync::Arc;

use arc_swap::ArcSwap;
use banyan_http::Tenant;
use banyan_kernel::{ErrorCode, Uuid};
use banyan_locale::{Catalogues, Locale, LocaleError, Locales};
use http::header::HOST;
use http::request::Parts;
use http::{HeaderName, HeaderValue};

/// The header that names a tenant, by name or by id.
static X_TENANT: HeaderName = HeaderName::from_static("x-tenant");

/// First labels below a base domain that stand for the installation, not for a tenant.
const NOBODYS_LABELS: [&str; 4] = ["www", "api", "app", "admin"];

/// A tenant with all that the door needs of its application.
#[derive(Clone, Debug)]
pub struct TenantEntry {
    pub tenant: Tenant,
    pub default_locale: Locale,
    /// Without what is published.
    offered: Locales,
    catalogues: Arc<Catalogues>,
}

impl TenantEntry {
    /// # Errors
    /// When the application offers a language that has no catalogues.
    pub fn new(tenant: Tenant, catalogues: &Arc<Catalogues>) -> Result<Self, LocaleError> {
        let manifest = tenant.application.manifest();
        let all = catalogues.locales(Some(tenant.application.name()));
        let offered = catalogues.offered(tenant.application.name(), manifest.offered_locales())?;
        let default = all.select([manifest.default_locale.as_str()])?;
        let default_locale = default.iter().next().unwrap_or_default();
        Ok(Self { tenant, default_locale, offered, catalogues: Arc::clone(catalogues) })
    }

    /// What its people may choose from at this moment.
    pub fn locales(&self) -> Locales {
        self.catalogues.with_published(&self.offered, self.tenant.application.name(), self.tenant.id)
    }
}

/// Knows the tenants. Asked at each request, so nothing here may wait.
pub trait Tenants: Send + Sync {
    /// By name, in lower case.
    fn named(&self, name: &str) -> Option<Arc<TenantEntry>>;

    fn with_id(&self, id: Uuid) -> Option<Arc<TenantEntry>>;

    /// The tenant of requests that name none.
    fn default_tenant(&self) -> Arc<TenantEntry>;
}

/// All tenants in memory. The server replaces the list when one is made.
#[derive(Debug)]
pub struct TenantDirectory(ArcSwap<Directory>);

#[derive(Debug)]
struct Directory {
    by_name: HashMap<Arc<str>, Arc<TenantEntry>>,
    by_id: HashMap<Uuid, Arc<TenantEntry>>,
    default: Arc<TenantEntry>,
}

impl Directory {
    fn of(default: TenantEntry, others: impl IntoIterator<Item = TenantEntry>) -> Self {
        let default = Arc::new(default);
        let all: Vec<_> = others.into_iter().map(Arc::new).chain([default.clone()]).collect();
        Self {
            by_name: all.iter().map(|entry| (entry.tenant.name.clone(), entry.clone())).collect(),
            by_id: all.iter().map(|entry| (entry.tenant.id, entry.clone())).collect(),
            default,
        }
    }
}

impl TenantDirectory {
    pub fn new(default: TenantEntry, others: impl IntoIterator<Item = TenantEntry>) -> Self {
        Self(ArcSwap::from_pointee(Directory::of(default, others)))
    }

    /// Takes effect with the next request.
    pub fn replace(&self, default: TenantEntry, others: impl IntoIterator<Item = TenantEntry>) {
        self.0.store(Arc::new(Directory::of(default, others)));
    }
}

impl Tenants for TenantDirectory {
    fn named(&self, name: &str) -> Option<Arc<TenantEntry>> {
        self.0.load().by_name.get(name).cloned()
    }

    fn with_id(&self, id: Uuid) -> Option<Arc<TenantEntry>> {
        self.0.load().by_id.get(&id).cloned()
    }

    fn default_tenant(&self) -> Arc<TenantEntry> {
        self.0.load().default.clone()
    }
}

/// The tenant that the request itself names, by host and header.
///
/// # Errors
/// [`ErrorCode::NotFound`] for one that is not there, [`ErrorCode::TenantMismatch`] where host and header differ,
/// [`ErrorCode::MalformedRequest`] for a name that cannot be one.
pub(crate) fn named_by(
    parts: &Parts,
    tenants: &dyn Tenants,
    base_domains: &[String],
) -> Result<Option<Arc<TenantEntry>>, ErrorCode> {
    let by_host = match host_of(parts)? {
        Some(host) => by_host(host, tenants, base_domains)?,
        None => None,
    };
    let by_header = by_header(parts, tenants)?;
    match (by_host, by_header) {
        (Some(host), Some(header)) if host.tenant.id != header.tenant.id => Err(ErrorCode::TenantMismatch),
        (host, header) => Ok(host.or(header)),
    }
}

/// The tenant of the request after its credential, if it has one, was heard.
///
/// # Errors
/// [`ErrorCode::TenantMismatch`] where the credential belongs to another than the one named; [`ErrorCode::InvalidToken`]
/// where its tenant is no more.
pub(crate) fn settle(
    named: Option<Arc<TenantEntry>>,
    credential: Option<Uuid>,
    tenants: &dyn Tenants,
) -> Result<Arc<TenantEntry>, ErrorCode> {
    match (named, credential) {
        (Some(named), Some(id)) if named.tenant.id != id => Err(ErrorCode::TenantMismatch),
        (Some(named), _) => Ok(named),
        (None, Some(id)) => tenants.with_id(id).ok_or(ErrorCode::InvalidToken),
        (None, None) => Ok(tenants.default_tenant()),
    }
}

/// The host without its port. The address's own goes before the header (RFC 9112 §3.2.2).
pub(crate) fn host_of(parts: &Parts) -> Result<Option<&str>, ErrorCode> {
    if let Some(authority) = parts.uri.authority() {
        return Ok(Some(authority.host()));
    }
    let Some(value) = parts.headers.get(HOST) else { return Ok(None) };
    let text = value.to_str().map_err(|_| ErrorCode::MalformedRequest)?;
    let host = match text.rsplit_once(':') {
        // Not the colons inside of `[::1]`.
        Some((host, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => host,
        _ => text,
    };
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._:[]".contains(&byte);
    if host.len() > 253 || !host.bytes().all(plain) { Err(ErrorCode::MalformedRequest) } else { Ok(Some(host)) }
}

fn by_host(host: &str, tenants: &dyn Tenants, base_domains: &[String]) -> Result<Option<Arc<TenantEntry>>, ErrorCode> {
    let host = host.trim_end_matches('.');
    let Some((label, rest)) = host.split_once('.') else { return Ok(None) };
    // 127.0.0.1 and [::1] are not names.
    if label.is_empty() || label.starts_with('[') || label.bytes().all(|byte| byte.is_ascii_digit()) {
        return Ok(None);
    }
    let label = label.to_ascii_lowercase();
    if let Some(tenant) = tenants.named(&label) {
        return Ok(Some(tenant));
    }
    let ours = base_domains.iter().any(|domain| rest.eq_ignore_ascii_case(domain));
    if ours && !NOBODYS_LABELS.contains(&label.as_str()) { Err(ErrorCode::NotFound) } else { Ok(None) }
}

fn by_header(parts: &Parts, tenants: &dyn Tenants) -> Result<Option<Arc<TenantEntry>>, ErrorCode> {
    let mut lines = parts.headers.get_all(&X_TENANT).iter();
    let Some(line) = lines.next() else { return Ok(None) };
    if lines.next().is_some() {
        return Err(ErrorCode::MalformedRequest);
    }
    let name = HeaderValue::to_str(line).map_err(|_| ErrorCode::MalformedRequest)?.trim().to_ascii_lowercase();
    let found = match name.parse::<Uuid>() {
        Ok(id) => tenants.with_id(id),
        Err(_) => tenants.named(&name),
    };
    found.map(Some).ok_or(ErrorCode::NotFound)
}
