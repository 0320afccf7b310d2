//! What was measured of a network, and what its difference from the twin's answer comes from.

use serde::{Deserialize, Serialize};

use super::edit::Edit;
use crate::error::{InputError, check_count, check_range};

/// What was measured of the packets between two nodes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MeasuredFlow {
    /// Index of the node where they begin.
    pub source: u32,
    /// Index of the node where they end.
    pub target: u32,
    /// Their class; all classes together where there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub class: Option<u8>,
    /// Mean delay, in seconds.
    pub mean_delay_s: f64,
    /// Variance of the delay, in seconds squared.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub jitter_s2: Option<f64>,
    /// Share of the packets that were lost, 0 to 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub loss: Option<f64>,
    /// Packets that the mean is of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub packets: Option<f64>,
}

/// What was measured of a link.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MeasuredLink {
    /// Index of the link.
    pub link: u32,
    /// Share of the time that it was sending, 0 to 1, in relation to what it could send, whatever that was; up to
    /// [`MOST_MEASURED_UTILISATION`] by what counters and their periods are off, which counts as 1.
    pub utilisation: f64,
}

/// The highest utilisation that the counters of a full link show: they are read a little late or early.
pub const MOST_MEASURED_UTILISATION: f64 = 1.05;

/// What was measured over one period.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Measurements {
    /// Flows; none twice.
    pub flows: Vec<MeasuredFlow>,
    /// Links; none twice.
    #[serde(default)]
    pub links: Vec<MeasuredLink>,
    /// How long was measured, in seconds; [`USUAL_SECONDS`] where that is not known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seconds: Option<f64>,
}

/// How long is measured where nothing says so: five minutes.
pub const USUAL_SECONDS: f64 = 300.0;

/// How sure the alarm and the intervals are.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DiagnosisOrder {
    /// The most that the alarm may go off where nothing is wrong, as a share of the periods; 1e-6 to 0.5.
    pub false_alarms: f64,
    /// Share of the flows that lie within their interval where nothing is wrong, 0.5 to 0.9999.
    pub coverage: f64,
    /// Causes that are told, 1 to 1,000.
    pub causes: usize,
}

impl Default for DiagnosisOrder {
    fn default() -> Self {
        Self { false_alarms: 0.02, coverage: 0.95, causes: 10 }
    }
}

impl DiagnosisOrder {
    /// Checks all fields.
    ///
    /// # Errors
    /// Names the first that is out of range.
    pub fn validate(&self) -> Result<(), InputError> {
        check_range("false_alarms", self.false_alarms, 1e-6, 0.5, "")?;
        check_range("coverage", self.coverage, 0.5, 0.9999, "")?;
        check_count("causes", self.causes, 1, 1000)
    }
}

/// What can be wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CauseKind {
    /// A member of a bundle has failed: one of several links side by side, or a part of a link's capacity.
    FailedMember,
    /// A link carries half of what it should.
    HalvedCapacity,
    /// A port shares its link by other weights than it should.
    SchedulingWeight,
    /// Two nodes send more than they should.
    UnexpectedTraffic,
    /// Packets are routed by another weight of a link than they should be.
    LinkWeight,
}

impl CauseKind {
    /// All kinds.
    pub const ALL: [Self; 5] = [
        Self::FailedMember,
        Self::HalvedCapacity,
        Self::SchedulingWeight,
        Self::UnexpectedTraffic,
        Self::LinkWeight,
    ];

    /// Its name in JSON.
    pub fn name(self) -> &'static str {
        match self {
            Self::FailedMember => "failed-member",
            Self::HalvedCapacity => "halved-capacity",
            Self::SchedulingWeight => "scheduling-weight",
            Self::UnexpectedTraffic => "unexpected-traffic",
            Self::LinkWeight => "link-weight",
        }
    }
}

/// Where something is wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Site {
    /// At the link of this index; at both its directions where capacity is missing, the first of them is told.
    Link(u32),
    /// Between two nodes.
    Pair {
        /// Index of the node that sends.
        source: u32,
        /// Index of the node that receives.
        target: u32,
    },
}

/// What may be wrong, and how well that explains what was measured.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Cause {
    /// What.
    pub kind: CauseKind,
    /// Where.
    pub site: Site,
    /// How much: the factor on the capacity, on the weight of the class or of the link, or on the traffic; 0 where a
    /// link side by side with others has failed.
    pub factor: f64,
    /// The class whose scheduling weight is wrong.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub class: Option<u8>,
    /// What makes the twin answer as if it were so.
    pub edits: Vec<Edit>,
    /// Natural logarithm of how much more likely the measurements are than where nothing is wrong.
    pub log_likelihood_ratio: f64,
    /// Probability among all causes and none at all, where before measuring every kind, and none, is as likely as
    /// another and every site of a kind too.
    pub probability: f64,
}

/// A measured flow beside what the twin expects.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct ComparedFlow {
    /// Mean delay that is expected, in seconds; NaN where nothing should arrive.
    pub expected_s: f64,
    /// Where the interval begins and ends, in seconds.
    pub interval_s: (f64, f64),
    /// Whether the measured mean lies outside.
    pub outside: bool,
    /// How many standard deviations it lies above what is expected.
    pub deviations: f64,
    /// Variance of the delay that is expected, in seconds squared.
    pub expected_jitter_s2: f64,
    /// Share of lost packets that is expected.
    pub expected_loss: f64,
}

/// A measured link beside what the twin expects.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct ComparedLink {
    /// Utilisation that is expected.
    pub expected: f64,
    /// Where the interval begins and ends.
    pub interval: (f64, f64),
    /// Whether the measured one lies outside.
    pub outside: bool,
    /// How many standard deviations it lies above what is expected.
    pub deviations: f64,
}

/// What the measurements say.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Diagnosis {
    /// Whether something is wrong.
    pub alarm: bool,
    /// The largest of the statistics that the alarm looks at, in standard deviations.
    pub statistic: f64,
    /// What it has to exceed for an alarm.
    pub threshold: f64,
    /// Number of statistics that the alarm looks at.
    pub statistics: usize,
    /// By how much the noise of the delays exceeds what the twin expects of it; 1 where it does not.
    pub delay_noise: f64,
    /// The same of the utilisations.
    pub utilisation_noise: f64,
    /// Causes, most probable first.
    pub causes: Vec<Cause>,
    /// Probability that nothing is wrong.
    pub nothing_wrong: f64,
    /// The measured flows, in their order.
    pub flows: Vec<ComparedFlow>,
    /// The measured links, in their order.
    pub links: Vec<ComparedLink>,
    /// Number of causes that were tried.
    pub tried: usize,
}
