//! How long the fused evaluator takes per row, without burn, for one network or several:
//!
//! ```text
//! cargo run --release -p slicewise-nets --no-default-features --example evaluator_speed -- \
//!     models/slice/testbed-gaussian models/slice/testbed-mixture
//! ```
//!
//! Medians of 41 repeats on one core, in nanoseconds per row.

use std::fmt::Display;
use std::fs;
use std::hint::black_box;
use std::io;
use std::path::Path;
use std::time::Instant;

use slicewise_core::ModelCard;
use slicewise_core::seed::{stream, uniform};
use slicewise_nets::dense::enclosure::{Boxes, EnclosureEvaluator, LowerBound};
use slicewise_nets::dense::head::Measure;
use slicewise_nets::dense::weights;
use slicewise_nets::{FusedEvaluator, Network};

const REPEATS: usize = 41;
/// Rows per repeat, whatever the size of the batch.
const ROWS_PER_REPEAT: usize = 20_000;

fn main() -> io::Result<()> {
    for folder in std::env::args().skip(1) {
        let network = load(Path::new(&folder))?;
        println!("{}", network.card.name);
        for rows in [1, 16, 4096] {
            measure(&network, rows);
        }
    }
    Ok(())
}

fn load(folder: &Path) -> io::Result<Network> {
    let card = fs::read_to_string(folder.join("card.json"))?;
    let card = ModelCard::from_json(&card).map_err(unusable)?;
    weights::load(&card, &fs::read(folder.join("weights.safetensors"))?).map_err(unusable)
}

fn unusable(error: impl Display) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, error.to_string())
}

fn measure(network: &Network, rows: usize) {
    let (width, size) = (network.inputs(), 3 * network.head.components);
    let mut generator = stream(1, 0);
    let inputs: Vec<f64> = (0..rows)
        .flat_map(|_| &network.card.inputs)
        .map(|input| {
            let share = uniform(&mut generator);
            input.trained_minimum + share * (input.trained_maximum - input.trained_minimum)
        })
        .collect();
    let half_widths: Vec<f64> = (0..rows)
        .flat_map(|_| &network.card.inputs[1..])
        .map(|input| 0.01 * (input.trained_maximum - input.trained_minimum))
        .collect();
    // In the card's own scale, where the network's may be logarithmic: times do not depend on it.
    let thresholds = vec![network.card.output.threshold_default; rows];
    let mut values = vec![0.0; rows];
    let mut gradients = vec![0.0; rows * width];
    let mut distributions = vec![0.0; rows * size];
    let mut fused = FusedEvaluator::new(network);
    let expected = Measure::Expected;
    report("values", rows, || fused.values_now(&inputs, &thresholds, &expected, &mut values));
    report("gradients", rows, || {
        fused.gradients_now(&inputs, &thresholds, &expected, &mut values, &mut gradients);
    });
    report("distributions", rows, || fused.distributions_now(&inputs, &mut distributions));
    fused.distribution_columns_now(&inputs, &mut distributions);
    report("from known distributions", rows, || {
        fused.expected_from_columns(&distributions, &thresholds, &mut values);
    });
    black_box((&values, &gradients, &distributions));
    if let Some(mut enclosure) = EnclosureEvaluator::new(network) {
        let boxes = Boxes { centres: &inputs, half_widths: &half_widths, thresholds: &thresholds };
        let mut bounds = vec![LowerBound::default(); rows];
        report("lower bounds", rows, || enclosure.lower_bounds(&boxes, &mut bounds));
        black_box(bounds);
    }
}

fn report(what: &str, rows: usize, mut work: impl FnMut()) {
    let inner = (ROWS_PER_REPEAT / rows).max(1);
    let mut times: Vec<f64> = (0..REPEATS)
        .map(|_| {
            let start = Instant::now();
            (0..inner).for_each(|_| work());
            start.elapsed().as_secs_f64() * 1e9 / (inner * rows) as f64
        })
        .collect();
    times.sort_by(f64::total_cmp);
    println!("{rows:>6} rows  {what:<26} {:>9.1} ns per row", times[REPEATS / 2]);
}
