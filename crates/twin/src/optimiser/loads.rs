//! The utilisation of every row, kept while demands change their ways.

use slicewise_optim::least_peak::Entries;

use super::demands::{Demand, Way};

/// Where a demand goes: its ways with their shares, and what they add to the rows.
#[derive(Clone, Debug, PartialEq)]
pub struct Course {
    /// Shares that sum to 1.
    pub ways: Vec<(f64, Way)>,
    /// What the demand adds to the utilisation of each row, in rising order.
    pub entries: Entries,
}

impl Course {
    /// All of a demand one way.
    pub fn whole(way: Way, entries: Entries) -> Self {
        Self { ways: vec![(1.0, way)], entries }
    }

    /// Whether all goes as it does at present.
    pub fn is_present(&self) -> bool {
        self.ways.iter().all(|(_, way)| *way == Way::Present)
    }
}

/// The courses of all demands, and what they come to.
#[derive(Clone, Debug)]
pub struct Loads {
    /// One course for each demand.
    pub courses: Vec<Course>,
    utilisation: Vec<f64>,
}

/// How much more a full row counts than a less full one, in [`Loads::change`].
const SHARPNESS: i32 = 24;

impl Loads {
    /// Adds up `courses` over so many rows.
    pub fn new(courses: Vec<Course>, rows: usize) -> Self {
        let mut utilisation = vec![0.0; rows];
        for (row, value) in courses.iter().flat_map(|course| &course.entries) {
            utilisation[*row as usize] += value;
        }
        Self { courses, utilisation }
    }

    /// Everything as it is at present; what does not arrive then adds nothing.
    pub fn present(demands: &[Demand], rows: usize) -> Self {
        let course = |demand: &Demand| {
            Course::whole(Way::Present, demand.present.clone().unwrap_or_default())
        };
        Self::new(demands.iter().map(course).collect(), rows)
    }

    /// The utilisation of each row.
    pub fn utilisation(&self) -> &[f64] {
        &self.utilisation
    }

    /// The fullest row and its utilisation.
    pub fn fullest(&self) -> (usize, f64) {
        let rows = self.utilisation.iter().copied().enumerate();
        rows.fold((0, 0.0), |fullest, row| if row.1 > fullest.1 { row } else { fullest })
    }

    /// Lets a demand take another course.
    pub fn put(&mut self, demand: usize, course: Course) {
        for (row, value) in &self.courses[demand].entries {
            self.utilisation[*row as usize] -= value;
        }
        for (row, value) in &course.entries {
            self.utilisation[*row as usize] += value;
        }
        self.courses[demand] = course;
    }

    /// What changes where a demand takes a course that adds `entries`: row, utilisation before and after.
    pub fn changes<'a>(
        &'a self,
        demand: usize,
        entries: &'a [(u32, f64)],
    ) -> impl Iterator<Item = (usize, f64, f64)> + 'a {
        let (mut old, mut new) =
            (self.courses[demand].entries.iter().peekable(), entries.iter().peekable());
        std::iter::from_fn(move || {
            let row = match (old.peek(), new.peek()) {
                (Some(old), Some(new)) => old.0.min(new.0),
                (Some(one), None) | (None, Some(one)) => one.0,
                (None, None) => return None,
            };
            let before = self.utilisation[row as usize];
            let less = old.next_if(|entry| entry.0 == row).map_or(0.0, |entry| entry.1);
            let more = new.next_if(|entry| entry.0 == row).map_or(0.0, |entry| entry.1);
            Some((row as usize, before, before - less + more))
        })
    }

    /// How much the sum of high powers of all utilisations over `peak` changes where a demand takes a course that
    /// adds `entries`: below 0 where full rows become less full.
    pub fn change(&self, demand: usize, entries: &[(u32, f64)], peak: f64) -> f64 {
        let power = |utilisation: f64| (utilisation.max(0.0) / peak).powi(SHARPNESS);
        self.changes(demand, entries).map(|(_, before, after)| power(after) - power(before)).sum()
    }
}
