//! The maker of images, from the settings.

use std::num::NonZeroUsize;
use std::sync::Arc;

use anyhow::Result;
use banyan_edge::{AllowedHost, Avif, DirectFetch, ImagePage, ImageSettings, Images, Reach};

use crate::cli::terminal::Usage;
use crate::settings::Loaded;

/// Above this AVIF takes seconds; larger results become WebP. In pixels.
const LARGEST_AVIF: u32 = 250_000;
/// 1 is small, 10 is fast.
const AVIF_SPEED: u8 = 8;

/// Whether a door by these settings makes images.
pub(crate) fn page(loaded: &Loaded) -> ImagePage {
    let given = &loaded.settings.images;
    let open = !(given.hosts.is_empty() && given.private_hosts.is_empty() && given.folders.is_empty());
    if open { ImagePage::Made } else { ImagePage::None }
}

/// None where the settings let no picture in.
///
/// # Errors
/// When AVIF is asked of a program that was built without it.
pub(super) fn images(loaded: &Loaded) -> Result<Option<Images>> {
    let given = &loaded.settings.images;
    let reaching = |hosts: &[AllowedHost], reach: Reach| {
        let hosts: Vec<AllowedHost> = hosts.iter().map(|host| host.clone().reaching(reach)).collect();
        hosts
    };
    let mut hosts = reaching(&given.hosts, Reach::Public);
    hosts.extend(reaching(&given.private_hosts, Reach::Private));
    let cores = std::thread::available_parallelism().map_or(1, NonZeroUsize::get);
    let settings = ImageSettings {
        hosts,
        folders: given.folders.clone(),
        quality: u8::try_from(given.quality.0).unwrap_or(75),
        largest_source: usize::try_from(given.largest_source.0).unwrap_or(usize::MAX),
        largest_pixels: u64::from(given.largest_pixels.0),
        fetch_deadline: given.fetch_timeout.0,
        work_deadline: given.work_timeout.0,
        at_once: given.at_once.map_or((cores / 2).max(1), |count| count.0 as usize),
        waiting: given.waiting.0 as usize,
        avif: if given.avif { Avif::UpTo { pixels: LARGEST_AVIF, speed: AVIF_SPEED } } else { Avif::Off },
        lifetime: given.lifetime.0,
        ..ImageSettings::default()
    };
    if given.avif && !cfg!(feature = "avif") {
        return Err(
            Usage("`images.avif` is on, and this program was built without it: build with `--features avif`".to_owned()).into()
        );
    }
    if page(loaded) == ImagePage::None {
        return Ok(None);
    }
    Ok(Some(Images::new(settings, Arc::new(DirectFetch::new()?))))
}
