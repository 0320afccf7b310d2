//! The figures of the MicroOpt paper with its rivals, and with those that it leaves out.

use std::fmt::Write;
use std::time::Instant;

use futures::executor::block_on;
use serde_json::{Map, Value, json};
use slicewise_core::slice::problem::Method;
use slicewise_core::slice::{SlicePlan, Traffic};
use slicewise_nets::Network;
use slicewise_optim::Unmonitored;
use slicewise_slice::baselines::rivals::Race;
use slicewise_slice::model::shipped;
use slicewise_slice::paper::rivals::{
    DEVIATIONS, Outcome, ROWS, SECONDS, Setting, Summary, convergence, cost_after_rows,
    cost_after_seconds, plan_of, race_of, summary, sweep_settings, varying_settings,
};
use slicewise_slice::paper::{Case, DEGRADATION, METHODS};

use super::figure::Figure;
use super::{Microopt, measured, name, row};
use crate::progress::bar;
use crate::threads::on_threads;

/// The network of the delay case.
const DELAY: &str = "delay";
/// The planner's own methods where traffic varies.
const OWN: [Method; 3] = [Method::Certified, Method::PrimalDual, Method::PeakAllocation];

/// What is added to the tables.
#[derive(Default)]
pub struct Figures {
    /// Keys of the JSON.
    pub json: Map<String, Value>,
    /// Lines for people.
    pub text: String,
}

/// Adds `more` to `printed`: what both have under one key is an object, and takes up both.
pub fn merge(printed: &mut Value, more: Map<String, Value>) {
    for (key, value) in more {
        match (printed.get_mut(&key).and_then(Value::as_object_mut), value) {
            (Some(known), Value::Object(added)) => known.extend(added),
            (_, value) => {
                printed[key] = value;
            }
        }
    }
}

/// The figures that `options` ask for; none by default. `own` are the runs of [`METHODS`] on the sweep.
pub fn figures(
    options: &Microopt,
    network: &Network,
    own: Vec<(String, Vec<Run>)>,
) -> anyhow::Result<Figures> {
    let mut wanted = options.figures.clone();
    if wanted.is_empty() && !options.methods.is_empty() {
        wanted.push(Figure::Table1);
    }
    let mut found = Figures::default();
    if wanted.is_empty() {
        return Ok(found);
    }
    let mut settings = Map::new();
    for rival in &options.methods {
        let about = json!({
            "settings": rival.settings(),
            "points": rival.usual_points(),
            "sees_the_peak_alone": rival.sees_the_peak_alone(),
        });
        settings.insert(rival.name().to_owned(), about);
    }
    found.json.insert("rivals".to_owned(), json!({ "seeds": options.seeds, "settings": settings }));
    let wants = |figure: &Figure| wanted.contains(figure);
    let of_sweep = [Figure::Table1, Figure::Fig6, Figure::Fig9, Figure::Fig10, Figure::Fig11];
    if of_sweep.iter().any(wants) {
        let runs = Runs::new(options, network, sweep_settings(network), own, "sweep")?;
        found.text.push_str(&runs.table());
        if wants(&Figure::Table1) {
            found.json.extend(runs.table1());
        }
        for figure in [Figure::Fig6, Figure::Fig9, Figure::Fig10].into_iter().filter(wants) {
            let rows = match figure {
                Figure::Fig6 => runs.by_thresholds(),
                Figure::Fig9 => runs.ablation(),
                _ => runs.convergence(),
            };
            found.json.insert(figure.name().to_owned(), rows);
        }
        if wants(&Figure::Fig11) {
            let (text, json) = measured::beside_promises(network, &runs)?;
            found.text.push_str(&text);
            found.json.insert(Figure::Fig11.name().to_owned(), json);
        }
    }
    if wants(&Figure::Fig7And8) {
        let settings = varying_settings(network);
        let own = own_runs(network, &settings, &OWN)?;
        let runs = Runs::new(options, network, settings, own, "varying traffic")?;
        found.text.push_str(&runs.table());
        found.json.insert(Figure::Fig7And8.name().to_owned(), runs.varying());
    }
    if wants(&Figure::Fig12) {
        let network = shipped(DELAY)?;
        let settings = sweep_settings(&network);
        let own = own_runs(&network, &settings, &METHODS)?;
        let runs = Runs::new(options, &network, settings, own, DELAY)?;
        found.text.push_str(&runs.table());
        let mut figure = runs.by_thresholds();
        figure["summary"] = json!(runs.summaries());
        figure["model"] = json!(DELAY);
        found.json.insert(Figure::Fig12.name().to_owned(), figure);
    }
    Ok(found)
}

/// The planner's own `methods` on `settings`, each by its name.
pub fn own_runs(
    network: &Network,
    settings: &[Setting],
    methods: &[Method],
) -> anyhow::Result<Vec<(String, Vec<Run>)>> {
    let begin = Instant::now();
    let now = || begin.elapsed().as_secs_f64() * 1000.0;
    let mut all = Vec::new();
    for method in methods {
        let run = |(setting, asked): (usize, &Setting)| -> anyhow::Result<Run> {
            let (plan, seconds) = block_on(plan_of(network, *method, asked, &now))?;
            Ok(Run { setting, plan, seconds, race: None })
        };
        let runs = settings.iter().enumerate().map(run).collect::<anyhow::Result<Vec<_>>>()?;
        all.push((name(*method), runs));
    }
    Ok(all)
}

/// Runs on the sweep, as its tables have them.
pub fn cases(network: &Network, runs: &[Run]) -> Vec<Case> {
    let settings = sweep_settings(network);
    runs.iter().map(|run| case(&settings[run.setting], run)).collect()
}

fn case(setting: &Setting, run: &Run) -> Case {
    Case {
        users: setting.traffic.peak(),
        qos: setting.qos,
        degradation: setting.degradation,
        plan: run.plan.clone(),
    }
}

/// A plan of one method on one setting.
pub struct Run {
    /// Place of the setting.
    pub setting: usize,
    /// The plan.
    pub plan: SlicePlan,
    seconds: f64,
    race: Option<Race>,
}

/// All methods on all settings.
pub struct Runs {
    title: String,
    /// What was asked.
    pub settings: Vec<Setting>,
    /// Cost of the certified optimum of each setting; NaN where nothing is feasible.
    optima: Vec<f64>,
    /// Runs of each method, by its name.
    pub methods: Vec<(String, Vec<Run>)>,
}

impl Runs {
    /// The rivals that `options` name beside the planner's `own` methods, the certified one first.
    fn new(
        options: &Microopt,
        network: &Network,
        settings: Vec<Setting>,
        own: Vec<(String, Vec<Run>)>,
        title: &str,
    ) -> anyhow::Result<Self> {
        let begin = Instant::now();
        let now = || begin.elapsed().as_secs_f64() * 1000.0;
        let mut methods = own;
        let optimum = |run: &Run| if run.plan.keeps_promises() { run.plan.cost } else { f64::NAN };
        let optima: Vec<f64> = methods[0].1.iter().map(optimum).collect();
        let threads = match options.threads {
            Some(threads) => threads.max(1),
            None => std::thread::available_parallelism().map_or(1, usize::from),
        };
        let seeds = options.seeds as usize;
        for rival in &options.methods {
            let count = settings.len() * seeds;
            let template =
                format!("{{wide_bar}} {title}, {}  {{pos}}/{{len}}  {{elapsed}}", rival.name());
            let bar = bar(count, &template)?;
            let runs = on_threads(count, threads, |index| {
                let (setting, seed) = (index / seeds, (index % seeds) as u64);
                let asked = &settings[setting];
                let monitor = Unmonitored;
                let race = race_of(network, *rival, asked, options.seconds, seed, &monitor, &now);
                let race = block_on(race)?;
                bar.inc(1);
                Ok(Run {
                    setting,
                    plan: race.plan.clone(),
                    seconds: race.seconds,
                    race: Some(race),
                })
            })?;
            bar.finish_and_clear();
            methods.push((rival.name().to_owned(), runs));
        }
        Ok(Self { title: title.to_owned(), settings, optima, methods })
    }

    fn outcomes<'a>(&'a self, runs: impl Iterator<Item = &'a Run>) -> Vec<Outcome<'a>> {
        let outcome = |run: &'a Run| Outcome {
            plan: &run.plan,
            optimum: self.optima[run.setting],
            seconds: run.seconds,
            race: run.race.as_ref(),
        };
        runs.map(outcome).collect()
    }

    /// Means of each method over the settings that `part` lets through.
    fn summaries_of(&self, part: impl Fn(&Setting) -> bool) -> Vec<(&str, Summary)> {
        let of = |runs: &[Run]| {
            summary(&self.outcomes(runs.iter().filter(|run| part(&self.settings[run.setting]))))
        };
        self.methods.iter().map(|(name, runs)| (name.as_str(), of(runs))).collect()
    }

    fn summaries(&self) -> Map<String, Value> {
        let all = self.summaries_of(|_| true);
        all.into_iter().map(|(name, summary)| (name.to_owned(), json_of(&summary))).collect()
    }

    fn table(&self) -> String {
        let mut text = format!(
            "\n{:<16} mean cost  excess %  largest %  feasible       rows   seconds\n",
            self.title
        );
        for (name, of) in self.summaries_of(|_| true) {
            // Writing to a string cannot fail.
            let _ = writeln!(
                text,
                "{name:<16} {:>9.4}  {:>8}  {:>9}  {:>4}/{:<4} {:>9.0} {:>9.4}",
                of.mean_cost,
                number(of.mean_excess, 100.0, 3),
                number(of.largest_excess, 100.0, 2),
                of.feasible,
                of.runs,
                of.mean_rows,
                of.mean_seconds,
            );
        }
        text
    }

    /// The rivals' entries of the tables, and all methods' means.
    fn table1(&self) -> Map<String, Value> {
        let mut parts: [(&str, Map<String, Value>); 4] =
            ["table1", "mean_cost", "feasible", "sweep"].map(|key| (key, Map::new()));
        for (name, runs) in self.methods.iter().filter(|(_, runs)| runs[0].race.is_some()) {
            let cases: Vec<Case> =
                runs.iter().map(|run| case(&self.settings[run.setting], run)).collect();
            let strictest = |case: &&Case| case.qos == 5.0 && case.degradation == 0.1;
            let means = summary(&self.outcomes(runs.iter()));
            let values = [
                cases.iter().filter(strictest).map(seeded_row).collect(),
                json!(means.mean_cost),
                json!(means.feasible),
                cases.iter().map(seeded_row).collect(),
            ];
            for ((_, part), value) in parts.iter_mut().zip(values) {
                part.insert(name.clone(), value);
            }
        }
        let mut found: Map<String, Value> =
            parts.into_iter().map(|(key, part)| (key.to_owned(), Value::Object(part))).collect();
        found.insert("summary".to_owned(), Value::Object(self.summaries()));
        found.insert("paper".to_owned(), printed_in_the_paper());
        found
    }

    /// Fig. 6: means by one threshold over all of the others, with what is saved of Peak-alloc's.
    fn by_thresholds(&self) -> Value {
        let mut thresholds: Vec<f64> = self.settings.iter().map(|setting| setting.qos).collect();
        thresholds.dedup();
        let part = |key: &str, value: f64, of: &dyn Fn(&Setting) -> f64| {
            let summaries = self.summaries_of(|setting| of(setting) == value);
            let peak = name(Method::PeakAllocation);
            let peak = summaries.iter().find(|(name, _)| *name == peak).map(|(_, of)| of.mean_cost);
            let methods: Map<String, Value> = summaries
                .iter()
                .map(|(name, of)| {
                    let value = json!({
                        "mean_cost": of.mean_cost,
                        "mean_degradation": of.mean_degradation,
                        "feasible": of.feasible,
                        "saving_over_peak": peak.map(|peak| 1.0 - of.mean_cost / peak),
                    });
                    ((*name).to_owned(), value)
                })
                .collect();
            let mut part = json!({ "methods": methods });
            part[key] = json!(value);
            part
        };
        json!({
            "by_qos": thresholds
                .iter()
                .map(|qos| part("qos", *qos, &|setting| setting.qos))
                .collect::<Vec<_>>(),
            "by_degradation_threshold": DEGRADATION
                .iter()
                .map(|d| part("degradation_threshold", *d, &|setting| setting.degradation))
                .collect::<Vec<_>>(),
        })
    }

    /// Fig. 9: the paper's method and the certified one, for which QoS is a distribution, beside plans for
    /// its mean and for its mean less two deviations.
    fn ablation(&self) -> Value {
        let own = [Method::Certified, Method::PrimalDual, Method::ZeroSigma, Method::TwoSigma];
        let own = own.map(name);
        let part = |degradation: &f64| {
            let summaries = self.summaries_of(|setting| setting.degradation == *degradation);
            let methods: Map<String, Value> = summaries
                .into_iter()
                .filter(|(name, _)| own.iter().any(|own| own == name))
                .map(|(name, of)| {
                    let value = json!({
                        "mean_cost": of.mean_cost,
                        "mean_degradation": of.mean_degradation,
                        "feasible": of.feasible,
                    });
                    (name.to_owned(), value)
                })
                .collect();
            json!({ "degradation_threshold": degradation, "methods": methods })
        };
        json!({
            "parts": DEGRADATION.iter().map(part).collect::<Vec<_>>(),
            "paper": { "zero-sigma": { "mean_degradation": 0.49 } },
        })
    }

    /// Fig. 10: the certified optimum's ratio to the best cost over rows and over seconds.
    fn convergence(&self) -> Value {
        let mut methods = Map::new();
        for (name, runs) in self.methods.iter().filter(|(_, runs)| runs[0].race.is_some()) {
            let with_optimum = || {
                runs.iter().filter_map(|run| Some((run.race.as_ref()?, self.optima[run.setting])))
            };
            let at = |key: &str, moment: Value, best: &dyn Fn(&Race) -> Option<f64>| {
                let found = convergence(with_optimum(), best);
                let mut point = json!({
                    "feasible": found.map_or(0, |at| at.feasible),
                    "mean_ratio": found.map(|at| at.mean_ratio),
                    "deviation": found.map(|at| at.deviation),
                });
                point[key] = moment;
                point
            };
            let over_rows: Vec<Value> = ROWS
                .iter()
                .map(|rows| at("rows", json!(rows), &|race| cost_after_rows(race, *rows)))
                .collect();
            let over_seconds: Vec<Value> = SECONDS
                .iter()
                .map(|s| at("seconds", json!(s), &|race| cost_after_seconds(race, *s)))
                .collect();
            let value = json!({
                "runs": runs.len(),
                "over_rows": over_rows,
                "over_seconds": over_seconds,
                "seconds_to_nearly_final":
                    summary(&self.outcomes(runs.iter())).mean_seconds_to_nearly_final,
            });
            methods.insert(name.clone(), value);
        }
        let own = self.summaries_of(|_| true);
        let own = own.iter().find(|(of, _)| *of == name(Method::Certified));
        json!({
            "methods": methods,
            "certified_seconds": own.map(|(_, of)| of.mean_seconds),
            "paper": {
                "share_of_final": 0.996,
                "primal-dual_seconds": 7.5,
                "seconds_to_converge": {
                    "primal-dual": 30.06, "atlas": 30.80, "atlas-plus": 27.83,
                    "cadrl": 199.56, "cadrl-plus": 201.67, "peak-allocation": 4.96 * 3600.0,
                },
            },
        })
    }

    /// Fig. 7 and 8: cost and degradation for each traffic, and what the certified plan saves.
    fn varying(&self) -> Value {
        let certified = &self.optima;
        let case = |(index, setting): (usize, &Setting)| {
            let of = |(name, runs): &(String, Vec<Run>)| {
                let here = summary(&self.outcomes(runs.iter().filter(|run| run.setting == index)));
                let value = json!({
                    "cost": here.mean_cost,
                    "degradation": here.mean_degradation,
                    "feasible": here.feasible,
                });
                (name.clone(), value)
            };
            let (mean, deviation) = match setting.traffic {
                Traffic::Normal { mean, deviation } => (mean, deviation),
                _ => (setting.traffic.mean(), 0.0),
            };
            json!({
                "mean": mean,
                "deviation": deviation,
                "methods": self.methods.iter().map(of).collect::<Map<_, _>>(),
            })
        };
        let saving = |(name, runs): &(String, Vec<Run>)| {
            let savings: Vec<f64> =
                runs.iter().map(|run| 1.0 - certified[run.setting] / run.plan.cost).collect();
            (name.clone(), json!(savings.iter().sum::<f64>() / savings.len() as f64))
        };
        json!({
            "deviations": DEVIATIONS,
            "cases": self.settings.iter().enumerate().map(case).collect::<Vec<_>>(),
            "saving": self.methods.iter().map(saving).collect::<Map<_, _>>(),
            "summary": self.summaries(),
            "paper": { "saving": {
                "atlas-plus": 0.0423, "cadrl-plus": 0.1423, "atlas": 0.1460, "cadrl": 0.3161,
                "peak-allocation": 0.2074,
            } },
        })
    }
}

/// The row of a rival's plan, with its seed.
fn seeded_row(case: &Case) -> Value {
    let mut row = row(case);
    row["seed"] = json!(case.plan.seed);
    row
}

/// A number for people, times `factor`; a dash where there is none.
fn number(value: f64, factor: f64, digits: usize) -> String {
    if value.is_finite() { format!("{:.digits$}", factor * value) } else { "-".to_owned() }
}

fn json_of(of: &Summary) -> Value {
    json!({
        "runs": of.runs,
        "feasible": of.feasible,
        "mean_cost": of.mean_cost,
        "mean_degradation": of.mean_degradation,
        "mean_excess": of.mean_excess,
        "largest_excess": of.largest_excess,
        "mean_rows": of.mean_rows,
        "mean_seconds": of.mean_seconds,
        "mean_seconds_to_nearly_final": of.mean_seconds_to_nearly_final,
    })
}

/// Section VI-B and Table I (cpu in millicores, bandwidth in Mbit/s), under our names.
fn printed_in_the_paper() -> Value {
    let rows = |plans: [(f64, f64, f64); 5]| -> Vec<Value> {
        let users = 1..=5;
        users
            .zip(plans)
            .map(|(users, (cpu, bandwidth, degradation))| {
                json!({
                    "users": users, "cpu": cpu, "bandwidth": bandwidth,
                    "cost": cpu / 4500.0 + bandwidth / 50.0, "degradation": degradation,
                })
            })
            .collect()
    };
    json!({
        "mean_cost": {
            "primal-dual": 0.719, "atlas": 0.778, "cadrl": 0.920, "peak-allocation": 1.534,
        },
        "table1": {
            "primal-dual": rows([
                (993.93, 11.73, 0.10), (1463.44, 15.77, 0.10), (2140.87, 22.22, 0.10),
                (2534.28, 28.94, 0.10), (2945.72, 39.20, 0.10),
            ]),
            "atlas": rows([
                (1167.60, 10.03, 0.06), (1648.72, 14.84, 0.07), (2452.79, 29.79, 0.00),
                (2589.30, 30.89, 0.05), (2934.51, 42.11, 0.07),
            ]),
            "cadrl": rows([
                (1632.14, 13.27, 0.00), (2011.99, 19.79, 0.00), (2574.88, 33.23, 0.00),
                (3089.35, 47.89, 0.00), (3890.13, 50.00, 0.00),
            ]),
        },
    })
}
