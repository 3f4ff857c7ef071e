//! What a session goes through, who takes part in what way, and what is told of it.

use banyan_http::words;

words! {
    /// In what way somebody takes part. Stored: never rename one.
    pub(crate) Role as ContextRole {
        /// Whose session it is: shares it, and ends it. There is one.
        Owner = "owner",
        /// Changes what is in it.
        Editor = "editor",
        /// Reads.
        Viewer = "viewer",
    }
}

words! {
    /// Where a session stands. Stored: never rename one.
    pub(crate) State as ContextSessionState {
        Active = "active",
        /// Put away; it can be reopened.
        Archived = "archived",
        /// Over, for good.
        Ended = "ended",
    }
}

words! {
    /// What happened to an item. Stored: never rename one.
    pub(crate) Change as ContextItemChange {
        Created = "created",
        Updated = "updated",
        Deleted = "deleted",
        Restored = "restored",
    }
}

words! {
    /// What the listeners of a session's room hear. Stored: never rename one.
    pub(crate) Told as ContextEventKind {
        /// What is known together has changed: items, or the session itself.
        Update = "context_update",
        Suggestion = "suggestion_generated",
        /// Somebody did something: came, left, answered a suggestion, or what a client says of its user.
        Action = "user_action",
    }
}

words! {
    /// What a suggestion proposes. Stored: never rename one.
    pub(crate) SuggestionKind as ContextSuggestionKind {
        /// Two items are about the same.
        Related = "related",
        /// Two items say the same.
        Duplicate = "duplicate",
        /// An item names a day that is still to come.
        Schedule = "schedule",
        /// An item asks that something be done.
        Task = "task",
        /// A phrase comes back in several items.
        Topic = "topic",
    }
}

words! {
    /// Where a suggestion stands. Stored: never rename one.
    pub(crate) SuggestionState as ContextSuggestionState {
        Open = "open",
        Accepted = "accepted",
        Dismissed = "dismissed",
        /// What it rested on has changed, or nobody answered in two weeks.
        Expired = "expired",
    }
}

words! {
    /// What is counted over time. Stored: never rename one.
    pub(crate) PatternKind as ContextPatternKind {
        Phrase = "phrase",
        Entity = "entity",
        /// Kinds of items.
        ItemKind = "item-kind",
        /// The hour of the day in UTC, `00` to `23`.
        Hour = "hour",
    }
}

words! {
    /// How far a reprocessing has come. Stored: never rename one.
    pub(crate) RunState as ContextRunState {
        Waiting = "waiting",
        Running = "running",
        Done = "done",
    }
}

impl Role {
    pub(crate) const fn may_write(self) -> bool {
        matches!(self, Self::Owner | Self::Editor)
    }
}
