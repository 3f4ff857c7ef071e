//! W3C Trace Context (<https://www.w3.org/TR/trace-context/>) and the request's own id.

use std::fmt::{self, Write};
use std::str::FromStr;

use banyan_kernel::{Ids, Random, RequestId};
use http::{HeaderMap, HeaderName, HeaderValue};

pub static TRACEPARENT: HeaderName = HeaderName::from_static("traceparent");
pub static TRACESTATE: HeaderName = HeaderName::from_static("tracestate");
pub static X_REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// The longest `tracestate` that is passed on, in bytes (§3.3.1.5 asks for at least 512).
const LONGEST_STATE: usize = 512;

/// Where a request stands in a trace.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TraceContext {
    /// Never all zero.
    pub trace: [u8; 16],
    /// The span that is running now. Never all zero.
    pub span: [u8; 8],
    /// Bit 0: the caller may have recorded the trace.
    pub flags: u8,
    /// `tracestate` as it came; vendors' own, passed on untouched.
    pub state: Option<HeaderValue>,
}

/// The text is no `traceparent`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a traceparent (version, 32 and 16 hexadecimal digits, flags)")]
pub struct InvalidTraceParent;

impl TraceContext {
    const SAMPLED: u8 = 1;

    /// The beginning of a trace of our own.
    pub fn start(random: &dyn Random) -> Self {
        let mut trace = [0; 16];
        fill(random, &mut trace);
        let mut span = [0; 8];
        fill(random, &mut span);
        Self { trace, span, flags: Self::SAMPLED, state: None }
    }

    /// A new span in the same trace: what is sent along with a call of ours.
    #[must_use]
    pub fn child(&self, random: &dyn Random) -> Self {
        let mut span = [0; 8];
        fill(random, &mut span);
        Self { span, ..self.clone() }
    }

    /// What the headers say, or `None` where they say nothing that can be understood; then a new trace begins (§3.2.4).
    pub fn of(headers: &HeaderMap) -> Option<Self> {
        let mut lines = headers.get_all(&TRACEPARENT).iter();
        let (line, None) = (lines.next()?, lines.next()) else { return None };
        let mut context: Self = line.to_str().ok()?.parse().ok()?;
        context.state = headers.get(&TRACESTATE).filter(|state| state.len() <= LONGEST_STATE).cloned();
        Some(context)
    }

    /// Puts the context into the headers of an outgoing call.
    pub fn write(&self, headers: &mut HeaderMap) {
        if let Ok(value) = HeaderValue::try_from(self.to_string()) {
            headers.insert(&TRACEPARENT, value);
        }
        match &self.state {
            Some(state) => headers.insert(&TRACESTATE, state.clone()),
            None => headers.remove(&TRACESTATE),
        };
    }

    pub fn is_sampled(&self) -> bool {
        self.flags & Self::SAMPLED != 0
    }

    /// 32 hexadecimal digits, for logs.
    pub fn trace_id(&self) -> String {
        hexadecimal(&self.trace)
    }

    /// 16 hexadecimal digits, for logs.
    pub fn span_id(&self) -> String {
        hexadecimal(&self.span)
    }
}

/// Gives the request its id and its place in a trace, for logs, problems and calls onwards. `trusted` is for requests of our own nodes:
/// their id stays. The same id goes out in `X-Request-Id`: see [`tell`].
pub fn identify(parts: &mut http::request::Parts, ids: &Ids, random: &dyn Random, trust: Trust) -> RequestId {
    let sent =
        parts.headers.get(&X_REQUEST_ID).filter(|_| trust == Trust::Own).and_then(|value| value.to_str().ok()?.parse().ok());
    let request = RequestId(sent.unwrap_or_else(|| ids.next()));
    let trace = TraceContext::of(&parts.headers).map_or_else(|| TraceContext::start(random), |context| context.child(random));
    parts.extensions.insert(request);
    parts.extensions.insert(trace);
    request
}

/// Whether the other side is one of our own nodes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trust {
    Own,
    Stranger,
}

/// Names the request in the answer.
pub fn tell(request: RequestId, headers: &mut HeaderMap) {
    let mut buffer = uuid::Uuid::encode_buffer();
    if let Ok(value) = HeaderValue::from_str(request.0.hyphenated().encode_lower(&mut buffer)) {
        headers.insert(&X_REQUEST_ID, value);
    }
}

impl FromStr for TraceContext {
    type Err = InvalidTraceParent;

    /// §3.2.2; of later versions the parts that this one knows are read (§4.3).
    fn from_str(text: &str) -> Result<Self, InvalidTraceParent> {
        let [version] = digits::<1>(text.get(..2))?;
        let dashes = [2, 35, 52].iter().all(|at| text.as_bytes().get(*at) == Some(&b'-'));
        let ends_well = match (version, text.as_bytes().get(55)) {
            (0xff, _) => false,
            (_, None) => true,
            (0, Some(_)) => false,
            (_, Some(next)) => *next == b'-',
        };
        if !dashes || !ends_well {
            return Err(InvalidTraceParent);
        }
        let (trace, span) = (digits(text.get(3..35))?, digits(text.get(36..52))?);
        let [flags] = digits(text.get(53..55))?;
        if trace == [0; 16] || span == [0; 8] {
            return Err(InvalidTraceParent);
        }
        Ok(Self { trace, span, flags, state: None })
    }
}

impl fmt::Display for TraceContext {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("00-")?;
        self.trace.iter().try_for_each(|byte| write!(f, "{byte:02x}"))?;
        f.write_char('-')?;
        self.span.iter().try_for_each(|byte| write!(f, "{byte:02x}"))?;
        write!(f, "-{:02x}", self.flags & Self::SAMPLED)
    }
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// Lower-case hexadecimal digits, two for each byte.
fn digits<const N: usize>(text: Option<&str>) -> Result<[u8; N], InvalidTraceParent> {
    let text = text.map(str::as_bytes).filter(|text| text.len() == 2 * N).ok_or(InvalidTraceParent)?;
    let value = |digit: u8| match digit {
        b'0'..=b'9' => Ok(digit - b'0'),
        b'a'..=b'f' => Ok(digit - b'a' + 10),
        _ => Err(InvalidTraceParent),
    };
    let mut bytes = [0; N];
    for (byte, pair) in bytes.iter_mut().zip(text.chunks_exact(2)) {
        *byte = value(pair[0])? << 4 | value(pair[1])?;
    }
    Ok(bytes)
}

/// All zero would mean "none" (§3.2.2.3), so the last byte is never zero.
fn fill(random: &dyn Random, bytes: &mut [u8]) {
    random.fill(bytes);
    if let Some(last) = bytes.last_mut().filter(|last| **last == 0) {
        *last = 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use banyan_kernel::OsRandom;
    use proptest::prelude::*;

    const KNOWN: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

    #[test]
    fn reads_and_writes() {
        let context: TraceContext = KNOWN.parse().unwrap();
        assert_eq!(context.to_string(), KNOWN);
        assert!(context.is_sampled());
        assert_eq!(context.trace_id(), "4bf92f3577b34da6a3ce929d0e0e4736");
        let child = context.child(&OsRandom);
        assert_eq!(child.trace, context.trace);
        assert_ne!(child.span, context.span);
        assert_ne!(TraceContext::start(&OsRandom).trace, TraceContext::start(&OsRandom).trace);
    }

    #[test]
    fn later_versions_are_read_as_this_one() {
        assert!(KNOWN.replacen("00", "01", 1).parse::<TraceContext>().is_ok());
        assert!(format!("{}-more", KNOWN.replacen("00", "cc", 1)).parse::<TraceContext>().is_ok());
    }

    #[test]
    fn refuses_what_is_not_one() {
        let zero_trace = "00-00000000000000000000000000000000-00f067aa0ba902b7-01";
        let zero_span = "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01";
        let upper = KNOWN.to_uppercase();
        let version = KNOWN.replacen("00", "ff", 1);
        let longer = format!("{KNOWN}-more");
        for bad in [
            "",
            "00",
            zero_trace,
            zero_span,
            &upper,
            &version,
            &longer,
            &KNOWN[..54],
            "00_4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
            "é0-4bf92f3577b34da6a3ce929d0e0e473-00f067aa0ba902b7-01",
        ] {
            assert!(bad.parse::<TraceContext>().is_err(), "{bad}");
        }
    }

    #[test]
    fn two_parents_are_none() {
        let mut headers = HeaderMap::new();
        headers.append(&TRACEPARENT, HeaderValue::from_static(KNOWN));
        assert!(TraceContext::of(&headers).is_some());
        headers.append(&TRACEPARENT, HeaderValue::from_static(KNOWN));
        assert_eq!(TraceContext::of(&headers), None);
    }

    proptest! {
        #[test]
        fn any_text_is_read_without_panic(text in ".{0,70}") {
            let _ = text.parse::<TraceContext>();
        }

        #[test]
        fn every_context_comes_back(trace: [u8; 16], span: [u8; 8], flags in 0_u8..2) {
            prop_assume!(trace != [0; 16] && span != [0; 8]);
            let context = TraceContext { trace, span, flags, state: None };
            prop_assert_eq!(context.to_string().parse::<TraceContext>(), Ok(context));
        }
    }
}
