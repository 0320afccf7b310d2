//! Batches on a graphics processor: the plans of the processor, on whatever device there is.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

#[path = "../../nets/tests/promised_device/mod.rs"]
mod promised_device;

use std::time::Instant;

use burn::tensor::{DType, Device};
use futures::executor::block_on;
use slicewise_core::slice::batch::BatchPlans;
use slicewise_core::slice::sweep::{Axis, Quantity, Surface};
use slicewise_core::slice::{SliceProblem, Sweep, Traffic};
use slicewise_nets::Network;
use slicewise_nets::dense::reference::BurnEvaluator;
use slicewise_nets::gpu::GpuNetwork;
use slicewise_optim::Unmonitored;
use slicewise_slice::batch::{
    HOPELESS, Table, judge, questions, search, search_again, solve_with, span,
};
use slicewise_slice::gpu::{examination, solve};
use slicewise_slice::model::{NAMES, shipped};

/// A surface over traffic and QoS threshold, some of it beyond what the capacities allow.
fn surface(network: &Network, points: usize) -> Sweep {
    let output = &network.card.output;
    let traffic = Traffic::Normal { mean: 3.0, deviation: 0.6 };
    let problem = SliceProblem::in_whole_box(&network.card, traffic, output.threshold_default, 0.1);
    let (from, to) = (0.45 * output.threshold_default, 1.5 * output.threshold_default);
    Sweep::Surface(Surface {
        problem,
        x: Axis { quantity: Quantity::Traffic, from: 1.0, to: 4.5, points },
        y: Axis { quantity: Quantity::QosThreshold, from, to, points },
    })
}

/// Costs of plans that some search found, each within this of the others'.
const AGREEMENT: f64 = 1e-3;

fn assert_same_plans(who: &str, plans: &BatchPlans, reference: &BatchPlans) {
    assert_eq!(plans.feasible, reference.feasible, "{who}");
    let feasible = (0..plans.len()).filter(|index| plans.feasible[*index]);
    let worst = feasible
        .map(|index| (plans.costs[index] / reference.costs[index] - 1.0).abs())
        .fold(0.0, f64::max);
    println!("{who}: costs within {worst:.1e} of the fused evaluator's");
    assert!(worst < AGREEMENT, "{who}: {worst}");
}

#[test]
fn a_device_that_passes_its_examination_plans_as_the_fused_evaluator_and_burn_do() {
    let Some(device) = promised_device::device() else { return };
    let clock = Instant::now();
    let now = || 1e3 * clock.elapsed().as_secs_f64();
    for name in NAMES {
        let network = shipped(name).unwrap();
        // The kernels know no limits: such networks are planned on the processor.
        if !network.card.limits.is_empty() {
            continue;
        }
        let report = block_on(examination::examine(&network, &device, 0.0, &now)).unwrap();
        println!("{name} on {} ({}): {:?}", report.adapter, report.backend, report.cost);
        let sweep = surface(&network, 12);
        let questions = questions(&network, &sweep, 0, sweep.len());
        let table = Table::new(&network, span(&network, &sweep));
        let fused = block_on(solve_with(&network, Some(&table), &questions, &Unmonitored, &mut ()));
        let fused = fused.unwrap();
        assert!(fused.feasible.iter().filter(|feasible| **feasible).count() > 100, "{name}");

        let uploaded = GpuNetwork::new(&network, &device);
        let progress = &mut ();
        let plans = solve(&network, &uploaded, &table, &questions, &now, &Unmonitored, progress);
        assert_same_plans(&format!("{name}, kernels"), &block_on(plans).unwrap(), &fused);

        let burn = BurnEvaluator::new(&network, &Device::flex(), DType::F32);
        let found = block_on(search(&table, burn, &questions, &Unmonitored, &mut ())).unwrap();
        let mut plans = judge(&network, &questions, &found.points, found.evaluations);
        block_on(search_again(&network, &questions, &mut plans, HOPELESS, &Unmonitored)).unwrap();
        assert_same_plans(&format!("{name}, burn"), &plans, &fused);
    }
}
