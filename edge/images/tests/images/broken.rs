//! Sources that are no images, or worse.

use std::sync::Arc;

use banyan_images::{ImageError, ImageSettings, Images};
use bytes::Bytes;
use image::ImageFormat;
use proptest::prelude::*;

use crate::{Always, WISH, ask, file, picture, settings};

async fn turned(settings: ImageSettings, source: impl Into<Bytes>) -> Result<(), ImageError> {
    ask(&Images::new(settings, Arc::new(Always(source.into()))), WISH, "image/webp").await.map(drop)
}

#[tokio::test]
async fn what_is_no_picture_is_refused() {
    for source in [
        &b""[..],
        b"hello",
        b"<svg xmlns=\"http://www.w3.org/2000/svg\"><script>alert(1)</script></svg>",
        b"<?xml version=\"1.0\"?><svg/>",
        b"GIF89a\x01\0\x01\0\0\0\0;",
        b"BM\0\0\0\0",
        b"\0\0\0\x1cftypavif",
        b"%PDF-1.4",
    ] {
        assert!(matches!(turned(settings(), source).await, Err(ImageError::NotAnImage)), "{source:?}");
    }
    for source in [&b"\x89PNG\r\n\x1a\n"[..], b"\xff\xd8\xff\xe0", b"RIFF\x04\0\0\0WEBP"] {
        assert!(matches!(turned(settings(), source).await, Err(ImageError::Broken | ImageError::NotAnImage)), "{source:?}");
    }
}

/// The head of a PNG that says that it is this large, with a checksum that holds.
fn png_head(width: u32, height: u32) -> Vec<u8> {
    let mut chunk = b"IHDR".to_vec();
    chunk.extend(width.to_be_bytes());
    chunk.extend(height.to_be_bytes());
    chunk.extend([8, 6, 0, 0, 0]);
    let mut png = b"\x89PNG\r\n\x1a\n\0\0\0\x0d".to_vec();
    png.extend(&chunk);
    png.extend(checksum(&chunk).to_be_bytes());
    png.extend(b"\0\0\0\0IDAT\x35\xaf\x06\x1e\0\0\0\0IEND\xae\x42\x60\x82");
    png
}

/// CRC-32 as PNG has it (RFC 2083 §3.4).
fn checksum(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(u32::MAX, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| if crc & 1 == 1 { (crc >> 1) ^ 0xedb8_8320 } else { crc >> 1 })
    })
}

#[tokio::test]
async fn a_bomb_is_found_out_before_it_is_unpacked() {
    for (width, height) in [(100_000, 100_000), (u32::MAX >> 1, 1), (1, u32::MAX >> 1), (40_000, 1_001)] {
        let refused = turned(settings(), png_head(width, height)).await;
        assert!(matches!(refused, Err(ImageError::TooLarge | ImageError::Broken)), "{width}x{height}: {refused:?}");
    }
    let source = file(&picture(300, 300), ImageFormat::Png);
    let few = ImageSettings { largest_pixels: 89_999, ..settings() };
    assert!(matches!(turned(few, source.clone()).await, Err(ImageError::TooLarge)));
    let little = ImageSettings { decoding_memory: 100_000, ..settings() };
    assert!(matches!(turned(little, source.clone()).await, Err(ImageError::TooLarge)));
    let short = ImageSettings { largest_source: source.len() - 1, ..settings() };
    assert!(matches!(turned(short, source.clone()).await, Err(ImageError::Fetch(_))));
    assert!(turned(settings(), source).await.is_ok());
}

#[tokio::test]
async fn moving_pictures_are_refused() {
    let mut png = file(&picture(4, 4), ImageFormat::Png).to_vec();
    let mut chunk = b"acTL\0\0\0\x01\0\0\0\0".to_vec();
    chunk.extend(checksum(&chunk.clone()).to_be_bytes());
    png.splice(33..33, b"\0\0\0\x08".iter().copied().chain(chunk));
    assert!(matches!(turned(settings(), png).await, Err(ImageError::Animated)));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    /// Whatever is wrong with a picture, it is an error or another picture: no panic, no hang, no exhaustion.
    #[test]
    fn damaged_pictures_never_break_anything(
        kind in 0..3_usize,
        cuts in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..8),
        end in any::<prop::sample::Index>(),
    ) {
        let format = [ImageFormat::Png, ImageFormat::Jpeg, ImageFormat::WebP][kind];
        let mut source = file(&picture(40, 30), format).to_vec();
        for (place, byte) in cuts {
            let place = place.index(source.len());
            source[place] = byte;
        }
        if end.index(4) == 0 {
            source.truncate(end.index(source.len()));
        }
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        let small = ImageSettings { largest_pixels: 1_000_000, decoding_memory: 8 * 1024 * 1024, ..settings() };
        let turned = runtime.block_on(turned(small, source));
        prop_assert!(!matches!(turned, Err(ImageError::TooMuchWork)));
    }
}
