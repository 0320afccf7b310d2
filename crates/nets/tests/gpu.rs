//! The kernels give the CPU's numbers on the shipped shapes, on whatever graphics processor there is.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod promised_device;
mod suite;

use burn::tensor::Device;
use futures::executor::block_on;
use slicewise_core::card::Architecture;
use slicewise_core::cells::Curves;
use slicewise_core::cells::card::EstimatorForm;
use slicewise_core::seed::{normal, stream, uniform};
use slicewise_core::slice::training::TrainingMoment;
use slicewise_nets::Network;
use slicewise_nets::dense::training::{Lesson, Rows, train};
use slicewise_nets::estimator::{Estimator, EstimatorEvaluator};
use slicewise_nets::gpu::{GpuDevice, GpuEstimator, GpuEvaluator, GpuNetwork};
use slicewise_nets::training::Settings;
use slicewise_optim::Unmonitored;

const IN_F32: suite::Tolerance = suite::Tolerance { value: 2e-5, slope: 1e-4 };

/// One test, because burn registers one device per process.
#[test]
fn kernels_and_trainings_on_the_device_give_the_numbers_of_the_processor() {
    let Some(device) = promised_device::device() else { return };
    println!("{} ({}), software: {}", device.adapter, device.backend, device.software);
    let kernels = |network: &Network| GpuEvaluator::new(GpuNetwork::new(network, &device));
    suite::conforms(&suite::FREE, kernels, IN_F32, |evaluator| evaluator.fault.is_none());
    trainings_agree(&device);
    curves_agree(&device);
}

fn curves_agree(device: &GpuDevice) {
    let knots = vec![0.0, 0.05, 0.1, 0.2, 0.4, 1.0];
    let form = EstimatorForm::Monotone { knots };
    let estimator = Estimator::random(form, 12, &[36, 24, 16, 16], 5).unwrap();
    let mut generator = stream(6, 0);
    let features: Vec<f64> = (0..12 * 1000).map(|_| uniform(&mut generator)).collect();
    let (mut exact, mut found) = (Curves::default(), Curves::default());
    EstimatorEvaluator::new(&estimator).curves(&features, &mut exact);
    let on_device = GpuEstimator::new(&estimator, device).unwrap();
    block_on(on_device.curves(&features, &mut found)).unwrap();
    assert_eq!((&found.offsets, &found.shares), (&exact.offsets, &exact.shares));
    let pairs = found.satisfaction.iter().zip(&exact.satisfaction);
    let worst = pairs.map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
    assert!(worst < 1e-5, "{worst}");
    let plain = Estimator::random(EstimatorForm::Plain, 12, &[8], 5).unwrap();
    assert!(GpuEstimator::new(&plain, device).is_none());
}

fn trainings_agree(gpu: &GpuDevice) {
    let rows = |seed: u64| {
        let mut generator = stream(seed, 0);
        let mut rows = Rows { width: 2, ..Rows::default() };
        for _ in 0..256 {
            let (x, y) = (uniform(&mut generator), uniform(&mut generator));
            rows.inputs.extend([x as f32, y as f32]);
            rows.targets.push((x - 2.0 * y + 0.2 * normal(&mut generator)) as f32);
        }
        rows
    };
    let (learned, held_back) = (rows(1), rows(2));
    for components in [1, 3] {
        let architecture = Architecture::free(vec![8, 8], 4, components);
        let lesson = Lesson {
            architecture: &architecture,
            rows: &learned,
            held_back: &held_back,
            start: None,
        };
        let settings =
            Settings { epochs: 3, batch: 64, learning_rate: 1e-2, weight_decay: 0.01, seed: 4 };
        let losses = |device: &Device| {
            let mut losses: Vec<TrainingMoment> = Vec::new();
            let mut learned = |moment| losses.push(moment);
            block_on(train(&lesson, &settings, device, &Unmonitored, &mut learned)).unwrap();
            losses
        };
        let (found, expected) = (losses(gpu.burn()), losses(&Device::flex()));
        assert_eq!(found.len(), 3);
        for (a, b) in found.iter().zip(&expected) {
            assert!((a.training_loss - b.training_loss).abs() < 1e-3, "{a:?} {b:?}");
            assert!((a.held_back_loss - b.held_back_loss).abs() < 1e-3, "{a:?} {b:?}");
        }
        assert!(found[2].training_loss < found[0].training_loss);
    }
}
