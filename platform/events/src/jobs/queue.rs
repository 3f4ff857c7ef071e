use std::time::Duration;

/// The queue of jobs that name none.
pub const DEFAULT_QUEUE: &str = "default";

/// How many jobs may start in a period; unused ones are not saved beyond it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rate {
    pub starts: u32,
    pub per: Duration,
}

/// Bounds of the jobs that share them. What is not bounded is only by the workers that there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Queue {
    pub(super) name: &'static str,
    /// How many run at once in one process.
    pub(super) workers: u32,
    pub(super) running: Option<u32>,
    pub(super) running_per_tenant: Option<u32>,
    pub(super) rate: Option<Rate>,
    pub(super) rate_per_tenant: Option<Rate>,
}

impl Queue {
    /// Eight at once in each process.
    pub const fn new(name: &'static str) -> Self {
        Self { name, workers: 8, running: None, running_per_tenant: None, rate: None, rate_per_tenant: None }
    }

    /// How many run at once in each process; at least 1.
    #[must_use]
    pub const fn workers(mut self, count: u32) -> Self {
        self.workers = if count == 0 { 1 } else { count };
        self
    }

    /// How many run at once in all processes together.
    #[must_use]
    pub const fn running(mut self, count: u32) -> Self {
        self.running = Some(count);
        self
    }

    /// How many of one tenant run at once in all processes together.
    #[must_use]
    pub const fn running_per_tenant(mut self, count: u32) -> Self {
        self.running_per_tenant = Some(count);
        self
    }

    /// How many start in all processes together.
    #[must_use]
    pub const fn rate(mut self, rate: Rate) -> Self {
        self.rate = Some(rate);
        self
    }

    /// How many of one tenant start in all processes together.
    #[must_use]
    pub const fn rate_per_tenant(mut self, rate: Rate) -> Self {
        self.rate_per_tenant = Some(rate);
        self
    }

    /// Whether processes have to agree before one takes a job.
    pub(super) fn is_bounded(&self) -> bool {
        self.running.is_some() || self.running_per_tenant.is_some() || self.rate.is_some() || self.rate_per_tenant.is_some()
    }
}
