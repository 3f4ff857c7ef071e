//! For whom a flag is evaluated.

use std::collections::HashMap;

use banyan_kernel::{Caller, Timestamp};

/// What strategies and constraints look at. What is left out matches nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Context {
    /// By which roll-outs stick, before the session.
    pub user_id: Option<String>,
    pub session_id: Option<String>,
    /// By which roll-outs stick that would otherwise be drawn anew at each look, where neither user nor session is known: all flags of one
    /// answer hold together. Flags that look at the session do not see it.
    pub stand_in: Option<String>,
    pub app_name: Option<String>,
    /// The snapshot's own, where none is named.
    pub environment: Option<String>,
    /// An IP address.
    pub remote_address: Option<String>,
    /// Constraints on time hold for none without it.
    pub current_time: Option<Timestamp>,
    /// Everything else that constraints may name.
    pub properties: HashMap<String, String>,
}

impl Context {
    /// Somebody with an id alone.
    pub fn of_user(user: impl Into<String>) -> Self {
        Self { user_id: Some(user.into()), ..Self::default() }
    }

    /// Who asks: `userId`, `sessionId`, and the properties `tenant` (its id), `role` (the highest), `role.<name>` = `true` for each role, and
    /// `signedIn`. Whoever has more to say (address, locale, plan) adds it.
    pub fn of(caller: &Caller) -> Self {
        let mut properties = HashMap::with_capacity(4);
        properties.insert("tenant".to_owned(), caller.tenant.to_string());
        properties.insert("signedIn".to_owned(), caller.user_id().is_some().to_string());
        for role in caller.roles.iter() {
            properties.insert(format!("role.{role}"), "true".to_owned());
        }
        if let Some(highest) = caller.roles.iter().max() {
            properties.insert("role".to_owned(), highest.to_string());
        }
        Self {
            user_id: caller.user_id().map(|id| id.to_string()),
            session_id: caller.session.map(|id| id.to_string()),
            properties,
            ..Self::default()
        }
    }

    #[must_use]
    pub fn at(mut self, time: Timestamp) -> Self {
        self.current_time = Some(time);
        self
    }

    #[must_use]
    pub fn from_address(mut self, address: impl Into<String>) -> Self {
        self.remote_address = Some(address.into());
        self
    }

    /// With what stands in for a session where there is none, such as the id of the request.
    #[must_use]
    pub fn or_session(mut self, stand_in: impl Into<String>) -> Self {
        self.stand_in = Some(stand_in.into());
        self
    }

    #[must_use]
    pub fn with(mut self, property: impl Into<String>, value: impl Into<String>) -> Self {
        self.properties.insert(property.into(), value.into());
        self
    }
}
