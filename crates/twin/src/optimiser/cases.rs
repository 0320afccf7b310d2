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

/// The most pairs of nodes over all cases, for each of which its links are kept.
const MOST_PAIRS: usize = 2_250_000;
/// The most links over all cases, and the most of one case times the nodes.
const MOST_ROWS: usize = 1_000_000;
const MOST_CROSSED: usize = 30_000_000;

/// Refuses what no memory holds.
fn check_size(nodes: usize, links: usize, failures: usize) -> Result<(), InputError> {
    let cases = 1 + failures;
    let at = |what: &str| match failures {
        0 => what.to_owned(),
        _ => format!("{what}, with {failures} failures that are counted"),
    };
    check_count(&at("nodes"), nodes, 0, (MOST_PAIRS / cases).isqrt())?;
    let most = (MOST_ROWS / cases).min(MOST_CROSSED / (cases * nodes).max(1));
    check_count(&at("links"), links, 0, most)
}

impl Cases {
    /// `problem` alone, or with every failure of a link or a risk group as well.
    ///
    /// # Errors
    /// When the network is too large.
    pub fn new(problem: &Problem, after_failures: bool) -> Result<Self, InputError> {
        let topology = &problem.scenario.topology;
        let nodes = topology.nodes.len();
        let failures = match after_failures {
            true => FailureCases::new(topology, FailureKinds::default())?,
            false => FailureCases::default(),
        };
        check_size(nodes, topology.links.len(), failures.len())?;
        let mut failed = vec![Vec::new()];
        failed.extend((0..failures.len()).map(|index| failures.failed(index)));
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
