//! Files of translators: XLIFF 2 and PO, out and in without loss.

pub(crate) mod parts;
mod po;
mod xliff;
mod xliff_reader;

/// Bytes of a file.
pub(crate) const MOST_BYTES: usize = 4 << 20;
/// Messages of a file.
const MOST_UNITS: usize = 20_000;

/// The texts of an application in one locale, as a file carries them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Exchange {
    /// Empty for none.
    pub application: String,
    /// BCP 47.
    pub locale: String,
    pub units: Vec<Unit>,
}

/// One message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unit {
    pub key: String,
    /// The American English in its usual form: the value, and a line `.name = …` for each attribute.
    pub source: String,
    /// None where it is not translated. It has the same parts as the source.
    pub target: Option<String>,
    pub state: UnitState,
    /// What the catalogue says about it; empty for nothing.
    pub description: String,
    /// What people said about it.
    pub comments: Vec<String>,
    /// What was translated, where that is not what stands there now.
    pub previous: Option<String>,
}

/// Where a message stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UnitState {
    Missing,
    /// As the files say it.
    Shipped,
    Draft,
    Review,
    Approved,
    Published,
}

impl UnitState {
    pub const ALL: [Self; 6] = [Self::Missing, Self::Shipped, Self::Draft, Self::Review, Self::Approved, Self::Published];

    pub const fn word(self) -> &'static str {
        match self {
            Self::Missing => "missing",
            Self::Shipped => "shipped",
            Self::Draft => "draft",
            Self::Review => "review",
            Self::Approved => "approved",
            Self::Published => "published",
        }
    }

    fn of_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.word() == word)
    }
}

/// The form of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "lowercase")]
#[schema(as = TranslationFormat)]
pub enum Format {
    /// XLIFF 2.1 (OASIS); 2.0 is read, too.
    Xliff,
    /// Gettext.
    Po,
}

impl Format {
    pub const fn media_type(self) -> &'static str {
        match self {
            Self::Xliff => "application/xliff+xml;charset=utf-8",
            Self::Po => "text/x-gettext-translation;charset=utf-8",
        }
    }

    pub const fn extension(self) -> &'static str {
        match self {
            Self::Xliff => "xlf",
            Self::Po => "po",
        }
    }

    pub fn write(self, exchange: &Exchange) -> String {
        match self {
            Self::Xliff => xliff::write(exchange),
            Self::Po => po::write(exchange),
        }
    }

    /// # Errors
    /// What cannot be read, with its line. Time and memory are in proportion to the file, which has 4 MiB at most; nothing in it is expanded.
    pub fn read(self, text: &str) -> Result<Exchange, ExchangeFault> {
        if text.len() > MOST_BYTES {
            return Err(ExchangeFault::new(1, format!("the file has more than {MOST_BYTES} bytes")));
        }
        let exchange = match self {
            Self::Xliff => xliff_reader::read(text)?,
            Self::Po => po::read(text)?,
        };
        let mut seen = std::collections::HashSet::new();
        match exchange.units.iter().find(|unit| !seen.insert(unit.key.as_str())) {
            Some(double) => Err(ExchangeFault::new(1, format!("`{}` is there twice", double.key))),
            None => Ok(exchange),
        }
    }
}

/// Why a file cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {reason}")]
pub struct ExchangeFault {
    /// From 1.
    pub line: usize,
    /// For people, in English, as the forms themselves are.
    pub reason: String,
}

impl ExchangeFault {
    fn new(line: usize, reason: impl Into<String>) -> Self {
        Self { line, reason: reason.into() }
    }
}
