//! The methods that MicroOpt compares itself with, and those that its comparison leaves out.
//!
//! None knows the network: each asks it row by row, under a budget. Their settings are the published
//! ones, or were chosen on thresholds outside the paper's sweep (4.5 and 6 Mbit/s with 0.05 and 0.15).

use serde::Serialize;
use slicewise_core::InputError;
use slicewise_core::slice::Traffic;
use slicewise_core::slice::problem::SliceProblem;
pub use slicewise_core::slice::race::{Milestone, Race};
use slicewise_nets::dense::head::Measure;
use slicewise_nets::{FusedEvaluator, Network};
use slicewise_optim::black_box::{
    BlackBox, Budget, CmaEs, Direct, Incumbent, InteriorPointPolicy, NetworkThompson, Random,
    SequentialQuadratic, Trajectory, TrustRegionBayes, Watch, minimise,
};
use slicewise_optim::{Constraint, Halted, Monitor, Progress};

use super::peak_slice;
use crate::plan::{Evidence, assemble};
use crate::question::{Question, SliceConstraint};
use crate::solver::TOLERANCE;

/// A rival of the planner.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rival {
    /// Points drawn uniformly.
    Random,
    /// Dividing rectangles.
    Direct,
    /// Covariance matrix adaptation, with a penalty.
    CmaEs,
    /// Sequential quadratic programming from 1 start.
    Slsqp1,
    /// The same from 4 starts.
    Slsqp4,
    /// The same from 16 starts.
    Slsqp16,
    /// Trust-region Bayesian optimisation with constraints.
    Scbo,
    /// Bayesian optimisation by a Bayesian network, for the peak of the traffic.
    Atlas,
    /// The same for the traffic's distribution.
    AtlasPlus,
    /// Interior-point policy optimisation, for the peak of the traffic.
    Cadrl,
    /// The same for the traffic's distribution.
    CadrlPlus,
}

impl Rival {
    /// All of them, in the order of tables.
    pub const ALL: [Self; 11] = [
        Self::Random,
        Self::Direct,
        Self::CmaEs,
        Self::Slsqp1,
        Self::Slsqp4,
        Self::Slsqp16,
        Self::Scbo,
        Self::Atlas,
        Self::AtlasPlus,
        Self::Cadrl,
        Self::CadrlPlus,
    ];

    /// Its name on the command line and in JSON.
    pub fn name(self) -> &'static str {
        match self {
            Self::Random => "random",
            Self::Direct => "direct",
            Self::CmaEs => "cma-es",
            Self::Slsqp1 => "slsqp-1",
            Self::Slsqp4 => "slsqp-4",
            Self::Slsqp16 => "slsqp-16",
            Self::Scbo => "scbo",
            Self::Atlas => "atlas",
            Self::AtlasPlus => "atlas-plus",
            Self::Cadrl => "cadrl",
            Self::CadrlPlus => "cadrl-plus",
        }
    }

    /// The rival of that name.
    ///
    /// # Errors
    /// Names what is allowed.
    pub fn of_name(name: &str) -> Result<Self, InputError> {
        let found = Self::ALL.into_iter().find(|rival| rival.name() == name);
        found.ok_or_else(|| InputError::new("methods", name, Self::ALL.map(Self::name).join(", ")))
    }

    /// Whether it sees nothing of a slice's traffic but its peak.
    pub fn sees_the_peak_alone(self) -> bool {
        matches!(self, Self::Atlas | Self::Cadrl)
    }

    /// Points that it may ask unless told otherwise.
    pub fn usual_points(self) -> usize {
        match self {
            Self::Random => 1000,
            Self::Direct | Self::CmaEs => 500,
            Self::Scbo => 100,
            // 100 at first, then 30 rounds of 15 draws.
            Self::Atlas | Self::AtlasPlus => 550,
            // 1,000 updates of 64 episodes and a look at the policy.
            Self::Cadrl | Self::CadrlPlus => 65_000,
            // They end of themselves.
            Self::Slsqp1 | Self::Slsqp4 | Self::Slsqp16 => 20_000,
        }
    }

    /// Traffic levels that it sees of the slice of `problem`: rows of the network for each point that it asks.
    pub fn levels(self, problem: &SliceProblem) -> usize {
        match (self.sees_the_peak_alone(), problem.slices.first()) {
            (true, _) | (_, None) => 1,
            (false, Some(slice)) => slice.traffic.samples().len().max(1),
        }
    }

    /// Its settings.
    pub fn settings(self) -> Settings {
        match self {
            Self::Random => Settings::Random(Random::default()),
            Self::Direct => Settings::Direct(Direct::default()),
            Self::CmaEs => Settings::CmaEs(CmaEs::default()),
            Self::Slsqp1 | Self::Slsqp4 | Self::Slsqp16 => Settings::Slsqp(self.slsqp()),
            Self::Scbo => Settings::Scbo(TrustRegionBayes::default()),
            Self::Atlas | Self::AtlasPlus => Settings::Atlas(NetworkThompson::default()),
            Self::Cadrl | Self::CadrlPlus => Settings::Cadrl(InteriorPointPolicy::default()),
        }
    }

    fn slsqp(self) -> SequentialQuadratic {
        SequentialQuadratic::from_starts(match self {
            Self::Slsqp4 => 4,
            Self::Slsqp16 => 16,
            _ => 1,
        })
    }
}

/// A rival's settings, which JSON gives by their names.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(untagged)]
pub enum Settings {
    /// Of random search.
    Random(Random),
    /// Of dividing rectangles.
    Direct(Direct),
    /// Of covariance matrix adaptation.
    CmaEs(CmaEs),
    /// Of sequential quadratic programming.
    Slsqp(SequentialQuadratic),
    /// Of trust-region Bayesian optimisation.
    Scbo(TrustRegionBayes),
    /// Of Atlas.
    Atlas(NetworkThompson),
    /// Of interior-point policy optimisation.
    Cadrl(InteriorPointPolicy),
}

/// What a rival may spend.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Allowance {
    /// Rows of the network: one per point and traffic level.
    pub rows: usize,
    /// Seconds.
    pub seconds: f64,
    /// Candidates that each drawn network of Atlas picks from; its authors' where there is none.
    pub candidates: Option<usize>,
}

/// What watches a race.
pub struct Spectators<'a, M> {
    /// Ends it early.
    pub monitor: &'a M,
    /// Milliseconds since some moment.
    pub now: &'a dyn Fn() -> f64,
    /// Hears each better point.
    pub progress: &'a mut dyn Progress<Milestone>,
}

/// A question as its rivals see it.
struct AsBlackBox<'a> {
    question: &'a Question,
    constraint: SliceConstraint<'a, FusedEvaluator>,
}

impl BlackBox for AsBlackBox<'_> {
    fn dimension(&self) -> usize {
        self.question.resources()
    }

    fn cost(&self, point: &[f64]) -> f64 {
        let above: f64 = self.question.costs.iter().zip(point).map(|(cost, x)| cost * x).sum();
        self.question.base_cost + above
    }

    async fn excesses(&mut self, points: &[f64], excesses: &mut [f64]) {
        self.constraint.values(&vec![0; excesses.len()], points, excesses).await;
        excesses.iter_mut().for_each(|excess| *excess -= self.question.limit);
    }
}

/// Tells a rival's incumbents as milestones.
struct Milestones<'a> {
    question: &'a Question,
    heard: &'a mut dyn Progress<Milestone>,
}

fn milestone(question: &Question, incumbent: &Incumbent) -> Milestone {
    Milestone {
        rows: incumbent.evaluations * question.traffic.len(),
        seconds: incumbent.seconds,
        allocation: question.allocation(&incumbent.point),
        cost: incumbent.cost,
        feasible: incumbent.is_feasible(),
    }
}

impl Progress<Incumbent> for Milestones<'_> {
    fn share(&mut self, fraction: f64) {
        self.heard.share(fraction);
    }

    fn news(&mut self, incumbent: Incumbent) {
        self.heard.news(milestone(self.question, &incumbent));
    }
}

/// Lets `rival` plan the one slice of `problem`.
///
/// # Errors
/// Names what is wrong with the problem or the allowance, or says that the monitor stopped the race.
pub async fn race<M: Monitor>(
    network: &Network,
    problem: &SliceProblem,
    rival: Rival,
    allowance: Allowance,
    seed: u64,
    spectators: Spectators<'_, M>,
) -> Result<Race, Halted> {
    problem.validate(&network.card)?;
    if problem.slices.len() != 1 {
        let found = format!("{} slices", problem.slices.len());
        return Err(InputError::new("slices", found, "1: rivals plan one slice").into());
    }
    let seen = if rival.sees_the_peak_alone() { peak_slice(problem, 0) } else { problem.clone() };
    let questions = [Question::new(&seen, network, 0)];
    let question = &questions[0];
    let levels = question.traffic.len();
    if levels == 0 {
        let traffic = &problem.slices[0].traffic;
        return Err(no_users(traffic).into());
    }
    let evaluator = FusedEvaluator::new(network);
    let constraint = SliceConstraint::new(&questions, evaluator, Measure::Expected);
    let mut asked = AsBlackBox { question, constraint };
    let budget = Budget { evaluations: allowance.rows / levels, seconds: allowance.seconds };
    let mut progress = Milestones { question, heard: spectators.progress };
    let watch = Watch { monitor: spectators.monitor, now: spectators.now, progress: &mut progress };
    let candidates = allowance.candidates;
    let trajectory = search(rival, candidates, &mut asked, budget, seed, watch).await?;
    let start = vec![1.0; question.resources()];
    let point = trajectory.best().map_or(&start, |best| &best.point);
    let rows = trajectory.evaluations * levels;
    let evidence = Evidence { evaluations: rows as u64, ..Evidence::default() };
    let allocation = question.allocation(point);
    let problem = SliceProblem { seed, ..problem.clone() };
    Ok(Race {
        plan: assemble(network, &problem, vec![allocation], TOLERANCE, evidence),
        milestones: trajectory.incumbents.iter().map(|i| milestone(question, i)).collect(),
        rows,
        seconds: trajectory.seconds,
    })
}

fn no_users(traffic: &Traffic) -> InputError {
    InputError::new("traffic", format!("{} users/s at its peak", traffic.peak()), "more than 0")
}

async fn search<M: Monitor>(
    rival: Rival,
    candidates: Option<usize>,
    asked: &mut AsBlackBox<'_>,
    budget: Budget,
    seed: u64,
    watch: Watch<'_, M>,
) -> Result<Trajectory, Halted> {
    match rival {
        Rival::Random => minimise(&Random::default(), asked, budget, seed, watch).await,
        Rival::Direct => minimise(&Direct::default(), asked, budget, seed, watch).await,
        Rival::CmaEs => minimise(&CmaEs::default(), asked, budget, seed, watch).await,
        Rival::Slsqp1 | Rival::Slsqp4 | Rival::Slsqp16 => {
            minimise(&rival.slsqp(), asked, budget, seed, watch).await
        }
        Rival::Scbo => minimise(&TrustRegionBayes::default(), asked, budget, seed, watch).await,
        Rival::Atlas | Rival::AtlasPlus => {
            let usual = NetworkThompson::default();
            let candidates = candidates.unwrap_or(usual.candidates);
            minimise(&NetworkThompson { candidates, ..usual }, asked, budget, seed, watch).await
        }
        Rival::Cadrl | Rival::CadrlPlus => {
            minimise(&InteriorPointPolicy::default(), asked, budget, seed, watch).await
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::shipped;
    use crate::solver::{Effort, solve};
    use futures::executor::block_on;
    use slicewise_optim::Unmonitored;

    fn raced(problem: &SliceProblem, rival: Rival, rows: usize) -> Race {
        let network = shipped("testbed-gaussian").unwrap();
        let spectators = Spectators { monitor: &Unmonitored, now: &|| 0.0, progress: &mut () };
        let allowance = Allowance { rows, seconds: 1.0, candidates: None };
        block_on(race(&network, problem, rival, allowance, 3, spectators)).unwrap()
    }

    fn problem(traffic: Traffic) -> SliceProblem {
        let network = shipped("testbed-gaussian").unwrap();
        SliceProblem::in_whole_box(&network.card, traffic, 4.5, 0.15)
    }

    #[test]
    fn strong_rivals_come_near_the_certified_optimum_and_never_below_its_bound() {
        let network = shipped("testbed-gaussian").unwrap();
        let problem = problem(Traffic::Constant { users_per_second: 3.0 });
        let proven =
            block_on(solve(&network, &problem, Effort::default(), &Unmonitored, &mut ())).unwrap();
        let bound = proven.lower_bound.unwrap();
        for (rival, rows, excess) in [
            (Rival::Scbo, 60, 0.05),
            (Rival::CmaEs, 500, 0.01),
            (Rival::Slsqp16, 20_000, 0.005),
            (Rival::Direct, 500, 0.1),
            (Rival::Random, 1000, 0.2),
        ] {
            let race = raced(&problem, rival, rows);
            assert!(race.plan.keeps_promises(), "{rival:?}");
            assert!(race.plan.cost >= bound - 1e-9, "{rival:?}");
            assert!(race.plan.cost < (1.0 + excess) * proven.cost, "{rival:?} {}", race.plan.cost);
            assert!(race.rows <= rows);
            let last = race.milestones.last().unwrap();
            assert!((last.cost - race.plan.cost).abs() < 1e-9 && last.feasible);
        }
    }

    #[test]
    fn rows_count_every_traffic_level() {
        let problem = problem(Traffic::Normal { mean: 2.0, deviation: 0.5 });
        let race = raced(&problem, Rival::Random, 1600);
        assert_eq!(race.rows, 1600);
        assert_eq!(race.milestones[0].rows % 16, 0);
    }

    #[test]
    fn a_race_tells_its_seed_and_a_rival_its_settings_by_name() {
        let race = raced(&problem(Traffic::Constant { users_per_second: 2.0 }), Rival::Random, 16);
        assert_eq!(race.plan.seed, 3);
        let settings = |rival: Rival| serde_json::to_value(rival.settings()).unwrap();
        let slsqp = settings(Rival::Slsqp4);
        assert_eq!((&slsqp["starts"], &slsqp["most_steps"]), (&4.into(), &100.into()));
        assert!(Rival::ALL.iter().all(|rival| settings(*rival).is_object()));
    }

    #[test]
    fn names_lead_back_to_their_rivals_and_others_are_refused() {
        for rival in Rival::ALL {
            assert_eq!(Rival::of_name(rival.name()), Ok(rival));
        }
        let error = Rival::of_name("nelder-mead").unwrap_err();
        assert_eq!(error.field, "methods");
        assert!(error.allowed.contains("slsqp-16"));
    }
}
