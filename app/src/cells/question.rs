//! What cells of the network are asked: the opened one, and all of them at the step shown.

use slicewise_core::cells::job::Method;
use slicewise_core::cells::{CellBatch, FEATURES, SNssai};
use slicewise_core::formats::nr_cell::NrCellIdentity;

use super::network::{CellTerms, Network, Question, satisfactions};
use super::plan_set::PlanSet;
use super::state::{Adjustment, CellsState};
use super::words;

/// The question of the opened cell.
#[derive(Clone, Debug, PartialEq)]
pub struct CellQuestion {
    /// What the cell is called.
    pub title: String,
    /// Name of the cell in the network.
    pub cell: String,
    /// Names of its slices.
    pub names: Vec<String>,
    /// Names of its slices in the network.
    pub slices: Vec<SNssai>,
    /// The cell.
    pub batch: CellBatch,
    /// How to plan.
    pub method: Method,
    /// Satisfactions of its slices as the network was simulated in that step; empty where the question
    /// is another one than the simulation's.
    pub simulated: Vec<f64>,
}

impl CellQuestion {
    /// The opened cell of the network, as the step shown has it.
    pub fn of_network(network: &Network, state: &CellsState) -> Option<Self> {
        let (run, stale) = network.shown(state.scheme, state.step);
        let question = network.question(state.scheme, state.step);
        let step = run.shown(state.step)?;
        let terms = question.terms(state);
        let mut batch = CellBatch::new(FEATURES);
        if !run.push_question(&mut batch, &terms, state.cell, step.step) {
            return None;
        }
        let (names, slices) = slice_names(question, &step.present);
        let as_simulated =
            !stale && state.adjustments.is_empty() && **question == Question::of(state);
        Some(Self {
            simulated: if as_simulated { satisfactions(&step, state.cell) } else { Vec::new() },
            title: format!("Cell {} at {}", state.cell + 1, words::clock(step.step)),
            cell: NrCellIdentity::generated(state.cell).to_string(),
            names,
            slices,
            batch,
            method: state.method(),
        })
    }
}

/// All cells of the network at the step shown, with how to plan them.
#[derive(Clone, Debug, PartialEq)]
pub struct SetQuestion {
    /// The cells, without plans yet.
    pub set: PlanSet,
    /// How to plan.
    pub method: Method,
}

impl SetQuestion {
    /// All cells, without what is changed in the opened one.
    pub fn of_network(network: &Network, state: &CellsState) -> Option<Self> {
        let (run, stale) = network.shown(state.scheme, state.step);
        let question = network.question(state.scheme, state.step);
        let step = run.steps.get(state.step).filter(|_| !stale)?;
        let terms: Vec<CellTerms> = question
            .terms(state)
            .into_iter()
            .map(|terms| CellTerms { change: Adjustment::default(), ..terms })
            .collect();
        let mut batch = CellBatch::new(FEATURES);
        let count = step.kpis.len() / step.present.len().max(1);
        let all = (0..count).all(|cell| run.push_question(&mut batch, &terms, cell, step.step));
        if !all {
            return None;
        }
        let (names, slices) = slice_names(question, &step.present);
        let set = PlanSet {
            cells: (0..count).map(|cell| NrCellIdentity::generated(cell).to_string()).collect(),
            slices: slices.repeat(count),
            names: vec![names; count].concat(),
            batch,
            objective: state.objective,
            simulated: (0..count).flat_map(|cell| satisfactions(step, cell)).collect(),
            plans: Default::default(),
        };
        Some(Self { set, method: state.method() })
    }
}

/// Names of the slices present, for people and in the network.
fn slice_names(question: &Question, present: &[usize]) -> (Vec<String>, Vec<SNssai>) {
    let slices = present.iter().filter_map(|slice| question.scenario.slices.get(*slice));
    slices.map(|slice| (slice.service.name.clone(), slice.service.snssai)).unzip()
}
