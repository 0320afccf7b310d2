//! Fig. 11 of the MicroOpt paper: what plans promise beside what was measured near them.

use std::fmt::Write;

use anyhow::Context;
use serde_json::{Map, Value, json};
use slicewise_core::slice::SlicePlan;
use slicewise_core::slice::measured::{MeasuredCell, Nearby};
use slicewise_nets::Network;
use slicewise_slice::feedback::nearby;
use slicewise_slice::model::{DEFAULT_MODEL, measured, shipped};
use slicewise_slice::paper::rivals::Setting;

use super::rivals::{Run, Runs};

/// A plan beside the measurements.
struct Evidence {
    /// Expected degradation, by the network.
    promised: f64,
    /// Degradation threshold.
    threshold: f64,
    near: Nearby,
}

/// The plans of every method beside the measured cells of the testbed, as lines and as JSON.
///
/// # Errors
/// Says that nothing was measured of what the network tells.
pub fn beside_promises(network: &Network, runs: &Runs) -> anyhow::Result<(String, Value)> {
    let measured_by = shipped(DEFAULT_MODEL)?;
    let (output, other) = (&network.card.output, &measured_by.card.output);
    anyhow::ensure!(
        output.name == other.name && output.unit == other.unit,
        "model is {}; allowed for fig11: a network of {}, which was measured",
        network.card.name,
        other.name,
    );
    let cells = measured(&measured_by.card).context("no measured cells are shipped")?;
    let mut text = format!(
        "\n{:<16}  plans  judged  promised  measured  broken by two standard errors\n",
        "measured"
    );
    let mut methods = Map::new();
    for (name, runs_of_one) in &runs.methods {
        let kept = || runs_of_one.iter().filter(|run| run.plan.keeps_promises());
        let all: Vec<(&Run, Evidence)> = kept()
            .filter_map(|run| {
                let found = evidence(network, cells, &runs.settings[run.setting], &run.plan)?;
                Some((run, found))
            })
            .collect();
        let found: Vec<&Evidence> = all.iter().map(|(_, found)| found).collect();
        let total = Means::of(&found);
        // Writing to a string cannot fail.
        let _ = writeln!(
            text,
            "{name:<16}  {:>5}  {:>6}  {}  {:>4}",
            kept().count(),
            found.len(),
            total.as_ref().map_or_else(|| format!("{:>8}  {:>8}", "-", "-"), Means::columns),
            total.as_ref().map_or(0, |of| of.broken),
        );
        let mut value = total.map_or_else(|| json!({}), |of| of.json());
        value["plans"] = json!(kept().count());
        value["by_thresholds"] = by_thresholds(&runs.settings, &all);
        methods.insert(name.clone(), value);
    }
    let json = json!({
        "measured_by": measured_by.card.name,
        "methods": methods,
        // Section VI-E: the settings in which the testbed broke the promise slightly.
        "paper": { "broken": [
            { "degradation_threshold": 0.1, "qos": 3.0 },
            { "degradation_threshold": 0.2, "qos": 5.0 },
        ] },
    });
    Ok((text, json))
}

/// What was measured near a plan of one slice; nothing where no cell is near.
fn evidence(
    network: &Network,
    cells: &[MeasuredCell],
    setting: &Setting,
    plan: &SlicePlan,
) -> Option<Evidence> {
    let slice = plan.slices.first()?;
    let better = network.card.output.better;
    let inputs = [&[setting.traffic.mean()], &slice.allocation[..]].concat();
    let near = nearby(cells, &inputs, setting.qos, better)?;
    Some(Evidence { promised: slice.degradation, threshold: setting.degradation, near })
}

/// Means over several plans.
struct Means {
    judged: usize,
    promised: f64,
    measured: f64,
    /// Plans near which more is degraded than may be, by more than two standard errors.
    broken: usize,
}

impl Means {
    fn of(all: &[&Evidence]) -> Option<Self> {
        if all.is_empty() {
            return None;
        }
        let mean = |of: fn(&Evidence) -> f64| {
            all.iter().map(|found| of(found)).sum::<f64>() / all.len() as f64
        };
        let broken = |found: &&&Evidence| {
            found.near.degradation - 2.0 * found.near.standard_error > found.threshold
        };
        Some(Self {
            judged: all.len(),
            promised: mean(|found| found.promised),
            measured: mean(|found| found.near.degradation),
            broken: all.iter().filter(broken).count(),
        })
    }

    fn columns(&self) -> String {
        format!("{:>8.4}  {:>8.4}", self.promised, self.measured)
    }

    fn json(&self) -> Value {
        json!({
            "judged": self.judged,
            "mean_promised": self.promised,
            "mean_measured": self.measured,
            "broken_by_two_standard_errors": self.broken,
        })
    }
}

/// Means for each pair of thresholds.
fn by_thresholds(settings: &[Setting], all: &[(&Run, Evidence)]) -> Value {
    let mut pairs: Vec<(f64, f64)> =
        settings.iter().map(|setting| (setting.qos, setting.degradation)).collect();
    pairs.dedup();
    let parts = pairs.into_iter().filter_map(|(qos, degradation)| {
        let own: Vec<&Evidence> = all
            .iter()
            .filter(|(run, _)| {
                let setting = &settings[run.setting];
                (setting.qos, setting.degradation) == (qos, degradation)
            })
            .map(|(_, found)| found)
            .collect();
        let mut part = Means::of(&own)?.json();
        part["qos"] = json!(qos);
        part["degradation_threshold"] = json!(degradation);
        Some(part)
    });
    Value::Array(parts.collect())
}
