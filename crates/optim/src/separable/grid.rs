//! Dynamic programming over a grid: the best way to share out whole units.

/// How the parts' values make the whole's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Whole {
    /// Their sum.
    Sum,
    /// The least of them.
    Least,
}

/// The memory of the recursion, kept from one problem to the next.
#[derive(Clone, Debug, Default)]
pub struct Grid {
    best: Vec<f64>,
    next: Vec<f64>,
    /// What each part takes, for each part and number of units.
    taken: Vec<u32>,
    allocation: Vec<u32>,
}

impl Grid {
    /// Units per part of the last [`Self::maximise`].
    pub fn allocation(&self) -> &[u32] {
        &self.allocation
    }

    /// Shares `units` out among parts. `values` holds `units` + 1 numbers per part: what 0, 1, ...
    /// units are worth to it; minus infinity where that is not allowed. Returns the best whole.
    /// Among equals the last part that can takes the fewest units.
    pub fn maximise(&mut self, values: &[f64], units: usize, whole: Whole) -> f64 {
        let width = units + 1;
        let parts = values.len() / width;
        self.taken.clear();
        self.taken.resize(parts * width, 0);
        let neutral = if whole == Whole::Sum { 0.0 } else { f64::INFINITY };
        self.best.clear();
        self.best.resize(width, neutral);
        for (part, own) in values.chunks_exact(width).enumerate() {
            self.next.clear();
            self.next.resize(width, f64::NEG_INFINITY);
            let taken = &mut self.taken[part * width..(part + 1) * width];
            for (given, value) in own.iter().enumerate() {
                if *value == f64::NEG_INFINITY {
                    continue;
                }
                let slots = self.next[given..].iter_mut().zip(&mut taken[given..]);
                for ((next, taken), rest) in slots.zip(&self.best) {
                    let total = match whole {
                        Whole::Sum => rest + value,
                        Whole::Least => rest.min(*value),
                    };
                    if total > *next {
                        *next = total;
                        *taken = given as u32;
                    }
                }
            }
            std::mem::swap(&mut self.best, &mut self.next);
        }
        self.allocation.clear();
        self.allocation.resize(parts, 0);
        let mut left = units;
        for part in (0..parts).rev() {
            let taken = self.taken[part * width + left];
            self.allocation[part] = taken;
            left -= taken as usize;
        }
        self.best[units]
    }
}
