//! Files of many plans: a table, or a document of the same rows.

use std::fmt::Write as _;
use std::path::Path;

use anyhow::bail;
use serde_json::{Map, Value, json};
use slicewise_core::slice::problem::SliceProblem;

use super::batch::Solved;

/// How a file of plans is written.
#[derive(Clone, Copy)]
pub enum Format {
    /// A table with a header row.
    Csv,
    /// The summary and the plans.
    Json,
}

impl Format {
    /// The format that the file's name ends in.
    ///
    /// # Errors
    /// Says which endings are allowed.
    pub fn of(path: &Path) -> anyhow::Result<Self> {
        match path.extension().and_then(|ending| ending.to_str()) {
            Some("csv") => Ok(Self::Csv),
            Some("json") => Ok(Self::Json),
            _ => bail!("output is {}; allowed: a file that ends in .csv or .json", path.display()),
        }
    }
}

/// Columns of a plan after its allocation.
pub const PLAN_COLUMNS: [&str; 5] =
    ["cost", "degradation", "degradation_multiplier", "feasible", "outside_measurements"];

/// Appends a plan's allocation and [`PLAN_COLUMNS`], and ends the line.
pub fn push_plan(text: &mut String, solved: &Solved, index: usize) {
    let plans = &solved.plans;
    for value in plans.allocation(index) {
        let _ = write!(text, "{value},");
    }
    let (cost, degradation) = (plans.costs[index], plans.degradations[index]);
    let (multiplier, feasible) = (plans.multipliers[index], plans.feasible[index]);
    let outside = plans.is_outside(index);
    let _ = writeln!(text, "{cost},{degradation},{multiplier},{feasible},{outside}");
}

/// A plan under its keys.
pub fn plan_row(problem: &SliceProblem, solved: &Solved, index: usize) -> Map<String, Value> {
    let plans = &solved.plans;
    let mut row = Map::new();
    for (resource, value) in problem.resources.iter().zip(plans.allocation(index)) {
        row.insert(resource.name.clone(), json!(value));
    }
    row.insert("cost".to_owned(), json!(plans.costs[index]));
    row.insert("degradation".to_owned(), json!(plans.degradations[index]));
    row.insert("degradation_multiplier".to_owned(), json!(plans.multipliers[index]));
    row.insert("feasible".to_owned(), json!(plans.feasible[index]));
    row.insert("outside_measurements".to_owned(), json!(plans.is_outside(index)));
    row
}
