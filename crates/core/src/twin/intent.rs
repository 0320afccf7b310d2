//! What an operator wants of a network, and what may be moved for it.

use serde::{Deserialize, Serialize};

use super::edit::Edit;
use super::queueing::MOST_CLASSES;
use super::scenario::Scenario;
use crate::error::{InputError, check_count, check_range};

/// What is wanted: something as low as it can be, and what has to hold. Without something to minimise, as little
/// is changed as makes all hold.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Intent {
    /// What is to be low.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub minimise: Option<Objective>,
    /// What has to hold.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub keep: Vec<Keep>,
    /// Whether all this is meant after any single failure of a link or a risk group too.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub after_failures: bool,
}

/// What is to be low.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Objective {
    /// The utilisation of the fullest link.
    LargestUtilisation,
    /// The mean delay over all packets.
    MeanDelay,
    /// The longest mean delay of a flow.
    LargestDelay,
}

impl Objective {
    /// All objectives.
    pub const ALL: [Self; 3] = [Self::LargestUtilisation, Self::MeanDelay, Self::LargestDelay];

    /// Its name in JSON and in the command.
    pub fn name(self) -> &'static str {
        match self {
            Self::LargestUtilisation => "largest-utilisation",
            Self::MeanDelay => "mean-delay",
            Self::LargestDelay => "largest-delay",
        }
    }
}

/// Something that has to hold.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Keep {
    /// No link is fuller.
    Utilisation {
        /// The highest utilisation, above 0, to 1000.
        at_most: f64,
    },
    /// No flow has a longer mean delay.
    Delay {
        /// Which class; all where there is none.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        class: Option<u8>,
        /// The longest mean delay, in seconds, above 0, to 1e6.
        at_most_s: f64,
    },
    /// A link carries nothing, in this direction.
    Free {
        /// Its id.
        link: String,
    },
}

impl Intent {
    /// The lowest utilisation that has to be kept.
    pub fn most_utilisation(&self) -> Option<f64> {
        let of = |keep: &Keep| match keep {
            Keep::Utilisation { at_most } => Some(*at_most),
            _ => None,
        };
        self.keep.iter().filter_map(of).min_by(f64::total_cmp)
    }

    /// Whether it is about delays.
    pub fn is_about_delay(&self) -> bool {
        matches!(self.minimise, Some(Objective::MeanDelay | Objective::LargestDelay))
            || self.keep.iter().any(|keep| matches!(keep, Keep::Delay { .. }))
    }

    /// Whether it is about the delays of a class; every class where none is told.
    pub fn is_about_delay_of(&self, class: Option<u8>) -> bool {
        let is_kept = |keep: &Keep| match keep {
            Keep::Delay { class: own, .. } => own.is_none() || class.is_none() || *own == class,
            _ => false,
        };
        matches!(self.minimise, Some(Objective::MeanDelay | Objective::LargestDelay))
            || self.keep.iter().any(is_kept)
    }

    /// Checks it against the network that it is for.
    ///
    /// # Errors
    /// Names the first field that cannot be used.
    pub fn validate(&self, scenario: &Scenario) -> Result<(), InputError> {
        if self.minimise.is_none() && self.keep.is_empty() {
            let allowed = "something to minimise, or something to keep";
            return Err(InputError::new("intent", "empty", allowed));
        }
        check_count("keep", self.keep.len(), 0, 1000)?;
        for (index, keep) in self.keep.iter().enumerate() {
            let at = format!("keep[{index}]");
            match keep {
                Keep::Utilisation { at_most } => {
                    check_range(&format!("{at}.utilisation.at_most"), *at_most, 1e-6, 1000.0, "")?;
                }
                Keep::Delay { class, at_most_s } => {
                    check_range(&format!("{at}.delay.at_most_s"), *at_most_s, 1e-9, 1e6, "s")?;
                    let class = usize::from(class.unwrap_or(0));
                    check_count(&format!("{at}.delay.class"), class, 0, MOST_CLASSES - 1)?;
                }
                Keep::Free { link } => {
                    if !scenario.topology.links.iter().any(|own| own.id == *link) {
                        let at = format!("{at}.free.link");
                        return Err(InputError::new(at, link, "the id of a link"));
                    }
                }
            }
        }
        Ok(())
    }
}

/// What may be moved.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Moves {
    /// Segments before the target, 0 to 8; 0 leaves traffic to the links' weights.
    pub waypoints: usize,
    /// Whether links may be segments beside nodes.
    pub link_segments: bool,
    /// Whether traffic may be split over several lists.
    pub splits: bool,
    /// Whether links may get other weights.
    pub weights: bool,
    /// Whether the classes may get other weights at ports that share by weights; for intents about delays.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub class_weights: bool,
}

impl Default for Moves {
    fn default() -> Self {
        Self {
            waypoints: 2,
            link_segments: true,
            splits: true,
            weights: false,
            class_weights: false,
        }
    }
}

impl Moves {
    /// Checks the number of waypoints, and that anything may be moved.
    ///
    /// # Errors
    /// Names the field.
    pub fn validate(&self) -> Result<(), InputError> {
        let is_alone = !self.weights && !self.class_weights;
        check_count("moves.waypoints", self.waypoints, usize::from(is_alone), 8)
    }
}

/// What to optimise, and how long.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ImprovementOrder {
    /// What is wanted.
    pub intent: Intent,
    /// What may be moved.
    pub moves: Moves,
    /// How long, 0.001 to 86400.
    pub seconds: f64,
    /// The most iterations.
    pub iterations: usize,
    /// Seed of what is drawn.
    pub seed: u64,
}

impl ImprovementOrder {
    /// Checks everything.
    ///
    /// # Errors
    /// Names the first field that cannot be used.
    pub fn validate(&self, scenario: &Scenario) -> Result<(), InputError> {
        self.intent.validate(scenario)?;
        self.moves.validate()?;
        if self.moves.class_weights && !self.intent.is_about_delay() {
            let allowed = "false, unless the intent is about delays";
            return Err(InputError::new("moves.class_weights", true, allowed));
        }
        check_range("seconds", self.seconds, 1e-3, 86_400.0, "s")
    }
}

/// Delays of a network.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Delays {
    /// Mean over all packets, in seconds.
    pub mean_delay_s: f64,
    /// The longest mean delay of a flow, in seconds.
    pub longest_delay_s: f64,
}

/// One change.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Change {
    /// What is done.
    pub edit: Edit,
    /// Traffic that it moves, in bit/s; 0 for a weight or a queue.
    pub rate_bit_per_s: f64,
    /// Highest utilisation once it and those before it are done.
    pub max_utilisation: f64,
    /// How much lower that is than before it.
    pub gain: f64,
    /// Of a change of queues: how much shorter, in seconds, the delay that the intent is about is than before it, over
    /// all cases; the mean where that is minimised, otherwise the longest.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub delay_gain_s: Option<f64>,
}

/// Whether what was to be kept is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// All of it is.
    Kept,
    /// Not all of it, although it may be possible.
    Broken,
    /// It cannot be, by any routing: the bound says so, or nodes have no way but a link that is to be free.
    Impossible,
}

/// What came of an optimisation.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Improvement {
    /// Utilisation of the fullest link, over all failures that the intent counts.
    pub max_utilisation: f64,
    /// No routing at all has a lower one.
    pub lower_bound: f64,
    /// The former over the latter.
    pub ratio_to_bound: f64,
    /// The lowest that lists of so many segments were shown to reach at best; 0 where that was not looked into.
    pub lower_bound_of_lists: f64,
    /// The same utilisation where ways of least weight carry all.
    pub igp: f64,
    /// The same utilisation before any change.
    pub before: f64,
    /// Seconds that it took.
    pub seconds: f64,
    /// Iterations that it took.
    pub iterations: usize,
    /// Delays before any change, by formula, without a failure.
    pub delays_before: Delays,
    /// Delays after all changes.
    pub delays_after: Delays,
    /// Whether what was to be kept is kept.
    pub verdict: Verdict,
    /// What is broken, in words.
    pub broken: Vec<String>,
    /// What is to be done, in order.
    pub changes: Vec<Change>,
}
