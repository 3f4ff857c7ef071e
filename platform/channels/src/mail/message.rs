//! A mail in the form of RFC 5322.

use std::time::{Duration, SystemTime};

use banyan_kernel::Timestamp;
use lettre::Message;
use lettre::address::Address;
use lettre::message::header::{ContentTransferEncoding, ContentType, HeaderName, HeaderValue};
use lettre::message::{Body, Mailbox, MultiPart, SinglePart};
use url::Url;

use super::{Mail, Unsubscribe};
use crate::attempt::{MessageError, Refused};

/// The longest subject, in bytes: what fits into one header line of RFC 5322 when nothing is encoded.
const LONGEST_SUBJECT: usize = 900;
/// The longest text or HTML, in bytes.
const LONGEST_PART: usize = 1 << 20;
/// What mail programs drop or block, by how it begins.
const NOT_INLINED: [&str; 9] = ["<style", "<script", "<link", "<iframe", "<object", "<embed", "<base", "<svg", "<form"];

/// How the texts of a mail are written down.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    /// So that every mail server lets them through.
    ForTransport,
    /// As they are, so that a person who opens the file can copy a link.
    ForReading,
}

impl Form {
    fn part(self, kind: ContentType, text: &str) -> SinglePart {
        let text = text.to_owned();
        let body = match self {
            Self::ForTransport => Body::new(text),
            Self::ForReading => {
                Body::new_with_encoding(text.clone(), ContentTransferEncoding::Binary).unwrap_or_else(|_| Body::new(text))
            }
        };
        SinglePart::builder().header(kind).body(body)
    }
}

pub(super) fn message(mail: &Mail, from: &Mailbox, form: Form) -> Result<Message, Refused> {
    check(mail)?;
    // A name is one line of letters; the library gives up on anything else.
    let name: String = mail.name.chars().filter(|c| !c.is_control()).collect();
    let to = Mailbox::new(Some(name).filter(|name| !name.trim().is_empty()), address("to", &mail.to)?);
    let seconds = u64::try_from(Timestamp::from_micros(mail.written_at).seconds()).unwrap_or(0);
    let mut builder = Message::builder()
        .from(from.clone())
        .to(to)
        .subject(mail.subject.clone())
        .date(SystemTime::UNIX_EPOCH + Duration::from_secs(seconds))
        .message_id(Some(format!("<{}@{}>", mail.id, from.email.domain())))
        // Nobody's holiday note answers it (RFC 3834).
        .raw_header(header("Auto-Submitted", "auto-generated".to_owned())?);
    if let Some(unsubscribe) = &mail.unsubscribe {
        builder = builder.raw_header(header("List-Unsubscribe", ways(unsubscribe)?)?);
        builder = builder.raw_header(header("List-Unsubscribe-Post", "List-Unsubscribe=One-Click".to_owned())?);
    }
    let parts = MultiPart::alternative()
        .singlepart(form.part(ContentType::TEXT_PLAIN, &mail.text))
        .singlepart(form.part(ContentType::TEXT_HTML, &mail.html));
    builder.multipart(parts).map_err(|_| Refused::message("headers", MessageError::Malformed))
}

fn check(mail: &Mail) -> Result<(), Refused> {
    if mail.subject.trim().is_empty() {
        return Err(Refused::message("subject", MessageError::Empty));
    }
    if mail.subject.len() > LONGEST_SUBJECT {
        return Err(Refused::message("subject", MessageError::TooLong));
    }
    for (field, text) in [("text", &mail.text), ("html", &mail.html)] {
        if text.trim().is_empty() {
            return Err(Refused::message(field, MessageError::Empty));
        }
        if text.len() > LONGEST_PART {
            return Err(Refused::message(field, MessageError::TooLong));
        }
    }
    let lower = mail.html.to_ascii_lowercase();
    if NOT_INLINED.iter().any(|tag| lower.contains(tag)) {
        return Err(Refused::message("html", MessageError::NotInlined));
    }
    Ok(())
}

/// With the host's name as the domain name system knows it (RFC 5890), which every server takes.
fn address(field: &'static str, text: &str) -> Result<Address, Refused> {
    let malformed = || Refused::message(field, MessageError::Malformed);
    let (user, domain) = text.trim().rsplit_once('@').ok_or_else(malformed)?;
    if domain.starts_with('[') {
        return text.trim().parse().map_err(|_| malformed());
    }
    match url::Host::parse(domain) {
        Ok(url::Host::Domain(domain)) => Address::new(user, domain.as_str()).map_err(|_| malformed()),
        _ => Err(malformed()),
    }
}

/// `<https://…>, <mailto:…>`.
fn ways(unsubscribe: &Unsubscribe) -> Result<String, Refused> {
    let malformed = || Refused::message("unsubscribe", MessageError::Malformed);
    let url: Url = unsubscribe.url.parse().map_err(|_| malformed())?;
    // RFC 8058, section 3.1: HTTPS. The parser has encoded what could end the header or the brackets.
    let plain = url.as_str().bytes().all(|b| b.is_ascii_graphic() && !matches!(b, b'<' | b'>' | b','));
    if url.scheme() != "https" || !plain || url.as_str().len() > 900 {
        return Err(malformed());
    }
    let Some(mail) = &unsubscribe.mail else { return Ok(format!("<{url}>")) };
    let mail = address("unsubscribe", mail)?;
    let plain = mail.to_string().bytes().all(|b| b.is_ascii_graphic() && !matches!(b, b'<' | b'>' | b',' | b'?' | b'"'));
    if plain { Ok(format!("<{url}>, <mailto:{mail}?subject=unsubscribe>")) } else { Err(malformed()) }
}

fn header(name: &str, value: String) -> Result<HeaderValue, Refused> {
    let name = HeaderName::new_from_ascii(name.to_owned()).map_err(|_| Refused::message("headers", MessageError::Malformed))?;
    // All are ASCII without line breaks; encoded they would be folded within an address.
    Ok(HeaderValue::dangerous_new_pre_encoded(name, value.clone(), value))
}

#[cfg(test)]
mod tests {
    use super::super::tests::mail;
    use super::*;

    fn from() -> Mailbox {
        "Banyan <no-reply@example.org>".parse().unwrap()
    }

    fn text(mail: &Mail) -> String {
        String::from_utf8(message(mail, &from(), Form::ForTransport).unwrap().formatted()).unwrap()
    }

    fn refused(mail: &Mail) -> Refused {
        message(mail, &from(), Form::ForTransport).unwrap_err()
    }

    #[test]
    fn a_mail_has_both_forms_and_a_lasting_id() {
        let text = text(&mail());
        assert!(text.contains("To: Ann <ann@example.com>\r\n"), "{text}");
        assert!(text.contains("Message-ID: <00000000-0000-0000-0000-000000000007@example.org>\r\n"));
        assert!(text.contains("Date: Mon, 15 Jan 2024 10:30:00 +0000\r\n"));
        assert!(text.contains("Auto-Submitted: auto-generated\r\n"));
        assert!(text.contains("multipart/alternative") && text.contains("text/plain") && text.contains("text/html"));
        assert!(!text.contains("List-Unsubscribe"));
    }

    #[test]
    fn mails_can_be_ended_with_one_click() {
        let long = format!("https://example.org/unsubscribe?token={}", "x".repeat(200));
        let ways = Unsubscribe { url: long.clone(), mail: Some("leave@example.org".into()) };
        let text = text(&Mail { unsubscribe: Some(ways), ..mail() });
        assert!(
            text.contains(&format!("List-Unsubscribe: <{long}>, <mailto:leave@example.org?subject=unsubscribe>\r\n")),
            "{text}"
        );
        assert!(text.contains("List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n"));
        for bad in ["http://example.org/", "mailto:x@example.org", "https://example.org/>\r\nBcc: eve@example.com", "nothing"] {
            let url = bad.to_owned();
            let hostile = Mail { unsubscribe: Some(Unsubscribe { url, mail: None }), ..mail() };
            // A line break is encoded by the parser of addresses or refused; it never ends the line.
            if let Ok(message) = message(&hostile, &from(), Form::ForTransport) {
                assert!(!String::from_utf8(message.formatted()).unwrap().contains("\r\nBcc"), "{bad}");
            }
        }
    }

    #[test]
    fn letters_of_the_world_arrive() {
        let mail = Mail {
            to: "ann@b\u{fc}cher.example".into(),
            name: "\u{c5}sa \u{661f}".into(),
            subject: "\u{2728} Hal\u{f3} \u{4e16}\u{754c} ".repeat(10),
            text: "\u{4e16}\u{754c}".repeat(200),
            ..mail()
        };
        let text = text(&mail);
        assert!(text.is_ascii() && text.lines().all(|line| line.len() <= 78), "{text}");
        assert!(text.contains("<ann@xn--bcher-kva.example>") && text.contains("=?utf-8?"), "{text}");
    }

    #[test]
    fn a_link_in_a_file_can_be_copied() {
        let link = format!("https://example.org/account/verify-email?token=bnv_{}", "x".repeat(90));
        let mail = Mail { text: format!("Halo \u{e9},\n\n{link}\n"), ..mail() };
        let file = String::from_utf8(message(&mail, &from(), Form::ForReading).unwrap().formatted()).unwrap();
        assert!(file.contains(&format!("\r\n{link}\r\n")), "{file}");
        let sent = text(&mail);
        assert!(sent.lines().all(|line| line.len() <= 78) && sent.is_ascii(), "{sent}");
    }

    #[test]
    fn nothing_can_add_headers() {
        let ends = [
            "\r\nBcc: eve@example.com",
            "\nBcc: eve@example.com",
            "\rBcc: eve@example.com",
            "\u{2028}Bcc: x",
            "\0Bcc: x",
            "?=\r\n Bcc: x",
        ];
        for end in ends {
            let hostile = Mail { name: format!("Ann{end}"), subject: format!("Hi{end}"), ..mail() };
            let text = text(&hostile);
            let (head, _) = text.split_once("\r\n\r\n").unwrap();
            assert!(head.lines().all(|line| !line.trim_start_matches(['\r', '\n']).starts_with("Bcc")), "{head}");
            assert!(!head.replace("\r\n", "").contains(['\r', '\n', '\0']), "{head:?}");
            let hostile = Mail { to: format!("ann@example.com{end}"), ..mail() };
            assert_eq!(refused(&hostile), Refused::message("to", MessageError::Malformed), "{end:?}");
        }
        for to in
            ["", "ann", "@example.com", "ann@", "ann@a b", "a@b@c d", "<ann@example.com>", "ann@example.com>", "ann@exa,mple.com"]
        {
            assert_eq!(refused(&Mail { to: to.into(), ..mail() }), Refused::message("to", MessageError::Malformed), "{to}");
        }
    }

    #[test]
    fn what_mail_programs_drop_is_refused_before_it_leaves() {
        for html in ["<style>p{}</style><p>x</p>", "<P>x<STYLE type=x>", "<link rel=stylesheet href=x>", "<script>1</script>"] {
            let hostile = Mail { html: html.into(), ..mail() };
            assert_eq!(refused(&hostile), Refused::message("html", MessageError::NotInlined), "{html}");
        }
        assert_eq!(refused(&Mail { subject: " ".into(), ..mail() }), Refused::message("subject", MessageError::Empty));
        assert_eq!(refused(&Mail { text: String::new(), ..mail() }), Refused::message("text", MessageError::Empty));
        assert_eq!(refused(&Mail { html: "x".repeat((1 << 20) + 1), ..mail() }), Refused::message("html", MessageError::TooLong));
    }
}
