//! The `slicewise` command: plan, train, evaluate, reproduce, generate.

mod evaluate;
mod generate;
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
    /// Train a network on measurements.
    #[command(subcommand)]
    Train(train::Train),
    /// Measure how well a network describes measurements.
    #[command(subcommand)]
    Evaluate(evaluate::Evaluate),
    /// Make data with the project's own simulators.
    #[command(subcommand)]
    Generate(generate::Generate),
}

fn main() -> anyhow::Result<()> {
    match Arguments::parse().command {
        Command::Train(train) => train::run(&train),
        Command::Evaluate(evaluate) => evaluate::run(&evaluate),
        Command::Generate(generate) => generate::run(&generate),
    }
}
