//! How the shipped estimators are made.

use std::collections::BTreeMap;

use slicewise_core::InputError;
use slicewise_core::card::{DataSource, fingerprint};
use slicewise_core::cells::EstimatorCard;
use slicewise_core::cells::card::{EstimatorArchitecture, EstimatorForm, EstimatorInput};
use slicewise_core::seed::{shuffle, stream};
use slicewise_core::slice::training::TrainingMoment;
use slicewise_nets::estimator::Estimator;
use slicewise_nets::estimator::training::{ErrorCost, EstimatorLesson, Examples, train};
use slicewise_nets::files;
use slicewise_nets::training::Settings;
use slicewise_optim::{Halted, Monitor};

pub use burn::tensor::Device;

use crate::dataset::simulated::{Collection, PAPER_INPUTS, Scenarios};
use crate::dataset::{CellRows, colosseum, planned, simulated};
use crate::metrics::{Evaluation, SATISFIED, evaluate, evaluate_folds};

/// How an estimator is made: everything in its card that does not come from data.
#[derive(Clone, Debug, PartialEq)]
pub struct Blueprint {
    /// Name of the estimator.
    pub name: &'static str,
    /// One line for people.
    pub title: &'static str,
    /// Names and units of its inputs, share first.
    pub inputs: Vec<(String, &'static str)>,
    /// Its shape.
    pub architecture: EstimatorArchitecture,
    /// What an error costs while it learns.
    pub error_cost: ErrorCost,
    /// Passes over the training rows.
    pub epochs: usize,
    /// Rows per step.
    pub batch: usize,
    /// Learning rate at the start.
    pub learning_rate: f64,
    /// Decay of the weights.
    pub weight_decay: f32,
    /// Part of the features that is left out of each step.
    pub feature_dropout: f64,
    /// Part of the loss that rows below [`SATISFIED`] make up; none where rows weigh alike.
    pub weight_below: Option<f64>,
    /// Weight of an augmented row in relation to a recorded one.
    pub augmented_weight: f64,
    /// Where its data comes from.
    pub source: &'static str,
    /// Licence of the data.
    pub licence: &'static str,
}

/// What is simulated to learn from: three of four runs; the others are held back.
pub const LESSONS: Collection =
    Collection { seed: 1000, runs: 96, steps: 101, scenarios: Scenarios::Both };
/// What the simulated estimators are measured on at last: the paper's services, other seeds.
pub const EXAMINATION: Collection =
    Collection { seed: 9000, runs: 4, steps: 293, scenarios: Scenarios::Paper };
/// And with other services.
pub const OTHER_SERVICES: Collection =
    Collection { seed: 9500, runs: 6, steps: 197, scenarios: Scenarios::Drawn };

/// What is simulated under the plans of `simulated`, for the estimator that plans.
pub const PLANNED_LESSONS: Collection =
    Collection { seed: 20_000, runs: 72, steps: 150, scenarios: Scenarios::Both };
/// What that one is measured on: the paper's services under such plans, other seeds.
pub const PLANNED_EXAMINATION: Collection =
    Collection { seed: 29_000, runs: 4, steps: 197, scenarios: Scenarios::Paper };

/// Knots of `simulated`: denser where most slices need their share.
const SIMULATED_KNOTS: [f64; 27] = [
    0.0, 0.02, 0.04, 0.06, 0.08, 0.1, 0.125, 0.15, 0.175, 0.2, 0.225, 0.25, 0.3, 0.35, 0.4, 0.45,
    0.5, 0.55, 0.6, 0.65, 0.7, 0.75, 0.8, 0.85, 0.9, 0.95, 1.0,
];
/// Weight of an augmented row of a simulated estimator. An unsatisfied slice whose requirement is
/// replaced by what it got still carries the traffic of the old one, and is always satisfied: such
/// rows tell of easier slices than there are. With all their weight the mean absolute error on
/// held-back networks grows by a third in the monotone form.
const AUGMENTED_WEIGHT: f64 = 0.02;
/// Knots of `colosseum`, whose slices have 3 to 39 of 50 resource blocks.
const COLOSSEUM_KNOTS: [f64; 12] = [0.0, 0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.4, 0.5, 0.6, 0.8, 1.0];

impl Blueprint {
    /// The blueprint of a shipped estimator.
    ///
    /// # Errors
    /// Names the model when there is none of that name.
    pub fn of(name: &str) -> Result<Self, InputError> {
        let monotone = |knots: &[f64]| EstimatorForm::Monotone { knots: knots.to_vec() };
        match name {
            "simulated" => Ok(Self::simulated(
                "simulated",
                "Satisfaction that never falls with the share, simulated network",
                monotone(&SIMULATED_KNOTS),
            )),
            "simulated-plain" => Ok(Self::simulated(
                "simulated-plain",
                "Satisfaction by the paper's network, simulated network",
                EstimatorForm::Plain,
            )),
            "simulated-expected" => Ok(Self {
                inputs: simulated::inputs(),
                error_cost: ErrorCost::Squared,
                source: "simulator of this project: shares drawn at random and planned ones, the \
                         paper's services and drawn ones, both augmentations of IDLA, section V-B",
                ..Self::simulated(
                    "simulated-expected",
                    "Expected satisfaction that never falls with the share, simulated network",
                    monotone(&SIMULATED_KNOTS),
                )
            }),
            "colosseum" => Ok(Self::colosseum(monotone(&COLOSSEUM_KNOTS))),
            _ => {
                let allowed = "simulated, simulated-plain, simulated-expected, colosseum";
                Err(InputError::new("model", name, allowed))
            }
        }
    }

    /// Whether it learns from our own simulator.
    pub fn is_simulated(&self) -> bool {
        self.name != "colosseum"
    }

    /// Whether it also learns from runs under its own kind of plans.
    pub fn learns_from_plans(&self) -> bool {
        self.name == "simulated-expected"
    }

    fn simulated(name: &'static str, title: &'static str, form: EstimatorForm) -> Self {
        Self {
            name,
            title,
            inputs: simulated::inputs()[..PAPER_INPUTS].to_vec(),
            architecture: EstimatorArchitecture { hidden: vec![36, 24, 16, 16], form },
            error_cost: ErrorCost::Absolute,
            epochs: 30,
            batch: 256,
            learning_rate: 5e-3,
            weight_decay: 0.0,
            feature_dropout: 0.0,
            weight_below: None,
            augmented_weight: AUGMENTED_WEIGHT,
            source: "simulator of this project: shares drawn at random, the paper's services and \
                     drawn ones, both augmentations of IDLA, section V-B",
            licence: "MIT OR Apache-2.0",
        }
    }

    fn colosseum(form: EstimatorForm) -> Self {
        Self {
            name: "colosseum",
            title: "Satisfaction measured on the Colosseum emulator",
            inputs: colosseum::inputs(),
            architecture: EstimatorArchitecture { hidden: vec![32, 16], form },
            error_cost: ErrorCost::Absolute,
            epochs: 24,
            batch: 1024,
            learning_rate: 3e-3,
            weight_decay: 0.1,
            feature_dropout: 0.05,
            weight_below: Some(0.5),
            augmented_weight: 1.0,
            source: "Colosseum records of three slices (GitHub wineslab/explora)",
            licence: "GPL-3.0",
        }
    }
}

/// What an estimator learns from and is measured on.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Lessons {
    /// Rows to learn from.
    pub training: CellRows,
    /// More rows to learn from, on which nothing is measured.
    pub augmented: CellRows,
    /// Rows that are looked at after each epoch; they change nothing.
    pub held_back: CellRows,
    /// Rows that are measured on in the end, by the name of their split.
    pub measured: Vec<(String, CellRows)>,
}

impl Lessons {
    /// Simulated runs: three of four of [`LESSONS`] with their augmented copies to learn from, the
    /// others held back; measured on those, on [`EXAMINATION`] and on [`OTHER_SERVICES`].
    ///
    /// # Errors
    /// Names what the simulator does not take.
    pub fn simulated(seed: u64) -> Result<Self, InputError> {
        let empty = || CellRows::new(simulated::INPUTS);
        let (mut training, mut augmented, mut held_back) = (empty(), empty(), empty());
        for run in 0..LESSONS.runs {
            let records = LESSONS.records(run)?;
            // Pairs of runs are one of the paper's and one of drawn services.
            if run / 2 % 4 == 3 {
                simulated::push(&records, run as u32, &mut held_back);
                continue;
            }
            simulated::push(&records, run as u32, &mut training);
            let more = simulated::augmented(&records, seed + run);
            simulated::push(&more, run as u32, &mut augmented);
        }
        let measured = vec![
            ("train".to_owned(), training.clone()),
            ("val".to_owned(), held_back.clone()),
            ("test".to_owned(), EXAMINATION.rows()?),
            ("test-other-services".to_owned(), OTHER_SERVICES.rows()?),
        ];
        Ok(Self { training, augmented, held_back, measured })
    }

    /// The same with [`PLANNED_LESSONS`], which `planner` plans, to learn from too; measured on
    /// [`PLANNED_EXAMINATION`] as well.
    ///
    /// # Errors
    /// Names what the simulator or the planner does not take.
    pub async fn planned(seed: u64, planner: &Estimator) -> Result<Self, Halted> {
        let mut lessons = Self::simulated(seed)?;
        let more = planned::rows(&PLANNED_LESSONS, LESSONS.runs as u32, planner).await?;
        lessons.training.append(&more);
        simulated::forget_some(&mut lessons.training, seed);
        let examination = planned::rows(&PLANNED_EXAMINATION, 0, planner).await?;
        lessons.measured.push(("test-planned".to_owned(), examination));
        Ok(lessons)
    }

    /// Measured rows, all of them to learn from.
    pub fn measured(rows: CellRows) -> Self {
        let none = CellRows::new(rows.width);
        Self {
            measured: vec![("train".to_owned(), rows.clone())],
            training: rows,
            augmented: none.clone(),
            held_back: none,
        }
    }
}

/// A trained estimator, ready to be written.
#[derive(Clone, Debug, PartialEq)]
pub struct TrainedEstimator {
    /// What it is, metrics included.
    pub card: EstimatorCard,
    /// The safetensors file.
    pub weights: Vec<u8>,
    /// The whole evaluation of each split.
    pub evaluations: Vec<(String, Evaluation)>,
}

/// Trains the estimator of `blueprint` and measures it on every split.
///
/// # Errors
/// Says that the loss left the finite numbers, or that `monitor` ended the training.
pub async fn train_cell_estimator(
    blueprint: &Blueprint,
    lessons: &Lessons,
    settings: &Settings,
    command: &str,
    device: &Device,
    monitor: &impl Monitor,
    learned: &mut impl FnMut(TrainingMoment),
) -> Result<TrainedEstimator, Halted> {
    let width = blueprint.inputs.len();
    let training = lessons.training.narrowed(width);
    let mut rows = training.clone().into_owned();
    rows.append(&lessons.augmented.narrowed(width));
    let held_back = lessons.held_back.narrowed(width);
    let lesson = EstimatorLesson {
        architecture: &blueprint.architecture,
        rows: &weighted(&rows, training.len(), blueprint),
        held_back: &examples(&held_back, blueprint.weight_below),
        error_cost: blueprint.error_cost,
        feature_dropout: blueprint.feature_dropout,
    };
    let tensors = train(&lesson, settings, device, monitor, learned).await?;
    let weights = files::to_bytes(&tensors)?;
    let mut card = draft(blueprint, &training, settings, command);
    card.weights_fingerprint = fingerprint(&weights);
    let estimator = Estimator::load(&card, &weights)?;
    let evaluations: Vec<(String, Evaluation)> = lessons
        .measured
        .iter()
        .map(|(name, rows)| (name.clone(), evaluate(&estimator, rows)))
        .collect();
    let counts = evaluations.iter().map(|(name, found)| (name.clone(), found.rows));
    card.data.rows = counts.chain([("augmented".to_owned(), lessons.augmented.len())]).collect();
    card.metrics =
        evaluations.iter().map(|(name, found)| (name.clone(), found.metrics())).collect();
    Ok(TrainedEstimator { card, weights, evaluations })
}

/// The card with everything that is known before the weights are.
fn draft(
    blueprint: &Blueprint,
    rows: &CellRows,
    settings: &Settings,
    command: &str,
) -> EstimatorCard {
    let named = blueprint.inputs.iter().zip(rows.ranges());
    let inputs = named.map(|((name, unit), (lowest, highest))| EstimatorInput {
        name: name.clone(),
        unit: (*unit).to_owned(),
        trained_minimum: lowest,
        trained_maximum: highest,
    });
    EstimatorCard {
        format: 1,
        name: blueprint.name.to_owned(),
        title: blueprint.title.to_owned(),
        task: "slice-satisfaction".to_owned(),
        inputs: inputs.collect(),
        architecture: blueprint.architecture.clone(),
        data: DataSource {
            source: blueprint.source.to_owned(),
            licence: blueprint.licence.to_owned(),
            rows: BTreeMap::new(),
            fingerprint: rows.fingerprint(),
        },
        metrics: BTreeMap::new(),
        seed: settings.seed,
        command: command.to_owned(),
        weights_fingerprint: String::new(),
    }
}

/// [`examples`] of which those from `recorded` on are augmented.
fn weighted(rows: &CellRows, recorded: usize, blueprint: &Blueprint) -> Examples {
    let mut examples = examples(rows, blueprint.weight_below);
    for weight in &mut examples.weights[recorded..] {
        *weight *= blueprint.augmented_weight as f32;
    }
    let mean = examples.weights.iter().sum::<f32>() / examples.len() as f32;
    examples.weights.iter_mut().for_each(|weight| *weight /= mean);
    examples
}

/// Rows as the network learns from them; `weight_below` is the part of the loss that rows below
/// [`SATISFIED`] make up, rows weigh alike where there is none.
fn examples(rows: &CellRows, weight_below: Option<f64>) -> Examples {
    let below = rows.satisfaction.iter().filter(|value| **value < SATISFIED).count();
    let above = rows.len() - below;
    let weight = |value: f64| match weight_below {
        Some(part) if below > 0 && above > 0 => {
            let (part, count) = if value < SATISFIED { (part, below) } else { (1.0 - part, above) };
            part * rows.len() as f64 / count as f64
        }
        _ => 1.0,
    };
    Examples {
        width: rows.width,
        inputs: rows.inputs.iter().map(|value| *value as f32).collect(),
        targets: rows.satisfaction.iter().map(|value| *value as f32).collect(),
        weights: rows.satisfaction.iter().map(|value| weight(*value) as f32).collect(),
    }
}

/// The runs or experiments of `rows`, dealt into `folds` parts at random.
pub fn folds(rows: &CellRows, folds: usize, seed: u64) -> Vec<Vec<u32>> {
    let mut runs = rows.runs.clone();
    runs.sort_unstable();
    runs.dedup();
    let mut generator = stream(seed, 0xf01d);
    shuffle(&mut runs, &mut generator);
    (0..folds).map(|fold| runs.iter().skip(fold).step_by(folds).copied().collect()).collect()
}

/// Trains one estimator per part of the runs or experiments, without that part, and measures each on
/// the part that it has not seen: what `blueprint` is worth on others of their kind.
///
/// # Errors
/// Those of [`train_cell_estimator`].
pub async fn cross_validate(
    blueprint: &Blueprint,
    rows: &CellRows,
    parts: usize,
    settings: &Settings,
    device: &Device,
    monitor: &impl Monitor,
    learned: &mut impl FnMut(TrainingMoment),
) -> Result<CrossValidation, Halted> {
    let mut found = Vec::new();
    for runs in folds(rows, parts, settings.seed) {
        let held_back = rows.of_runs(|run| runs.contains(&run));
        let lessons = Lessons {
            held_back: held_back.clone(),
            ..Lessons::measured(rows.of_runs(|run| !runs.contains(&run)))
        };
        let trained =
            train_cell_estimator(blueprint, &lessons, settings, "", device, monitor, learned)
                .await?;
        found.push((Estimator::load(&trained.card, &trained.weights)?, held_back));
    }
    let all: Vec<_> = found.iter().map(|(estimator, rows)| (estimator, rows)).collect();
    Ok(CrossValidation {
        together: evaluate_folds(&all),
        parts: all.iter().map(|(estimator, rows)| evaluate(estimator, rows)).collect(),
    })
}

/// What a cross-validation found.
#[derive(Clone, Debug, PartialEq)]
pub struct CrossValidation {
    /// All rows, each by an estimator that has not seen its run or experiment.
    pub together: Evaluation,
    /// The same for each part alone.
    pub parts: Vec<Evaluation>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dataset::colosseum::Colosseum;

    #[test]
    fn no_experiment_is_on_both_sides_of_a_fold() {
        let mut table = "campaign,exp,agent,traffic,time_ms,slice_id,slice_prb,sched,n_reports,\
            n_ue_est,offered_mbps_per_ue,tx_brate_mean_mbps,tx_brate_min_mbps,\
            dl_buffer_mean_bytes,dl_buffer_max_bytes,ratio_granted_req_mean,tx_pkts_mean\n"
            .to_owned();
        // The rate tells the experiment; each is run in two campaigns, and twice in one of them.
        for (campaign, agent) in [("c", "a"), ("d", "a"), ("d", "b")] {
            for experiment in 1..=7 {
                let rate = f64::from(experiment) / 10.0;
                table += &format!(
                    "{campaign},{experiment},{agent},t,1000,0,10,2,4,2,1,{rate},{rate},0,0,1,9\n"
                );
            }
        }
        let mut records = Colosseum::default();
        records.read(table.as_bytes()).unwrap();
        let rows = records.rows();
        assert_eq!((records.runs(), rows.len()), (21, 21));
        let parts = folds(&rows, 3, 1);
        let mut seen = Vec::new();
        for part in &parts {
            let left_out = rows.of_runs(|run| part.contains(&run)).satisfaction;
            let learned = rows.of_runs(|run| !part.contains(&run)).satisfaction;
            assert!(!left_out.is_empty() && left_out.iter().all(|rate| !learned.contains(rate)));
            seen.extend(left_out);
        }
        seen.sort_by(f64::total_cmp);
        let expected: Vec<f64> = (1..=7).flat_map(|of| [f64::from(of) / 10.0; 3]).collect();
        assert_eq!(seen, expected);
    }
}
