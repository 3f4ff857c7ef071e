//! What notifications are about, by which ways they reach a person, and how soon.

use banyan_http::words;

words! {
    /// What a notification is about. Stored: never rename one.
    pub Topic as NotificationTopic {
        /// Passwords, log-ins, rights. Cannot be switched off.
        Security = "security",
        /// The account itself.
        Account = "account",
        Goals = "goals",
        /// From people who look after the person.
        Messages = "messages",
        /// From those who run the place, to many.
        Announcements = "announcements",
    }
}

words! {
    /// A way to a person that can be chosen for a topic. The inbox has all of them anyway.
    pub Channel as NotificationChannel {
        Email = "email",
        /// All browsers and devices of the person.
        Push = "push",
        Sms = "sms",
    }
}

words! {
    /// How soon.
    pub Mode as NotificationMode {
        Off = "off",
        Instant = "instant",
        /// In one mail at the full hour.
        Hourly = "hourly",
        /// In one mail a day, at eight in the morning.
        Daily = "daily",
        /// In one mail a week, on Monday at eight in the morning.
        Weekly = "weekly",
    }
}

words! {
    /// By what one delivery goes. Stored: never rename one.
    pub Way as DeliveryWay {
        Email = "email",
        WebPush = "web-push",
        Fcm = "fcm",
        Apns = "apns",
        Sms = "sms",
        Slack = "slack",
        Discord = "discord",
        PagerDuty = "pager-duty",
        Webhook = "webhook",
    }
}

words! {
    /// Where a delivery stands.
    pub DeliveryState as DeliveryState {
        /// To be sent when it is due; failed attempts are repeated for about three days.
        Waiting = "waiting",
        /// Waits for the mail that gathers several.
        Gathering = "gathering",
        /// It went as a part of a mail that gathers several.
        Gathered = "gathered",
        Sent = "sent",
        /// It will not arrive: `reason` says why.
        Failed = "failed",
        /// It was not needed any more, or not wanted: `reason` says why.
        Skipped = "skipped",
    }
}

impl Topic {
    /// Whether the person may switch it off.
    pub const fn is_mandatory(self) -> bool {
        matches!(self, Self::Security)
    }

    /// What counts until the person chooses.
    pub const fn usual(self, channel: Channel) -> Mode {
        match (self, channel) {
            (_, Channel::Sms) => Mode::Off,
            (Self::Announcements, Channel::Push) => Mode::Off,
            (_, Channel::Push) => Mode::Instant,
            (Self::Security | Self::Account | Self::Messages, Channel::Email) => Mode::Instant,
            (Self::Goals, Channel::Email) => Mode::Daily,
            (Self::Announcements, Channel::Email) => Mode::Weekly,
        }
    }

    /// Whether a person may choose this.
    pub const fn allows(self, channel: Channel, mode: Mode) -> bool {
        match (channel, mode) {
            (_, Mode::Instant) => true,
            (Channel::Email, Mode::Off | Mode::Hourly | Mode::Daily | Mode::Weekly) => !self.is_mandatory(),
            (Channel::Push | Channel::Sms, Mode::Off) => true,
            (Channel::Push | Channel::Sms, _) => false,
        }
    }
}

impl Mode {
    /// Whether it gathers several.
    pub const fn gathers(self) -> bool {
        matches!(self, Self::Hourly | Self::Daily | Self::Weekly)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_usual_may_be_chosen() {
        for topic in Topic::ALL {
            for channel in Channel::ALL {
                assert!(topic.allows(*channel, topic.usual(*channel)), "{topic:?} {channel:?}");
            }
        }
    }

    #[test]
    fn security_always_comes_at_once_by_mail() {
        let allowed: Vec<&Mode> = Mode::ALL.iter().filter(|mode| Topic::Security.allows(Channel::Email, **mode)).collect();
        assert_eq!(allowed, [&Mode::Instant]);
    }
}
