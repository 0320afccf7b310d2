//! What every evaluator of a dense network has to pass, whatever it computes on.

use futures::executor::block_on;
use slicewise_core::ModelCard;
use slicewise_nets::dense::evaluator::Degradation;
use slicewise_nets::dense::head::Measure;
use slicewise_nets::dense::limits::Limits;
use slicewise_nets::dense::weights;
use slicewise_nets::{Evaluator, FusedEvaluator, Network};

/// The shipped networks of one member.
pub const FREE: [&str; 3] = ["testbed-gaussian", "testbed-mixture", "delay"];
/// The ensembles: batches on them are planned on the processor alone.
#[allow(dead_code, reason = "the kernels take no ensembles")]
pub const ENSEMBLES: [&str; 2] = ["testbed-ensemble", "delay-ensemble"];
const ROWS: usize = 150;

/// How near an evaluator comes to plain arithmetic in f64.
#[derive(Clone, Copy)]
pub struct Tolerance {
    /// Of a degradation.
    pub value: f64,
    /// Of a slope, as a part of the steepest one.
    pub slope: f64,
}

/// Evaluates the networks of these names under every measure; `is_sound` is asked after each batch.
pub fn conforms<E: Evaluator<Question = Degradation>>(
    names: &[&str],
    build: impl Fn(&Network) -> E,
    tolerance: Tolerance,
    is_sound: impl Fn(&E) -> bool,
) {
    let sampled = Measure::sampled(8, 3.0, 5);
    for name in names {
        let network = shipped(name);
        let mut evaluator = build(&network);
        assert_eq!(evaluator.inputs(), network.inputs());
        for measure in
            [Measure::Expected, sampled.clone(), Measure::Deterministic { deviations: 1.0 }]
        {
            degradations_agree(&network, &mut evaluator, measure, tolerance);
            assert!(is_sound(&evaluator), "{name}");
        }
    }
}

fn degradations_agree<E: Evaluator<Question = Degradation>>(
    network: &Network,
    evaluator: &mut E,
    measure: Measure,
    tolerance: Tolerance,
) {
    let name = &network.card.name;
    let (rows, thresholds) = (rows(), thresholds(network));
    let mut slopes = vec![0.0; 3 * ROWS];
    FusedEvaluator::new(network).gradients_now(
        &rows,
        &thresholds,
        &measure,
        &mut vec![0.0; ROWS],
        &mut slopes,
    );
    let steepest = slopes.iter().fold(0.0f64, |a, b| a.max(b.abs()));
    let question = Degradation { thresholds, measure };
    let (mut alone, mut values) = (vec![0.0; ROWS], vec![0.0; ROWS]);
    let mut gradients = vec![0.0; 3 * ROWS];
    block_on(evaluator.values(&rows, &question, &mut alone));
    block_on(evaluator.gradients(&rows, &question, &mut values, &mut gradients));
    for (index, row) in rows.chunks_exact(3).enumerate() {
        let outputs = network.outputs(row);
        let threshold = question.thresholds[index];
        let plain = network.head.value(&outputs, threshold, &question.measure);
        let plain = Limits::new(&network.card).apply(row, threshold, plain);
        for value in [alone[index], values[index]] {
            let message = format!("{name} {index}: {value} {plain}");
            assert!((value - plain).abs() < tolerance.value, "{message}");
        }
        for k in 0..3 {
            let (a, b) = (gradients[3 * index + k], slopes[3 * index + k]);
            assert!((a - b).abs() <= tolerance.slope * steepest, "{name} {index} {k}: {a} {b}");
        }
    }
}

fn rows() -> Vec<f64> {
    let row =
        |i: f64| [1.0 + (0.37 * i) % 4.0, 500.0 + (613.0 * i) % 3500.0, 5.0 + (7.3 * i) % 35.0];
    (0..ROWS).flat_map(|i| row(i as f64)).collect()
}

fn thresholds(network: &Network) -> Vec<f64> {
    let output = &network.card.output;
    let threshold = output.scale.forward(output.threshold_default);
    (0..ROWS).map(|i| threshold * (0.8 + 0.003 * i as f64)).collect()
}

fn shipped(name: &str) -> Network {
    // Asked at run time: a test compiled in another checkout may be run in this one.
    let manifest = std::env::var("CARGO_MANIFEST_DIR").unwrap();
    let folder = format!("{manifest}/../../models/slice/{name}");
    let card = std::fs::read_to_string(format!("{folder}/card.json")).unwrap();
    let bytes = std::fs::read(format!("{folder}/weights.safetensors")).unwrap();
    weights::load(&ModelCard::from_json(&card).unwrap(), &bytes).unwrap()
}
