//! The tables of the MicroOpt paper on our networks.

pub mod rivals;

use slicewise_core::slice::problem::{Method, SliceProblem};
use slicewise_core::slice::{SlicePlan, Traffic};
use slicewise_nets::Network;
use slicewise_optim::{Halted, Unmonitored};

use crate::solver::{Effort, solve};

/// Methods of the tables, in the order in which they are printed.
pub const METHODS: [Method; 5] = [
    Method::Certified,
    Method::PrimalDual,
    Method::PeakAllocation,
    Method::ZeroSigma,
    Method::TwoSigma,
];
/// QoS thresholds of the sweep, in Mbit/s.
pub const QOS: [f64; 3] = [3.0, 4.0, 5.0];
/// Degradation thresholds of the sweep.
pub const DEGRADATION: [f64; 3] = [0.1, 0.2, 0.3];
/// Constant traffic of the sweep, in users/s.
pub const USERS: [f64; 5] = [1.0, 2.0, 3.0, 4.0, 5.0];

/// One problem of the sweep with its plan.
#[derive(Clone, Debug)]
pub struct Case {
    /// Traffic, in users/s.
    pub users: f64,
    /// QoS threshold, in Mbit/s.
    pub qos: f64,
    /// Degradation threshold.
    pub degradation: f64,
    /// What the method planned.
    pub plan: SlicePlan,
}

/// Solves one problem of the sweep.
///
/// # Errors
/// Names what the network does not allow.
pub async fn case(
    network: &Network,
    method: Method,
    users: f64,
    qos: f64,
    degradation: f64,
) -> Result<Case, Halted> {
    let traffic = Traffic::Constant { users_per_second: users };
    let mut problem = SliceProblem::in_whole_box(&network.card, traffic, qos, degradation);
    problem.method = method;
    let plan = solve(network, &problem, Effort::default(), &Unmonitored, &mut ()).await?;
    Ok(Case { users, qos, degradation, plan })
}

/// All 45 problems of the sweep (section VI-B) under one method.
///
/// # Errors
/// Names what the network does not allow.
pub async fn sweep(network: &Network, method: Method) -> Result<Vec<Case>, Halted> {
    let mut cases = Vec::new();
    for qos in QOS {
        for degradation in DEGRADATION {
            for users in USERS {
                cases.push(case(network, method, users, qos, degradation).await?);
            }
        }
    }
    Ok(cases)
}
