//! The query: `url`, `w`, `q`.

use url::Url;

use crate::error::ImageError;
use crate::settings::ImageSettings;

/// The widths that are made, in pixels: of icons, and of screens. Few, so that caches meet the same ones again.
pub const WIDTHS: [u32; 13] = [16, 32, 48, 64, 96, 128, 256, 640, 750, 828, 1080, 1200, 1920];

const LONGEST_SOURCE: usize = 2_048;

/// What a request asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wish {
    pub source: Url,
    /// In pixels. A smaller source stays as it is.
    pub width: u32,
    /// 1 to 100.
    pub quality: u8,
}

impl Wish {
    /// # Errors
    /// [`ImageError`] naming the part that is wrong.
    pub fn read(query: &str, settings: &ImageSettings) -> Result<Self, ImageError> {
        let (mut url, mut width, mut quality) = (None, None, None);
        for (name, value) in url::form_urlencoded::parse(query.as_bytes()) {
            let (place, name) = match &*name {
                "url" => (&mut url, "url"),
                "w" => (&mut width, "w"),
                "q" => (&mut quality, "q"),
                other => return Err(ImageError::Unknown(other.chars().filter(|one| !one.is_control()).take(40).collect())),
            };
            if place.replace(value).is_some() {
                return Err(ImageError::Twice(name));
            }
        }
        let width = width.and_then(|text| number(&text)).filter(|width| WIDTHS.contains(width)).ok_or(ImageError::Width)?;
        let quality = match quality {
            None => settings.quality.clamp(1, 100),
            Some(text) => number(&text)
                .and_then(|quality| u8::try_from(quality).ok())
                .filter(|quality| (1..=100).contains(quality))
                .ok_or(ImageError::Quality)?,
        };
        let source = url.filter(|text| text.len() <= LONGEST_SOURCE).and_then(|text| Url::parse(&text).ok());
        let source = source.filter(is_plain).ok_or(ImageError::Source)?;
        Ok(Self { source, width, quality })
    }
}

/// An address of the web, without a name and password that would be sent along.
fn is_plain(source: &Url) -> bool {
    matches!(source.scheme(), "http" | "https")
        && source.has_host()
        && source.username().is_empty()
        && source.password().is_none()
}

fn number(text: &str) -> Option<u32> {
    text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok())?
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(query: &str) -> Result<Wish, ImageError> {
        Wish::read(query, &ImageSettings::default())
    }

    #[test]
    fn a_whole_wish_is_read() {
        let wish = read("url=https%3A%2F%2Fa.org%2Fb%20c.png%3Fv%3D1&w=640").unwrap();
        assert_eq!((wish.source.as_str(), wish.width, wish.quality), ("https://a.org/b%20c.png?v=1", 640, 75));
        assert_eq!(read("url=http://a.org/&w=16&q=100").unwrap().quality, 100);
    }

    #[test]
    fn what_is_wrong_is_named() {
        for (query, expected) in [
            ("", "width"),
            ("url=https://a.org/&w=641", "width"),
            ("url=https://a.org/&w=-16", "width"),
            ("url=https://a.org/&w=+16", "width"),
            ("url=https://a.org/&w=99999999999999999999", "width"),
            ("url=https://a.org/&w=16&q=0", "quality"),
            ("url=https://a.org/&w=16&q=101", "quality"),
            ("url=https://a.org/&w=16&q=", "quality"),
            ("url=https://a.org/&w=16&h=16", "known"),
            ("url=https://a.org/&w=16&w=32", "twice"),
            ("w=16", "source"),
            ("w=16&url=/etc/passwd", "source"),
            ("w=16&url=file:///etc/passwd", "source"),
            ("w=16&url=gopher://a.org/", "source"),
            ("w=16&url=https://user:word@a.org/", "source"),
            ("w=16&url=data:image/png;base64,AAAA", "source"),
        ] {
            let error = read(query).unwrap_err();
            assert!(error.to_string().contains(expected), "{query}: {error}");
        }
    }
}
