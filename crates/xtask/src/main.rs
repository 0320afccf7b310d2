//! `cargo xtask`: set-up, build, serve, test, bench and screenshots of the workspace.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Result;
use clap::{Parser, Subcommand};
use slicewise_xtask::one_file::Choice;
use slicewise_xtask::workspace::Workspace;
use slicewise_xtask::{bench, checks, fuzz, one_file, screenshots, serve, site, soak};

#[derive(Parser)]
#[command(name = "cargo xtask", about = "Set-up, build, serve, test and bench of Slicewise")]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Set up what is missing, build the release site and serve it on this machine
    Serve {
        /// Port to serve on [default: the first free one from 8080]
        #[arg(long)]
        port: Option<u16>,
        /// Leave the browser alone
        #[arg(long)]
        no_open: bool,
    },
    /// Leave a relocatable site in dist/ and print its sizes after brotli
    Build,
    /// Write each planner as one HTML file that opens from a disk, and one with all of them, to dist/
    Single {
        /// The planner of the only file to write: slice, cells, forecast, twin or all [default: each]
        #[arg(long)]
        planner: Option<String>,
        /// Put the GPU engine in, too
        #[arg(long)]
        gpu: bool,
        /// A built site in place of dist/
        #[arg(long)]
        dist: Option<PathBuf>,
    },
    /// Run format, lints, docs, native tests, wasm tests and browser tests
    Test {
        /// Leave out the site, the wasm tests and the browser tests
        #[arg(long)]
        quick: bool,
    },
    /// Read damaged files of every format: nothing may panic or hang
    Fuzz {
        /// How long
        #[arg(long, default_value_t = 1.0)]
        minutes: f64,
    },
    /// Time the planner natively and in headless Chromium
    Bench,
    /// Take the README's pictures, one of each planner
    Screenshots,
    /// Have the page show itself at speed: the browser may not hold more as time goes on
    Soak {
        /// How long
        #[arg(long, default_value_t = 60.0)]
        minutes: f64,
    },
}

fn main() -> ExitCode {
    match run(&Arguments::parse().command) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(command: &Command) -> Result<()> {
    let workspace = Workspace::locate()?;
    match command {
        Command::Serve { port, no_open } => serve::serve(&workspace, *port, !no_open),
        Command::Build => site::build(&workspace),
        Command::Single { planner, gpu, dist } => {
            let dist = dist.as_deref();
            match planner {
                Some(name) => {
                    let choice = Choice::named(name)?;
                    one_file::run(&workspace, dist, std::iter::once(choice), *gpu)
                }
                None => one_file::run(&workspace, dist, Choice::every(), *gpu),
            }
        }
        Command::Test { quick } => checks::run(&workspace, *quick),
        Command::Fuzz { minutes } => fuzz::run(&workspace, *minutes),
        Command::Bench => bench::run(&workspace),
        Command::Screenshots => screenshots::run(&workspace),
        Command::Soak { minutes } => soak::run(&workspace, *minutes),
    }
}
