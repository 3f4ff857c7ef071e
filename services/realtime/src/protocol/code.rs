//! What went wrong, in the numbers that clients know.

/// Why a command is refused. Clients try again by themselves what is temporary.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Refusal {
    #[error("internal server error")]
    Internal = 100,
    #[error("unauthorized")]
    Unauthorized = 101,
    #[error("unknown channel")]
    UnknownChannel = 102,
    #[error("permission denied")]
    PermissionDenied = 103,
    #[error("method not found")]
    MethodNotFound = 104,
    #[error("already subscribed")]
    AlreadySubscribed = 105,
    #[error("limit exceeded")]
    LimitExceeded = 106,
    #[error("bad request")]
    BadRequest = 107,
    #[error("not available")]
    NotAvailable = 108,
    #[error("token expired")]
    TokenExpired = 109,
    #[error("too many requests")]
    TooManyRequests = 111,
    #[error("unrecoverable position")]
    UnrecoverablePosition = 112,
}

impl Refusal {
    pub(crate) const fn number(self) -> u32 {
        self as u32
    }

    pub(crate) const fn is_temporary(self) -> bool {
        matches!(self, Self::Internal | Self::TooManyRequests)
    }
}

/// Why a connection ends. Clients come again below 3500.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Disconnect {
    /// RFC 6455 §7.4.1: this protocol is text.
    #[error("text only")]
    Unsupported = 1003,
    /// The process ends: another one serves.
    #[error("shutdown")]
    Shutdown = 3001,
    #[error("connection expired")]
    Expired = 3005,
    #[error("slow")]
    Slow = 3008,
    #[error("force reconnect")]
    ForceReconnect = 3011,
    #[error("no pong")]
    NoPong = 3012,
    #[error("too many requests")]
    TooManyRequests = 3013,
    #[error("invalid token")]
    InvalidToken = 3500,
    #[error("bad request")]
    BadRequest = 3501,
    #[error("stale")]
    Stale = 3502,
    #[error("force disconnect")]
    ForceNoReconnect = 3503,
    #[error("connection limit")]
    ConnectionLimit = 3504,
}

impl Disconnect {
    pub(crate) const fn number(self) -> u16 {
        self as u16
    }
}

/// Why a subscription ends. Clients subscribe again from 2500 on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Unsubscribed {
    #[error("permission denied")]
    ByServer = 2000,
    #[error("insufficient state")]
    Insufficient = 2500,
}

impl Unsubscribed {
    pub(crate) const fn number(self) -> u32 {
        self as u32
    }
}
