//! `slicewise train forecast`: a planner of reservations and the loss it learns with.

use std::path::{Path, PathBuf};

use anyhow::{Context, anyhow, bail};
use burn::tensor::Device;
use futures::executor::block_on;
use slicewise_core::forecast::CostRecord;
use slicewise_core::forecast::cost_records::{self, RECORD_COLUMN, RecordColumns};
use slicewise_core::formats::table::{DecimalSign, UNCLEAR_SIGN};
use slicewise_forecast::model::{LearnedLoss, Size};
use slicewise_forecast::training::orders::{Costs, LearnedPlanner, LearningOrder, learn};
use slicewise_forecast::training::{Moment, Settings};
use slicewise_optim::Unmonitored;

use super::agreement::{AgreementOptions, USUAL_HELD_BACK};
use super::demand::file_name;
use super::service_demand::Demand;
use crate::model_folder::{model_name, write_folder};
use crate::progress::EpochBar;
use crate::table_file::{self, DecimalOption};

/// Options of `train forecast`.
#[derive(clap::Args, Debug)]
pub struct TrainForecast {
    #[command(flatten)]
    demand: Demand,
    #[command(flatten)]
    agreement: AgreementOptions,
    /// Learn costs from this table (columns decision, demand, cost) instead of an agreement.
    #[arg(long, conflicts_with_all = ["revenue", "penalty", "overprovisioning_price"])]
    records: Option<PathBuf>,
    /// Columns of that table with decision, demand and cost [default: those of these names].
    #[arg(long, value_name = "DECISION,DEMAND,COST", value_delimiter = ',', requires = "records")]
    record_columns: Option<Vec<String>>,
    /// Decimal sign of that table: point or comma [default: what the columns show].
    #[arg(long, value_name = "SIGN", requires = "records")]
    record_decimal: Option<DecimalOption>,
    /// Folder to write weights.safetensors and card.json to.
    #[arg(long)]
    output: PathBuf,
    /// Passes over the trace.
    #[arg(long, default_value_t = 12)]
    epochs: usize,
    /// Train the paper's size (128-128-64 and 256-256-128) instead of the reduced one.
    #[arg(long)]
    paper_size: bool,
    /// Train regressors of the same size on alpha-OMC, absolute error and pinball loss too, to compare.
    #[arg(long, conflicts_with = "records")]
    rivals: bool,
    /// Share of the trace, its last part, that is held back.
    #[arg(long, default_value_t = USUAL_HELD_BACK)]
    held_back: f64,
    /// Seed of the weights, the order and the exploration.
    #[arg(long, default_value_t = 1)]
    seed: u64,
}

/// The outcomes in the table at `path`.
fn recorded(path: &Path, options: &TrainForecast) -> anyhow::Result<Vec<CostRecord>> {
    let table = table_file::read(path, options.record_decimal.map(DecimalSign::from))?;
    let chosen = match options.record_columns.as_deref() {
        None => RecordColumns::default(),
        Some([decision, demand, cost]) => [decision, demand, cost].map(|name| Some(name.clone())),
        Some(names) => {
            let found = names.join(",");
            bail!("--record-columns is {found}; allowed: names of decision, demand and cost")
        }
    };
    let columns = cost_records::columns(&table, &chosen);
    let found = columns.and_then(|columns| cost_records::of_columns(&table, columns));
    let found = found.map_err(|error| match error.allowed == UNCLEAR_SIGN {
        true => anyhow!("{error} (--record-decimal)"),
        false => table_file::asked(error, &[(RECORD_COLUMN, "--record-columns")]),
    });
    found.with_context(|| path.display().to_string())
}

/// Runs `slicewise train forecast`.
pub fn run(options: &TrainForecast) -> anyhow::Result<()> {
    let series = options.demand.read()?;
    let size = if options.paper_size { Size::of_the_paper() } else { Size::reduced() };
    let usual = Settings::reduced(options.seed);
    let cycles = usual.cycles.min(options.epochs);
    let settings = Settings { size, epochs: options.epochs, cycles, ..usual };
    let costs = match &options.records {
        Some(path) => Costs::Recorded(recorded(path, options)?),
        None => Costs::Agreement(options.agreement.of(&series, options.held_back)),
    };
    let order = LearningOrder {
        name: model_name(&options.output).to_owned(),
        costs,
        source: options.demand.source.describe(),
        licence: if options.demand.source.service.is_some() {
            "MIT OR Apache-2.0"
        } else {
            "unknown"
        }
        .to_owned(),
        series,
        held_back: options.held_back,
        start: None,
        rivals: options.rivals,
        settings,
        command: options.command(),
    };
    let bar = EpochBar::new(options.epochs)?;
    let mut observe = |moment: &Moment, _: Option<&LearnedLoss>| show(&bar, moment);
    let learned = block_on(learn(&order, &Device::flex(), &Unmonitored, false, &mut observe))?;
    bar.finish();
    write_planner(&options.output, &learned)
}

impl TrainForecast {
    /// What has to be typed to make the same networks.
    fn command(&self) -> String {
        let mut command = format!(
            "slicewise train forecast {} --epochs {} --seed {}",
            self.demand.arguments(),
            self.epochs,
            self.seed
        );
        if self.paper_size {
            command += " --paper-size";
        }
        if self.rivals {
            command += " --rivals";
        }
        if self.held_back != USUAL_HELD_BACK {
            command += &format!(" --held-back {}", self.held_back);
        }
        if let Some(path) = &self.records {
            command += &format!(" --records {}", file_name(path));
        }
        let agreement = [("revenue", self.agreement.revenue), ("penalty", self.agreement.penalty)];
        for (name, value) in agreement {
            if let Some(value) = value {
                command += &format!(" --{name} {value}");
            }
        }
        if self.agreement.overprovisioning_price != 1.0 {
            let price = self.agreement.overprovisioning_price;
            command += &format!(" --overprovisioning-price {price}");
        }
        command
    }
}

/// Shows what came of an epoch.
pub fn show(bar: &EpochBar, moment: &Moment) {
    let (cost, error) = (moment.training_cost, moment.loss_error);
    bar.show(moment.epoch, format!("cost {cost:.4}, loss network off by {error:.4}"));
}

/// Writes what was learned to `folder` and prints how well it does.
pub fn write_planner(folder: &Path, learned: &LearnedPlanner) -> anyhow::Result<()> {
    write_folder(folder, &learned.weights, &learned.card)?;
    for (name, value) in &learned.card.metrics {
        println!("{name}: {value:.4}");
    }
    Ok(())
}
