//! The `slicewise` command: plan, sweep, train, evaluate, reproduce, generate.

mod batch;
mod bench;
mod bench_batch;
mod bench_cells;
mod cell_data;
mod day;
mod evaluate;
mod forecast;
mod forecast_models;
mod forecast_paper;
mod generate;
mod generate_cells;
mod generate_city;
mod gpu;
mod model_folder;
mod output_file;
mod plan;
mod plan_cells;
mod problem;
mod reproduce;
mod reproduce_idla;
mod sweep;
mod train;

use clap::{Parser, Subcommand};

/// Plans 5G network slices.
#[derive(Parser)]
#[command(name = "slicewise", version)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Find the cheapest allocation that keeps the promises.
    #[command(subcommand)]
    Plan(plan::Plan),
    /// Plan a surface: one problem with two of its numbers varied.
    Sweep(sweep::SweepOptions),
    /// Plan every interval of a day of traffic.
    Day(day::DayOptions),
    /// Reserve capacity for every step of a trace with a trained forecaster.
    Forecast(forecast::ForecastOptions),
    /// Train a network on measurements.
    #[command(subcommand)]
    Train(train::Train),
    /// Measure how well a network describes measurements.
    #[command(subcommand)]
    Evaluate(evaluate::Evaluate),
    /// Reproduce the tables of the papers.
    #[command(subcommand)]
    Reproduce(reproduce::Reproduce),
    /// Measure how long planning takes on this machine.
    Bench(bench::Bench),
    /// Make data with the project's own simulators.
    #[command(subcommand)]
    Generate(generate::Generate),
}

fn main() -> anyhow::Result<()> {
    match Arguments::parse().command {
        Command::Plan(plan) => plan::run(&plan),
        Command::Sweep(options) => sweep::run(&options),
        Command::Day(options) => day::run(&options),
        Command::Forecast(options) => forecast::forecast(&options),
        Command::Train(train) => train::run(&train),
        Command::Evaluate(evaluate) => evaluate::run(&evaluate),
        Command::Reproduce(reproduce) => reproduce::run(&reproduce),
        Command::Bench(options) => bench::run(&options),
        Command::Generate(generate) => generate::run(&generate),
    }
}
