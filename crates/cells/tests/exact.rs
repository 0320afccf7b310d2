//! What the exact solver relies on: curves that are the network.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use slicewise_cells::solver::exact::CURVE_ERROR;
use slicewise_core::cells::Curves;
use slicewise_core::cells::card::EstimatorForm;
use slicewise_core::seed::{stream, uniform};
use slicewise_nets::estimator::{Estimator, EstimatorEvaluator};
use slicewise_optim::separable::interpolate;

#[test]
fn curves_differ_from_networks_by_less_than_bounds_are_raised() {
    let knots = (0..=40).map(|k| f64::from(k) / 40.0).collect();
    let mut worst = 0.0f64;
    for form in [EstimatorForm::Plain, EstimatorForm::Monotone { knots }] {
        for seed in 0..4 {
            let mut estimator =
                Estimator::random(form.clone(), 12, &[36, 24, 16, 16], seed).unwrap();
            // Steeper than what training gives.
            let last = estimator.layers.last_mut().unwrap();
            last.weight.iter_mut().for_each(|weight| *weight *= 10.0);
            let mut generator = stream(3, seed);
            let features: Vec<f64> = (0..40 * 12).map(|_| uniform(&mut generator)).collect();
            let mut curves = Curves::default();
            EstimatorEvaluator::new(&estimator).curves(&features, &mut curves);
            for (slice, features) in features.chunks_exact(12).enumerate() {
                let (points, values) = curves.curve(slice);
                for k in 0..200 {
                    // Anywhere, and close to the points, where curves bend.
                    let x = match k % 2 {
                        0 => uniform(&mut generator),
                        _ => points[k % points.len()] + 1e-9 * (uniform(&mut generator) - 0.5),
                    };
                    let x = x.clamp(0.0, 1.0);
                    let found = interpolate(points, values, x);
                    worst = worst.max((found - estimator.satisfaction(x, features)).abs());
                }
            }
        }
    }
    println!("worst {worst:.1e}");
    assert!(worst <= 0.1 * CURVE_ERROR, "{worst}");
}
