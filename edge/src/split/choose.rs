//! Which side a request takes.

use std::net::IpAddr;

use banyan_features::{Evaluation, LocalFlags};
use banyan_http::Flags;
use banyan_kernel::{Random, Uuid};
use banyan_mesh::key_of;
use http::header::COOKIE;
use http::{Extensions, HeaderMap, HeaderValue};

use super::entry::{FlagTest, Sticky, VariantEntry};
use super::{MAIN, Split};
use crate::request::address::Security;

/// Shares are counted in parts of it.
pub(crate) const WHOLE: u32 = 10_000;

/// What a request is chosen by.
pub(crate) struct Asked<'a> {
    pub(crate) user: Option<Uuid>,
    pub(crate) address: IpAddr,
    pub(crate) headers: &'a HeaderMap,
    pub(crate) security: Security,
    /// Who asks, and in which language, as services see it.
    pub(crate) extensions: &'a Extensions,
    /// Those of this process.
    pub(crate) flags: Option<&'a LocalFlags>,
}

/// The side, and a cookie that keeps the client there.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Choice {
    pub(crate) side: usize,
    pub(crate) cookie: Option<HeaderValue>,
}

impl Choice {
    const BASELINE: Self = Self { side: MAIN, cookie: None };
}

impl Split {
    /// Named users come first, then header, then cookie, then flags, then the shares. After a roll-back everything goes to the baseline.
    pub(crate) fn choose(&self, asked: &Asked<'_>, random: &dyn Random) -> Choice {
        if self.state.is_rolled_back() {
            return Choice::BASELINE;
        }
        let variants = &self.entry.variants;
        let named = |asks: fn(&VariantEntry, &Asked<'_>) -> bool| variants.iter().position(|variant| asks(variant, asked));
        if let Some(at) = named(by_user).or_else(|| named(by_header)).or_else(|| named(by_cookie)) {
            return Choice { side: at + 1, cookie: None };
        }
        let is_flagged = variants.iter().any(|variant| variant.flag.is_some());
        if !is_flagged && variants.iter().all(|variant| variant.share == 0) {
            return Choice::BASELINE;
        }
        let (bucket, cookie) = match self.entry.sticky {
            Sticky::Request => (drawn(random), None),
            Sticky::Address => (self.of_address(asked.address), None),
            Sticky::User => (self.of_user(asked), None),
            Sticky::Cookie => match self.cookies.read(&self.entry.name, asked.headers) {
                Some(bucket) => (bucket, None),
                None => {
                    let bucket = drawn(random);
                    (bucket, self.cookies.write(&self.entry.name, bucket, asked.security))
                }
            },
        };
        let by_flag = if is_flagged { self.by_flag(asked, bucket) } else { None };
        Choice { side: by_flag.map_or_else(|| side_of(variants, bucket), |at| at + 1), cookie }
    }

    /// The first variant whose flag is on for who asks. It counts as an evaluation, once a flag.
    fn by_flag(&self, asked: &Asked<'_>, bucket: u32) -> Option<usize> {
        // A roll-out sticks to the user; of who is not signed in, to what the split sticks to.
        let stand_in = match self.entry.sticky {
            Sticky::User | Sticky::Address => asked.address.to_string(),
            Sticky::Request | Sticky::Cookie => bucket.to_string(),
        };
        let flags = Flags::of(asked.extensions, asked.flags.cloned())?.sticking_to(stand_in);
        let mut known: Vec<(&str, Option<Evaluation>)> = Vec::new();
        self.entry.variants.iter().position(|variant| {
            let Some(test) = &variant.flag else { return false };
            let at = known.iter().position(|(key, _)| *key == &*test.key).unwrap_or_else(|| {
                known.push((&test.key, flags.evaluate(&test.key)));
                known.len() - 1
            });
            test.holds(known[at].1.as_ref())
        })
    }

    fn of_user(&self, asked: &Asked<'_>) -> u32 {
        asked.user.map_or_else(|| self.of_address(asked.address), |user| self.bucket(user.as_bytes()))
    }

    fn of_address(&self, address: IpAddr) -> u32 {
        match address {
            IpAddr::V4(address) => self.bucket(&address.octets()),
            IpAddr::V6(address) => self.bucket(&address.octets()),
        }
    }

    /// The same in every process. With the split's name, so that it is not always the same people who try what is new.
    fn bucket(&self, id: &[u8]) -> u32 {
        let mut key = Vec::with_capacity(self.entry.name.len() + 1 + id.len());
        key.extend_from_slice(self.entry.name.as_bytes());
        key.push(0);
        key.extend_from_slice(id);
        u32::try_from(key_of(&key) % u64::from(WHOLE)).unwrap_or(0)
    }
}

impl FlagTest {
    /// One that nobody knows is off.
    fn holds(&self, evaluation: Option<&Evaluation>) -> bool {
        evaluation.filter(|evaluation| evaluation.enabled).is_some_and(|evaluation| {
            let given = evaluation.variant.as_ref().map(|variant| variant.name.as_str());
            self.variant.as_ref().is_none_or(|wanted| given == Some(&**wanted))
        })
    }
}

/// Whoever is on a side stays there when its share grows.
fn side_of(variants: &[VariantEntry], bucket: u32) -> usize {
    let mut end = 0;
    for (at, variant) in variants.iter().enumerate() {
        end += variant.share;
        if bucket < end {
            return at + 1;
        }
    }
    MAIN
}

/// One of the parts, evenly: 2^32 is no multiple of them, which moves a share by less than a millionth.
pub(crate) fn drawn(random: &dyn Random) -> u32 {
    let mut bytes = [0; 4];
    random.fill(&mut bytes);
    u32::from_le_bytes(bytes) % WHOLE
}

fn by_user(variant: &VariantEntry, asked: &Asked<'_>) -> bool {
    asked.user.is_some_and(|user| variant.users.contains(&user))
}

fn by_header(variant: &VariantEntry, asked: &Asked<'_>) -> bool {
    variant.header.as_ref().is_some_and(|(name, value)| asked.headers.get(name) == Some(value))
}

fn by_cookie(variant: &VariantEntry, asked: &Asked<'_>) -> bool {
    variant.cookie.as_ref().is_some_and(|(name, value)| cookies(asked.headers).any(|(n, v)| n == &**name && v == &**value))
}

/// Names and values of the request's cookies (RFC 6265 §4.2).
pub(crate) fn cookies(headers: &HeaderMap) -> impl Iterator<Item = (&str, &str)> {
    let lines = headers.get_all(COOKIE).into_iter().filter_map(|line| line.to_str().ok());
    lines.flat_map(|line| line.split(';')).filter_map(|pair| pair.trim().split_once('='))
}
