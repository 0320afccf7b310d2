//! Which problems of a run wait to be handed out.

use std::collections::VecDeque;

/// Some neighbouring problems of one row of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Share {
    /// Index of the row within the run.
    pub row: usize,
    /// Index of the first problem.
    pub first: usize,
    /// Number of problems, at least 1.
    pub count: usize,
}

/// The problems that nobody works on. What is taken is either finished or given back.
#[derive(Debug)]
pub struct Ranges(VecDeque<Share>);

impl Ranges {
    /// All problems of rows of these lengths.
    pub fn new(lengths: &[usize]) -> Self {
        let shares = lengths.iter().enumerate();
        Self(
            shares
                .filter(|(_, count)| **count > 0)
                .map(|(row, count)| Share { row, first: 0, count: *count })
                .collect(),
        )
    }

    /// Takes at most `most` problems, at least one.
    pub fn take(&mut self, most: usize) -> Option<Share> {
        let next = self.0.front_mut()?;
        if next.count <= most.max(1) {
            return self.0.pop_front();
        }
        let taken = Share { count: most.max(1), ..*next };
        next.first += taken.count;
        next.count -= taken.count;
        Some(taken)
    }

    /// Puts back what was taken and not finished; it is taken next.
    pub fn give_back(&mut self, share: Share) {
        self.0.push_front(share);
    }

    /// Problems that wait.
    pub fn waiting(&self) -> usize {
        self.0.iter().map(|share| share.count).sum()
    }
}

/// How many problems to hand out so that they take `wanted_ms` where one takes `ms_per_problem`, but
/// not more than an equal part of the `waiting` ones for each of `workers`, so that all end together.
pub fn share_size(
    ms_per_problem: Option<f64>,
    wanted_ms: f64,
    waiting: usize,
    workers: usize,
) -> usize {
    /// Before anything has been measured.
    const FIRST: usize = 32;
    /// Below this a batch wastes the lanes of the evaluator.
    const LEAST: usize = 8;
    const MOST: usize = 4096;
    let by_time = match ms_per_problem {
        Some(ms) if ms > 0.0 => (wanted_ms / ms) as usize,
        Some(_) => MOST,
        None => FIRST,
    };
    let fair = waiting.div_ceil(workers.max(1)).max(LEAST);
    by_time.clamp(LEAST, MOST).min(fair).next_multiple_of(LEAST)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_problem_is_handed_out_once_even_where_shares_come_back() {
        let mut ranges = Ranges::new(&[100, 0, 7]);
        let mut seen = [vec![0; 100], vec![], vec![0; 7]];
        let mut turn = 0;
        while let Some(share) = ranges.take(9) {
            turn += 1;
            if turn % 4 == 0 {
                ranges.give_back(share);
                continue;
            }
            let range = share.first..share.first + share.count;
            seen[share.row][range].iter_mut().for_each(|times| *times += 1);
        }
        assert!(seen.iter().flatten().all(|times| *times == 1), "{seen:?}");
        assert_eq!(ranges.waiting(), 0);
    }

    #[test]
    fn shares_follow_the_measured_time_and_end_together() {
        assert_eq!(share_size(None, 75.0, 4096, 4), 32);
        assert_eq!(share_size(Some(0.5), 75.0, 100_000, 4), 152);
        assert_eq!(share_size(Some(0.5), 75.0, 80, 4), 24);
        assert_eq!(share_size(Some(500.0), 75.0, 4096, 4), 8);
        assert_eq!(share_size(None, 75.0, 1, 4), 8);
    }
}
