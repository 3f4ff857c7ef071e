//! Where something runs, and where it is reached.

use std::sync::Arc;

use http::Uri;

/// Where on earth something runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    pub region: Arc<str>,
    pub data_centre: Arc<str>,
}

impl Place {
    pub fn new(region: &str, data_centre: &str) -> Self {
        Self { region: region.into(), data_centre: data_centre.into() }
    }
}

impl Default for Place {
    /// One machine that nobody has named.
    fn default() -> Self {
        Self::new("local", "local")
    }
}

/// One address of an upstream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Endpoint {
    /// `http://host:port` or `https://host:port`, without a path. The port may be left out (80, 443).
    pub uri: Uri,
    /// Its share among the others, 1 to [`Endpoint::MOST_WEIGHT`].
    pub weight: u32,
    pub place: Place,
}

impl Endpoint {
    pub const MOST_WEIGHT: u32 = 1_000;

    /// Of weight 1, at the default place.
    pub fn new(uri: Uri) -> Self {
        Self { uri, weight: 1, place: Place::default() }
    }

    #[must_use]
    pub fn with_weight(mut self, weight: u32) -> Self {
        self.weight = weight;
        self
    }

    #[must_use]
    pub fn at(mut self, place: Place) -> Self {
        self.place = place;
        self
    }
}
