//! Images from a wish to an answer, with sources made here: good ones, broken ones, bombs and traps.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod broken;
mod network;

use std::io::Cursor;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use axum::body::to_bytes;
use banyan_http::Problem;
use banyan_images::{AllowedHost, Fetch, FetchError, ImageError, ImageSettings, Images, OwnPaths, WIDTHS};
use bytes::Bytes;
use http::header::{ACCEPT, CACHE_CONTROL, CONTENT_TYPE, ETAG, VARY};
use http::{HeaderMap, HeaderValue};
use image::{DynamicImage, ImageFormat, RgbImage, RgbaImage};
use url::Url;

/// A host that answers everything with the same bytes.
pub(crate) struct Always(pub(crate) Bytes);

#[async_trait]
impl Fetch for Always {
    async fn fetch(&self, _: &Url, _: &AllowedHost, largest: usize) -> Result<Bytes, FetchError> {
        if self.0.len() > largest { Err(FetchError::TooLarge) } else { Ok(self.0.clone()) }
    }
}

/// The host that is asked: it has one picture.
struct Own;

#[async_trait]
impl OwnPaths for Own {
    fn host(&self) -> Option<&str> {
        Some("own.example.org")
    }

    async fn fetch(&self, path: &str, _: usize) -> Result<Bytes, FetchError> {
        if path == "/media/own.png?v=1" { Ok(file(&picture(100, 50), ImageFormat::Png)) } else { Err(FetchError::NotFound) }
    }
}

#[tokio::test]
async fn pictures_of_the_same_host_come_from_its_open_folders_alone() {
    let settings = ImageSettings { folders: vec!["/media/".parse().unwrap()], ..settings() };
    let images = Images::new(settings, Arc::new(Never));
    let (_, bytes) = ask(&images, "url=/media/own.png%3Fv%3D1&w=64", "image/webp").await.unwrap();
    assert_eq!(image::load_from_memory(&bytes).unwrap().height(), 32);
    let refused = ask(&images, "url=/api/v1/users&w=64", "*/*").await;
    assert!(matches!(refused, Err(ImageError::PathNotAllowed)), "{refused:?}");
    let gone = ask(&images, "url=/media/other.png&w=64", "*/*").await;
    assert!(matches!(gone, Err(ImageError::Fetch(FetchError::NotFound))), "{gone:?}");
}

/// A host that never answers.
struct Never;

#[async_trait]
impl Fetch for Never {
    async fn fetch(&self, _: &Url, _: &AllowedHost, _: usize) -> Result<Bytes, FetchError> {
        std::future::pending().await
    }
}

pub(crate) fn settings() -> ImageSettings {
    ImageSettings { hosts: vec!["img.example.org".parse().unwrap()], ..ImageSettings::default() }
}

/// A picture with something to see in it.
pub(crate) fn picture(width: u32, height: u32) -> DynamicImage {
    #[expect(clippy::cast_possible_truncation, reason = "colours")]
    let pixel = |x: u32, y: u32| image::Rgb([(x * 255 / width) as u8, (y * 255 / height) as u8, ((x ^ y) & 0xff) as u8]);
    DynamicImage::ImageRgb8(RgbImage::from_fn(width, height, pixel))
}

pub(crate) fn file(image: &DynamicImage, format: ImageFormat) -> Bytes {
    let mut bytes = Cursor::new(Vec::new());
    image.write_to(&mut bytes, format).unwrap();
    bytes.into_inner().into()
}

pub(crate) async fn ask(images: &Images, query: &str, accept: &'static str) -> Result<(HeaderMap, Bytes), ImageError> {
    let headers = HeaderMap::from_iter([(ACCEPT, HeaderValue::from_static(accept))]);
    let (parts, body) = images.answer(Some(query), &headers, &Own).await?.into_parts();
    Ok((parts.headers, to_bytes(body, usize::MAX).await.unwrap()))
}

fn makes(bytes: Bytes) -> Images {
    Images::new(settings(), Arc::new(Always(bytes)))
}

const WISH: &str = "url=https://img.example.org/a&w=64";

#[tokio::test]
async fn images_come_in_the_format_that_is_accepted() {
    let images = makes(file(&picture(200, 100), ImageFormat::Png));
    let (headers, webp) = ask(&images, WISH, "image/avif,image/webp,*/*").await.unwrap();
    assert_eq!(headers[CONTENT_TYPE], "image/webp");
    assert_eq!(headers[VARY], "accept");
    assert_eq!(headers[CACHE_CONTROL], "public, max-age=3600, stale-while-revalidate=3600");
    assert!(headers.contains_key(ETAG));
    let made = image::load_from_memory_with_format(&webp, ImageFormat::WebP).unwrap();
    assert_eq!((made.width(), made.height()), (64, 32));
    let (headers, jpeg) = ask(&images, WISH, "*/*").await.unwrap();
    assert_eq!(headers[CONTENT_TYPE], "image/jpeg");
    assert_eq!(image::load_from_memory_with_format(&jpeg, ImageFormat::Jpeg).unwrap().width(), 64);
}

#[tokio::test]
async fn what_one_can_see_through_stays_so() {
    let clear = DynamicImage::ImageRgba8(RgbaImage::from_pixel(100, 100, image::Rgba([200, 10, 10, 0])));
    let images = makes(file(&clear, ImageFormat::Png));
    for (accept, kind, format) in [("*/*", "image/png", ImageFormat::Png), ("image/webp", "image/webp", ImageFormat::WebP)] {
        let (headers, bytes) = ask(&images, WISH, accept).await.unwrap();
        assert_eq!(headers[CONTENT_TYPE], kind);
        assert_eq!(image::load_from_memory_with_format(&bytes, format).unwrap().to_rgba8().get_pixel(5, 5)[3], 0);
    }
}

#[tokio::test]
async fn all_widths_are_made_and_nothing_is_blown_up() {
    let images = makes(file(&picture(700, 70), ImageFormat::Jpeg));
    for width in WIDTHS {
        let (_, bytes) = ask(&images, &format!("url=https://img.example.org/a&w={width}&q=50"), "image/webp").await.unwrap();
        assert_eq!(image::load_from_memory(&bytes).unwrap().width(), width.min(700));
    }
}

#[tokio::test]
async fn quality_is_heard_and_webp_is_smaller() {
    let images = makes(file(&picture(640, 480), ImageFormat::Jpeg));
    let size = async |quality: u8, accept| {
        ask(&images, &format!("url=https://img.example.org/a&w=256&q={quality}"), accept).await.unwrap().1.len()
    };
    assert!(size(10, "image/webp").await < size(90, "image/webp").await);
    assert!(size(75, "image/webp").await < size(75, "*/*").await);
}

#[tokio::test]
async fn a_picture_taken_with_a_turned_camera_stands_upright() {
    let mut jpeg = file(&picture(80, 40), ImageFormat::Jpeg).to_vec();
    // EXIF with orientation 6 right after the start marker: to be turned by a quarter.
    let exif = b"\xff\xe1\x00\x22Exif\0\0II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0\x06\0\0\0\0\0\0\0";
    jpeg.splice(2..2, exif.iter().copied());
    let (_, bytes) = ask(&makes(jpeg.into()), WISH, "image/webp").await.unwrap();
    let made = image::load_from_memory(&bytes).unwrap();
    assert_eq!((made.width(), made.height()), (40, 80));
}

#[tokio::test]
async fn only_listed_hosts_are_asked() {
    let images = makes(file(&picture(10, 10), ImageFormat::Png));
    for url in ["https://evil.org/a", "http://127.0.0.1/a", "https://img.example.org:8443/a", "https://img.example.org.evil.org/"]
    {
        let refused = ask(&images, &format!("url={url}&w=64"), "*/*").await;
        assert!(matches!(refused, Err(ImageError::HostNotAllowed)), "{url}");
    }
    let closed = Images::new(ImageSettings::default(), Arc::new(Never));
    assert!(matches!(ask(&closed, WISH, "*/*").await, Err(ImageError::HostNotAllowed)));
}

#[tokio::test]
async fn a_wrong_wish_names_the_widths() {
    let images = makes(Bytes::new());
    let problem = Problem::from(ask(&images, "url=https://img.example.org/a&w=65", "*/*").await.unwrap_err());
    assert_eq!(problem.code().status(), 400);
    let (field, error) = &problem.errors()[0];
    assert_eq!((field.as_str(), error.code()), ("w", "not-one-of"));
    assert!(format!("{error:?}").contains("1920"));
}

#[tokio::test(start_paused = true)]
async fn a_host_that_does_not_answer_is_given_up_and_many_who_wait_are_refused() {
    let few = ImageSettings { at_once: 1, waiting: 1, fetch_deadline: Duration::from_secs(3), ..settings() };
    let images = Images::new(few, Arc::new(Never));
    let (one, two, three) = tokio::join!(ask(&images, WISH, "*/*"), ask(&images, WISH, "*/*"), ask(&images, WISH, "*/*"));
    assert!(matches!(one, Err(ImageError::Fetch(FetchError::TooSlow))));
    assert!(matches!(two, Err(ImageError::Fetch(FetchError::TooSlow))));
    assert!(matches!(three, Err(ImageError::Busy)));
    assert_eq!(Problem::from(ImageError::Busy).code().status(), 503);
}

#[cfg(feature = "avif")]
#[tokio::test]
async fn avif_is_made_where_the_settings_say_so_and_up_to_a_size() {
    use banyan_images::Avif;

    let images = |pixels| {
        let settings =
            ImageSettings { avif: Avif::UpTo { pixels, speed: 10 }, work_deadline: Duration::from_secs(120), ..settings() };
        Images::new(settings, Arc::new(Always(file(&picture(20, 20), ImageFormat::Png))))
    };
    for (pixels, kind) in [(400, "image/avif"), (399, "image/webp")] {
        let (headers, bytes) = ask(&images(pixels), WISH, "image/avif,image/webp").await.unwrap();
        assert_eq!(headers[CONTENT_TYPE], kind);
        assert_eq!(&bytes[8..12], if pixels == 400 { b"avif" } else { b"WEBP" });
    }
}
