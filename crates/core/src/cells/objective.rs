//! What a split is to achieve, and how it is searched.

use serde::{Deserialize, Serialize};

/// What is maximised over the splits of a cell, with r the slices' satisfactions.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Objective {
    /// Σ ln(r + 1) (IDLA, equation (5)).
    #[default]
    LogSum,
    /// The least r of the cell's slices.
    MaxMin,
    /// Σ weight·r, the weights summing to 1.
    WeightedSum,
}

impl Objective {
    /// All objectives, the paper's first.
    pub const ALL: [Self; 3] = [Self::LogSum, Self::MaxMin, Self::WeightedSum];

    /// The name in JSON, addresses and on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::LogSum => "log-sum",
            Self::MaxMin => "max-min",
            Self::WeightedSum => "weighted-sum",
        }
    }

    /// What a change of a cell's split costs unless somebody says otherwise, in this objective's
    /// utility. Of the costs up to 0.05 tried on six simulated days it is the largest that breaks at
    /// most two promises of a thousand more than no cost (docs/figures.md).
    pub fn default_cost_of_change(self) -> f64 {
        match self {
            Self::LogSum => 0.02,
            Self::MaxMin => 0.05,
            Self::WeightedSum => 0.005,
        }
    }
}

/// How a cell's split is found.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Scheme {
    /// Exact curves, dynamic programming over the slices and a bound: ours.
    #[default]
    Exact,
    /// The paper's multi-start Lagrangian descent (IDLA, Algorithm 1).
    Idla,
    /// The best split on a grid of 0.05 by the estimator (IDLA, section V-C).
    Oracle,
    /// Shares in proportion to the slices' traffic (IDLA, section V-C).
    Traffic,
    /// The same share for each slice.
    Equal,
    /// A twin delayed policy-gradient agent per cell (IDLA, section V-C).
    Td3,
}

impl Scheme {
    /// All schemes, ours first.
    pub const ALL: [Self; 6] =
        [Self::Exact, Self::Idla, Self::Oracle, Self::Traffic, Self::Equal, Self::Td3];

    /// The name in JSON, addresses and on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Exact => "exact",
            Self::Idla => "idla",
            Self::Oracle => "oracle",
            Self::Traffic => "traffic",
            Self::Equal => "equal",
            Self::Td3 => "td3",
        }
    }
}
