//! The flags by which commands are told a problem of one slice.

use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use serde_json::Value;
use slicewise_core::formats::table::DecimalSign;
use slicewise_core::formats::traffic_csv::{self, TRAFFIC_COLUMN};
use slicewise_core::slice::Traffic;
use slicewise_core::slice::problem::SliceProblem;
use slicewise_slice::model::{DEFAULT_MODEL, shipped};

use crate::input_file::read_text;
use crate::table_file::{self, DecimalOption};

/// The problem, but for its traffic.
#[derive(clap::Args, Debug)]
pub struct ProblemOptions {
    /// Problem as the page exports it; the other options of the problem are then not allowed.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["qos", "degradation", "model", "confidence", "beyond_measurements", "granularity"])]
    problem: Option<PathBuf>,
    /// Network: testbed-ensemble, testbed-gaussian, testbed-mixture, delay-ensemble or delay.
    #[arg(long, default_value = DEFAULT_MODEL)]
    model: String,
    /// QoS threshold in the network's unit [default: the network's own].
    #[arg(long)]
    qos: Option<f64>,
    /// Largest expected share of users that miss the QoS threshold.
    #[arg(long, default_value_t = 0.1)]
    degradation: f64,
    /// Confidence with which the promise is to hold, given what was measured, or off [default: 0.95
    /// where the network can tell it].
    #[arg(long, value_name = "SHARE")]
    confidence: Option<String>,
    /// Allow allocations from nothing on and up to the network's default capacities, where nothing
    /// was measured.
    #[arg(long)]
    beyond_measurements: bool,
    /// Allocate in whole multiples of a step of each resource, in the order in which the plan names
    /// them, such as 100,1 for 100 millicores and 1 Mbit/s; 0 for any amount. For whole resource blocks
    /// give what one carries.
    #[arg(long, value_name = "STEP,STEP", value_delimiter = ',')]
    granularity: Option<Vec<f64>>,
}

/// The problem's traffic.
#[derive(clap::Args, Debug)]
pub struct TrafficOption {
    /// Traffic in users/s: a number, MEAN:DEVIATION, or a CSV file.
    #[arg(long, default_value = "3", conflicts_with = "problem")]
    traffic: String,
    #[command(flatten)]
    table: TrafficTable,
}

/// How a table of traffic is read.
#[derive(clap::Args, Debug)]
pub struct TrafficTable {
    /// Column of the users per second in a table of traffic [default: the only one, or the one whose
    /// heading says so].
    #[arg(long, value_name = "NAME")]
    traffic_column: Option<String>,
    /// Decimal sign of a table's numbers: point or comma [default: what the columns show].
    #[arg(long, value_name = "SIGN")]
    decimal: Option<DecimalOption>,
    /// Print what the columns of a table of traffic were taken for.
    #[arg(long)]
    explain: bool,
}

impl ProblemOptions {
    /// The file that holds the problem, where one was given.
    pub fn given(&self) -> Option<&Path> {
        self.problem.as_deref()
    }

    /// The problem that the flags describe. Without `traffic` it is that of a file, or a placeholder
    /// that the caller replaces.
    ///
    /// # Errors
    /// Says which file cannot be read, or which flag holds no number of the kind wanted.
    pub fn read(&self, traffic: Option<&TrafficOption>) -> anyhow::Result<SliceProblem> {
        if let Some(path) = self.given() {
            return exported_problem(&read_text(path)?);
        }
        let card = shipped(&self.model)?.card;
        let qos = self.qos.unwrap_or(card.output.threshold_default);
        let traffic = match traffic {
            Some(option) => parse_traffic(&option.traffic, &option.table)?,
            None => Traffic::Constant { users_per_second: 0.0 },
        };
        let mut problem = SliceProblem::single(&card, traffic, qos, self.degradation);
        if self.beyond_measurements {
            let confidence = problem.confidence;
            let traffic = problem.slices.swap_remove(0).traffic;
            problem = SliceProblem::in_whole_box(&card, traffic, qos, self.degradation);
            problem.confidence = confidence;
        }
        match self.confidence.as_deref() {
            None => (),
            Some("off") => problem.confidence = None,
            Some(text) => {
                let wrong =
                    || format!("--confidence is {text}; allowed: a share such as 0.95, or off");
                problem.confidence = Some(text.parse().with_context(wrong)?);
            }
        }
        if let Some(steps) = &self.granularity {
            if steps.len() != problem.resources.len() {
                let names: Vec<&str> = problem.resources.iter().map(|r| r.name.as_str()).collect();
                bail!(
                    "--granularity is {steps:?}; allowed: a step for each of {}",
                    names.join(", ")
                );
            }
            for (resource, step) in problem.resources.iter_mut().zip(steps) {
                resource.granularity = Some(*step).filter(|step| *step != 0.0);
            }
        }
        Ok(problem)
    }
}

/// A bare problem, or the `problem` of an exported plan.
fn exported_problem(text: &str) -> anyhow::Result<SliceProblem> {
    if let Ok(Value::Object(mut export)) = serde_json::from_str::<Value>(text)
        && let Some(problem) = export.remove("problem")
    {
        return Ok(SliceProblem::from_json(&problem.to_string())?);
    }
    Ok(SliceProblem::from_json(text)?)
}

fn parse_traffic(text: &str, table: &TrafficTable) -> anyhow::Result<Traffic> {
    if let Ok(users_per_second) = text.parse() {
        return Ok(Traffic::Constant { users_per_second });
    }
    if let Some((mean, deviation)) = text.split_once(':')
        && let (Ok(mean), Ok(deviation)) = (mean.parse(), deviation.parse())
    {
        return Ok(Traffic::Normal { mean, deviation });
    }
    let series = table.slots(Path::new(text)).with_context(|| {
        format!("--traffic is {text}; allowed: a number, MEAN:DEVIATION, or a readable table")
    })?;
    Ok(Traffic::from_series(&series)?)
}

impl TrafficTable {
    /// Users per second in each slot of the table in a file; says what was passed over.
    ///
    /// # Errors
    /// Names the file and what is wrong with it, or the option that answers what has to be chosen.
    pub fn slots(&self, path: &Path) -> anyhow::Result<Vec<f64>> {
        let place = || path.display().to_string();
        let asked = |error| table_file::asked(error, &[(TRAFFIC_COLUMN, "--traffic-column")]);
        let table = table_file::read(path, self.decimal.map(DecimalSign::from))?;
        let column = traffic_csv::column(&table, self.traffic_column.as_deref());
        if self.explain {
            let found = column.as_ref().ok().copied();
            let role = |index| if Some(index) == found { "users/s" } else { "passed over" };
            table_file::explain(&table.shown(role));
        }
        let read = column
            .and_then(|column| traffic_csv::of_column(&table, column))
            .map_err(asked)
            .with_context(place)?;
        for told in read.told {
            eprintln!("{}: {told}", path.display());
        }
        Ok(read.users_per_second)
    }
}
