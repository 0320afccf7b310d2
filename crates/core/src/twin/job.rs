//! What the page asks the Twin planner's engine, and what it answers.

use serde::{Deserialize, Serialize};

use super::answer::{Answer, FlowHops};
use super::corrected::CorrectedAnswer;
use super::edit::Edit;
use super::failures::{FailureKinds, FailureSweep};
use super::scenario::InstalledScenario;
use super::simulation::{Simulated, SimulationOrder};
use crate::formats::network::{NetworkForm, NetworkRead, WriteNetwork, WrittenNetwork};
use crate::planner::{Job, Planner};
use crate::reader::GivenFile;

/// The Twin planner.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Twin;

impl Planner for Twin {
    const NAME: &'static str = "twin";
    type Job = TwinJob;
    type News = TwinNews;
    type Outcome = TwinOutcome;
    type Network = InstalledScenario;
}

/// An installed scenario with some edits.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Edited {
    /// Name of the installed scenario.
    pub scenario: String,
    /// The edits, in order.
    pub edits: Vec<Edit>,
}

/// A job for the Twin planner.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum TwinJob {
    /// Delay, jitter and loss of every flow by formula.
    Answer(Edited),
    /// The same, corrected by a trained network, with intervals.
    Correct(Edited),
    /// One flow hop by hop.
    Hops {
        /// The network.
        of: Edited,
        /// Index of the flow.
        flow: u32,
    },
    /// Failures `first` to `first + count` of a sweep; `count` 0 takes all.
    Failures {
        /// The network.
        of: Edited,
        /// Which failures.
        kinds: FailureKinds,
        /// Index of the first case.
        first: usize,
        /// Number of cases.
        count: usize,
    },
    /// A check by simulation.
    Simulate {
        /// The network.
        of: Edited,
        /// How long.
        order: SimulationOrder,
    },
    /// A network of the visitor's file; the reader of files can.
    Read {
        /// The file.
        file: GivenFile,
        /// What is chosen of it.
        form: NetworkForm,
    },
    /// A scenario as a document.
    Write {
        /// The network.
        of: Edited,
        /// As what.
        request: WriteNetwork,
    },
}

impl Job for TwinJob {
    fn kind(&self) -> &'static str {
        match self {
            Self::Answer(_) => "answer",
            Self::Correct(_) => "correct",
            Self::Hops { .. } => "hops",
            Self::Failures { .. } => "failures",
            Self::Simulate { .. } => "simulate",
            Self::Read { .. } => "read-network",
            Self::Write { .. } => "write",
        }
    }

    fn replaceable(&self) -> bool {
        !matches!(self, Self::Correct(_) | Self::Failures { .. } | Self::Write { .. })
    }

    fn goes_first(&self) -> bool {
        matches!(self, Self::Answer(_) | Self::Hops { .. })
    }
}

/// What is told of a job for the Twin planner before it is done.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum TwinNews {
    /// What a simulation has measured so far.
    Measured(Box<Simulated>),
    /// The highest utilisation that an optimisation has come down to.
    Improved(f64),
}

/// What the Twin planner answers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum TwinOutcome {
    /// All flows and links.
    Answered(Box<Answer>),
    /// All flows and links, corrected.
    Corrected(Box<CorrectedAnswer>),
    /// One flow hop by hop.
    Hops(FlowHops),
    /// Some cases of a sweep.
    Failures(Box<FailureSweep>),
    /// A simulation.
    Simulated(Box<Simulated>),
    /// A network of a file.
    Read(Box<NetworkRead>),
    /// A document.
    Written(WrittenNetwork),
}
