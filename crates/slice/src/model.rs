//! The networks that ship with the planner, and how each is made.

use slicewise_core::card::{Architecture, Better, InputField, OutputField, Scale};
use slicewise_core::model_files::{self, ShippedModel};
use slicewise_core::{InputError, ModelCard, shipped_model};
use slicewise_nets::Network;
use slicewise_nets::dense::weights;

const SHIPPED: [ShippedModel; 3] = [
    shipped_model!("slice", "testbed-gaussian"),
    shipped_model!("slice", "testbed-mixture"),
    shipped_model!("slice", "delay"),
];

/// Names of the shipped networks.
pub fn names() -> Vec<&'static str> {
    model_files::names(&SHIPPED)
}

/// Refuses the names of the networks that ship with the planner.
///
/// # Errors
/// Gives the name.
pub fn check_name_is_free(name: &str) -> Result<(), InputError> {
    if names().contains(&name) {
        let allowed = format!("a name other than {}", names().join(", "));
        return Err(InputError::new("name", name, allowed));
    }
    Ok(())
}

/// Loads a shipped network.
///
/// # Errors
/// Names the model when there is none of that name, or what is wrong with its files.
pub fn shipped(name: &str) -> Result<Network, InputError> {
    let found = model_files::named(&SHIPPED, name)?;
    weights::load(&ModelCard::from_json(found.card)?, found.weights)
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
}

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
                Architecture { shared: vec![16; 3], head_hidden: 16, components: 1 },
                400,
            )),
            "testbed-mixture" => Ok(Self::testbed(
                "testbed-mixture",
                "5G testbed throughput, mixture of three Gaussians",
                Architecture { shared: vec![32; 3], head_hidden: 0, components: 3 },
                300,
            )),
            "delay" => Ok(Self::delay()),
            _ => Err(InputError::new("model", name, names().join(", "))),
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
            architecture: Architecture { shared: vec![32; 3], head_hidden: 0, components: 2 },
            epochs: 150,
            batch: 512,
            learning_rate: 3e-3,
            weight_decay: 0.3,
            source: "slicewise generate slice-delay (packet-level simulator of this project)",
            licence: "MIT OR Apache-2.0",
        }
    }

    /// The inputs with their units; `ranges` holds the smallest and largest value of each column.
    pub fn inputs(&self, ranges: &[(f64, f64)]) -> Vec<InputField> {
        const FIELDS: [(&str, &str, f64); 3] = [
            ("traffic", "users/s", 5.0),
            ("cpu", "millicores", 4500.0),
            ("bandwidth", "Mbit/s", 50.0),
        ];
        FIELDS
            .iter()
            .zip(ranges)
            .map(|((name, unit, capacity), (lowest, highest))| InputField {
                name: (*name).to_owned(),
                unit: (*unit).to_owned(),
                trained_minimum: *lowest,
                trained_maximum: *highest,
                default_capacity: *capacity,
            })
            .collect()
    }
}
