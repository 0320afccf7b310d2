//! The networks of the Forecast planner that ship with the command, and others in folders.

use std::path::Path;

use anyhow::Context;
use slicewise_core::forecast::ForecasterCard;
use slicewise_forecast::files;
use slicewise_forecast::model::{Forecaster, LearnedLoss};

/// One shipped model: its card and its weight file.
struct Shipped {
    name: &'static str,
    card: &'static str,
    weights: &'static [u8],
}

macro_rules! shipped {
    ($name:literal) => {
        Shipped {
            name: $name,
            card: include_str!(concat!("../../../models/forecast/", $name, "/card.json")),
            weights: include_bytes!(concat!(
                "../../../models/forecast/",
                $name,
                "/weights.safetensors"
            )),
        }
    };
}

const SHIPPED: [Shipped; 5] = [
    shipped!("video-streaming"),
    shipped!("web-browsing"),
    shipped!("social-media"),
    shipped!("cloud-gaming"),
    shipped!("four-slices"),
];

/// A card with the networks that it describes.
pub type Model = (ForecasterCard, Forecaster, Option<LearnedLoss>);

/// The shipped model of that name, or the one in the folder `model`.
pub fn read(model: &str) -> anyhow::Result<Model> {
    let (card, weights) = match SHIPPED.iter().find(|shipped| shipped.name == model) {
        Some(shipped) => (shipped.card.to_owned(), shipped.weights.to_vec()),
        None => read_folder(Path::new(model)).with_context(|| {
            let names = SHIPPED.map(|shipped| shipped.name).join(", ");
            format!("model is {model}; allowed: {names}, or a folder with a card and weights")
        })?,
    };
    let card = ForecasterCard::from_json(&card)?;
    let (forecaster, loss) = files::read(&card, &weights)?;
    Ok((card, forecaster, loss))
}

fn read_folder(folder: &Path) -> anyhow::Result<(String, Vec<u8>)> {
    let path = folder.join("card.json");
    let card = std::fs::read_to_string(&path)
        .with_context(|| format!("cannot read {}", path.display()))?;
    let path = folder.join("weights.safetensors");
    let weights =
        std::fs::read(&path).with_context(|| format!("cannot read {}", path.display()))?;
    Ok((card, weights))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_shipped_model_is_whole_and_the_same_as_in_its_folder() {
        let root = std::env::var("CARGO_MANIFEST_DIR").unwrap();
        for shipped in &SHIPPED {
            let (card, forecaster, loss) = read(shipped.name).unwrap();
            assert_eq!(card.name, shipped.name);
            assert!(loss.is_some());
            let folder = format!("{root}/../../models/forecast/{}", shipped.name);
            assert_eq!(read(&folder).unwrap().1, forecaster);
        }
    }

    #[test]
    fn a_model_that_is_nowhere_is_named_with_those_that_ship() {
        let error = format!("{:#}", read("no-such-model").unwrap_err());
        assert!(error.contains("no-such-model") && error.contains("four-slices"), "{error}");
    }
}
