//! The forecasters that ship with the command, and others in folders.

use std::path::Path;

use anyhow::Context;
use slicewise_core::forecast::ForecasterCard;
use slicewise_core::model_files::{ShippedModel, names};
use slicewise_core::shipped_model;
use slicewise_forecast::files;
use slicewise_forecast::model::NetworkSet;

use crate::model_folder::read_folder;

const SHIPPED: [ShippedModel; 5] = [
    shipped_model!("forecast", "video-streaming"),
    shipped_model!("forecast", "web-browsing"),
    shipped_model!("forecast", "social-media"),
    shipped_model!("forecast", "cloud-gaming"),
    shipped_model!("forecast", "four-slices"),
];

/// The shipped model of that name, or the one in the folder `model`.
pub fn read(model: &str) -> anyhow::Result<(ForecasterCard, NetworkSet)> {
    let (card, weights) = match SHIPPED.iter().find(|shipped| shipped.name == model) {
        Some(shipped) => (shipped.card.to_owned(), shipped.weights.to_vec()),
        None => read_folder(Path::new(model)).with_context(|| {
            let names = names(&SHIPPED).join(", ");
            format!("model is {model}; allowed: {names}, or a folder with a card and weights")
        })?,
    };
    let card = ForecasterCard::from_json(&card)?;
    let networks = files::read(&card, &weights)?;
    Ok((card, networks))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_shipped_model_is_whole_and_the_same_as_in_its_folder() {
        let root = std::env::var("CARGO_MANIFEST_DIR").unwrap();
        for shipped in &SHIPPED {
            let (card, networks) = read(shipped.name).unwrap();
            assert_eq!(card.name, shipped.name);
            assert!(networks.loss.is_some());
            let folder = format!("{root}/../../models/forecast/{}", shipped.name);
            assert_eq!(read(&folder).unwrap().1, networks);
        }
    }

    #[test]
    fn a_model_that_is_nowhere_is_named_with_those_that_ship() {
        let error = format!("{:#}", read("no-such-model").unwrap_err());
        assert!(error.contains("no-such-model") && error.contains("four-slices"), "{error}");
    }
}
