//! `slicewise generate demand`: demand of a named service, or a service after a trace.

use std::path::PathBuf;

use slicewise_core::forecast::{DEMAND_SEED, Service};
use slicewise_forecast::generator_fit::fit;

use super::demand::{GENERATED_DAYS, column, minute, service_name};
use crate::whole_file::write;

/// Options of `generate demand`.
#[derive(clap::Args, Debug)]
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

/// Runs `slicewise generate demand`.
pub fn run(options: &GenerateDemand) -> anyhow::Result<()> {
    if let Some(path) = &options.fit {
        let series = column(path, options.column.as_deref())?;
        println!("{:#?}", fit(&series, options.mean)?);
        return Ok(());
    }
    let name = service_name(&options.service)?;
    let series = Service::of(name).generate(name.as_str(), options.days, options.seed)?;
    let mut table = String::from("minutes_since_1970,demand_mbps\n");
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
