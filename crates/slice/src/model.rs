//! The networks that ship with the planner, and how each is made.

use std::sync::LazyLock;

use slicewise_core::card::{Architecture, Better, InputField, OutputField, Scale};
use slicewise_core::model_files::{self, ShippedModel};
use slicewise_core::slice::measured::MeasuredCell;
use slicewise_core::{InputError, ModelCard, shipped_model};
use slicewise_nets::Network;
use slicewise_nets::dense::weights;

/// The network that plans are made by where nobody asks for another.
pub const DEFAULT_MODEL: &str = "testbed-ensemble";

/// Names of the shipped networks, the default first.
pub const NAMES: [&str; 5] =
    [DEFAULT_MODEL, "testbed-gaussian", "testbed-mixture", "delay-ensemble", "delay"];

/// The default, compiled into every program that plans.
const DEFAULT: ShippedModel = shipped_model!("slice", "testbed-ensemble");

/// What a graphics device is examined with.
const EXAMINED: ShippedModel = shipped_model!("slice", "testbed-gaussian");

/// All of them, compiled into programs that cannot fetch.
pub const SHIPPED: [ShippedModel; 5] = [
    DEFAULT,
    EXAMINED,
    shipped_model!("slice", "testbed-mixture"),
    shipped_model!("slice", "delay-ensemble"),
    shipped_model!("slice", "delay"),
];

/// Refuses the names of the networks that ship with the planner.
///
/// # Errors
/// Gives the name.
pub fn check_name_is_free(name: &str) -> Result<(), InputError> {
    if NAMES.contains(&name) {
        let allowed = format!("a name other than {}", NAMES.join(", "));
        return Err(InputError::new("name", name, allowed));
    }
    Ok(())
}

/// What the shipped ensembles were trained on, by name: JSON of [`MeasuredCell`]s.
const MEASURED: [(&str, &str); 1] = [(
    "testbed-ensemble",
    include_str!(concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../models/slice/testbed-ensemble/measured.json"
    )),
)];
/// File of the measured cells in a model's folder.
pub const MEASURED_FILE: &str = "measured.json";

static MEASURED_CELLS: LazyLock<Vec<(&str, Vec<MeasuredCell>)>> = LazyLock::new(|| {
    let read = |(name, text)| Some((name, MeasuredCell::list_from_json(text).ok()?));
    MEASURED.into_iter().filter_map(read).collect()
});

/// What the network of `card` was trained on, cell by cell, where it shipped with that.
pub fn measured(card: &ModelCard) -> Option<&'static [MeasuredCell]> {
    let own = MEASURED_CELLS.iter().find(|(name, _)| *name == card.name)?;
    Some(&own.1)
}

/// Loads a shipped network, of those that are all compiled in: not for programs of the site, whose
/// engines fetch all but the default.
///
/// # Errors
/// Names the model when there is none of that name, or what is wrong with its files.
pub fn shipped(name: &str) -> Result<Network, InputError> {
    let found = model_files::named(&SHIPPED, name)?;
    read(found.card, found.weights)
}

/// Loads the network that plans are made by where nobody asks for another.
///
/// # Errors
/// Names what is wrong with its files.
pub fn default_network() -> Result<Network, InputError> {
    read(DEFAULT.card, DEFAULT.weights)
}

/// Loads the network that a graphics device is examined with.
///
/// # Errors
/// Names what is wrong with its files.
pub fn examined_network() -> Result<Network, InputError> {
    read(EXAMINED.card, EXAMINED.weights)
}

/// The network of a card, JSON, and its weight file.
///
/// # Errors
/// Names the field of the card or the tensor that is wrong.
pub fn read(card: &str, weights: &[u8]) -> Result<Network, InputError> {
    weights::load(&ModelCard::from_json(card)?, weights)
}

/// How a network is made: everything in its card that does not come from data.
#[derive(Clone, Debug, PartialEq)]
pub struct Blueprint {
    /// Name of the network.
    pub name: &'static str,
    /// One line for people.
    pub title: &'static str,
    /// Column of the measured QoS in the tables.
    pub qos_column: &'static str,
    /// What the output is; the measured range is filled in from the data.
    pub output: OutputField,
    /// Shape of the network.
    pub architecture: Architecture,
    /// Passes over the training rows.
    pub epochs: usize,
    /// Rows per step.
    pub batch: usize,
    /// Learning rate at the start.
    pub learning_rate: f64,
    /// Decay of the weights.
    pub weight_decay: f32,
    /// Where its data comes from.
    pub source: &'static str,
    /// Licence of the data.
    pub licence: &'static str,
    /// What no plan may promise, whatever is learned: resource, bound and tolerance, as in
    /// [`slicewise_core::card::Limit`].
    pub limits: Vec<(&'static str, f64, f64)>,
}

/// What a user gets of a link, at most: the link's rate over its users (Mbit/s per Mbit/s).
const BANDWIDTH_BOUND: f64 = 1.0;
/// What was ever carried per millicore on the testbed, at most, in Mbit/s: 27.74 at 2,500 millicores.
const CPU_BOUND: f64 = 0.0111;
/// Delay times resource that the simulated network never beat, in ms x millicores and ms x Mbit/s: 7,386
/// and 67.8 were the least.
const DELAY_PER_CPU: f64 = 7300.0;
const DELAY_PER_BANDWIDTH: f64 = 67.0;
/// Share by which a second's average may lie beyond a bound.
const TOLERANCE: f64 = 0.05;

/// Columns of the inputs in the tables, traffic first.
pub const INPUT_COLUMNS: [&str; 3] = ["n_users", "cpu", "bw"];

impl Blueprint {
    /// The blueprint of a shipped network.
    ///
    /// # Errors
    /// Names the model when there is none of that name.
    pub fn of(name: &str) -> Result<Self, InputError> {
        match name {
            "testbed-gaussian" => Ok(Self::testbed(
                "testbed-gaussian",
                "5G testbed throughput, one Gaussian",
                Architecture::free(vec![16; 3], 16, 1),
                400,
            )),
            "testbed-mixture" => Ok(Self::testbed(
                "testbed-mixture",
                "5G testbed throughput, mixture of three Gaussians",
                Architecture::free(vec![32; 3], 0, 3),
                300,
            )),
            "testbed-ensemble" => Ok(Self::ensemble(Self {
                limits: vec![
                    ("cpu", CPU_BOUND, TOLERANCE),
                    ("bandwidth", BANDWIDTH_BOUND, TOLERANCE),
                ],
                ..Self::testbed(
                    "testbed-ensemble",
                    "5G testbed throughput, ten monotone networks",
                    Architecture::monotone(10, vec![16, 16], 3),
                    150,
                )
            })),
            "delay" => Ok(Self::delay()),
            "delay-ensemble" => Ok(Self::ensemble(Self {
                name: "delay-ensemble",
                title: "Packet delay under Poisson traffic, simulated, ten monotone networks",
                architecture: Architecture::monotone(10, vec![16, 16], 3),
                limits: vec![
                    ("cpu", DELAY_PER_CPU, TOLERANCE),
                    ("bandwidth", DELAY_PER_BANDWIDTH, TOLERANCE),
                ],
                ..Self::delay()
            })),
            _ => Err(InputError::new("model", name, NAMES.join(", "))),
        }
    }

    fn testbed(
        name: &'static str,
        title: &'static str,
        architecture: Architecture,
        epochs: usize,
    ) -> Self {
        Self {
            name,
            title,
            qos_column: "qos",
            output: OutputField {
                name: "throughput per user".to_owned(),
                unit: "Mbit/s".to_owned(),
                better: Better::Higher,
                scale: Scale::Linear,
                measured_minimum: 0.0,
                measured_maximum: 0.0,
                threshold_minimum: 0.5,
                threshold_maximum: 12.0,
                threshold_default: 5.0,
            },
            architecture,
            epochs,
            batch: 512,
            learning_rate: 3e-3,
            weight_decay: 0.3,
            source: "MicroOpt 5G testbed measurements \
                     (GitHub: sulaimanalmani/5G-resource-allocation-dataset)",
            licence: "none stated",
            limits: Vec::new(),
        }
    }

    /// What all ensembles share: they live in the logarithm of the QoS, in which noise is alike
    /// everywhere and nothing lies below zero.
    fn ensemble(blueprint: Self) -> Self {
        Self {
            output: OutputField { scale: Scale::Logarithmic, ..blueprint.output },
            learning_rate: 5e-3,
            weight_decay: 0.0,
            ..blueprint
        }
    }

    fn delay() -> Self {
        Self {
            name: "delay",
            title: "Packet delay under Poisson traffic, simulated",
            qos_column: "delay_ms",
            output: OutputField {
                name: "packet delay".to_owned(),
                unit: "ms".to_owned(),
                better: Better::Lower,
                scale: Scale::Logarithmic,
                measured_minimum: 0.0,
                measured_maximum: 0.0,
                threshold_minimum: 11.0,
                threshold_maximum: 500.0,
                threshold_default: 50.0,
            },
            architecture: Architecture::free(vec![32; 3], 0, 2),
            epochs: 150,
            batch: 512,
            learning_rate: 3e-3,
            weight_decay: 0.3,
            source: "slicewise generate slice-delay (packet-level simulator of this project)",
            licence: "MIT OR Apache-2.0",
            limits: Vec::new(),
        }
    }

    /// The inputs with their units; `ranges` holds the smallest and largest value of each column.
    pub fn inputs(&self, ranges: &[(f64, f64)]) -> Vec<InputField> {
        const FIELDS: [(&str, &str, f64); 3] = [
            ("traffic", "users/s", 5.0),
            ("cpu", "millicores", 4500.0),
            ("bandwidth", "Mbit/s", 50.0),
        ];
        // To a monotone network a share more of a resource means much the same everywhere.
        let monotone = self.architecture.monotone_members > 0;
        let scale = if monotone { Scale::Logarithmic } else { Scale::Linear };
        FIELDS
            .iter()
            .zip(ranges)
            .map(|((name, unit, capacity), (lowest, highest))| InputField {
                name: (*name).to_owned(),
                unit: (*unit).to_owned(),
                trained_minimum: *lowest,
                trained_maximum: *highest,
                default_capacity: *capacity,
                scale,
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_names_are_those_of_the_networks_that_ship() {
        assert_eq!(model_files::names(&SHIPPED), NAMES);
        assert_eq!(default_network().unwrap().card.name, DEFAULT_MODEL);
    }
}
