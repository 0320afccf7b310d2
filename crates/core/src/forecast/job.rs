//! What the page asks the Forecast planner's engine, and what it answers.

use super::{ALPHA, DemandSeries, ForecasterCard, ReservationScore, ServiceAgreement, ServiceName};
use crate::packed_numbers;
use serde::{Deserialize, Serialize};

/// Share of a trace, its last part, that is held back: the test.
pub const HELD_BACK: f64 = 1.0 / 3.0;

/// Where demand comes from.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum TraceSource {
    /// Training days and test days of a generated service.
    Generated {
        /// The service.
        service: ServiceName,
        /// Seed of its noise, bursts and events.
        seed: u64,
    },
    /// The visitor's own.
    Given(GivenTrace),
}

/// A [`DemandSeries`] whose values cross in one copy.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct GivenTrace {
    /// Name of the service or of the place.
    pub name: String,
    /// Unit of the demand.
    pub unit: String,
    /// Length of a step in minutes.
    pub step_minutes: u32,
    /// Start of the first step, in minutes since 1970-01-01 00:00 UTC.
    pub start_minute: i64,
    /// Demand of each step.
    #[serde(with = "packed_numbers")]
    pub values: Vec<f64>,
}

impl From<&DemandSeries> for GivenTrace {
    fn from(series: &DemandSeries) -> Self {
        Self {
            name: series.name.clone(),
            unit: series.unit.clone(),
            step_minutes: series.step_minutes,
            start_minute: series.start_minute,
            values: series.values.clone(),
        }
    }
}

impl From<&GivenTrace> for DemandSeries {
    fn from(trace: &GivenTrace) -> Self {
        Self {
            name: trace.name.clone(),
            unit: trace.unit.clone(),
            step_minutes: trace.step_minutes,
            start_minute: trace.start_minute,
            values: trace.values.clone(),
        }
    }
}

/// Which networks decide.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum NetworkSource {
    /// Those that ship with the page, by their card's name.
    Shipped(String),
    /// The visitor's own.
    Own(Box<LearnedNetworks>),
}

/// Networks that were learnt in the tab, or read from the visitor's files.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LearnedNetworks {
    /// What they are.
    pub card: ForecasterCard,
    /// The safetensors file.
    #[serde(with = "serde_bytes")]
    pub weights: Vec<u8>,
}

/// A job for the Forecast planner.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum ForecastJob {
    /// Reservations for one service under an agreement, by every method.
    Reserve(Box<ReserveQuestion>),
    /// Admissions and reservations for the four generated services under one capacity.
    Admit(Box<AdmitQuestion>),
    /// What the loss network has learnt of one service's costs.
    Explore(Box<ExploreQuestion>),
    /// What it has learnt of one slice's costs while the others are held.
    Surface(Box<SurfaceQuestion>),
    /// Trains both networks for one service; an engine with burn can.
    Learn(Box<LearnOrder>),
    /// Trains both networks for the four generated services under one capacity; an engine with burn can.
    LearnAdmission(Box<AdmissionLearnOrder>),
}

impl ForecastJob {
    /// The networks that the job needs, where it needs any.
    pub fn networks(&self) -> Option<&NetworkSource> {
        match self {
            Self::Reserve(question) => Some(&question.networks),
            Self::Admit(question) => question.networks.as_ref(),
            Self::Explore(question) => Some(&question.networks),
            Self::Surface(question) => Some(&question.networks),
            Self::Learn(order) => order.start.as_ref(),
            Self::LearnAdmission(_) => None,
        }
    }
}

/// Capacity for one service.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ReserveQuestion {
    /// The demand; its last third is the test.
    pub trace: TraceSource,
    /// Which networks decide.
    pub networks: NetworkSource,
    /// What a step costs.
    pub terms: Terms,
    /// Whether the regressors that learnt on other losses decide too, which takes as long for each as
    /// it does for ours, the first time.
    pub rivals: bool,
}

/// An agreement in prices of capacity, so that it fits demand of any size.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Terms {
    /// Revenue of a step that is served in full, in units of the largest demand of the training days.
    pub revenue: f64,
    /// Penalty of a step that is not, in the same units.
    pub penalty: f64,
    /// Price of a unit of capacity that was reserved and not used, per step.
    pub overprovisioning_price: f64,
}

impl Default for Terms {
    fn default() -> Self {
        Self { revenue: 0.5 * ALPHA, penalty: 0.5 * ALPHA, overprovisioning_price: 1.0 }
    }
}

impl Terms {
    /// The agreement for demand with this peak.
    pub fn agreement(&self, peak: f64) -> ServiceAgreement {
        ServiceAgreement {
            revenue: self.revenue * peak,
            penalty: self.penalty * peak,
            overprovisioning_price: self.overprovisioning_price,
        }
    }
}

/// How reservations come about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Method {
    /// The regressor that learnt with its own loss.
    Learned,
    /// The same regressor on DeepCog's alpha-OMC loss.
    AlphaOmc,
    /// The same regressor on absolute error, plus the fixed margin that is best on the test itself.
    BestMargin,
    /// The same regressor on pinball loss at the newsvendor quantile.
    Pinball,
    /// The demand a day earlier, plus a margin that covers 95 % of the errors.
    SeasonalNaive,
    /// Holt-Winters, plus such a margin.
    HoltWinters,
}

impl Method {
    /// All of them, ours first.
    pub const ALL: [Self; 6] = [
        Self::Learned,
        Self::AlphaOmc,
        Self::BestMargin,
        Self::Pinball,
        Self::SeasonalNaive,
        Self::HoltWinters,
    ];

    /// The name in files and tests.
    pub fn name(self) -> &'static str {
        match self {
            Self::Learned => "loss-meta-learning",
            Self::AlphaOmc => "alpha-omc",
            Self::BestMargin => "best-margin",
            Self::Pinball => "pinball",
            Self::SeasonalNaive => "seasonal-naive",
            Self::HoltWinters => "holt-winters",
        }
    }
}

/// Whose forecasts the methods that know the prices (or the test) stand on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Rivals {
    /// Regressors of ours' size, each on its own loss.
    Regressors,
    /// They have not been asked yet: the plan lacks those methods.
    NotAsked,
    /// Holt-Winters, with the margin that the method asks for: no such regressors learnt beside ours.
    HoltWinters,
}

/// One method over the test.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MethodPlan {
    /// How.
    pub method: Method,
    /// One reservation per test step.
    #[serde(with = "packed_numbers")]
    pub reserved: Vec<f64>,
    /// What they cost.
    pub score: ReservationScore,
}

/// Reservations for one service over the test.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ReservationPlan {
    /// Name of the trace.
    pub name: String,
    /// Unit of its demand.
    pub unit: String,
    /// Length of a step in minutes.
    pub step_minutes: u32,
    /// Start of the test, in minutes since 1970-01-01 00:00 UTC.
    pub start_minute: i64,
    /// Steps before the test.
    pub training_steps: usize,
    /// Largest demand before the test.
    pub peak: f64,
    /// The agreement in force.
    pub agreement: ServiceAgreement,
    /// Demand over the test.
    #[serde(with = "packed_numbers")]
    pub demand: Vec<f64>,
    /// Every method that can plan this trace, ours first.
    pub methods: Vec<MethodPlan>,
    /// What some of them stand on.
    pub rivals: Rivals,
    /// Our reservation for the step after the end of the trace.
    pub next: f64,
    /// By how many usual changes our decisions were moved because the networks learnt under other terms
    /// or from another trace; 0 where they did not.
    pub moved: f64,
    /// Whether the networks learnt from another trace than this one.
    pub transferred: bool,
    /// Mean time of one decision of ours, in milliseconds.
    pub decision_ms: f64,
}

/// Admission and reservation for the four generated services.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AdmitQuestion {
    /// Our networks; none asks for the overbooking benchmark.
    pub networks: Option<NetworkSource>,
    /// Seed of the demand.
    pub seed: u64,
    /// What a step costs.
    pub terms: SharedTerms,
}

/// Terms for slices under one capacity, for demand of any size.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SharedTerms {
    /// Capacity as a share of the sum of the slices' scales, their peaks before the test.
    pub capacity_share: f64,
    /// Steepness ra of the quality's fall where too little is reserved, below 0.
    pub steepness: f64,
    /// Offset rb of the fall.
    pub offset: f64,
}

impl Default for SharedTerms {
    fn default() -> Self {
        Self { capacity_share: 0.15, steepness: -40.0, offset: -1.0 }
    }
}

/// One slice under the shared capacity.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AdmittedSlice {
    /// The service.
    pub service: ServiceName,
    /// Scale of its demand: the peak before the test.
    pub scale: f64,
    /// Demand over the test.
    #[serde(with = "packed_numbers")]
    pub demand: Vec<f64>,
    /// Reservation in each step of the test; below 0 where the slice is rejected.
    #[serde(with = "packed_numbers")]
    pub reserved: Vec<f64>,
    /// Mean profit per step as a share of what the slice earns when served closely.
    pub profit: f64,
    /// Share of the steps in which it is admitted.
    pub admitted: f64,
    /// Average uninterrupted service time, in hours of a day.
    pub avst_hours: f64,
}

/// Admissions and reservations over the test by one method.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AdmissionPlan {
    /// The slices.
    pub slices: Vec<AdmittedSlice>,
    /// The capacity that they share.
    pub capacity: f64,
    /// Unit of demand, reservations and capacity.
    pub unit: String,
    /// Length of a step in minutes.
    pub step_minutes: u32,
    /// Start of the test, in minutes since 1970-01-01 00:00 UTC.
    pub start_minute: i64,
    /// Mean profit per step as a share of what all slices earn when served closely.
    pub profit: f64,
    /// Share of the slices that are admitted, over all steps.
    pub admissions: f64,
    /// Share of the steps in which the reservations exceed the capacity.
    pub violations: f64,
    /// Share of the admitted slices that got less than they demanded.
    pub starved: f64,
}

/// The learnt loss of one service.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ExploreQuestion {
    /// The demand.
    pub trace: TraceSource,
    /// Whose loss network.
    pub networks: NetworkSource,
}

/// The learnt loss beside the metric that it was learnt from.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LossPicture {
    /// Unit of the demand.
    pub unit: String,
    /// Largest demand before the test.
    pub peak: f64,
    /// The agreement under which it was learnt.
    pub agreement: ServiceAgreement,
    /// One picture for low demand, one for high demand.
    pub levels: Vec<LossAtDemand>,
}

/// Losses over decisions at one demand.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LossAtDemand {
    /// The demand.
    pub demand: f64,
    /// Decisions, ascending.
    #[serde(with = "packed_numbers")]
    pub decisions: Vec<f64>,
    /// What the loss network says.
    #[serde(with = "packed_numbers")]
    pub learned: Vec<f64>,
    /// What the metric says.
    #[serde(with = "packed_numbers")]
    pub measured: Vec<f64>,
    /// What alpha-OMC says, in the metric's currency.
    #[serde(with = "packed_numbers")]
    pub alpha_omc: Vec<f64>,
    /// Root mean square error of the regressor about its own margin, at test demand near this one.
    pub error: f64,
    /// Margin that the regressor keeps there: the mean of its decisions less the demand.
    pub kept_margin: f64,
    /// Margin with the least mean learnt loss for those errors.
    pub learned_margin: f64,
    /// Margin with the least mean cost for those errors.
    pub best_margin: f64,
}

/// The demand of the slices that are held.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Level {
    /// A tenth of the test's steps are lower.
    Low,
    /// Half of them are.
    #[default]
    Medium,
    /// Nine tenths of them are.
    High,
}

impl Level {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Low, Self::Medium, Self::High];

    /// Share of the test's steps with a lower demand.
    pub fn quantile(self) -> f64 {
        match self {
            Self::Low => 0.1,
            Self::Medium => 0.5,
            Self::High => 0.9,
        }
    }
}

/// The learnt loss over decision and demand of one of the four services.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SurfaceQuestion {
    /// Whose loss network.
    pub networks: NetworkSource,
    /// Seed of the demand.
    pub seed: u64,
    /// The slice, from 0.
    pub slice: usize,
    /// Demand of the others, which are served one usual change above it.
    pub others: Level,
    /// Points of each axis, 2 to 200.
    pub resolution: usize,
}

/// A learnt loss over decision and demand.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LossSurface {
    /// The slice.
    pub service: ServiceName,
    /// Unit of decision and demand.
    pub unit: String,
    /// Decisions, ascending; below 0 rejects.
    #[serde(with = "packed_numbers")]
    pub decisions: Vec<f64>,
    /// Demands, ascending.
    #[serde(with = "packed_numbers")]
    pub demands: Vec<f64>,
    /// What the loss network says, demand after demand, each over all decisions.
    #[serde(with = "packed_numbers")]
    pub learned: Vec<f64>,
    /// What the metric says.
    #[serde(with = "packed_numbers")]
    pub measured: Vec<f64>,
    /// The decision with the least learnt loss, for each demand.
    #[serde(with = "packed_numbers")]
    pub cheapest: Vec<f64>,
}

/// What to learn, and how.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LearnOrder {
    /// Short name of the new networks.
    pub name: String,
    /// The demand; its last third is held back and measured on.
    pub trace: TraceSource,
    /// Where the demand comes from, for the card.
    pub source: String,
    /// What a step costs: the networks see measured costs alone.
    pub terms: Terms,
    /// Recorded outcomes to learn from in place of the terms: decision, demand and cost of each.
    #[serde(with = "packed_numbers")]
    pub records: Vec<f64>,
    /// Networks whose loss network to go on from (transfer).
    pub start: Option<NetworkSource>,
    /// Whether regressors learn on the other methods' losses too; not with records.
    pub rivals: bool,
    /// Whether the networks have the paper's size instead of the reduced one.
    pub paper_size: bool,
    /// Passes over the training steps, 1 to 500.
    pub epochs: usize,
    /// Seed of the weights, the order and the exploration.
    pub seed: u64,
}

/// What to learn where the four generated services share a capacity.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AdmissionLearnOrder {
    /// Short name of the new networks.
    pub name: String,
    /// Seed of the demand.
    pub demand_seed: u64,
    /// What a step costs: the networks see measured costs and the capacity alone.
    pub terms: SharedTerms,
    /// Passes over the training steps, 1 to 500.
    pub epochs: usize,
    /// Seed of the weights, the order and the exploration.
    pub seed: u64,
}

/// A training after one of its epochs.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct LearningMoment {
    /// Epochs done.
    pub epoch: usize,
    /// Epochs asked for.
    pub epochs: usize,
    /// Mean cost of the decisions on the training steps, as they were taken.
    pub training_cost: f64,
    /// Root mean square error of the loss network, in deviations of the cost.
    pub loss_error: f64,
}

/// What the loss network says after an epoch, at one demand.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LossSeen {
    /// The demand: half of the training steps have less.
    pub demand: f64,
    /// Decisions, ascending.
    #[serde(with = "packed_numbers")]
    pub decisions: Vec<f64>,
    /// What the loss network says.
    #[serde(with = "packed_numbers")]
    pub learned: Vec<f64>,
    /// What the metric says, which the networks do not see; empty where there are records alone.
    #[serde(with = "packed_numbers")]
    pub measured: Vec<f64>,
}

/// Results, one per kind of job.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum ForecastOutcome {
    /// Reservations over the test.
    Reserved(Box<ReservationPlan>),
    /// Admissions over the test.
    Admitted(Box<AdmissionPlan>),
    /// A learnt loss.
    Explored(Box<LossPicture>),
    /// A learnt loss over two axes.
    Surface(Box<LossSurface>),
    /// Trained networks.
    Learned(Box<LearnedNetworks>),
}
