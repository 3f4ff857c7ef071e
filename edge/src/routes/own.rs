//! What the door answers itself.

/// Answers for machines that watch: without tenant, language or limits, so that they work when those do not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Probe {
    Health,
    Ready,
    Live,
}

/// What the door itself shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Page {
    First,
    Asset,
    Icon,
    Robots,
    Services,
}

pub(super) const PROBES: [(&str, Probe); 4] =
    [("/health", Probe::Health), ("/ready", Probe::Ready), ("/readyz", Probe::Ready), ("/livez", Probe::Live)];

pub(super) const PAGES: [(&str, Page); 6] = [
    ("/services", Page::Services),
    ("/", Page::First),
    ("/assets/{file}", Page::Asset),
    ("/favicon.svg", Page::Icon),
    ("/favicon.ico", Page::Icon),
    ("/robots.txt", Page::Robots),
];

/// Pictures of others, made smaller, where the settings say whose.
pub(crate) const IMAGES: &str = "/images";

pub(super) fn is_probe(path: &str) -> bool {
    PROBES.iter().any(|(own, _)| *own == path)
}
