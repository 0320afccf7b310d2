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
