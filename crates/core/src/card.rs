//! The model card that lies beside each weight file: what all cards tell, whatever the network is for.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::error::{InputError, check_range};

pub use crate::slice::card::{
    Architecture, Better, Confidence, InputField, Limit, Metrics, ModelCard, OutputField, Scale,
};

/// The largest magnitude of a quantity, in whatever unit.
pub const LARGEST: f64 = 1e12;
/// The most characters of a quantity's name or unit.
pub const LONGEST_NAME: usize = 40;

/// What a network was trained on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DataSource {
    /// Where the data comes from.
    pub source: String,
    /// Its licence, or `none stated`.
    pub licence: String,
    /// Rows by split.
    pub rows: BTreeMap<String, usize>,
    /// FNV-1a fingerprint of the rows read, 16 hexadecimal digits.
    pub fingerprint: String,
}

/// Declares the card of one kind of network: what all cards tell, with the kind's own part in between,
/// in the order of the JSON. The kind checks its part in `validate_own`.
macro_rules! model_card {
    (
        $(#[$about:meta])*
        pub struct $Card:ident read as $expected:literal with metrics $Metrics:ty {
            $($own:tt)*
        }
    ) => {
        $(#[$about])*
        #[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
        #[serde(deny_unknown_fields)]
        pub struct $Card {
            /// Version of this format: 1.
            pub format: u32,
            /// Short name, also the folder's.
            pub name: String,
            /// One line for people.
            pub title: String,
            /// What the network answers.
            pub task: String,
            $($own)*
            /// What it was trained on.
            pub data: $crate::card::DataSource,
            /// Metrics by split, such as `train`, `val`, `test`, or by name.
            pub metrics: std::collections::BTreeMap<String, $Metrics>,
            /// Seed of the split, the initial weights and the batches.
            pub seed: u64,
            /// The command that made the weights.
            pub command: String,
            /// FNV-1a fingerprint of the weight file, 16 hexadecimal digits.
            pub weights_fingerprint: String,
        }

        impl $Card {
            /// Reads a card and checks what the planner relies on.
            ///
            /// # Errors
            /// Names the field that is missing, unknown or out of range.
            pub fn from_json(text: &str) -> Result<Self, $crate::InputError> {
                let card: Self = $crate::card::read_card(text, $expected)?;
                card.validate()?;
                Ok(card)
            }

            /// Checks what the planner relies on, wherever the card comes from.
            ///
            /// # Errors
            /// Names the first field that is out of range.
            pub fn validate(&self) -> Result<(), $crate::InputError> {
                $crate::card::check_head(self.format, &self.name)?;
                self.validate_own()
            }
        }
    };
}

pub(crate) use model_card;

/// Reads a card from JSON, not yet checked; `expected` says what it should be.
pub(crate) fn read_card<T: DeserializeOwned>(text: &str, expected: &str) -> Result<T, InputError> {
    serde_json::from_str(text).map_err(|error| InputError::new("model card", error, expected))
}

/// Checks what every card begins with: version 1 of its format, and the name of a network.
pub(crate) fn check_head(format: u32, name: &str) -> Result<(), InputError> {
    if format != 1 {
        return Err(InputError::new("format", format, "1"));
    }
    check_model_name(name)
}

/// Checks the name and the unit of a quantity.
pub(crate) fn check_quantity(name: &str, unit: &str) -> Result<(), InputError> {
    check_text("name", name, 1, LONGEST_NAME)?;
    check_text("unit", unit, 0, LONGEST_NAME)
}

/// Checks that the name of an input is not among those of the inputs before it.
pub(crate) fn check_is_new<'a>(
    name: &str,
    mut before: impl Iterator<Item = &'a str>,
) -> Result<(), InputError> {
    if before.any(|other| other == name) {
        return Err(InputError::new("name", name, "a name that no other input has"));
    }
    Ok(())
}

/// Checks how many `layers` there are and that each has 1 to `most_units` units.
pub(crate) fn check_layers(
    field: &str,
    layers: &[usize],
    allowed: RangeInclusive<usize>,
    most_units: usize,
) -> Result<(), InputError> {
    let (least, most) = (*allowed.start() as f64, *allowed.end() as f64);
    check_range(field, layers.len() as f64, least, most, "layers")?;
    for (index, units) in layers.iter().enumerate() {
        let field = format!("{field}[{index}]");
        check_range(&field, *units as f64, 1.0, most_units as f64, "units")?;
    }
    Ok(())
}

/// Checks the name of a network: 1 to 40 of the characters a-z, 0-9 and -.
///
/// # Errors
/// Gives the name and says what is allowed.
pub fn check_model_name(name: &str) -> Result<(), InputError> {
    let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    if name.is_empty() || name.len() > LONGEST_NAME || !name.chars().all(fits) {
        let allowed = "1 to 40 of the characters a-z, 0-9 and -";
        return Err(InputError::new("name", name, allowed));
    }
    Ok(())
}

/// Checks that `text` has `least` to `most` characters.
///
/// # Errors
/// Names `field` and says how long it may be.
pub fn check_text(field: &str, text: &str, least: usize, most: usize) -> Result<(), InputError> {
    if (least..=most).contains(&text.chars().count()) {
        return Ok(());
    }
    Err(InputError::new(field, text, format!("{least} to {most} characters")))
}

/// FNV-1a of `bytes`, as 16 hexadecimal digits: enough to notice a changed file, no protection.
pub fn fingerprint(bytes: &[u8]) -> String {
    let hash = bytes.iter().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3)
    });
    format!("{hash:016x}")
}

/// Checks that `weights` is the file whose fingerprint a card tells.
///
/// # Errors
/// Gives the fingerprint that was found and the one of the card.
pub fn check_fingerprint(weights: &[u8], told: &str) -> Result<(), InputError> {
    let found = fingerprint(weights);
    if found == told {
        return Ok(());
    }
    Err(InputError::new("weights fingerprint", found, format!("{told} as in the model card")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fingerprint_matches_the_published_fnv_1a_vectors() {
        assert_eq!(fingerprint(b""), "cbf29ce484222325");
        assert_eq!(fingerprint(b"foobar"), "85944171f73967e8");
    }

    #[test]
    fn a_layer_too_many_or_too_wide_is_named() {
        let check = |layers: &[usize]| check_layers("shared", layers, 1..=2, 64);
        assert_eq!(check(&[64, 1]), Ok(()));
        assert_eq!(check(&[]).unwrap_err().field, "shared");
        assert_eq!(check(&[1, 1, 1]).unwrap_err().field, "shared");
        assert_eq!(check(&[64, 65]).unwrap_err().field, "shared[1]");
        assert_eq!(check(&[0, 64]).unwrap_err().field, "shared[0]");
    }
}
