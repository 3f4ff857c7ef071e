//! The corpus: cases as text, and what stands in them as bytes.

use serde::Deserialize;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Corpus<C> {
    #[serde(default = "Vec::new", rename = "case")]
    pub(crate) cases: Vec<C>,
    #[serde(default = "Vec::new")]
    pub(crate) variants: Vec<C>,
}

/// Cases, and the variants of which each makes several.
pub(crate) fn read<C: for<'de> Deserialize<'de>>(text: &str) -> Corpus<C> {
    toml::from_str(text).unwrap_or_else(|error| panic!("the corpus is no corpus: {error}"))
}

/// What a case writes, as the bytes that it stands for.
pub(crate) fn bytes(text: &str) -> Vec<u8> {
    let text = text.replace("\\c\n", "").replace('\n', "\r\n");
    unescaped(&text)
}

/// The same without line ends of its own.
pub(crate) fn unescaped(text: &str) -> Vec<u8> {
    let mut out = Vec::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        if let Some(repeated) = rest.strip_prefix("<<") {
            let (inside, after) = repeated.split_once(">>").expect("`>>`");
            let (what, times) = inside.rsplit_once('*').expect("`*`");
            out.extend(unescaped(what).repeat(times.parse().expect("a number")));
            rest = after;
            continue;
        }
        rest = &rest[first.len_utf8()..];
        if first != '\\' {
            out.extend_from_slice(first.encode_utf8(&mut [0; 4]).as_bytes());
            continue;
        }
        let kind = rest.chars().next().expect("something behind the backslash");
        rest = &rest[kind.len_utf8()..];
        out.push(match kind {
            'n' => b'\n',
            'r' => b'\r',
            't' => b'\t',
            '0' => 0,
            '\\' => b'\\',
            'x' => {
                let (digits, after) = rest.split_at(2);
                rest = after;
                u8::from_str_radix(digits, 16).expect("two digits")
            }
            other => panic!("`\\{other}` stands for nothing"),
        });
    }
    out
}

#[test]
fn escapes_stand_for_bytes() {
    assert_eq!(bytes("a\nb\\n\\x00\\\\<<xy*2>>z\\c\n"), b"a\r\nb\n\0\\xyxyz");
}
