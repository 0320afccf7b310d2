//! The admission planner keeps within the capacity and does what its terms of constancy say.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use slicewise_core::seed::{self, Rng};
use slicewise_forecast::admission::solver::{AdmissionPlanner, Admitted, Constancy};
use slicewise_forecast::model::{Forecaster, LOSS_INPUTS, LearnedLoss, REJECTED, Size};
use slicewise_forecast::windows::{LOOK_BACK, Scale};
use slicewise_nets::recurrent::DenseStack;

const SLICES: usize = 4;

/// Networks with weights that nothing was learned with: what holds for them holds for all.
fn networks(seed: u64) -> (Forecaster, LearnedLoss) {
    let scale =
        |peak: f64| Scale { mean: 0.3 * peak, deviation: 0.2 * peak, change: 0.05 * peak, peak };
    let scales = [100.0, 80.0, 60.0, 40.0].map(scale).to_vec();
    let size = Size { regressor: vec![4], loss: vec![8] };
    let forecaster = Forecaster::drawn(&size, &scales, seed);
    let network = DenseStack::drawn(LOSS_INPUTS * SLICES, &[8, 8], 1, &mut seed::stream(seed, 1));
    (forecaster, LearnedLoss { network, scales, mean: 1.0, deviation: 3.0 })
}

fn window(forecaster: &Forecaster, generator: &mut impl Rng) -> Vec<f64> {
    let scales = forecaster.scales.iter();
    scales
        .flat_map(|scale| {
            (0..LOOK_BACK).map(|_| scale.peak * seed::uniform(generator)).collect::<Vec<_>>()
        })
        .collect()
}

fn state(generator: &mut impl Rng) -> Admitted {
    let served: Vec<usize> = (0..SLICES)
        .map(|_| {
            if seed::uniform(generator) < 0.4 {
                0
            } else {
                (400.0 * seed::uniform(generator)) as usize + 1
            }
        })
        .collect();
    let waited = served.iter().map(|steps| if *steps == 0 { 3 } else { 0 }).collect();
    Admitted { served, waited }
}

fn reserved(decision: &[f64]) -> f64 {
    decision.iter().map(|value| value.max(0.0)).sum()
}

#[test]
fn reservations_never_exceed_the_capacity_whatever_the_networks_say() {
    let mut generator = seed::stream(1, 2);
    for seed in 0..6 {
        let (forecaster, loss) = networks(seed);
        for capacity in [1e-3, 40.0, 110.0, 250.0] {
            let planner = AdmissionPlanner {
                forecaster: &forecaster,
                loss: &loss,
                capacity,
                constancy: Constancy::usual(),
            };
            for _ in 0..20 {
                let (window, state) = (window(&forecaster, &mut generator), state(&mut generator));
                let decision = planner.decide(&window, &state);
                assert!(reserved(&decision) <= capacity, "{decision:?} within {capacity}");
                assert!(decision.iter().all(|value| value.is_finite()));
            }
        }
    }
}

#[test]
fn without_a_price_no_choice_that_fits_is_learned_to_cost_less_at_a_steady_demand() {
    // Without changes from step to step the demands ahead are the last one.
    let (mut forecaster, mut loss) = networks(3);
    for scale in forecaster.scales.iter_mut().chain(&mut loss.scales) {
        scale.change = 1e-9;
    }
    let constancy = Constancy { tear_down_price: 0.0, headroom: 1.0, ..Constancy::usual() };
    let capacity = 130.0;
    let planner = AdmissionPlanner { forecaster: &forecaster, loss: &loss, capacity, constancy };
    let mut generator = seed::stream(2, 2);
    let mut scarce = 0;
    for _ in 0..40 {
        let window = window(&forecaster, &mut generator);
        let last: Vec<f64> =
            window.chunks(LOOK_BACK).map(|samples| samples[LOOK_BACK - 1]).collect();
        let wanted = forecaster.decide(&window);
        if reserved(&wanted) <= capacity {
            continue;
        }
        scarce += 1;
        let found = loss.cost(&planner.decide(&window, &Admitted::all(SLICES)), &last);
        for choice in 0..1usize << SLICES {
            let decision: Vec<f64> = (0..SLICES)
                .map(|slice| {
                    if choice >> slice & 1 == 1 {
                        wanted[slice]
                    } else {
                        REJECTED * forecaster.scales[slice].peak
                    }
                })
                .collect();
            if reserved(&decision) <= capacity {
                assert!(found <= loss.cost(&decision, &last) + 1e-6, "choice {choice:b}");
            }
        }
    }
    assert!(scarce > 10, "{scarce} of 40 windows do not fit");
}

#[test]
fn slices_that_are_served_stay_where_tearing_down_is_dear() {
    let (forecaster, loss) = networks(4);
    let constancy = Constancy { tear_down_price: 1e6, ..Constancy::usual() };
    let planner =
        AdmissionPlanner { forecaster: &forecaster, loss: &loss, capacity: 60.0, constancy };
    let mut generator = seed::stream(3, 2);
    for _ in 0..40 {
        let (window, state) = (window(&forecaster, &mut generator), state(&mut generator));
        let decision = planner.decide(&window, &state);
        for (slice, served) in state.served.iter().enumerate() {
            let wanted = forecaster.decide(&window)[slice] >= 0.0;
            assert!(
                *served == 0 || !wanted || decision[slice] >= 0.0,
                "slice {slice}: {decision:?}"
            );
        }
    }
}

#[test]
fn a_slice_comes_back_only_where_the_headroom_allows() {
    let (forecaster, loss) = networks(5);
    let constancy = Constancy { headroom: 0.5, ..Constancy::usual() };
    let capacity = 150.0;
    let planner = AdmissionPlanner { forecaster: &forecaster, loss: &loss, capacity, constancy };
    let mut generator = seed::stream(4, 2);
    for _ in 0..60 {
        let (window, state) = (window(&forecaster, &mut generator), state(&mut generator));
        let decision = planner.decide(&window, &state);
        let newly = decision.iter().zip(&state.served).any(|(p, served)| *p >= 0.0 && *served == 0);
        assert!(!newly || reserved(&decision) <= 0.5 * capacity + 1e-9);
    }
}
