//! `slicewise reproduce loss-meta-learning`: both use cases over several seeds, what the learned losses
//! are worth, what joint training costs and what transfer saves.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};

use burn::tensor::Device;
use futures::executor::block_on;
use serde::Serialize;
use slicewise_core::forecast::{
    AdmissionTerms, DEMAND_SEED, ReservationMethod, ServiceName, published,
};
use slicewise_forecast::admission::problem::AdmissionSetting;
use slicewise_forecast::admission::training::admission_settings;
use slicewise_forecast::paper::admission::{
    AdmissionMargin, AdmissionResult, AdmissionRun, TrainingTimes, run_admission, run_overbooking,
    tabulate_admissions, training_times,
};
use slicewise_forecast::paper::reservation::{
    LearnedLossResult, MethodResult, ReservationRun, name_of, run_reservation, settings_for,
    table_settings, tabulate, tabulate_losses,
};
use slicewise_forecast::paper::transfer::{Transfer, transfer};
use slicewise_forecast::reservation::problem::Trace;
use slicewise_forecast::training::Settings;
use slicewise_optim::Unmonitored;

use crate::input_file::read_text;
use crate::threads::on_threads;

/// Days that are held back of the measured traces: a fortnight.
const MEASURED_TEST_DAYS: usize = 14;
/// Epochs within which transfer is compared.
const TRANSFER_EPOCHS: usize = 20;

/// Options of `reproduce loss-meta-learning`.
#[derive(clap::Args, Debug)]
pub struct LossMetaLearning {
    /// Print JSON.
    #[arg(long)]
    json: bool,
    /// Seeds per network.
    #[arg(long, default_value_t = 5)]
    seeds: u64,
    /// Seed of the generated demand; nothing was ever chosen by another one than the default.
    #[arg(long, default_value_t = DEMAND_SEED)]
    demand_seed: u64,
    /// Folder with milan/ and barcelona_lte/, whose last fortnights are planned too; without it only
    /// the generated services are.
    #[arg(long)]
    data: Option<PathBuf>,
    /// Trainings at a time.
    #[arg(long, default_value_t = 3)]
    threads: usize,
}

#[derive(Serialize)]
struct Report {
    use_case_1: BTreeMap<String, BTreeMap<&'static str, MethodResult>>,
    use_case_2: BTreeMap<&'static str, AdmissionResult>,
    use_case_2_margin: AdmissionMargin,
    admission_terms: AdmissionTerms,
    learned_loss: BTreeMap<String, LearnedLossResult>,
    training_time: TrainingTimes,
    transfer: Vec<Transfer>,
}

/// One training, with all that follows from it.
#[derive(Clone, Copy)]
enum Task {
    Admission(u64),
    Transfer(usize, usize),
    Reservation(usize, ReservationMethod, u64),
}

enum Done {
    Admission(AdmissionRun),
    Transfer(Transfer),
    Reservation(usize, ReservationRun),
}

/// Runs `slicewise reproduce loss-meta-learning`.
pub fn run(options: &LossMetaLearning) -> anyhow::Result<()> {
    let setting = AdmissionSetting::usual(options.demand_seed)?;
    let mut traces = Vec::new();
    for name in ServiceName::ALL {
        traces.push(Trace::generated(name, options.demand_seed)?);
    }
    if let Some(folder) = &options.data {
        traces.extend(measured(folder)?);
    }
    // Timed before anything else runs beside it.
    let timed = settings_for(traces[0].test_from, &table_settings());
    let times = block_on(training_times(&traces[0], &timed, &Device::flex(), &Unmonitored))?;
    let tasks = tasks(&traces, options.seeds);
    let finished = AtomicUsize::new(0);
    let done = on_threads(tasks.len(), options.threads, |index| {
        let (about, done) = train(tasks[index], &traces, &setting, options.seeds)?;
        let count = finished.fetch_add(1, Ordering::Relaxed) + 1;
        eprintln!("{count}/{} {about}", tasks.len());
        Ok(done)
    })?;
    let (mut admissions, mut transfers) = (Vec::new(), Vec::new());
    let mut reservations: Vec<Vec<ReservationRun>> = vec![Vec::new(); traces.len()];
    for done in done {
        match done {
            Done::Admission(run) => admissions.push(run),
            Done::Transfer(transfer) => transfers.push(transfer),
            Done::Reservation(trace, run) => reservations[trace].push(run),
        }
    }
    let (second, margin) = tabulate_admissions(&admissions, &run_overbooking(&setting)?);
    let runs = || traces.iter().zip(&reservations);
    let report = Report {
        use_case_1: runs()
            .map(|(trace, runs)| (trace.series.name.clone(), tabulate(trace, runs)))
            .collect(),
        use_case_2: second,
        use_case_2_margin: margin,
        admission_terms: setting.terms,
        learned_loss: runs()
            .filter_map(|(trace, runs)| Some((trace.series.name.clone(), tabulate_losses(runs)?)))
            .collect(),
        training_time: times,
        transfer: transfers,
    };
    if options.json {
        println!("{}", serde_json::to_string_pretty(&report)?);
    } else {
        print(&report);
    }
    Ok(())
}

/// Everything that is trained, the longest first.
fn tasks(traces: &[Trace], seeds: u64) -> Vec<Task> {
    let mut tasks: Vec<Task> = (0..seeds).map(Task::Admission).collect();
    tasks.extend((1..ServiceName::ALL.len()).map(|to| Task::Transfer(0, to)));
    for trace in 0..traces.len() {
        for method in ReservationMethod::ALL {
            tasks.extend((0..seeds).map(|seed| Task::Reservation(trace, method, seed)));
        }
    }
    tasks
}

fn train(
    task: Task,
    traces: &[Trace],
    setting: &AdmissionSetting,
    seeds: u64,
) -> anyhow::Result<(String, Done)> {
    let device = Device::flex();
    match task {
        Task::Admission(seed) => {
            let settings = admission_settings(seed);
            let run = block_on(run_admission(setting, &settings, &device, &Unmonitored))?;
            let (profit, hours) = (run.score.profit, run.score.mean_avst_hours());
            let about = format!("use case II, seed {seed}: profit {profit:.4}, {hours:.2} h");
            Ok((about, Done::Admission(run)))
        }
        Task::Transfer(from, to) => {
            let settings = Settings { epochs: TRANSFER_EPOCHS, cycles: 1, ..table_settings() };
            let (from, to) = (&traces[from], &traces[to]);
            let found = block_on(transfer(from, to, &settings, seeds, &device, &Unmonitored))?;
            Ok((describe(&found), Done::Transfer(found)))
        }
        Task::Reservation(index, method, seed) => {
            let trace = &traces[index];
            let settings = table_settings();
            let running = run_reservation(trace, method, &settings, seed, &device, &Unmonitored);
            let run = block_on(running)?;
            let about = format!(
                "{}, {}, seed {seed}: cost {:.4}",
                trace.series.name,
                name_of(method),
                run.score.cost
            );
            Ok((about, Done::Reservation(index, run)))
        }
    }
}

/// The measured traces of the data folder, their last fortnights held back.
fn measured(folder: &Path) -> anyhow::Result<Vec<Trace>> {
    let days = MEASURED_TEST_DAYS;
    let mut traces = Vec::new();
    let squares = read_text(&folder.join("milan/internet_10min_2cells.csv"))?;
    for square in published::milan(&squares)? {
        let name = square.name.replace("square_", "milan-");
        traces.push(Trace::measured(&name, square, days)?);
    }
    let cells = read_text(&folder.join("barcelona_lte/lte_10min.csv"))?;
    let cell = published::barcelona(&cells, "PobleSec")?;
    traces.push(Trace::measured("barcelona-poblesec", cell, days)?);
    Ok(traces)
}

fn print(report: &Report) {
    println!("use case I: cost, over-provisioning, violations; what ours saves and its p");
    for (service, methods) in &report.use_case_1 {
        for (method, result) in methods {
            println!(
                "{service:<18} {method:<20} {:.4} ± {:.4}  {:.4}  {:.4}  {:>6.1} %  {:.4}{}",
                result.cost.mean,
                result.cost.deviation,
                result.overprovisioning.mean,
                result.violations.mean,
                100.0 * result.our_saving,
                result.p,
                if result.knows_metric { "  knows the metric or the test" } else { "" },
            );
        }
    }
    println!("use case II: profit, violations, average uninterrupted service time");
    for (method, result) in &report.use_case_2 {
        println!(
            "{method:<20} {:.4} ± {:.4}  {:.4}  {:.2} h ({:.1} %)",
            result.profit.mean,
            result.profit.deviation,
            result.violations.mean,
            result.avst_hours.mean,
            result.avst_percent.mean
        );
    }
    let margin = report.use_case_2_margin;
    println!(
        "ours earns {:.1} % more (p {:.4}) and serves {:.2} times as long",
        100.0 * margin.profit_gain,
        margin.p,
        margin.avst_ratio
    );
    println!("learned loss: rank correlation, largest distance from the true optimum");
    for (service, result) in &report.learned_loss {
        println!(
            "{service:<18} {:.4} ± {:.4}  {:.4} ± {:.4} of the peak",
            result.rank_correlation.mean,
            result.rank_correlation.deviation,
            result.largest_distance.mean,
            result.largest_distance.deviation
        );
    }
    let times = report.training_time;
    println!(
        "training together {:.1} s, apart {:.1} + {:.1} s: {:.2} times",
        times.joint, times.regressor, times.loss, times.ratio
    );
    for found in &report.transfer {
        println!("{}", describe(found));
    }
}

fn describe(found: &Transfer) -> String {
    let reused = found.epochs_reused.map_or("never".to_owned(), |epochs| epochs.to_string());
    format!(
        "{} learned in {} epochs from nothing, in {reused} with the loss network of {}",
        found.to, found.epochs_from_nothing, found.from
    )
}
