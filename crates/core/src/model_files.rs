//! The two files of a model, a card and its weights, and the models that are compiled into programs.

use crate::error::InputError;

/// Name of the card's file in a model's folder.
pub const CARD_FILE: &str = "card.json";
/// Name of the weight file beside it.
pub const WEIGHTS_FILE: &str = "weights.safetensors";

/// A model that is compiled into the program; [`shipped_model!`](crate::shipped_model) makes one.
#[derive(Clone, Copy, Debug)]
pub struct ShippedModel {
    /// Its name, as in its card.
    pub name: &'static str,
    /// Its card, JSON.
    pub card: &'static str,
    /// Its weight file.
    pub weights: &'static [u8],
}

/// The model in the folder `models/$planner/$name` of the workspace, for a crate in `crates/`.
#[macro_export]
macro_rules! shipped_model {
    ($planner:literal, $name:literal) => {
        $crate::model_files::ShippedModel {
            name: $name,
            card: include_str!(concat!(
                env!("CARGO_MANIFEST_DIR"),
                "/../../models/",
                $planner,
                "/",
                $name,
                "/card.json"
            )),
            weights: include_bytes!(concat!(
                env!("CARGO_MANIFEST_DIR"),
                "/../../models/",
                $planner,
                "/",
                $name,
                "/weights.safetensors"
            )),
        }
    };
}

/// Names of `models`, in their order.
pub fn names(models: &[ShippedModel]) -> Vec<&'static str> {
    models.iter().map(|model| model.name).collect()
}

/// The one of `models` that has that name.
///
/// # Errors
/// Names the model, and those that there are.
pub fn named<'a>(models: &'a [ShippedModel], name: &str) -> Result<&'a ShippedModel, InputError> {
    let found = models.iter().find(|model| model.name == name);
    found.ok_or_else(|| InputError::new("model", name, names(models).join(", ")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_model_that_does_not_ship_is_named_with_those_that_do() {
        let model = |name| ShippedModel { name, card: "{}", weights: &[] };
        let models = [model("delay"), model("colosseum")];
        assert_eq!(named(&models, "colosseum").unwrap().name, "colosseum");
        let error = named(&models, "other").unwrap_err();
        assert_eq!(error, InputError::new("model", "other", "delay, colosseum"));
    }
}
