//! `slicewise forecast`, and the forecast parts of train, evaluate and generate.

use std::io::Read;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use burn::tensor::Device;
use futures::executor::block_on;
use indicatif::{ProgressBar, ProgressStyle};
use serde_json::json;
use slicewise_core::forecast::{
    ALPHA, AdmissionTerms, DEMAND_SEED, DemandSeries, ForecasterCard, ReservationScore, Service,
    ServiceAgreement, ServiceName, TEST_DAYS, TRAINING_DAYS, cost_records, demand_csv, published,
};
use slicewise_forecast::admission::problem::AdmissionSetting;
use slicewise_forecast::admission::solver::{AdmissionPlanner, Constancy};
use slicewise_forecast::admission::training::admission_settings;
use slicewise_forecast::generator_fit::fit;
use slicewise_forecast::model::{Forecaster, LearnedLoss, NetworkSet, Size};
use slicewise_forecast::paper::admission::{AdmissionRun, run_overbooking, tabulate_admissions};
use slicewise_forecast::reservation::solver::reservations;
use slicewise_forecast::training::orders::{
    AdmissionOrder, Costs, LearnedPlanner, LearningOrder, learn, learn_admission,
};
use slicewise_forecast::training::{Moment, Settings};
use slicewise_forecast::windows::{Demands, LOOK_BACK, Scale};
use slicewise_optim::Unmonitored;

use crate::forecast_models;
use crate::model_folder::write_folder;
use crate::output_file::write;

/// How the table of the Barcelona cells begins, which holds several cells below one another.
const BARCELONA_HEADER: &str = "time,cell,";
/// How the table of kaNSaaS begins, whose minutes count from a Monday.
const KANSAAS_HEADER: &str = "minute,emBB_0,";
/// Share of a trace, its last part, that is held back unless told otherwise.
const USUAL_HELD_BACK: f64 = 1.0 / 3.0;
/// Days that are generated to train on.
const GENERATED_DAYS: usize = TRAINING_DAYS + TEST_DAYS;

/// Where demand comes from.
#[derive(clap::Args)]
pub struct DemandSource {
    /// Trace: a table with a column of time stamps and columns of demand.
    #[arg(long, conflicts_with = "service")]
    input: Option<PathBuf>,
    /// Column of the demand [default: the first one].
    #[arg(long)]
    column: Option<String>,
    /// Unit of the demand.
    #[arg(long, default_value = "Mbit/s")]
    unit: String,
    /// Minutes from one sample to the next [default: the shortest distance of two stamps].
    #[arg(long)]
    step_minutes: Option<u32>,
    /// Generated service: video-streaming, web-browsing, social-media or cloud-gaming.
    #[arg(long)]
    service: Option<String>,
}

/// What a step costs.
#[derive(clap::Args)]
pub struct AgreementOptions {
    /// Revenue of a step that is served in full [default: the peak of the demand before the part that
    /// is held back].
    #[arg(long)]
    revenue: Option<f64>,
    /// Penalty of a step that is not [default: that peak].
    #[arg(long)]
    penalty: Option<f64>,
    /// Price of a unit that was reserved and not used, per step.
    #[arg(long, default_value_t = 1.0)]
    overprovisioning_price: f64,
}

/// Options of `forecast`.
#[derive(clap::Args)]
pub struct ForecastOptions {
    #[command(flatten)]
    source: DemandSource,
    /// Name of shipped networks, or a folder with weights.safetensors and card.json.
    #[arg(long, default_value = "video-streaming", value_name = "NAME|FOLDER")]
    model: String,
    /// Plan in the scales of the trace instead of those that the networks were trained in.
    #[arg(long)]
    rescale: bool,
    /// Table to write: step, demand, reservation; or step and reservations where slices share a
    /// capacity.
    #[arg(long)]
    output: PathBuf,
}

/// Options of `train forecast`.
#[derive(clap::Args)]
pub struct TrainForecast {
    #[command(flatten)]
    source: DemandSource,
    #[command(flatten)]
    agreement: AgreementOptions,
    /// Learn costs from this table (columns decision, demand, cost) instead of an agreement.
    #[arg(long, conflicts_with_all = ["revenue", "penalty", "overprovisioning_price"])]
    records: Option<PathBuf>,
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

/// Options of `train admission`.
#[derive(clap::Args)]
pub struct TrainAdmission {
    /// Folder to write weights.safetensors and card.json to.
    #[arg(long)]
    output: PathBuf,
    /// Passes over the traces.
    #[arg(long, default_value_t = 24)]
    epochs: usize,
    /// Seed of the weights, the order and the exploration.
    #[arg(long, default_value_t = 1)]
    seed: u64,
}

/// Options of `evaluate forecast`.
#[derive(clap::Args)]
pub struct EvaluateForecast {
    #[command(flatten)]
    source: DemandSource,
    #[command(flatten)]
    agreement: AgreementOptions,
    /// Name of shipped networks, or a folder with weights.safetensors and card.json.
    #[arg(long, default_value = "video-streaming", value_name = "NAME|FOLDER")]
    model: String,
    /// Share of the trace, its last part, that is measured.
    #[arg(long, default_value_t = USUAL_HELD_BACK)]
    held_back: f64,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

/// Options of `generate demand`.
#[derive(clap::Args)]
pub struct GenerateDemand {
    /// Service to generate: video-streaming, web-browsing, social-media or cloud-gaming.
    #[arg(long, default_value = "video-streaming")]
    service: String,
    /// Days, from a Monday on.
    #[arg(long, default_value_t = GENERATED_DAYS)]
    days: usize,
    /// Seed of the noise, the bursts and the events.
    #[arg(long, default_value_t = DEMAND_SEED)]
    seed: u64,
    /// Table to write [default: the terminal].
    #[arg(long)]
    output: Option<PathBuf>,
    /// Instead of generating, fit the parameters to a column of this trace and print them.
    #[arg(long)]
    fit: Option<PathBuf>,
    /// Column of the trace [default: the first one].
    #[arg(long)]
    column: Option<String>,
    /// Mean demand that the fitted service is scaled to, in Mbit/s.
    #[arg(long, default_value_t = 100.0)]
    mean: f64,
}

/// Runs `slicewise forecast`.
pub fn forecast(options: &ForecastOptions) -> anyhow::Result<()> {
    let (card, NetworkSet { mut forecaster, loss, .. }) = forecast_models::read(&options.model)?;
    if let (Some(terms), Some(loss)) = (&card.admission_terms, &loss) {
        return forecast_admissions(options, &card, terms, &forecaster, loss);
    }
    let series = options.source.read()?;
    check_step(&card, &series)?;
    if options.rescale {
        forecaster.scales = vec![Scale::of(&series.values)];
    } else {
        warn_of_range(&card, &series);
    }
    let reserved = reservations(&forecaster, &series)?;
    let mut table = String::from("minutes_since_1970,demand,reservation\n");
    for (index, reserved) in reserved.iter().enumerate() {
        let step = index + LOOK_BACK;
        let demand = series.values.get(step).map_or(String::new(), f64::to_string);
        table += &format!("{},{demand},{reserved:.4}\n", minute(&series, step));
    }
    write(&options.output, table.as_bytes())
}

/// Plans all columns of a trace together; a rejected slice's field stays empty.
fn forecast_admissions(
    options: &ForecastOptions,
    card: &ForecasterCard,
    terms: &AdmissionTerms,
    forecaster: &Forecaster,
    loss: &LearnedLoss,
) -> anyhow::Result<()> {
    let Some(path) = &options.source.input else {
        bail!("{} plans {} slices: name their trace with --input", card.name, card.slices.len());
    };
    let columns =
        demand_csv::read(&read(path)?, &options.source.unit, options.source.step_minutes)?;
    let series: Vec<&DemandSeries> = columns.iter().map(|(series, _)| series).collect();
    if series.len() != card.slices.len() {
        let names = card.slices.iter().map(|slice| &slice.name[..]).collect::<Vec<_>>().join(", ");
        bail!("{} columns of demand; {} plans one each of {names}", series.len(), card.name);
    }
    for series in &series {
        check_step(card, series)?;
    }
    let demands = Demands::new(series.iter().map(|series| &series.values[..]).collect())?;
    let constancy = Constancy { steps_per_day: series[0].steps_per_day(), ..Constancy::usual() };
    let planner = AdmissionPlanner { forecaster, loss, capacity: terms.capacity, constancy };
    let decisions = planner.decide_all(&demands, LOOK_BACK..demands.steps());
    let mut table = String::from("minutes_since_1970");
    for series in &series {
        table += &format!(",{}", series.name);
    }
    for (index, decision) in decisions.iter().enumerate() {
        table += &format!("\n{}", minute(series[0], index + LOOK_BACK));
        for reserved in decision {
            let shown = if *reserved < 0.0 { String::new() } else { format!("{reserved:.4}") };
            table += &format!(",{shown}");
        }
    }
    write(&options.output, (table + "\n").as_bytes())
}

/// Minutes since 1970 at which `step` begins.
fn minute(series: &DemandSeries, step: usize) -> i64 {
    series.start_minute + step as i64 * i64::from(series.step_minutes)
}

fn check_step(card: &ForecasterCard, series: &DemandSeries) -> anyhow::Result<()> {
    if card.step_minutes != series.step_minutes {
        bail!(
            "{} has steps of {} minutes; {} was trained on steps of {}",
            series.name,
            series.step_minutes,
            card.name,
            card.step_minutes
        );
    }
    Ok(())
}

/// Tells where a trace leaves what the networks were trained on.
fn warn_of_range(card: &ForecasterCard, series: &DemandSeries) {
    let scale = Scale::of(&series.values);
    for slice in &card.slices {
        if scale.peak > 1.5 * slice.peak || 3.0 * scale.mean < slice.mean {
            eprintln!(
                "{}: mean {:.1}, peak {:.1}; {} was trained on mean {:.1}, peak {:.1} (--rescale \
                 plans in the trace's own scales)",
                series.name, scale.mean, scale.peak, card.name, slice.mean, slice.peak
            );
        }
    }
}

/// Runs `slicewise train forecast`.
pub fn train(options: &TrainForecast) -> anyhow::Result<()> {
    let series = options.source.read()?;
    let size = if options.paper_size { Size::of_the_paper() } else { Size::reduced() };
    let usual = Settings::reduced(options.seed);
    let cycles = usual.cycles.min(options.epochs);
    let settings = Settings { size, epochs: options.epochs, cycles, ..usual };
    let folder = options.output.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    let costs = match &options.records {
        Some(path) => Costs::Recorded(cost_records::read(&read(path)?)?),
        None => Costs::Agreement(options.agreement.of(&series, options.held_back)),
    };
    let order = LearningOrder {
        name: folder.to_owned(),
        costs,
        source: options.source.describe(),
        licence: if options.source.service.is_some() { "MIT OR Apache-2.0" } else { "unknown" }
            .to_owned(),
        series,
        held_back: options.held_back,
        start: None,
        rivals: options.rivals,
        settings,
        command: options.command(),
    };
    let (bar, mut observe) = epochs_shown(options.epochs)?;
    let mut observe = |moment: &Moment, _: Option<&LearnedLoss>| observe(moment);
    let learned = block_on(learn(&order, &Device::flex(), &Unmonitored, false, &mut observe))?;
    bar.finish();
    write_planner(&options.output, &learned)
}

impl TrainForecast {
    /// What has to be typed to make the same networks.
    fn command(&self) -> String {
        let mut command = format!(
            "slicewise train forecast {} --epochs {} --seed {}",
            self.source.arguments(),
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

fn file_name(path: &Path) -> String {
    path.file_name().map_or(String::new(), |name| name.to_string_lossy().into_owned())
}

/// Runs `slicewise train admission`.
pub fn train_admission(options: &TrainAdmission) -> anyhow::Result<()> {
    let usual = admission_settings(options.seed);
    let cycles = usual.cycles.min(options.epochs);
    let settings = Settings { epochs: options.epochs, cycles, ..usual };
    let folder = options.output.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    let order = AdmissionOrder {
        name: folder.to_owned(),
        setting: AdmissionSetting::usual(DEMAND_SEED)?,
        source: "the project's own generator of demand".to_owned(),
        licence: "MIT OR Apache-2.0".to_owned(),
        settings,
        command: format!(
            "slicewise train admission --epochs {} --seed {}",
            options.epochs, options.seed
        ),
    };
    let (bar, mut observe) = epochs_shown(options.epochs)?;
    let learned = block_on(learn_admission(&order, &Device::flex(), &Unmonitored, &mut observe))?;
    bar.finish();
    write_planner(&options.output, &learned)
}

/// A bar on the error stream, and what moves it.
fn epochs_shown(epochs: usize) -> anyhow::Result<(ProgressBar, impl FnMut(&Moment))> {
    let bar = ProgressBar::new(epochs as u64);
    bar.set_style(ProgressStyle::with_template(
        "{wide_bar} epoch {pos}/{len}  {msg}  {elapsed} of {duration}",
    )?);
    let shown = bar.clone();
    let observe = move |moment: &Moment| {
        shown.set_position(moment.epoch as u64);
        let (cost, error) = (moment.training_cost, moment.loss_error);
        shown.set_message(format!("cost {cost:.4}, loss network off by {error:.4}"));
    };
    Ok((bar, observe))
}

fn write_planner(folder: &Path, learned: &LearnedPlanner) -> anyhow::Result<()> {
    write_folder(folder, &learned.weights, &learned.card)?;
    for (name, value) in &learned.card.metrics {
        println!("{name}: {value:.4}");
    }
    Ok(())
}

/// Runs `slicewise evaluate forecast`.
pub fn evaluate(options: &EvaluateForecast) -> anyhow::Result<()> {
    let (card, NetworkSet { forecaster, loss, .. }) = forecast_models::read(&options.model)?;
    if let (Some(terms), Some(loss)) = (&card.admission_terms, &loss) {
        return evaluate_admission(options, terms, &forecaster, loss);
    }
    let series = options.source.read()?;
    check_step(&card, &series)?;
    let agreement = options.agreement.of(&series, options.held_back);
    agreement.validate()?;
    let reserved = reservations(&forecaster, &series)?;
    let from = LOOK_BACK.max(known(&series, options.held_back).len());
    let demand = &series.values[from..];
    let score = ReservationScore::of(&agreement, &reserved[from - LOOK_BACK..], demand);
    if options.json {
        let table = json!({"model": card.name, "steps": demand.len(), "score": score});
        println!("{}", serde_json::to_string_pretty(&table)?);
        return Ok(());
    }
    println!(
        "{} on {}: cost {:.4} per step, {:.4} of it over-provisioning, {:.2} % of the steps violated",
        card.name,
        series.name,
        score.cost,
        score.overprovisioning,
        100.0 * score.violations
    );
    Ok(())
}

/// Measures a planner of admissions on the test of the generated services, beside overbooking.
fn evaluate_admission(
    options: &EvaluateForecast,
    terms: &AdmissionTerms,
    forecaster: &Forecaster,
    loss: &LearnedLoss,
) -> anyhow::Result<()> {
    let setting =
        AdmissionSetting { terms: terms.clone(), ..AdmissionSetting::usual(DEMAND_SEED)? };
    let silent = &mut |_: f64| ();
    let decisions = block_on(setting.decisions(forecaster, loss, &Unmonitored, silent))?;
    let ours = AdmissionRun::of(&setting, &decisions)?;
    let benchmark = run_overbooking(&setting)?;
    let (table, margin) = tabulate_admissions(std::slice::from_ref(&ours), &benchmark);
    if options.json {
        let report = json!({"use_case_2": table, "use_case_2_margin": margin});
        println!("{}", serde_json::to_string_pretty(&report)?);
        return Ok(());
    }
    println!(
        "profit {:.4}, {:.1} % more than overbooking; uninterrupted for {:.2} h, {:.2} times as long",
        ours.score.profit,
        100.0 * margin.profit_gain,
        ours.score.mean_avst_hours(),
        margin.avst_ratio
    );
    Ok(())
}

/// Runs `slicewise generate demand`.
pub fn generate(options: &GenerateDemand) -> anyhow::Result<()> {
    if let Some(path) = &options.fit {
        let series = column(path, options.column.as_deref(), "Mbit/s", None)?;
        println!("{:#?}", fit(&series, options.mean)?);
        return Ok(());
    }
    let name = service_name(&options.service)?;
    let series = Service::of(name).generate(name.as_str(), options.days, options.seed)?;
    let mut table = String::from("minute,demand_mbps\n");
    for (step, value) in series.values.iter().enumerate() {
        table += &format!("{},{value:.4}\n", minute(&series, step));
    }
    match &options.output {
        Some(path) => write(path, table.as_bytes()),
        None => {
            print!("{table}");
            Ok(())
        }
    }
}

impl DemandSource {
    fn read(&self) -> anyhow::Result<DemandSeries> {
        match (&self.input, &self.service) {
            (Some(path), _) => column(path, self.column.as_deref(), &self.unit, self.step_minutes),
            (None, Some(service)) => {
                let name = service_name(service)?;
                Ok(Service::of(name).generate(name.as_str(), GENERATED_DAYS, DEMAND_SEED)?)
            }
            (None, None) => bail!("name a trace with --input, or a generated one with --service"),
        }
    }

    fn describe(&self) -> String {
        match &self.input {
            Some(path) => file_name(path),
            None => "the project's own generator of demand".to_owned(),
        }
    }

    fn arguments(&self) -> String {
        if let Some(service) = &self.service {
            return format!("--service {service}");
        }
        let mut arguments = format!("--input {}", self.describe());
        if let Some(column) = &self.column {
            arguments += &format!(" --column {column}");
        }
        if let Some(minutes) = self.step_minutes {
            arguments += &format!(" --step-minutes {minutes}");
        }
        arguments
    }
}

impl AgreementOptions {
    fn of(&self, series: &DemandSeries, held_back: f64) -> ServiceAgreement {
        let peak = known(series, held_back).iter().copied().fold(0.0, f64::max);
        let usual = 0.5 * ALPHA * peak * self.overprovisioning_price;
        ServiceAgreement {
            revenue: self.revenue.unwrap_or(usual),
            penalty: self.penalty.unwrap_or(usual),
            overprovisioning_price: self.overprovisioning_price,
        }
    }
}

/// Demand before the part of the trace that is held back.
fn known(series: &DemandSeries, held_back: f64) -> &[f64] {
    let steps = series.values.len();
    &series.values[..steps - ((held_back * steps as f64) as usize).min(steps)]
}

/// Reads one column of a trace, and says what was done to it.
fn column(
    path: &Path,
    column: Option<&str>,
    unit: &str,
    step_minutes: Option<u32>,
) -> anyhow::Result<DemandSeries> {
    let text = read(path)?;
    if text.starts_with(BARCELONA_HEADER) {
        return Ok(published::barcelona(&text, column.unwrap_or("PobleSec"))?.0);
    }
    let columns = if text.starts_with(KANSAAS_HEADER) {
        published::kansaas(&text)?
    } else {
        demand_csv::read(&text, unit, step_minutes)?
    };
    let names: Vec<String> = columns.iter().map(|(series, _)| series.name.clone()).collect();
    let wanted = |series: &DemandSeries| column.is_none_or(|name| series.name == name);
    let Some((series, treatment)) = columns.into_iter().find(|(series, _)| wanted(series)) else {
        bail!("no column {}; there are {}", column.unwrap_or_default(), names.join(", "));
    };
    if treatment != slicewise_core::forecast::Treatment::default() {
        eprintln!(
            "{}: {} steps filled, {} duplicates averaged, {} samples sorted",
            series.name, treatment.filled, treatment.duplicates, treatment.unsorted
        );
    }
    Ok(series)
}

fn service_name(text: &str) -> anyhow::Result<ServiceName> {
    let found = ServiceName::ALL.into_iter().find(|name| name.as_str() == text);
    found.with_context(|| {
        format!(
            "no service {text}; there are {}",
            ServiceName::ALL.map(ServiceName::as_str).join(", ")
        )
    })
}

/// The text of a file, decompressed where its name ends in `.gz`.
pub(crate) fn read(path: &Path) -> anyhow::Result<String> {
    let readable = || format!("cannot read {}", path.display());
    if path.extension().is_some_and(|extension| extension == "gz") {
        let mut text = String::new();
        let file = std::fs::File::open(path).with_context(readable)?;
        flate2::read::GzDecoder::new(file).read_to_string(&mut text).with_context(readable)?;
        return Ok(text);
    }
    std::fs::read_to_string(path).with_context(readable)
}
