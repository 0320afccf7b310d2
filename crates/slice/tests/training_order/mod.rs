//! An order to train on rows that are known in closed form, for the tests of several crates.

use slicewise_core::card::{Architecture, Better, OutputField, Scale};
use slicewise_core::seed::{normal, stream, uniform};
use slicewise_core::slice::training::{InputColumn, TrainingOrder};

/// Deviation of the noise in the rows of [`order`].
pub const NOISE: f64 = 0.5;

/// Losses (training, held back) of the first epochs of `order(1)`, computed natively: the same
/// numbers must come out everywhere.
pub const LOSSES: [(f64, f64); 3] =
    [(1.235_334, 1.191_144), (0.988_780, 0.801_355), (0.400_331, 0.285_370)];

/// QoS without noise: falls with the traffic and rises with each resource, all between 0 and 10.
pub fn mean_qos(inputs: &[f64]) -> f64 {
    20.0 - inputs[0] + inputs[1..].iter().sum::<f64>()
}

/// 1,000 rows over the traffic and `resources` resources, each uniform between 0 and 10.
pub fn order(resources: usize) -> TrainingOrder {
    let mut generator = stream(11, 0);
    let mut rows = Vec::new();
    for _ in 0..1000 {
        let inputs: Vec<f64> = (0..=resources).map(|_| 10.0 * uniform(&mut generator)).collect();
        let qos = mean_qos(&inputs) + NOISE * normal(&mut generator);
        rows.extend(inputs);
        rows.push(qos);
    }
    let names = ["traffic", "antennas", "power", "storage"];
    let inputs = names[..=resources].iter().map(|name| InputColumn {
        name: (*name).to_owned(),
        unit: "units".to_owned(),
        default_capacity: 10.0,
    });
    TrainingOrder {
        name: "own".to_owned(),
        title: "Rows of a formula".to_owned(),
        inputs: inputs.collect(),
        output: OutputField {
            name: "quality".to_owned(),
            unit: "points".to_owned(),
            better: Better::Higher,
            scale: Scale::Linear,
            measured_minimum: 0.0,
            measured_maximum: 0.0,
            threshold_minimum: 1.0,
            threshold_maximum: 40.0,
            threshold_default: 20.0,
        },
        source: "a formula".to_owned(),
        licence: "none needed".to_owned(),
        rows,
        architecture: Architecture::free(vec![8, 8], 4, 1),
        start_from: None,
        epochs: LOSSES.len(),
        batch: 32,
        learning_rate: 1e-2,
        weight_decay: 0.01,
        seed: 7,
    }
}
