//! What an intent has to hold in: the network as it is, and with each of the failures that it counts.
//!
//! Rows of all searches are the links of the first case, then those of the second, and so on.

use slicewise_core::InputError;
use slicewise_core::error::check_count;
use slicewise_core::twin::failures::{FailureCases, FailureKinds, Part};

use super::ecmp::Fractions;
use crate::failures::with_failures;
use crate::problem::Problem;
use crate::routing::Routes;

/// One case.
#[derive(Clone, Debug)]
pub struct Case {
    /// What fails; nothing in the first case.
    pub failed: Vec<Part>,
    /// The problem with it.
    pub problem: Problem,
    /// How traffic spreads in it.
    pub fractions: Fractions,
}

/// All cases; at least the one in which nothing more fails.
#[derive(Clone, Debug)]
pub struct Cases {
    /// The cases.
    pub all: Vec<Case>,
    /// Links of each.
    pub links: usize,
}

/// The most pairs of nodes over all cases.
const MOST_PAIRS: usize = 1_000_000;

impl Cases {
    /// `problem` alone, or with every failure of a link or a risk group as well.
    ///
    /// # Errors
    /// When the network is too large.
    pub fn new(problem: &Problem, after_failures: bool) -> Result<Self, InputError> {
        let topology = &problem.scenario.topology;
        let nodes = topology.nodes.len();
        let mut failed = vec![Vec::new()];
        if after_failures {
            let cases = FailureCases::new(topology, FailureKinds::default())?;
            failed.extend((0..cases.len()).map(|index| cases.failed(index)));
        }
        let most = MOST_PAIRS / (nodes * nodes);
        check_count(
            "nodes squared, times the failures that are counted",
            failed.len() * nodes * nodes,
            0,
            most.max(1) * nodes * nodes,
        )?;
        let mut routes = Routes::default();
        let mut all = Vec::with_capacity(failed.len());
        for failed in failed {
            let broken = with_failures(problem, &failed);
            // A cable that had failed before makes no case of its own.
            if !failed.is_empty() && broken.failed_links == problem.failed_links {
                continue;
            }
            let fractions = match failed.is_empty() {
                true => Fractions::new(&broken, &mut routes),
                false => Fractions::new(&broken, &mut routes.without(&broken)),
            };
            all.push(Case { failed, problem: broken, fractions });
        }
        Ok(Self { all, links: topology.links.len() })
    }

    /// Number of rows.
    pub fn rows(&self) -> usize {
        self.all.len() * self.links
    }

    /// The link of a row.
    pub fn link(&self, row: usize) -> usize {
        row % self.links
    }

    /// The case of a row.
    pub fn case(&self, row: usize) -> usize {
        row / self.links
    }
}
