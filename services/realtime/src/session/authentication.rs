//! Who the client is: by the token of its first command, or by what its request brought.

use std::sync::Arc;
use std::time::Duration;

use banyan_kernel::{Caller, ErrorCode, Timestamp, Uuid};

use super::{Carrier, Outcome, Session};
use crate::VERSION;
use crate::hub::Who;
use crate::protocol::{Connect, Connected, Disconnect, Person, Refreshed, Refusal, failed, reply};
use crate::tokens::Token;

/// Who came by something whose end is not known comes again after so many seconds.
const WITHOUT_END: i64 = 600;
/// How long a token may take to be verified.
const VERIFYING: Duration = Duration::from_secs(5);

/// Why nobody is let in.
enum Denied {
    Refused(Refusal),
    Closed(Disconnect),
}

impl Session {
    pub(super) async fn connect(&mut self, id: u32, connect: &Connect<'_>) -> Result<(), Disconnect> {
        let who = match self.identify(&connect.token).await {
            Ok(who) => Arc::new(who),
            Err(Denied::Refused(refusal)) => {
                self.is_refused = true;
                self.link.outbox.send(failed(id, refusal));
                return Ok(());
            }
            Err(Denied::Closed(why)) => return Err(why),
        };
        let settings = &self.engine.settings;
        let limit = self.engine.hub.identify(&self.link, who.clone(), settings);
        limit.map_err(|_| Disconnect::ConnectionLimit)?;
        self.engine.hub.ping_from_now_on(&self.link, settings);
        let (session, answers) = match &self.carrier {
            Carrier::Socket => ("", true),
            Carrier::Stream(session) => (session.as_str(), false),
        };
        self.link.answers_pings(answers);
        let client = self.link.id.to_string();
        let connected = Connected {
            client: &client,
            version: VERSION,
            expires: true,
            ttl: self.seconds_left(who.expires),
            ping: settings.ping_seconds,
            pong: answers,
            session,
            node: &self.engine.node,
        };
        self.link.outbox.send(reply(id, "connect", &connected));
        Ok(())
    }

    /// Another token of the same person.
    pub(super) async fn refresh(&mut self, id: u32, token: &str) -> Result<Result<Outcome, Refusal>, Disconnect> {
        let old = self.link.who().ok_or(Disconnect::BadRequest)?;
        if token.is_empty() {
            return Ok(Err(Refusal::BadRequest));
        }
        let who = match self.identify(token).await {
            Ok(who) => who,
            Err(Denied::Refused(refusal)) => return Ok(Err(refusal)),
            Err(Denied::Closed(why)) => return Err(why),
        };
        if (who.user, who.caller.tenant) != (old.user, old.caller.tenant) {
            return Err(Disconnect::InvalidToken);
        }
        let (client, ttl) = (self.link.id.to_string(), self.seconds_left(who.expires));
        self.link.is(Arc::new(who));
        Ok(Ok(Outcome::Reply(reply(id, "refresh", &Refreshed { client: &client, version: VERSION, expires: true, ttl }))))
    }

    async fn identify(&self, token: &str) -> Result<Who, Denied> {
        let bearer = Some(token).filter(|token| !token.is_empty()).or(self.hello.bearer.as_deref());
        let (token, end) = match bearer {
            Some(token) => {
                let token = self.verify(token).await?;
                let expires = token.expires();
                (Some(token), expires)
            }
            None => (None, self.engine.clock.now().plus_seconds(WITHOUT_END)),
        };
        let caller: Caller = match &token {
            Some(token) => token.caller(self.hello.request),
            None => self.hello.caller.clone(),
        };
        let user = caller.user_id().ok_or(Denied::Refused(Refusal::Unauthorized))?;
        if self.engine.clock.now() >= end {
            return Err(Denied::Refused(Refusal::TokenExpired));
        }
        let info = self.info(user);
        Ok(Who::new(caller, user, token, end, info))
    }

    async fn verify(&self, token: &str) -> Result<Arc<dyn Token>, Denied> {
        let tokens = self.engine.tokens.as_ref().ok_or(Denied::Closed(Disconnect::InvalidToken))?;
        let verified = tokio::time::timeout(VERIFYING, tokens.verify(token)).await;
        match verified.unwrap_or(Err(ErrorCode::ServiceUnavailable)) {
            Ok(token) if !token.is_revoked() => Ok(token),
            Err(ErrorCode::ServiceUnavailable) => Err(Denied::Refused(Refusal::Internal)),
            // Also one that is revoked or forged, which nobody tells apart: after a change of rights a client gets a newer one by itself.
            Ok(_) | Err(_) => Err(Denied::Refused(Refusal::TokenExpired)),
        }
    }

    fn info(&self, user: Uuid) -> Arc<str> {
        let (user, client) = (user.to_string(), self.link.id.to_string());
        serde_json::to_string(&Person { user: &user, client: &client }).unwrap_or_default().into()
    }

    fn seconds_left(&self, expires: Timestamp) -> u32 {
        u32::try_from(expires.seconds_since(self.engine.clock.now()).max(1)).unwrap_or(u32::MAX)
    }
}
