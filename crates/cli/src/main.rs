//! The `slicewise` command: a verb, then what it is done to.

mod cells;
mod compute;
mod forecast;
mod input_file;
mod model_folder;
mod progress;
mod slice;
mod table_file;
#[cfg(test)]
mod tests;
mod threads;
mod time_zone;
mod twin;
mod whole_file;

use std::panic::PanicHookInfo;
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand};

/// Plans 5G network slices.
#[derive(Parser)]
#[command(name = "slicewise", version)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Find the cheapest allocation that keeps the promises.
    #[command(subcommand)]
    Plan(Plan),
    /// Plan a surface: one slice's problem with two of its numbers varied.
    Sweep(slice::sweep::SweepOptions),
    /// Plan every interval of a slice's day of traffic.
    Day(slice::day::DayOptions),
    /// Train a network on measurements.
    #[command(subcommand)]
    Train(Train),
    /// Measure how well a network describes measurements.
    #[command(subcommand)]
    Evaluate(Evaluate),
    /// Reproduce the tables of the papers.
    #[command(subcommand)]
    Reproduce(Reproduce),
    /// Measure how long planning takes on this machine.
    Bench(Bench),
    /// Make data with the project's own simulators.
    #[command(subcommand)]
    Generate(Generate),
    /// See what a network does to its flows, before you touch it.
    #[command(subcommand)]
    Twin(Twin),
    /// The former name of `plan forecast`.
    #[command(hide = true)]
    Forecast(forecast::plan::PlanForecast),
}

/// What to plan.
#[derive(Debug, Subcommand)]
enum Plan {
    /// CPU and bandwidth of slices.
    Slice(slice::plan::PlanSlice),
    /// The splits of all cells of a KPI table.
    Cells(cells::plan::PlanCells),
    /// The capacity to reserve for every step of a trace, by a trained forecaster.
    Forecast(forecast::plan::PlanForecast),
}

/// What to ask of a network.
#[derive(Debug, Subcommand)]
enum Twin {
    /// Delay, jitter and loss of every flow.
    Answer(twin::answer::TwinAnswer),
    /// What changes bring, flow by flow and link by link.
    Whatif(twin::whatif::TwinWhatIf),
    /// Every failure, and what it breaks.
    Failures(twin::failures::TwinFailures),
    /// A better routing, as a list of changes, with a bound on any other.
    Optimise(twin::optimise::TwinOptimise),
    /// The formula's answer beside a simulation, packet by packet.
    Simulate(twin::simulate::TwinSimulate),
    /// A network written in another format, or its answer as a table.
    Convert(twin::convert::TwinConvert),
    /// Give a trained network intervals that hold on networks that it has not seen.
    Calibrate(twin::calibrate::TwinCalibrate),
    /// What growing traffic breaks in which quarter, and the cheapest capacities that carry it.
    Grow(twin::grow::TwinGrow),
    /// What is wrong with a network, by what was measured of it.
    Diagnose(twin::diagnose::TwinDiagnose),
}

/// What to train.
#[derive(Debug, Subcommand)]
enum Train {
    /// A network of a slice's QoS over traffic and allocation.
    Slice(slice::train::TrainSlice),
    /// An estimator of a slice's satisfaction over its share of a cell.
    #[command(alias = "cell")]
    Cells(cells::train::TrainCells),
    /// A planner of reservations and the loss it learns with.
    Forecast(forecast::train::TrainForecast),
    /// A planner of admissions and reservations for the four generated services.
    Admission(forecast::train_admission::TrainAdmission),
    /// Networks that correct what theory says: of scheduled ports, or hop by hop from measured runs.
    Twin(twin::train::TrainTwin),
}

/// What to evaluate.
#[derive(Debug, Subcommand)]
enum Evaluate {
    /// A network of a slice's QoS.
    Slice(slice::evaluate::EvaluateSlice),
    /// An estimator of a slice's satisfaction, beside its trivial rivals.
    #[command(alias = "cell")]
    Cells(cells::evaluate::EvaluateCells),
    /// A planner of reservations on a trace.
    Forecast(forecast::evaluate::EvaluateForecast),
    /// A model of a network's delays on runs of a packet-level simulator.
    Twin(twin::evaluate::EvaluateTwin),
    /// The diagnosis of networks, on seeded faults and healthy runs of a packet-level simulator.
    TwinDiagnosis(twin::diagnose::EvaluateDiagnosis),
}

/// Which paper.
#[derive(Debug, Subcommand)]
enum Reproduce {
    /// MicroOpt: Table I, the mean cost of the sweep, the ablation.
    Microopt(slice::reproduce::Microopt),
    /// IDLA: the online experiment, all schemes in closed loop with the simulated network.
    Idla(cells::reproduce::Idla),
    /// Loss meta-learning: both use cases over several seeds, and what joint training costs.
    LossMetaLearning(forecast::reproduce::LossMetaLearning),
    /// Digital twin network: how well delays are told on networks that were never seen, and how low the fullest link
    /// of published instances is routed.
    DigitalTwinNetwork(twin::reproduce::DigitalTwinNetwork),
}

/// Options of `bench`, which alone is `bench slice`.
#[derive(Args, Debug)]
#[command(args_conflicts_with_subcommands = true)]
struct Bench {
    #[command(subcommand)]
    measurement: Option<Measurement>,
    /// As in `bench slice`.
    #[arg(long, hide = true, default_value_t = slice::bench::REPEATS)]
    repeats: usize,
}

/// What to measure.
#[derive(Debug, Subcommand)]
enum Measurement {
    /// Times of single plans, fused beside burn.
    Slice(slice::bench::SliceTimes),
    /// Problems per second of batches of growing size, on every device, in one run.
    Batch(slice::bench_batch::BatchTimes),
    /// How close batches come to certified plans on random problems.
    Quality(slice::bench_batch::BatchQuality),
    /// Cells per second of cities of growing size, and all schemes on random cells.
    Cells(cells::bench::CellTimes),
}

impl Bench {
    fn measurement(self) -> Measurement {
        let slice = slice::bench::SliceTimes { repeats: self.repeats, competing: None };
        self.measurement.unwrap_or(Measurement::Slice(slice))
    }
}

/// What to generate.
#[derive(Debug, Subcommand)]
enum Generate {
    /// Packet delays of a gNB limited by CPU followed by a link limited by bandwidth.
    SliceDelay(slice::generate::SliceDelay),
    /// A day of slice traffic in 5-minute slots.
    DailyTraffic(slice::generate::DailyTraffic),
    /// Demand of a named service in 5-minute steps; or its parameters, fitted to a trace.
    Demand(forecast::generate::GenerateDemand),
    /// The answer that the page shows before its engine has arrived.
    FirstView(slice::first_view::FirstView),
    /// The KPI table of a synthetic city, to try `plan cells` with.
    City(cells::generate::city::GenerateCity),
    /// The KPI table of a run of the simulated network of twelve cells.
    Cells(cells::generate::network::GenerateCells),
    /// Runs of networks, packet by packet, to train and to evaluate on.
    Twin(twin::generate::GenerateTwin),
}

fn main() -> ExitCode {
    std::panic::set_hook(end_with_the_reader(std::panic::take_hook()));
    match run(Arguments::parse().command) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // The error's own form for debugging would add a stack trace where RUST_BACKTRACE asks for one.
            eprintln!("Error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// Ends without a word where whoever reads the output has seen enough, as `head` has; `println!` would call
/// that a fault of the program.
fn end_with_the_reader(otherwise: PanicHook) -> PanicHook {
    Box::new(move |panic| {
        let is_unread = panic.payload_as_str().is_some_and(|message| {
            message.starts_with("failed printing to stdout") && message.contains("Broken pipe")
        });
        if is_unread {
            std::process::exit(0);
        }
        otherwise(panic);
    })
}

type PanicHook = Box<dyn Fn(&PanicHookInfo<'_>) + Send + Sync>;

fn run(command: Command) -> anyhow::Result<()> {
    match command {
        Command::Plan(Plan::Slice(options)) => slice::plan::run(&options),
        Command::Plan(Plan::Cells(options)) => cells::plan::run(&options),
        Command::Plan(Plan::Forecast(options)) | Command::Forecast(options) => {
            forecast::plan::run(&options)
        }
        Command::Sweep(options) => slice::sweep::run(&options),
        Command::Day(options) => slice::day::run(&options),
        Command::Train(Train::Slice(options)) => slice::train::run(&options),
        Command::Train(Train::Cells(options)) => cells::train::run(&options),
        Command::Train(Train::Forecast(options)) => forecast::train::run(&options),
        Command::Train(Train::Admission(options)) => forecast::train_admission::run(&options),
        Command::Train(Train::Twin(options)) => twin::train::run(&options),
        Command::Evaluate(Evaluate::Slice(options)) => slice::evaluate::run(&options),
        Command::Evaluate(Evaluate::Cells(options)) => cells::evaluate::run(&options),
        Command::Evaluate(Evaluate::Forecast(options)) => forecast::evaluate::run(&options),
        Command::Evaluate(Evaluate::Twin(options)) => twin::evaluate::run(&options),
        Command::Evaluate(Evaluate::TwinDiagnosis(options)) => twin::diagnose::evaluate(&options),
        Command::Reproduce(Reproduce::Microopt(options)) => slice::reproduce::run(&options),
        Command::Reproduce(Reproduce::Idla(options)) => cells::reproduce::run(&options),
        Command::Reproduce(Reproduce::LossMetaLearning(options)) => {
            forecast::reproduce::run(&options)
        }
        Command::Reproduce(Reproduce::DigitalTwinNetwork(options)) => {
            twin::reproduce::run(&options)
        }
        Command::Bench(bench) => match bench.measurement() {
            Measurement::Slice(options) => slice::bench::run(&options),
            Measurement::Batch(options) => slice::bench_batch::times(&options),
            Measurement::Quality(options) => slice::bench_batch::quality(&options),
            Measurement::Cells(options) => cells::bench::run(&options),
        },
        Command::Generate(Generate::SliceDelay(options)) => slice::generate::slice_delay(&options),
        Command::Generate(Generate::DailyTraffic(options)) => {
            slice::generate::daily_traffic(&options)
        }
        Command::Generate(Generate::Demand(options)) => forecast::generate::run(&options),
        Command::Generate(Generate::FirstView(options)) => slice::first_view::run(&options),
        Command::Generate(Generate::City(options)) => cells::generate::city::run(&options),
        Command::Generate(Generate::Cells(options)) => cells::generate::network::run(&options),
        Command::Generate(Generate::Twin(options)) => twin::generate::run(&options),
        Command::Twin(Twin::Answer(options)) => twin::answer::run(&options),
        Command::Twin(Twin::Whatif(options)) => twin::whatif::run(&options),
        Command::Twin(Twin::Failures(options)) => twin::failures::run(&options),
        Command::Twin(Twin::Optimise(options)) => twin::optimise::run(&options),
        Command::Twin(Twin::Simulate(options)) => twin::simulate::run(&options),
        Command::Twin(Twin::Convert(options)) => twin::convert::run(&options),
        Command::Twin(Twin::Calibrate(options)) => twin::calibrate::run(&options),
        Command::Twin(Twin::Grow(options)) => twin::grow::run(&options),
        Command::Twin(Twin::Diagnose(options)) => twin::diagnose::run(&options),
    }
}
