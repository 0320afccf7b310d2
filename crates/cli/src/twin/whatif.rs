//! `slicewise twin whatif`: what changes of a network bring, flow by flow and link by link.

use std::path::PathBuf;

use serde_json::{Value, json};
use slicewise_core::twin::{Answer, Scenario};
use slicewise_twin::problem::Problem;

use super::amounts::{percent, time};
use super::answer::{answer, corrected, flow_name, largest, sentence, table};
use super::network::{NetworkOptions, edits};

/// Options of `twin whatif`.
#[derive(clap::Args, Debug)]
pub struct TwinWhatIf {
    #[command(flatten)]
    network: NetworkOptions,
    /// Changes of the network: a JSON list such as [{"link-fails": "A-B"}].
    #[arg(long, value_name = "FILE")]
    edits: PathBuf,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

/// Runs `slicewise twin whatif`.
///
/// # Errors
/// Names the file, or the field of it, that cannot be used.
pub fn run(options: &TwinWhatIf) -> anyhow::Result<()> {
    let scenario = options.network.read()?;
    let sound = Problem::new(&scenario, &[])?;
    let before = answer(&sound);
    let problem = Problem::new(&scenario, &edits(&options.edits)?)?;
    let after = answer(&problem);
    let difference = Difference::of(&before, &after);
    if options.json {
        let found = json!({
            "before": table(&scenario, &before, &corrected(&sound)?),
            "after": table(&problem.scenario, &after, &corrected(&problem)?),
            "difference": difference.table(&scenario),
        });
        println!("{}", serde_json::to_string_pretty(&found)?);
        return Ok(());
    }
    println!("before: {}", sentence(&scenario, &before));
    println!("after:  {}", sentence(&problem.scenario, &after));
    difference.print(&scenario);
    Ok(())
}

/// After less before; NaN where either has no figure.
struct Difference {
    utilisation: Vec<f64>,
    mean_delay_s: Vec<f64>,
    p99_s: Vec<f64>,
    loss: Vec<f64>,
}

impl Difference {
    fn of(before: &Answer, after: &Answer) -> Self {
        let less = |before: &[f64], after: &[f64]| {
            before.iter().zip(after).map(|(before, after)| after - before).collect()
        };
        Self {
            utilisation: less(&before.links.utilisation, &after.links.utilisation),
            mean_delay_s: less(&before.flows.mean_delay_s, &after.flows.mean_delay_s),
            p99_s: less(&before.flows.p99_s, &after.flows.p99_s),
            loss: less(&before.flows.loss, &after.flows.loss),
        }
    }

    fn table(&self, scenario: &Scenario) -> Value {
        let flow = |index: usize| {
            json!({
                "flow": flow_name(scenario, index),
                "mean_delay_s": self.mean_delay_s[index],
                "p99_s": self.p99_s[index],
                "loss": self.loss[index],
            })
        };
        let link = |index: usize| {
            let utilisation = self.utilisation[index];
            json!({ "id": scenario.topology.links[index].id, "utilisation": utilisation })
        };
        json!({
            "flows": (0..self.mean_delay_s.len()).map(flow).collect::<Vec<_>>(),
            "links": (0..self.utilisation.len()).map(link).collect::<Vec<_>>(),
        })
    }

    fn print(&self, scenario: &Scenario) {
        println!("\nlinks that fill most");
        for index in largest(&self.utilisation) {
            let more = self.utilisation[index];
            if more > 0.0 {
                println!("{:<40} +{}", scenario.topology.links[index].id, percent(more));
            }
        }
        println!("\nflows that slow most");
        for index in largest(&self.mean_delay_s) {
            let more = self.mean_delay_s[index];
            if more > 0.0 {
                println!("{:<40} +{}", flow_name(scenario, index), time(more));
            }
        }
    }
}
