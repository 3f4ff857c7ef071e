//! Mail over SMTP.

use std::sync::Arc;

use banyan_channels::mail::{Mail, MailSettings, Mailer, SmtpSecurity, Unsubscribe, from_settings};
use banyan_channels::testing::{Mishap, SmtpSink};
use banyan_channels::{Hope, Reason, SmtpStep};
use banyan_kernel::{Secret, SystemClock, Uuid};
use banyan_tls::{Authority, Overwrite, ServerCertificates};

fn mail() -> Mail {
    Mail {
        id: Uuid::from_u128(7),
        to: "ann@example.com".into(),
        name: "Ann".into(),
        subject: "Selamat datang".into(),
        text: "Halo,\n.\n..\nplain".into(),
        html: "<p style=\"color:#555\">rich</p>".into(),
        written_at: 1_705_314_600_000_000,
        unsubscribe: Some(Unsubscribe { url: "https://example.org/u?t=1".into(), mail: None }),
    }
}

fn settings(sink: &SmtpSink) -> MailSettings {
    MailSettings {
        from: "Banyan <no-reply@example.org>".into(),
        smtp_host: Some("localhost".into()),
        smtp_port: Some(sink.port()),
        smtp_security: SmtpSecurity::None,
        ..MailSettings::default()
    }
}

fn mailer(settings: &MailSettings) -> Arc<dyn Mailer> {
    from_settings(settings).unwrap()
}

#[tokio::test]
async fn a_mail_is_handed_over_whole() {
    let sink = SmtpSink::start().await.unwrap();
    let delivered = mailer(&settings(&sink)).send(&mail()).await.unwrap();
    assert_eq!(delivered.reference.as_deref(), Some("2.0.0queuedas1"));
    let [taken] = &sink.mails()[..] else { panic!("{:?}", sink.mails()) };
    assert_eq!((taken.from.as_str(), &taken.to[..]), ("no-reply@example.org", &["ann@example.com".to_owned()][..]));
    assert_eq!(taken.header("Subject"), Some("Selamat datang"));
    assert_eq!(taken.header("Message-ID"), Some("<00000000-0000-0000-0000-000000000007@example.org>"));
    assert_eq!(taken.header("List-Unsubscribe"), Some("<https://example.org/u?t=1>"));
    assert_eq!(taken.header("List-Unsubscribe-Post"), Some("List-Unsubscribe=One-Click"));
    assert_eq!(taken.header("Auto-Submitted"), Some("auto-generated"));
    // A line of dots is content, and does not end it.
    assert!(taken.content.contains("Halo,\n.\n..\nplain"), "{}", taken.content);
}

#[tokio::test]
async fn each_mishap_says_what_to_do_next() {
    let sink = SmtpSink::start().await.unwrap();
    let mailer = mailer(&settings(&sink));
    for (mishap, hope) in [
        (Mishap::Closing, "temporary"),
        (Mishap::NoService, "temporary"),
        (Mishap::NoGreeting, "temporary"),
        (Mishap::Greylisted, "temporary"),
        (Mishap::ClosingAtRecipient, "temporary"),
        (Mishap::MailboxFull, "temporary"),
        (Mishap::LostInContent, "temporary"),
        (Mishap::NoSuchMailbox, "gone"),
        (Mishap::Policy, "permanent"),
        (Mishap::ContentRefused, "permanent"),
    ] {
        sink.next([Some(mishap)]);
        let refused = mailer.send(&mail()).await.unwrap_err();
        assert_eq!(refused.hope.word(), hope, "{mishap:?}: {refused}");
    }
    assert_eq!(sink.mails().len(), 0);
    mailer.send(&mail()).await.unwrap();
    assert_eq!(sink.mails().len(), 1);
}

#[tokio::test]
async fn what_was_taken_without_a_word_comes_twice_with_one_id() {
    let sink = SmtpSink::start().await.unwrap();
    sink.next([Some(Mishap::LostAnswer)]);
    let mailer = mailer(&settings(&sink));
    assert!(mailer.send(&mail()).await.unwrap_err().is_temporary());
    mailer.send(&mail()).await.unwrap();
    let taken = sink.mails();
    assert_eq!(taken.len(), 2);
    assert_eq!(taken[0].header("Message-ID"), taken[1].header("Message-ID"));
}

#[tokio::test]
async fn a_greylist_lets_the_second_attempt_through() {
    let sink = SmtpSink::start().await.unwrap();
    sink.greylist();
    let mailer = mailer(&settings(&sink));
    assert!(mailer.send(&mail()).await.unwrap_err().is_temporary());
    mailer.send(&mail()).await.unwrap();
}

#[tokio::test]
async fn nobody_there_is_no_reason_to_give_up() {
    let sink = SmtpSink::start().await.unwrap();
    let settings = settings(&sink);
    drop(sink);
    let refused = mailer(&settings).send(&mail()).await.unwrap_err();
    assert!(refused.is_temporary(), "{refused}");
}

#[tokio::test]
async fn encrypted_and_logged_in() {
    let folder = tempfile::tempdir().unwrap();
    let authority = Authority::at(&folder.path().join("certs"), Arc::new(SystemClock));
    authority.init(30, Overwrite::Refuse).unwrap();
    let issued = authority.server(&["localhost".to_owned()], 30, Overwrite::Refuse).unwrap();
    let tls = ServerCertificates::load(vec![issued.files], Arc::new(SystemClock)).unwrap().config();
    let sink = SmtpSink::with(Some(tls), Some(("banyan", "secret"))).await.unwrap();
    let good = MailSettings {
        smtp_security: SmtpSecurity::Starttls,
        smtp_user: Some("banyan".into()),
        smtp_password: Some(Secret::new("secret".into())),
        smtp_authorities: Some(authority.certificate()),
        ..settings(&sink)
    };
    for security in [SmtpSecurity::Starttls, SmtpSecurity::Opportunistic] {
        mailer(&MailSettings { smtp_security: security, ..good.clone() }).send(&mail()).await.unwrap();
    }
    assert!(sink.mails().iter().all(|taken| taken.encrypted && taken.user.as_deref() == Some("banyan")));
    assert_eq!(sink.mails().len(), 2);

    // A wrong password is for the operator to mend; the mail waits.
    let wrong = MailSettings { smtp_password: Some(Secret::new("wrong".into())), ..good.clone() };
    let refused = mailer(&wrong).send(&mail()).await.unwrap_err();
    assert!(matches!(refused.reason, Reason::Smtp { step: SmtpStep::LogIn, code: 535, .. }), "{refused}");
    assert_eq!(refused.hope, Hope::Temporary { retry_after: None });
    // So is a forgotten one.
    let nobody = MailSettings { smtp_user: None, ..good.clone() };
    assert!(mailer(&nobody).send(&mail()).await.unwrap_err().is_temporary());
    // A certificate that nobody vouches for.
    let stranger = MailSettings { smtp_authorities: None, ..good };
    assert_eq!(mailer(&stranger).send(&mail()).await.unwrap_err().reason, Reason::Tls);
}

#[tokio::test]
async fn without_encryption_no_password_leaves() {
    let sink = SmtpSink::with(None, Some(("banyan", "secret"))).await.unwrap();
    for security in [SmtpSecurity::Starttls, SmtpSecurity::Opportunistic] {
        let settings = MailSettings {
            smtp_security: security,
            smtp_user: Some("banyan".into()),
            smtp_password: Some(Secret::new("secret".into())),
            ..settings(&sink)
        };
        let refused = mailer(&settings).send(&mail()).await.unwrap_err();
        assert_eq!((refused.hope.word(), &refused.reason), ("temporary", &Reason::Tls));
    }
    assert_eq!(sink.mails().len(), 0);
}
