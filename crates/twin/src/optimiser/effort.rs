//! How long a search may take.

use std::cell::Cell;

/// Seconds since some moment, from whoever has a clock.
pub type Clock<'a> = &'a dyn Fn() -> f64;

/// How long a search may take: seconds, and iterations that all its parts count together.
#[derive(Clone, Copy)]
pub struct Effort<'a> {
    clock: Clock<'a>,
    until_s: f64,
    done: &'a Cell<usize>,
    most: usize,
}

impl std::fmt::Debug for Effort<'_> {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { until_s, most, .. } = self;
        formatter.debug_struct("Effort").field("until_s", until_s).field("most", most).finish()
    }
}

impl<'a> Effort<'a> {
    /// `seconds` from now, and until `done` has come to `most`.
    pub fn new(clock: Clock<'a>, seconds: f64, done: &'a Cell<usize>, most: usize) -> Self {
        Self { clock, until_s: clock() + seconds, done, most }
    }

    /// Not more than a share of the seconds and iterations that are left.
    #[must_use]
    pub fn part(&self, share: f64) -> Self {
        let left = self.most.saturating_sub(self.done.get()) as f64;
        let most = self.done.get() + (share * left) as usize;
        Self { until_s: (self.clock)() + share * self.left_s(), most, ..*self }
    }

    /// Counts an iteration.
    pub fn count(&self) {
        self.done.set(self.done.get() + 1);
    }

    /// Seconds that are left.
    pub fn left_s(&self) -> f64 {
        (self.until_s - (self.clock)()).max(0.0)
    }

    /// Whether nothing is left.
    pub fn is_spent(&self) -> bool {
        self.done.get() >= self.most || self.left_s() <= 0.0
    }
}
