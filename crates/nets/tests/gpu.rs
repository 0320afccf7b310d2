//! The kernels give the CPU's numbers on the shipped shapes, on whatever graphics processor there is.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use futures::executor::block_on;
use slicewise_core::ModelCard;
use slicewise_nets::gpu::{GpuDevice, GpuEvaluator, GpuNetwork};
use slicewise_nets::head::Measure;
use slicewise_nets::{Evaluator, FusedEvaluator, Network, weights};

/// The device, or nothing where none is promised: `cargo xtask test` promises one.
fn device() -> Option<GpuDevice> {
    match block_on(GpuDevice::start()) {
        Ok(device) => Some(device),
        Err(fault) if std::env::var_os("SLICEWISE_GPU").is_none() => {
            println!("left out: {fault}");
            None
        }
        Err(fault) => panic!("{fault}"),
    }
}

fn shipped(name: &str) -> Network {
    let folder = format!("{}/../../models/slice/{name}", env!("CARGO_MANIFEST_DIR"));
    let card = std::fs::read_to_string(format!("{folder}/card.json")).unwrap();
    let bytes = std::fs::read(format!("{folder}/weights.safetensors")).unwrap();
    weights::load(&ModelCard::from_json(&card).unwrap(), &bytes).unwrap()
}

#[test]
fn kernels_give_the_numbers_of_the_fused_evaluator() {
    let Some(device) = device() else { return };
    println!("{} ({}), software: {}", device.adapter, device.backend, device.software);
    let sampled = Measure::sampled(8, 3.0, 5);
    for name in ["testbed-gaussian", "testbed-mixture", "delay"] {
        let network = shipped(name);
        let mut gpu = GpuEvaluator::new(GpuNetwork::new(&network, &device));
        let mut cpu = FusedEvaluator::new(&network);
        let rows: Vec<f64> = (0..150)
            .flat_map(|i| {
                let i = f64::from(i);
                [1.0 + (0.37 * i) % 4.0, 500.0 + (613.0 * i) % 3500.0, 5.0 + (7.3 * i) % 35.0]
            })
            .collect();
        let output = &network.card.output;
        let threshold = output.scale.forward(output.threshold_default);
        let thresholds: Vec<f64> =
            (0..150).map(|i| threshold * (0.8 + 0.003 * f64::from(i))).collect();
        for measure in
            [Measure::Expected, sampled.clone(), Measure::Deterministic { deviations: 1.0 }]
        {
            let (mut expected, mut slopes) = (vec![0.0; 150], vec![0.0; 450]);
            cpu.gradients_now(&rows, &thresholds, &measure, &mut expected, &mut slopes);
            let (mut found, mut derivatives) = (vec![0.0; 150], vec![0.0; 450]);
            block_on(gpu.gradients(&rows, &thresholds, &measure, &mut found, &mut derivatives));
            assert_eq!(gpu.fault, None);
            let steepest = slopes.iter().fold(0.0f64, |a, b| a.max(b.abs()));
            for i in 0..150 {
                assert!(
                    (found[i] - expected[i]).abs() < 2e-5,
                    "{name} {i}: {} {}",
                    found[i],
                    expected[i]
                );
                for k in 0..3 {
                    let (a, b) = (derivatives[3 * i + k], slopes[3 * i + k]);
                    assert!((a - b).abs() < 1e-4 * steepest, "{name} {i} {k}: {a} {b}");
                }
            }
        }
    }
}
