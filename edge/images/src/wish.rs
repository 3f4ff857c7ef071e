//! The query: `url`, `w`, `q`.

use http::uri::PathAndQuery;
use url::Url;

use crate::error::ImageError;
use crate::settings::ImageSettings;

/// The widths that are made, in pixels: of icons, and of screens. Few, so that caches meet the same ones again.
pub const WIDTHS: [u32; 13] = [16, 32, 48, 64, 96, 128, 256, 640, 750, 828, 1080, 1200, 1920];

const LONGEST_SOURCE: usize = 2_048;

/// Where the picture lies.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    Web(Url),
    /// Path and query on the host that is asked.
    Own(Box<str>),
}

impl Source {
    fn read(text: &str) -> Option<Self> {
        if text.len() > LONGEST_SOURCE {
            return None;
        }
        if text.starts_with('/') {
            return is_plain_path(text).then(|| Self::Own(text.into()));
        }
        Url::parse(text).ok().filter(is_plain).map(Self::Web)
    }

    pub fn as_str(&self) -> &str {
        match self {
            Self::Web(url) => url.as_str(),
            Self::Own(path) => path,
        }
    }
}

/// One spelling of one place: nothing that somebody on the way could read as another folder, another host or another image.
fn is_plain_path(text: &str) -> bool {
    let path = text.split('?').next().unwrap_or_default();
    let lower = path.to_ascii_lowercase();
    let hidden = ["%2e", "%2f", "%5c", "%00", "%25"].iter().any(|hidden| lower.contains(hidden));
    let segments = path.split('/').skip(1).all(|segment| !matches!(segment, "" | "." | ".."));
    let plain = text.bytes().all(|byte| byte.is_ascii_graphic() && !b"\\#\"<>".contains(&byte));
    segments && plain && !hidden && path != "/images" && text.parse::<PathAndQuery>().is_ok()
}

/// What a request asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wish {
    pub source: Source,
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
        let source = url.and_then(|text| Source::read(&text)).ok_or(ImageError::Source)?;
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
        assert_eq!(read("url=/media/a.png%3Fv%3D1&w=16").unwrap().source, Source::Own("/media/a.png?v=1".into()));
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
            ("w=16&url=//evil.org/a.png", "source"),
            ("w=16&url=/media/../api/v1/users", "source"),
            ("w=16&url=/media/%252e%252e/api", "source"),
            ("w=16&url=/media/%2e%2e/api", "source"),
            ("w=16&url=/media/%255c..", "source"),
            ("w=16&url=/media//a.png", "source"),
            ("w=16&url=/images?url=/a&w=16", "twice"),
            ("w=16&url=/images%3Furl%3D/a", "source"),
            ("w=16&url=/media/%0d%0ax:y", "source"),
            ("w=16&url=media/a.png", "source"),
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
