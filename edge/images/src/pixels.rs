//! The work on pixels: decoding within limits, resizing, encoding. Blocks.

use std::io::Cursor;

use image::codecs::jpeg::{JpegDecoder, JpegEncoder};
use image::codecs::png::{PngDecoder, PngEncoder};
use image::codecs::webp::WebPDecoder;
use image::imageops::FilterType;
use image::{DynamicImage, ImageDecoder, ImageError as DecodeError, Limits};

use crate::error::ImageError;
use crate::format::Format;
use crate::settings::ImageSettings;

/// Decodes, turns upright, makes narrower and encodes.
pub(crate) fn transform(
    source: &[u8],
    width: u32,
    quality: u8,
    formats: &[Format],
    settings: &ImageSettings,
) -> Result<(Vec<u8>, Format), ImageError> {
    let image = decode(source, settings)?;
    let image = narrow(image, width);
    encode(&image, quality, formats, settings)
}

fn decode(source: &[u8], settings: &ImageSettings) -> Result<DynamicImage, ImageError> {
    let mut limits = Limits::no_limits();
    limits.max_alloc = Some(settings.decoding_memory);
    match image::guess_format(source).map_err(|_| ImageError::NotAnImage)? {
        image::ImageFormat::Jpeg => upright(JpegDecoder::new(Cursor::new(source)).map_err(broken)?, limits, settings),
        image::ImageFormat::Png => {
            let decoder = PngDecoder::with_limits(Cursor::new(source), limits.clone()).map_err(broken)?;
            if decoder.is_apng().map_err(broken)? {
                return Err(ImageError::Animated);
            }
            upright(decoder, limits, settings)
        }
        image::ImageFormat::WebP => {
            let decoder = WebPDecoder::new(Cursor::new(source)).map_err(broken)?;
            if decoder.has_animation() {
                return Err(ImageError::Animated);
            }
            upright(decoder, limits, settings)
        }
        _ => Err(ImageError::NotAnImage),
    }
}

/// The size is known from the first bytes, before anything is unpacked: there bombs are found out.
fn upright(mut decoder: impl ImageDecoder, limits: Limits, settings: &ImageSettings) -> Result<DynamicImage, ImageError> {
    let (width, height) = decoder.dimensions();
    let pixels = u64::from(width) * u64::from(height);
    if pixels == 0 {
        return Err(ImageError::Broken);
    }
    if pixels > settings.largest_pixels || decoder.total_bytes() > settings.decoding_memory {
        return Err(ImageError::TooLarge);
    }
    decoder.set_limits(limits).map_err(broken)?;
    let orientation = decoder.orientation().map_err(broken)?;
    let mut image = DynamicImage::from_decoder(decoder).map_err(broken)?;
    image.apply_orientation(orientation);
    Ok(image)
}

#[expect(clippy::needless_pass_by_value, reason = "the form that `map_err` takes")]
fn broken(error: DecodeError) -> ImageError {
    match error {
        DecodeError::Limits(_) => ImageError::TooLarge,
        DecodeError::Unsupported(_) => ImageError::NotAnImage,
        _ => ImageError::Broken,
    }
}

/// A source that is narrow already stays as it is: nothing is won by blowing it up.
fn narrow(image: DynamicImage, width: u32) -> DynamicImage {
    if image.width() <= width {
        return image;
    }
    let height = u64::from(image.height()) * u64::from(width) / u64::from(image.width());
    let height = u32::try_from(height.max(1)).unwrap_or(u32::MAX);
    // Far from the size of the result a cheap average does as well, and Lanczos has less left to do.
    let near = if image.width() / 4 > width { image.thumbnail_exact(width * 2, height.saturating_mul(2)) } else { image };
    near.resize_exact(width, height, FilterType::Lanczos3)
}

fn encode(
    image: &DynamicImage,
    quality: u8,
    formats: &[Format],
    settings: &ImageSettings,
) -> Result<(Vec<u8>, Format), ImageError> {
    for format in formats {
        let encoded = match format {
            Format::Avif => avif(image, quality, settings),
            Format::WebP => webp(image, quality),
            Format::Jpeg | Format::Png => None,
        };
        if let Some(bytes) = encoded {
            return Ok((bytes, *format));
        }
    }
    let mut bytes = Vec::new();
    if image.color().has_alpha() {
        image.to_rgba8().write_with_encoder(PngEncoder::new(&mut bytes)).map_err(broken)?;
        return Ok((bytes, Format::Png));
    }
    image.to_rgb8().write_with_encoder(JpegEncoder::new_with_quality(&mut bytes, quality)).map_err(broken)?;
    Ok((bytes, Format::Jpeg))
}

/// `None` for what WebP cannot hold: more than 16,383 pixels on a side.
fn webp(image: &DynamicImage, quality: u8) -> Option<Vec<u8>> {
    let quality = f32::from(quality);
    let (width, height) = (image.width(), image.height());
    let encoded = if image.color().has_alpha() {
        let pixels = image.to_rgba8();
        webpx::Encoder::new_rgba(&pixels, width, height).quality(quality).encode(webpx::Unstoppable)
    } else {
        let pixels = image.to_rgb8();
        webpx::Encoder::new_rgb(&pixels, width, height).quality(quality).encode(webpx::Unstoppable)
    };
    encoded.inspect_err(|error| tracing::debug!(%error, "no WebP")).ok()
}

#[cfg(feature = "avif")]
fn avif(image: &DynamicImage, quality: u8, settings: &ImageSettings) -> Option<Vec<u8>> {
    use ravif::RGBA8;

    let crate::settings::Avif::UpTo { pixels, speed } = settings.avif else { return None };
    let (width, height) = (image.width(), image.height());
    if u64::from(width) * u64::from(height) > u64::from(pixels) {
        return None;
    }
    let source: Vec<RGBA8> = image.to_rgba8().pixels().map(|pixel| RGBA8::new(pixel[0], pixel[1], pixel[2], pixel[3])).collect();
    // One thread: how many are worked on at once is decided above.
    let encoder = ravif::Encoder::new().with_quality(f32::from(quality)).with_speed(speed.clamp(1, 10)).with_num_threads(Some(1));
    encoder
        .encode_rgba(ravif::Img::new(&source, usize::try_from(width).ok()?, usize::try_from(height).ok()?))
        .ok()
        .map(|done| done.avif_file)
}

#[cfg(not(feature = "avif"))]
fn avif(_: &DynamicImage, _: u8, _: &ImageSettings) -> Option<Vec<u8>> {
    None
}
