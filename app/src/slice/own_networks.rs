//! Networks of the visitor's own: opened from files, and kept in mind until they are saved.

use std::sync::{PoisonError, RwLock};

use leptos::prelude::*;
use leptos::task::spawn_local;
use slicewise_core::InputError;
use slicewise_core::card::{ModelCard, check_fingerprint};
use slicewise_core::slice::Slice;
use slicewise_core::slice::job::Installed;
use web_sys::File;

use crate::engine::pool::EnginePool;
use crate::shell::{browser, build, files, json};
use crate::slice::handles::{PlanSearch, SlicePlanner};
use crate::slice::models;

/// Largest file that is read, in bytes.
const LARGEST_FILE_BYTES: f64 = 64.0 * 1024.0 * 1024.0;

/// Fingerprints of the networks of which a file is not saved yet: its card, its weights.
static UNSAVED: RwLock<Vec<(String, [bool; 2])>> = RwLock::new(Vec::new());

/// One of the two files of a network.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// The model card.
    Card,
    /// The weights.
    Weights,
}

/// Keeps a network that was learnt, and keeps in mind that neither file of it is saved.
pub fn keep_learnt(network: &Installed) {
    let card = json::write(&network.card, 2);
    // Which network plans is part of the question.
    build::keep_learnt("open-network", &network.card.name, card, &network.weights, true);
    keep_in_mind(network);
}

/// Keeps in mind that neither file of `network` is saved.
fn keep_in_mind(network: &Installed) {
    let mut unsaved = UNSAVED.write().unwrap_or_else(PoisonError::into_inner);
    unsaved.push((network.card.weights_fingerprint.clone(), [true; 2]));
}

/// Saves a file of `network`.
pub fn save(network: &Installed, part: Part) {
    let name = &network.card.name;
    match part {
        Part::Card => {
            let Some(text) = json::write(&network.card, 2) else { return };
            browser::download(&format!("{name}.json"), "application/json", &text);
        }
        Part::Weights => {
            let file = format!("{name}.safetensors");
            browser::download_bytes(&file, "application/octet-stream", &network.weights);
        }
    }
    mark_saved(&network.card.weights_fingerprint, part);
}

fn mark_saved(fingerprint: &str, part: Part) {
    let mut unsaved = UNSAVED.write().unwrap_or_else(PoisonError::into_inner);
    for (known, missing) in unsaved.iter_mut() {
        if known == fingerprint {
            missing[part as usize] = false;
        }
    }
    unsaved.retain(|(_, missing)| missing.contains(&true));
}

/// Whether closing the page would lose a network.
pub fn any_is_unsaved() -> bool {
    !UNSAVED.read().unwrap_or_else(PoisonError::into_inner).is_empty()
}

/// What to say of a link to a question on the model `name`, which no link carries.
pub fn link_warning(name: &str) -> Option<String> {
    models::installed(name)?;
    Some(format!(
        "The link carries the question, but not your network “{name}”: save its card and its weights \
         under “Train your own”, and open both before the link."
    ))
}

/// What takes a network into use; a copyable handle.
#[derive(Clone, Copy)]
pub struct OwnNetworks {
    planner: SlicePlanner,
    search: PlanSearch,
    pool: StoredValue<EnginePool<Slice>, LocalStorage>,
}

impl OwnNetworks {
    /// For the page's engines.
    pub fn new(
        planner: SlicePlanner,
        search: PlanSearch,
        pool: StoredValue<EnginePool<Slice>, LocalStorage>,
    ) -> Self {
        Self { planner, search, pool }
    }

    /// Gives every engine the network and plans with it.
    pub fn adopt(self, network: &Installed) {
        self.pool.get_value().install(network.clone());
        self.search.install(network.clone());
        self.planner.choose_model(&network.card.name);
    }

    /// Reads a network from its two files and plans with it.
    pub fn open(self, files: Vec<File>) {
        spawn_local(async move {
            let read = files::card_and_weights(&files, LARGEST_FILE_BYTES).await;
            match read.and_then(|(card, weights)| checked(&card, weights)) {
                Ok(network) => {
                    self.planner.import_error.set(None);
                    self.adopt(&network);
                }
                Err(error) => {
                    let text = format!("The network cannot be used: {error}. Nothing was changed.");
                    self.planner.import_error.set(Some(text));
                }
            }
        });
    }
}

/// The network of a card and its weights.
///
/// # Errors
/// Names what is wrong: a field of the card, the name of a network that ships with the page, or weights
/// that are not those of the card.
fn checked(card: &str, weights: Vec<u8>) -> Result<Installed, InputError> {
    let card: ModelCard = json::read(card)
        .map_err(|error| InputError::new("model card", error, "a card of a Slice network"))?;
    card.validate().map_err(|error| error.within("model card"))?;
    if models::shipped().iter().any(|shipped| shipped.name == card.name) {
        let allowed = "a name that no network of the page has";
        return Err(InputError::new("model card.name", &card.name, allowed));
    }
    check_fingerprint(&weights, &card.weights_fingerprint)?;
    Ok(Installed { card, weights })
}

#[cfg(test)]
mod tests {
    use super::*;

    const CARD: &str = include_str!("../../../models/slice/delay/card.json");
    const WEIGHTS: &[u8] = include_bytes!("../../../models/slice/delay/weights.safetensors");

    #[test]
    fn a_saved_network_opens_again() {
        let card = CARD.replace("\"name\": \"delay\"", "\"name\": \"mine\"");
        let network = checked(&card, WEIGHTS.to_vec()).unwrap();
        assert_eq!(network.card.name, "mine");
        assert_eq!(network.weights, WEIGHTS);
    }

    #[test]
    fn a_network_that_cannot_be_used_is_named() {
        let field = |card: &str, weights: &[u8]| checked(card, weights.to_vec()).unwrap_err().field;
        assert_eq!(field("{}", WEIGHTS), "model card");
        assert_eq!(field(CARD, WEIGHTS), "model card.name");
        let card = CARD.replace("\"name\": \"delay\"", "\"name\": \"mine\"");
        assert_eq!(field(&card, &WEIGHTS[1..]), "weights fingerprint");
        let card = card.replace("\"format\": 1", "\"format\": 7");
        assert_eq!(field(&card, WEIGHTS), "model card.format");
    }

    #[test]
    fn an_own_network_is_unsaved_until_both_files_are() {
        let card = CARD.replace("\"name\": \"delay\"", "\"name\": \"unsaved\"");
        let network = checked(&card, WEIGHTS.to_vec()).unwrap();
        let fingerprint = network.card.weights_fingerprint.clone();
        keep_in_mind(&network);
        assert!(any_is_unsaved());
        mark_saved(&fingerprint, Part::Weights);
        assert!(any_is_unsaved());
        mark_saved(&fingerprint, Part::Card);
        assert!(!any_is_unsaved());
        assert_eq!(link_warning("delay"), None);
        models::install(network);
        assert!(link_warning("unsaved").unwrap().contains("“unsaved”"));
    }
}
