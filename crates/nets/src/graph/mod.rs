//! Message passing between paths, queues and links, after RouteNet (Rusek et al., 2020; Ferriol-Galmés et al.,
//! 2023): a network that says for every hop of every path by how much an answer from elsewhere should be moved.
//!
//! A path's state goes through its hops in order, by a gated recurrent unit that reads the state of each hop's
//! queue. A queue's state reads the mean of the states that paths have *before* they cross it, and the mean of the
//! queues of its link. After some rounds of both, a readout tells the corrections of each hop, each bounded.
//!
//! Sigmoids are algebraic, `x / sqrt(1 + x^2)`: without a transcendental function, and the same bits everywhere.

mod evaluator;
mod gradient;
#[cfg(feature = "burn")]
pub mod module;
mod steps;
mod weights;

use slicewise_core::InputError;
use slicewise_core::error::check_count;
use slicewise_optim::monitor::{Halted, Monitor};

pub use evaluator::FusedGraphEvaluator;
pub use gradient::GraphTrainer;
pub use weights::{GraphWeights, InputScale, Part};

/// Length of the states of paths and queues.
pub const UNITS: usize = 16;
/// Gates of a recurrent unit: reset, update, new.
pub(crate) const GATES: usize = 3 * UNITS;
/// Hidden units of the readout.
pub const READOUT: usize = 32;
/// The most inputs of a queue, a hop or a path.
pub const MOST_INPUTS: usize = 64;

/// Widths and rounds of a network.
#[derive(Clone, Debug, PartialEq)]
pub struct GraphShape {
    /// Inputs of a queue.
    pub queue_inputs: usize,
    /// Inputs of a hop.
    pub hop_inputs: usize,
    /// Inputs of a path.
    pub path_inputs: usize,
    /// Rounds of messages, 1 to 8.
    pub rounds: usize,
    /// How far each correction of a hop can go, to both sides; as many as there are corrections.
    pub reach: Vec<f64>,
}

impl GraphShape {
    /// Checks widths and rounds.
    ///
    /// # Errors
    /// Names the first that cannot be used.
    pub fn validate(&self) -> Result<(), InputError> {
        check_count("queue_inputs", self.queue_inputs, 1, MOST_INPUTS)?;
        check_count("hop_inputs", self.hop_inputs, 1, MOST_INPUTS)?;
        check_count("path_inputs", self.path_inputs, 1, MOST_INPUTS)?;
        check_count("rounds", self.rounds, 1, 8)?;
        check_count("reach", self.reach.len(), 1, MOST_OUTPUTS)
    }
}

/// The most corrections of a hop.
pub const MOST_OUTPUTS: usize = 8;

/// Paths through queues of links, with what is known of each.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Graph {
    /// Number of links.
    pub links: usize,
    /// Link of each queue.
    pub queue_link: Vec<u32>,
    /// Weight of each queue among those of its link; they should add up to 1.
    pub queue_weight: Vec<f64>,
    /// Inputs of the queues, queue by queue.
    pub queue_inputs: Vec<f64>,
    /// Where the hops of each path begin, with the number of hops as the last.
    pub path_starts: Vec<u32>,
    /// Inputs of the paths, path by path.
    pub path_inputs: Vec<f64>,
    /// Queue of each hop, in the order in which its path crosses them.
    pub hop_queue: Vec<u32>,
    /// Weight of each hop among those of its queue; they should add up to 1.
    pub hop_weight: Vec<f64>,
    /// Inputs of the hops, hop by hop.
    pub hop_inputs: Vec<f64>,
}

impl Graph {
    /// Number of queues.
    pub fn queues(&self) -> usize {
        self.queue_link.len()
    }

    /// Number of paths.
    pub fn paths(&self) -> usize {
        self.path_starts.len().saturating_sub(1)
    }

    /// Number of hops.
    pub fn hops(&self) -> usize {
        self.hop_queue.len()
    }

    /// Forgets everything; memory is kept.
    pub fn clear(&mut self) {
        self.links = 0;
        self.queue_link.clear();
        self.queue_weight.clear();
        self.queue_inputs.clear();
        self.path_starts.clear();
        self.path_inputs.clear();
        self.hop_queue.clear();
        self.hop_weight.clear();
        self.hop_inputs.clear();
    }

    /// Checks that all lists fit `shape` and that indices lead somewhere.
    ///
    /// # Errors
    /// Names the first list that does not fit.
    pub fn validate(&self, shape: &GraphShape) -> Result<(), InputError> {
        let lengths = [
            ("queue_weight", self.queue_weight.len(), self.queues()),
            ("queue_inputs", self.queue_inputs.len(), self.queues() * shape.queue_inputs),
            ("path_inputs", self.path_inputs.len(), self.paths() * shape.path_inputs),
            ("hop_weight", self.hop_weight.len(), self.hops()),
            ("hop_inputs", self.hop_inputs.len(), self.hops() * shape.hop_inputs),
        ];
        for (name, found, allowed) in lengths {
            if found != allowed {
                return Err(InputError::new(name, format!("{found} numbers"), allowed.to_string()));
            }
        }
        let (first, last) = (self.path_starts.first(), self.path_starts.last());
        let is_whole = first.is_none_or(|first| *first == 0)
            && last.map_or(0, |last| *last as usize) == self.hops()
            && self.path_starts.is_sorted();
        if !is_whole {
            let allowed = format!("rising numbers from 0 to {}", self.hops());
            return Err(InputError::new("path_starts", format!("{last:?} at the end"), allowed));
        }
        check_indices("hop_queue", &self.hop_queue, self.queues())?;
        check_indices("queue_link", &self.queue_link, self.links)
    }
}

fn check_indices(name: &str, indices: &[u32], count: usize) -> Result<(), InputError> {
    match indices.iter().find(|index| **index as usize >= count) {
        Some(index) => Err(InputError::new(name, index, format!("below {count}"))),
        None => Ok(()),
    }
}

/// What tells the corrections of a graph's hops. All implementations are held to the same numbers.
#[allow(async_fn_in_trait, reason = "evaluations run on one thread, no Send bound is wanted")]
pub trait GraphEvaluator {
    /// The shape of the network.
    fn shape(&self) -> &GraphShape;

    /// The corrections of `graph`, hop by hop, in `corrections`, which is made as long as that takes. On the way
    /// `monitor` may let others have a turn.
    ///
    /// # Errors
    /// Names what of `graph` does not fit the network's shape, says that a device did not answer, or that it was
    /// stopped.
    async fn corrections<M: Monitor>(
        &mut self,
        graph: &Graph,
        corrections: &mut Vec<f64>,
        monitor: &M,
    ) -> Result<(), Halted>;
}
