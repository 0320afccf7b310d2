//! What the page's tabs that improve a network ask their engine, and what it answers: routings, growth, diagnoses. The
//! engine that answers about the network as it is knows nothing of it, nor does the page.

use serde::{Deserialize, Serialize};

use super::diagnosis::{Diagnosis, DiagnosisOrder, Measurements};
use super::growth::{FreeRouting, GrowthOrder, GrowthPlan};
use super::intent::{Improvement, ImprovementOrder};
use super::job::{Edited, TwinNews};
use super::scenario::InstalledScenario;
use super::topology::Topology;
use crate::error::InputError;
use crate::formats::network::measured;
use crate::formats::table::{DecimalSign, Table};
use crate::packed_numbers;
use crate::planner::{Job, Never, Planner};
use crate::reader::{GivenFile, TableRead};

/// The part of the Twin planner that improves networks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Improver;

impl Planner for Improver {
    const NAME: &'static str = "twin-improver";
    type Job = ImproverJob;
    type News = TwinNews;
    type Outcome = ImproverOutcome;
    type Network = InstalledScenario;
}

/// A job.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum ImproverJob {
    /// A better routing.
    Optimise {
        /// The network.
        of: Edited,
        /// What is wanted.
        order: ImprovementOrder,
    },
    /// What growing traffic breaks, and what to buy.
    Grow {
        /// The network.
        of: Edited,
        /// How traffic grows.
        order: GrowthOrder,
        /// Iterations of the bound on the price under any routing; 0 leaves it out.
        bound_iterations: usize,
    },
    /// What is wrong by what was measured.
    Diagnose {
        /// The network.
        of: Edited,
        /// What was measured.
        measured: Measurements,
        /// How sure the answer is.
        order: DiagnosisOrder,
    },
}

/// What the reader of files is asked of measurements. It is nobody's job but the reader's, which then knows nothing of
/// the others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MeasurementReading;

impl Planner for MeasurementReading {
    const NAME: &'static str = "twin-measurements";
    type Job = MeasuredFile;
    type News = Never;
    type Outcome = TableRead<MeasuredRows>;
    type Network = Never;
}

impl Job for MeasuredFile {
    fn kind(&self) -> &'static str {
        "read-measurements"
    }
}

/// A table of measurements.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MeasuredFile {
    /// The file.
    pub file: GivenFile,
    /// Its decimal sign; none where the table decides.
    pub decimal: Option<DecimalSign>,
    /// The network that was measured.
    pub topology: Topology,
}

/// Measurements of a table.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MeasuredRows {
    /// Flows or links.
    pub measured: Measurements,
    /// What was decided and passed over, one phrase each.
    pub told: Vec<String>,
}

impl MeasuredFile {
    /// The table as it was read, and the measurements in it.
    ///
    /// # Errors
    /// Says what is wrong with the file.
    pub fn read(&self) -> Result<TableRead<MeasuredRows>, InputError> {
        let table = Table::of_bytes(&self.file.unpacked()?, self.decimal)?;
        let roles = measured::roles(&table, &self.topology);
        let columns = table.shown(|column| roles.get(column).copied().unwrap_or("passed over"));
        let found = measured::measured(&table, &self.topology);
        let found = found.map(|(measured, told)| MeasuredRows { measured, told });
        Ok(TableRead { columns, found })
    }
}

impl Job for ImproverJob {
    fn kind(&self) -> &'static str {
        match self {
            Self::Optimise { .. } => "optimise",
            Self::Grow { .. } => "grow",
            Self::Diagnose { .. } => "diagnose",
        }
    }
}

/// What comes of a job.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum ImproverOutcome {
    /// A better routing.
    Routed(Box<Routed>),
    /// What growth breaks, and the bound on the price under any routing where it was asked for.
    Grown(Box<GrowthPlan>, Option<FreeRouting>),
    /// What is wrong.
    Diagnosed(Box<Diagnosis>),
}

/// A better routing, and what it makes of the links where nothing more fails.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Routed {
    /// The changes and what they gain.
    pub improvement: Improvement,
    /// Utilisation of the links before, NaN where one has failed.
    #[serde(with = "packed_numbers")]
    pub before: Vec<f64>,
    /// Utilisation after all changes.
    #[serde(with = "packed_numbers")]
    pub after: Vec<f64>,
}
