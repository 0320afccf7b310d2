//! `slicewise generate first-view`: what the page shows before its engine has arrived.

use std::path::{Path, PathBuf};

use futures::executor::block_on;
use serde_json::{Value, json};
use slicewise_core::slice::Traffic;
use slicewise_core::slice::problem::SliceProblem;
use slicewise_optim::Unmonitored;
use slicewise_slice::charts::{curves, landscape};
use slicewise_slice::model::{DEFAULT_MODEL, shipped};
use slicewise_slice::{Effort, solve};

use crate::whole_file::write;

/// Users per second, QoS and degradation thresholds of the page's first problem.
const FIRST_PROBLEM: (f64, f64, f64) = (3.0, 5.0, 0.1);
/// Grid points per axis of the page's landscape, and points of its curves.
const FIRST_CHARTS: (usize, usize) = (44, 17);

/// Options of `generate first-view`.
#[derive(clap::Args, Debug)]
pub struct FirstView {
    /// Folder to write plan.json, landscape.json and curves.json to: app/precomputed.
    #[arg(long)]
    output: PathBuf,
}

/// Runs `slicewise generate first-view`.
pub fn run(options: &FirstView) -> anyhow::Result<()> {
    let folder = &options.output;
    let network = shipped(DEFAULT_MODEL)?;
    let (users_per_second, qos, degradation) = FIRST_PROBLEM;
    let traffic = Traffic::Constant { users_per_second };
    let problem = SliceProblem::single(&network.card, traffic, qos, degradation);
    let plan = block_on(solve(&network, &problem, Effort::default(), &Unmonitored, &mut ()))?;
    let allocation = plan.slices[0].allocation.clone();
    let (resolution, points) = FIRST_CHARTS;
    let field = block_on(landscape(&network, &problem, 0, &allocation, resolution, &Unmonitored))?;
    let curves = block_on(curves(&network, &problem, 0, points, &Unmonitored))?;
    std::fs::create_dir_all(folder)?;
    let mut told = serde_json::to_value(&plan)?;
    for drawn in ["history", "paths"] {
        told[drawn] = rounded(told[drawn].take(), PATH_DIGITS);
    }
    write_json(&folder.join("plan.json"), told)?;
    let mut picture = rounded(serde_json::to_value(&field)?, CHART_DIGITS);
    picture["degradation"] = json!(field.degradation.iter().map(coloured).collect::<Vec<_>>());
    write_json(&folder.join("landscape.json"), picture)?;
    write_json(&folder.join("curves.json"), rounded(serde_json::to_value(&curves)?, CHART_DIGITS))
}

fn write_json(path: &Path, value: Value) -> anyhow::Result<()> {
    write(path, value.to_string() + "\n")
}

/// Digits of the numbers behind charts: they need no more, and the page stays small.
const CHART_DIGITS: usize = 4;
/// Digits of how the search went, which is drawn over the landscape.
const PATH_DIGITS: usize = 3;

/// A degradation as exactly as a colour shows it: in steps of 0.005.
fn coloured(degradation: &f64) -> f64 {
    (200.0 * degradation).round() / 200.0
}

/// Numbers to `digits` digits.
fn rounded(value: Value, digits: usize) -> Value {
    match value {
        Value::Number(number) => match number.as_f64() {
            Some(number) if number.fract() != 0.0 => {
                let text = format!("{number:.*e}", digits - 1);
                json!(text.parse::<f64>().unwrap_or(number))
            }
            _ => Value::Number(number),
        },
        Value::Array(values) => {
            Value::Array(values.into_iter().map(|value| rounded(value, digits)).collect())
        }
        Value::Object(fields) => {
            let rounded = |(name, value)| (name, rounded(value, digits));
            Value::Object(fields.into_iter().map(rounded).collect())
        }
        other => other,
    }
}
