//! The runs of the network: one per scheme, of the question as it stands and of the one before.

use std::sync::Arc;

use slicewise_core::cells::figures::RunFigures;
use slicewise_core::cells::scenario::{CellPlace, SimulatedSlice, SliceKpis};
use slicewise_core::cells::{
    CellBatch, HISTORY, LastStep, Objective, Observation, STEPS_PER_DAY, Scenario, Scheme,
    ServiceProfile, SimulatedStep,
};

use super::charts::day::Steps;
use super::engine::RunId;
use super::state::{Adjustment, CellsState, SCHEMES};

/// The step of the simulation that is shown as the first: a day fills histories and queues.
pub const FIRST_STEP: usize = STEPS_PER_DAY;

/// What a run depends on, but for the scheme.
#[derive(Clone, Debug, PartialEq)]
pub struct Question {
    /// The network.
    pub scenario: Scenario,
    /// Name of the estimator.
    pub estimator: String,
    /// What is maximised.
    pub objective: Objective,
    /// Least share of slices with users, 0 to 1.
    pub least_share: f64,
    /// What a change of a cell's split costs, in the objective's utility.
    pub cost_of_change: f64,
}

impl Question {
    /// The question of `state`.
    pub fn of(state: &CellsState) -> Self {
        Self {
            scenario: state.scenario(),
            estimator: state.estimator.clone(),
            objective: state.objective,
            least_share: state.least_share,
            cost_of_change: state.cost_of_change(),
        }
    }
}

impl Question {
    /// The slices as `state` has them by now; a slice that `state` lacks stays as it was. Traffic
    /// that `state` has changed since scales with it.
    pub fn terms(&self, state: &CellsState) -> Vec<CellTerms> {
        let terms = |slice: &SimulatedSlice| {
            let name = slice.service.snssai;
            let now = state.slices.iter().position(|terms| terms.service.snssai == name);
            let Some(index) = now else {
                return CellTerms { service: slice.service.clone(), change: Adjustment::default() };
            };
            let mut change = state.adjustment(index);
            if slice.load > 0.0 {
                change.traffic *= state.slices[index].load / slice.load;
            }
            CellTerms { service: state.slices[index].service.clone(), change }
        };
        self.scenario.slices.iter().map(terms).collect()
    }
}

/// The steps of one run so far.
#[derive(Clone, Debug, Default)]
pub struct Run {
    /// The steps before the day, whose KPIs its first steps look back at.
    pub lead: Steps,
    /// The steps of the day, numbered from 0.
    pub steps: Arc<Steps>,
    /// What they come to.
    pub figures: RunFigures,
    /// Whether all steps are there.
    pub done: bool,
    /// The run under way.
    pub run: Option<RunId>,
    /// Why it ended before its time.
    pub error: Option<String>,
}

/// What a slice of a cell is planned for.
#[derive(Clone, Debug, PartialEq)]
pub struct CellTerms {
    /// Its service.
    pub service: ServiceProfile,
    /// What is changed of it in this cell.
    pub change: Adjustment,
}

impl Run {
    /// Takes in a step as the simulation numbers it.
    pub fn push(&mut self, mut step: SimulatedStep) {
        if step.step < FIRST_STEP {
            self.lead.push(Arc::new(step));
            return;
        }
        step.step -= FIRST_STEP;
        self.figures.add(&step);
        Arc::make_mut(&mut self.steps).push(Arc::new(step));
    }

    /// The step that is shown when `wanted` is asked for: the latest one, where it is not there yet.
    pub fn shown(&self, wanted: usize) -> Option<Arc<SimulatedStep>> {
        let last = self.steps.len().checked_sub(1)?;
        self.steps.get(wanted.min(last)).cloned()
    }

    /// The steps before `step` of the day, oldest first, at most [`HISTORY`].
    fn before(&self, step: usize) -> Vec<&SimulatedStep> {
        let all = self.lead.iter().chain(self.steps.iter().take(step)).map(|step| &**step);
        let all: Vec<&SimulatedStep> = all.collect();
        all[all.len().saturating_sub(HISTORY)..].to_vec()
    }

    /// Appends `cell` to `batch` as the planner saw it before `step`, under `terms`, one for each
    /// slice of the scenario. False where the step is not there.
    pub fn push_question(
        &self,
        batch: &mut CellBatch,
        terms: &[CellTerms],
        cell: usize,
        step: usize,
    ) -> bool {
        let Some(now) = self.steps.get(step) else { return false };
        if now
            .present
            .iter()
            .any(|slice| *slice >= terms.len() || kpis_of(now, cell, *slice).is_none())
        {
            return false;
        }
        let before = self.before(step);
        let start = batch.weights.len();
        for slice in &now.present {
            let Some(kpis) = kpis_of(now, cell, *slice) else { continue };
            let past: Vec<&SliceKpis> =
                before.iter().filter_map(|step| kpis_of(step, cell, *slice)).collect();
            let CellTerms { service, change } = &terms[*slice];
            let mut observation = Observation::default();
            // A slice without a past is seen as it is now.
            let states = if past.is_empty() { vec![kpis] } else { past.clone() };
            for state in states {
                observation.push(change.traffic * state.active_users, state.cqi);
            }
            // What was measured of the last step says nothing of another traffic.
            if let Some(last) = past.last().filter(|_| change.traffic == 1.0) {
                observation.last = LastStep::from(*last);
            }
            let required = change.requirement * service.required_throughput_mbps;
            let row = observation.features(required, service.required_delay_ms);
            let traffic = change.traffic * kpis.offered_mbps;
            batch.push_slice_with(&row, traffic, service.weight, service.minimum_share);
            if let Some(last) = past.last() {
                batch.previous_shares.push(last.share);
            }
        }
        // Shares of some slices alone are no split to start from.
        if batch.previous_shares.len() != batch.weights.len() {
            batch.previous_shares.truncate(start);
        }
        batch.end_cell();
        true
    }
}

/// Satisfactions of the slices of `cell` in `step`, as they were simulated.
pub fn satisfactions(step: &SimulatedStep, cell: usize) -> Vec<f64> {
    step.present
        .iter()
        .filter_map(|slice| Some(kpis_of(step, cell, *slice)?.satisfaction))
        .collect()
}

/// The KPIs of slice `slice` of the scenario in `cell`.
pub fn kpis_of(step: &SimulatedStep, cell: usize, slice: usize) -> Option<&SliceKpis> {
    let at = step.present.iter().position(|present| *present == slice)?;
    step.kpis.get(cell * step.present.len() + at)
}

/// The runs of all schemes of one question.
#[derive(Clone, Debug)]
pub struct Runs {
    /// The question.
    pub question: Arc<Question>,
    runs: [Run; SCHEMES.len()],
}

impl Runs {
    /// No step of `question` yet.
    pub fn new(question: Question) -> Self {
        Self { question: Arc::new(question), runs: Default::default() }
    }

    /// The run of `scheme`, which is one of [`SCHEMES`].
    pub fn of(&self, scheme: Scheme) -> &Run {
        &self.runs[index_of(scheme)]
    }

    /// The same to change.
    pub fn of_mut(&mut self, scheme: Scheme) -> &mut Run {
        &mut self.runs[index_of(scheme)]
    }

    /// Numbers of the runs under way.
    pub fn under_way(&self) -> Vec<RunId> {
        self.runs.iter().filter_map(|run| run.run).collect()
    }

    /// The same runs without what only a run under way has.
    pub fn at_rest(&self) -> Self {
        let mut rest = self.clone();
        rest.runs.iter_mut().for_each(|run| run.run = None);
        rest
    }
}

fn index_of(scheme: Scheme) -> usize {
    SCHEMES.iter().position(|known| *known == scheme).unwrap_or(0)
}

/// What is shown of the network: the runs, and those of the question before until the new ones have
/// come as far as what is shown.
#[derive(Clone, Debug)]
pub struct Network {
    /// The runs of the question as it stands.
    pub current: Runs,
    /// Those of the question before.
    pub former: Option<Runs>,
    /// Where the cells are, once a simulation has told.
    pub places: Arc<Vec<CellPlace>>,
}

impl Network {
    /// The run of `scheme` that is shown while `step` is, and whether it is of an earlier question.
    pub fn shown(&self, scheme: Scheme, step: usize) -> (&Run, bool) {
        let current = self.current.of(scheme);
        let reached = current.done || current.steps.len() > step;
        match self.former.as_ref().map(|former| former.of(scheme)) {
            Some(former) if !reached && !former.steps.is_empty() => (former, true),
            _ => (current, false),
        }
    }

    /// The question that the run shown answers.
    pub fn question(&self, scheme: Scheme, step: usize) -> &Arc<Question> {
        match (self.shown(scheme, step).1, &self.former) {
            (true, Some(former)) => &former.question,
            _ => &self.current.question,
        }
    }

    /// Turns to another question and keeps what is there until its runs are far enough.
    pub fn turn_to(&mut self, question: Question, step: usize) {
        let next = Runs::new(question);
        let last = std::mem::replace(&mut self.current, next);
        let reached = SCHEMES.iter().any(|scheme| last.of(*scheme).steps.len() > step);
        if reached || self.former.is_none() {
            self.former = Some(last.at_rest());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use slicewise_core::cells::FEATURES;

    fn step(number: usize, users: f64) -> SimulatedStep {
        let kpis = |slice: f64| SliceKpis {
            share: 0.1 * (slice + 1.0),
            active_users: users + slice,
            cqi: 10.0 - slice,
            offered_mbps: 3.0,
            satisfaction: 1.0,
            ..SliceKpis::default()
        };
        let kpis: Vec<SliceKpis> = (0..24).map(|index| kpis(f64::from(index % 2))).collect();
        SimulatedStep { step: number, present: vec![0, 1], kpis, ..SimulatedStep::default() }
    }

    fn run(steps: usize) -> Run {
        let mut run = Run::default();
        for number in FIRST_STEP - HISTORY..FIRST_STEP + steps {
            run.push(step(number, number as f64));
        }
        run
    }

    #[test]
    fn the_day_starts_behind_its_lead() {
        let run = run(3);
        assert_eq!((run.lead.len(), run.steps.len(), run.figures.steps), (HISTORY, 3, 3));
        assert_eq!(run.steps[2].step, 2);
        assert_eq!(run.shown(70).unwrap().step, 2);
        assert!(Run::default().shown(0).is_none());
    }

    fn question(run: &Run, state: &CellsState, cell: usize, step: usize) -> Option<CellBatch> {
        let mut batch = CellBatch::new(FEATURES);
        let terms = Question::of(state).terms(state);
        run.push_question(&mut batch, &terms, cell, step).then_some(batch)
    }

    #[test]
    fn a_cells_question_looks_back_at_the_steps_before() {
        let mut state = CellsState::default();
        state.slices.truncate(2);
        let batch = question(&run(3), &state, 5, 1).unwrap();
        let first = FIRST_STEP as f64;
        let users: Vec<f64> = (0..5).map(|age| first - 4.0 + f64::from(age)).collect();
        assert_eq!(batch.features_of(0)[..5], users[..]);
        assert_eq!(batch.features_of(1)[5..10], [9.0; 5]);
        assert_eq!(batch.features_of(1)[10..12], [1.0, 150.0]);
        assert_eq!(batch.previous_shares, [0.1, 0.2]);
        assert_eq!(batch.validate(FEATURES), Ok(()));
        state.adjust(0, 2, |change| {
            (change.requirement, change.traffic) = (2.0, 0.5);
        });
        state.slices[0].service.minimum_share = 0.3;
        let changed = question(&run(3), &state, 5, 1).unwrap();
        assert_eq!(changed.features_of(0)[4], 0.5 * batch.features_of(0)[4]);
        assert_eq!(changed.features_of(0)[10], 4.0);
        // The share of the step before is known, and tells nothing of another traffic.
        assert_eq!([batch.features_of(0)[12], batch.features_of(1)[12]], [0.1, 0.2]);
        assert_eq!(changed.features_of(0)[12..], [0.0; 4]);
        assert_eq!(changed.features_of(1)[12], 0.2);
        assert_eq!((changed.traffic_mbps[0], changed.minimum_shares[0]), (1.5, 0.3));
        assert_eq!(question(&run(3), &state, 5, 3), None);
    }

    #[test]
    fn traffic_that_was_changed_since_the_simulation_scales_what_it_measured() {
        let mut state = CellsState::default();
        state.slices.truncate(2);
        let of_the_run = Question::of(&state);
        state.slices[1].load = 3.0;
        state.slices[0].service.required_delay_ms = 7.0;
        state.slices.remove(0);
        let terms = of_the_run.terms(&state);
        assert_eq!(terms[0].service.required_delay_ms, 100.0);
        assert_eq!(terms[1].change.traffic, 3.0);
    }

    #[test]
    fn a_short_history_repeats_its_oldest_state() {
        let mut run = Run::default();
        for number in 0..3 {
            run.push(step(FIRST_STEP + number, number as f64));
        }
        let mut state = CellsState::default();
        state.slices.truncate(2);
        let users = |step| question(&run, &state, 0, step).unwrap().features_of(0)[..5].to_vec();
        assert_eq!(users(2), [0.0, 0.0, 0.0, 0.0, 1.0]);
        assert_eq!(users(0), [0.0; 5]);
        assert!(question(&run, &state, 0, 0).unwrap().previous_shares.is_empty());
    }

    #[test]
    fn an_earlier_day_stands_until_the_new_one_has_come_as_far() {
        let mut network = Network {
            current: Runs::new(Question::of(&CellsState::default())),
            former: None,
            places: Arc::default(),
        };
        *network.current.of_mut(Scheme::Exact) = run(50);
        let other = CellsState { seed: 2, ..CellsState::default() };
        network.turn_to(Question::of(&other), 40);
        assert!(network.shown(Scheme::Exact, 40).1);
        assert_eq!(network.question(Scheme::Exact, 40).scenario.seed, 1);
        *network.current.of_mut(Scheme::Exact) = run(41);
        assert!(!network.shown(Scheme::Exact, 40).1);
        assert!(!network.shown(Scheme::Idla, 40).1);
    }
}
