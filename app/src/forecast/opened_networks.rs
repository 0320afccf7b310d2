//! Networks from the visitor's files: a model card and its weight file.

use std::sync::Arc;

use js_sys::Uint8Array;
use leptos::prelude::*;
use leptos::task::spawn_local;
use slicewise_core::InputError;
use slicewise_core::card::check_fingerprint;
use slicewise_core::forecast::ForecasterCard;
use slicewise_core::forecast::networks::LearnedNetworks;
use wasm_bindgen_futures::JsFuture;
use web_sys::File;

use super::handles::{ForecastPlanner, OwnNetworks};
use crate::shell::files;
use crate::shell::files::files_button;

/// Largest file that is read, in bytes.
const LARGEST_FILE_BYTES: f64 = 64.0 * 1024.0 * 1024.0;

/// A button that opens both files and lets the networks decide.
pub fn open_button(test: &'static str) -> AnyView {
    let planner = expect_context::<ForecastPlanner>();
    let own = expect_context::<OwnNetworks>();
    let label = "Open networks (card and weights)";
    files_button(label, ".json,.safetensors", test, move |files| open(planner, own, files))
}

fn open(planner: ForecastPlanner, own: OwnNetworks, files: Vec<File>) {
    spawn_local(async move {
        match read(&files).await {
            Ok(networks) => {
                planner.import_error.set(None);
                own.adopt(Arc::new(networks));
            }
            Err(error) => {
                let names = files.iter().map(File::name).collect::<Vec<_>>().join(", ");
                let text = format!("{names} cannot be used: {error}. Nothing was changed.");
                planner.import_error.set(Some(text));
            }
        }
    });
}

async fn read(files: &[File]) -> Result<LearnedNetworks, InputError> {
    let ends =
        |ending: &'static str| files.iter().filter(move |file| file.name().ends_with(ending));
    let (card, weights) = (ends(".json").next(), ends(".safetensors").next());
    let (Some(card), Some(weights), 2) = (card, weights, files.len()) else {
        return Err(wrong_choice(card.is_some(), weights.is_some()));
    };
    let card = files::text_of(card, LARGEST_FILE_BYTES, "a model card").await?;
    let card = ForecasterCard::from_json(&card)?;
    let weights = bytes_of(weights).await?;
    check_fingerprint(&weights, &card.weights_fingerprint)?;
    Ok(LearnedNetworks { card, weights })
}

async fn bytes_of(file: &File) -> Result<Vec<u8>, InputError> {
    files::check_size(file, LARGEST_FILE_BYTES)?;
    let buffer = JsFuture::from(file.array_buffer()).await;
    let unreadable = |_| InputError::new("file", "unreadable", "weights");
    Ok(Uint8Array::new(&buffer.map_err(unreadable)?).to_vec())
}

/// What is wrong with files of which one is a card or not, and one holds weights or not.
fn wrong_choice(has_card: bool, has_weights: bool) -> InputError {
    let found = match (has_card, has_weights) {
        (false, false) => "without card and weights",
        (false, true) => "without a card",
        (true, false) => "without weights",
        (true, true) => "more than two",
    };
    let allowed = "a model card (.json) and its weights (.safetensors), both at once";
    InputError::new("choice of files", found, allowed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_files_that_are_no_card_and_weights_are_not_said_to_be_two_of_two() {
        let told = wrong_choice(true, false).to_string();
        let allowed = "allowed: a model card (.json) and its weights (.safetensors), both at once";
        assert_eq!(told, format!("choice of files is without weights; {allowed}"));
        assert_eq!(wrong_choice(false, true).value, "without a card");
        assert_eq!(wrong_choice(true, true).value, "more than two");
    }
}
