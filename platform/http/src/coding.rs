//! Which content coding a client wishes (RFC 9110 §12.5.3).

use http::HeaderMap;
use http::header::ACCEPT_ENCODING;

/// A content coding that answers may have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Coding {
    Gzip,
    Brotli,
    Zstd,
}

impl Coding {
    /// As `Content-Encoding` names it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Gzip => "gzip",
            Self::Brotli => "br",
            Self::Zstd => "zstd",
        }
    }

    /// The one that the client weighs most; of equal ones zstd, then brotli, then gzip. `*` names none of them: a client that can unpack
    /// them says so.
    pub fn wished(headers: &HeaderMap) -> Option<Self> {
        let lines = headers.get_all(ACCEPT_ENCODING).iter().filter_map(|line| line.to_str().ok());
        let named = lines.flat_map(|line| line.split(',')).filter_map(weighed);
        named.filter(|(weight, _)| *weight > 0).max().map(|(_, coding)| coding)
    }
}

/// One member of the list, with its weight in thousandths. A weight that is none counts as zero.
fn weighed(member: &str) -> Option<(u16, Coding)> {
    let (name, parameters) = member.split_once(';').unwrap_or((member, ""));
    let name = name.trim();
    let known = [("zstd", Coding::Zstd), ("br", Coding::Brotli), ("gzip", Coding::Gzip), ("x-gzip", Coding::Gzip)];
    let (_, coding) = known.into_iter().find(|(known, _)| name.eq_ignore_ascii_case(known))?;
    let parameters = parameters.trim();
    if parameters.is_empty() {
        return Some((1_000, coding));
    }
    let weight = parameters.strip_prefix("q=").or_else(|| parameters.strip_prefix("Q=")).map(str::trim);
    let weight = weight.and_then(|text| text.parse::<f32>().ok()).filter(|weight| (0.0..=1.0).contains(weight));
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "it is between 0 and 1")]
    Some((weight.map_or(0, |weight| (weight * 1_000.0) as u16), coding))
}
