//! Who is limited now. The front door knows; those who run a tenant ask through a service that the door's process holds.

use async_trait::async_trait;
use banyan_kernel::{Timestamp, Uuid};

/// How far somebody sees.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sight {
    /// All tenants, and addresses.
    Operators,
    /// The people and keys of one tenant.
    Tenant(Uuid),
}

/// What is limited.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SubjectKind {
    Address,
    User,
    Key,
    /// All of a tenant together.
    Tenant,
}

impl SubjectKind {
    pub const fn name(self) -> &'static str {
        match self {
            Self::Address => "address",
            Self::User => "user",
            Self::Key => "key",
            Self::Tenant => "tenant",
        }
    }
}

/// Somebody whose next request would be refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LimitedSubject {
    /// `<class>:<kind>:<who>`, unique inside the tenant.
    pub id: String,
    /// Nil for what no tenant has, such as an address that sends bad credentials.
    pub tenant: Uuid,
    pub class: String,
    pub kind: SubjectKind,
    pub requests: u32,
    pub window_seconds: u32,
    /// Requests refused since the subject last had its whole quota.
    pub refused: u32,
    /// When the next request will be admitted.
    pub until: Timestamp,
}

/// A part of those who are limited, the most refused first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LimitedPage {
    pub total: usize,
    pub subjects: Vec<LimitedSubject>,
}

/// Knows who is limited.
#[async_trait]
pub trait LimitBook: Send + Sync {
    fn limited(&self, sight: Sight, skip: usize, take: usize) -> LimitedPage;

    /// Gives a subject its whole quota again, on all nodes within a second. False if it is unknown or out of sight.
    async fn lift(&self, sight: Sight, tenant: Uuid, id: &str) -> bool;
}
