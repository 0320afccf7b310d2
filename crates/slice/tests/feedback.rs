//! Measurements taken at a plan move the ensemble towards the members that foretold them.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use std::rc::Rc;

use futures::executor::block_on;
use slicewise_core::formats::measurements::Measurement;
use slicewise_core::formats::table::Table;
use slicewise_core::formats::table::numbers::NumberTable;
use slicewise_core::slice::{SlicePlan, SliceProblem, Traffic};
use slicewise_nets::Network;
use slicewise_optim::Unmonitored;
use slicewise_slice::feedback::{correct, corrected, weighed};
use slicewise_slice::model::shipped;
use slicewise_slice::{Effort, solve};

fn rows(qos: impl Fn(f64) -> f64) -> Vec<Measurement> {
    (0..60)
        .map(|index| Measurement {
            inputs: vec![3.0, 1700.0, 18.0],
            qos: qos(f64::from(index) / 59.0),
        })
        .collect()
}

#[test]
fn what_is_measured_moves_the_promise_towards_it() {
    let network = shipped("testbed-ensemble").unwrap();
    let threshold = network.card.output.scale.forward(4.6);
    let before = network.degradation(&[3.0, 1700.0, 18.0], threshold);
    let (low, high) = (rows(|share| 3.8 + 0.3 * share), rows(|share| 5.0 + 0.3 * share));
    let found = |rows: &[Measurement]| corrected(&network, rows, 4.6).unwrap().corrections;
    let (worse, better) = (found(&low), found(&high));
    assert_eq!((worse[0].measured, better[0].measured), (1.0, 0.0));
    assert_eq!((worse[0].promised, worse[0].rows), (before, 60));
    assert!(worse[0].corrected > better[0].corrected, "{worse:?} {better:?}");
    assert!(worse[0].corrected >= before - 1e-9 && better[0].corrected <= before + 1e-9);
}

#[test]
fn a_corrected_ensemble_stays_monotone_and_whole() {
    let network = shipped("testbed-ensemble").unwrap();
    let found = corrected(&network, &rows(|share| 4.0 + share), 4.0).unwrap();
    let changed = network.with_member_weights(&found.member_weights);
    let total: f64 = changed.head.fixed.unwrap().shares.iter().sum();
    assert!((total - 1.0).abs() < 1e-12, "{total}");
    assert_eq!(slicewise_slice::nature::broken_order(&changed, 20_000, 3), 0);
}

#[test]
fn rows_that_do_not_fit_are_named() {
    let network = shipped("testbed-ensemble").unwrap();
    let mut wrong = rows(|_| 4.0);
    wrong[2].qos = 0.0;
    assert_eq!(corrected(&network, &wrong, 4.0).unwrap_err().field, "row 3, qos");
    let gaussian = shipped("testbed-gaussian").unwrap();
    assert_eq!(corrected(&gaussian, &rows(|_| 4.0), 4.0).unwrap_err().field, "model");
}

/// Sixty seconds at `allocation` under 3 users/s, around `qos`.
fn table(allocation: &[f64], qos: f64) -> NumberTable {
    let at = format!("3,{},{}", allocation[0], allocation[1]);
    let rows = (0..60).map(|second| format!("{second},{at},{}\n", qos + 0.005 * f64::from(second)));
    let text = "second,n_users,cpu,bandwidth,qos\n".to_owned() + &rows.collect::<String>();
    NumberTable::of(&Table::read(&text).unwrap()).unwrap()
}

#[test]
fn the_plan_follows_what_was_measured_at_it() {
    let network = Rc::new(shipped("testbed-ensemble").unwrap());
    let traffic = Traffic::Constant { users_per_second: 3.0 };
    let problem = SliceProblem::single(&network.card, traffic, 4.6, 0.1);
    let planned = |network: &Network, problem: &SliceProblem| -> SlicePlan {
        block_on(solve(network, problem, Effort::default(), &Unmonitored, &mut ())).unwrap()
    };
    let before = planned(&network, &problem);
    let allocation = &before.slices[0].allocation;
    let after = |qos: f64| {
        let found = correct(&network, &problem, 0, &table(allocation, qos)).unwrap();
        let largest = found.member_weights.iter().copied().fold(0.0, f64::max);
        assert_eq!((found.member_weights.len(), largest), (10, 1.0));
        let member_weights = Some(found.member_weights.clone());
        let problem = SliceProblem { member_weights, ..problem.clone() };
        let text = serde_json::to_string(&problem).unwrap();
        let problem = SliceProblem::from_json(&text).unwrap();
        let network = weighed(network.clone(), &problem).unwrap();
        let plan = planned(&network, &problem);
        (found.corrections[0].clone(), plan)
    };
    let (worse, better) = (after(3.5), after(5.2));
    assert_eq!((worse.0.measured, better.0.measured, worse.0.rows), (1.0, 0.0, 60));
    // The members differ by what they say of that allocation: no further can they be moved.
    assert!(worse.0.corrected > worse.0.promised && better.0.corrected < better.0.promised);
    for plan in [worse.1, better.1] {
        assert!(plan.gap.unwrap() <= 1e-4, "{plan:?}");
        assert!((plan.cost / before.cost - 1.0).abs() > 1e-3, "the plan did not follow: {plan:?}");
    }
}

#[test]
fn a_table_or_weights_that_do_not_fit_are_named() {
    let network = Rc::new(shipped("testbed-ensemble").unwrap());
    let traffic = Traffic::Constant { users_per_second: 3.0 };
    let mut problem = SliceProblem::single(&network.card, traffic, 4.6, 0.1);
    let without = NumberTable::of(&Table::read("n_users,cpu,qos\n1,2,3\n").unwrap()).unwrap();
    assert_eq!(correct(&network, &problem, 0, &without).unwrap_err().field, "column bw");
    assert_eq!(
        correct(&network, &problem, 1, &table(&[1700.0, 18.0], 4.0)).unwrap_err().field,
        "slice"
    );
    problem.member_weights = Some(vec![1.0]);
    assert_eq!(weighed(network, &problem).unwrap_err().field, "member_weights");
}
