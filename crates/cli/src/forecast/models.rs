//! The forecasters that ship with the command, and others in folders.

use std::path::Path;
use std::rc::Rc;

use anyhow::Context;
use futures::executor::block_on;
use slicewise_core::forecast::network_steps::{self, network_name};
use slicewise_core::forecast::{DemandSeries, ForecasterCard, ServiceName};
use slicewise_core::model_files::{ShippedModel, names};
use slicewise_core::shipped_model;
use slicewise_forecast::files;
use slicewise_forecast::model::NetworkSet;
use slicewise_forecast::networks::Networks;
use slicewise_forecast::reservation::plan::Decided;
use slicewise_forecast::reservation::problem::Trace;
use slicewise_optim::Unmonitored;

use super::demand::{check_step, service_name};
use crate::model_folder::read_folder;

const SHIPPED: [ShippedModel; 13] = [
    shipped_model!("forecast", "video-streaming"),
    shipped_model!("forecast", "web-browsing"),
    shipped_model!("forecast", "social-media"),
    shipped_model!("forecast", "cloud-gaming"),
    shipped_model!("forecast", "video-streaming-15min"),
    shipped_model!("forecast", "web-browsing-15min"),
    shipped_model!("forecast", "social-media-15min"),
    shipped_model!("forecast", "cloud-gaming-15min"),
    shipped_model!("forecast", "video-streaming-60min"),
    shipped_model!("forecast", "web-browsing-60min"),
    shipped_model!("forecast", "social-media-60min"),
    shipped_model!("forecast", "cloud-gaming-60min"),
    shipped_model!("forecast", "four-slices"),
];

/// The networks that plan `series`: those of `model`, or else the shipped ones of `service` (video
/// streaming where there is none) for its step.
///
/// # Errors
/// Names the model that there is not, or whose step other networks are nearer to.
pub fn for_trace(
    model: Option<&str>,
    service: Option<&str>,
    series: &DemandSeries,
) -> anyhow::Result<Networks> {
    let service = service.map_or(Ok(ServiceName::VideoStreaming), service_name)?;
    let shipped = || network_name(service, series.step_minutes);
    let (card, set) = read(&model.map_or_else(shipped, str::to_owned))?;
    check_step(&card, series)?;
    Ok(Networks { card, set })
}

/// What `networks` decide on `trace`.
///
/// # Errors
/// Says that the networks are for several slices.
pub fn decided(networks: Networks, trace: Trace) -> anyhow::Result<Decided> {
    let silent = &mut |_: f64| ();
    let deciding = Decided::new(Rc::new(trace), Rc::new(networks), &Unmonitored, silent, &|| 0.0);
    Ok(block_on(deciding)?)
}

/// In which steps is planned, and on which the networks were trained, where these are others.
pub fn steps_told(card: &ForecasterCard, series: &DemandSeries) -> Option<String> {
    network_steps::steps_told(series.step_minutes, card.step_minutes)
}

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
