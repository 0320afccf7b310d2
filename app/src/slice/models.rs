//! The models that can be chosen: those that ship with the page, whose weights the engine has, and
//! those that were trained in this tab.

use std::sync::{Arc, LazyLock, PoisonError, RwLock};

use slicewise_core::ModelCard;
use slicewise_core::card::InputField;
use slicewise_core::slice::job::Installed;

use crate::controls::number_text;
use crate::shell::json;

const CARDS: [&str; 5] = [
    include_str!("../../../models/slice/testbed-ensemble/card.json"),
    include_str!("../../../models/slice/testbed-gaussian/card.json"),
    include_str!("../../../models/slice/testbed-mixture/card.json"),
    include_str!("../../../models/slice/delay-ensemble/card.json"),
    include_str!("../../../models/slice/delay/card.json"),
];

static PARSED: LazyLock<Vec<Arc<ModelCard>>> =
    LazyLock::new(|| CARDS.iter().filter_map(|text| json::read(text).ok().map(Arc::new)).collect());

static INSTALLED: RwLock<Vec<Arc<Installed>>> = RwLock::new(Vec::new());

/// Every model that ships with the page, the default one first.
pub fn shipped() -> &'static [Arc<ModelCard>] {
    &PARSED
}

/// Every model that can be chosen, the default one first.
pub fn all() -> Vec<Arc<ModelCard>> {
    let installed = INSTALLED.read().unwrap_or_else(PoisonError::into_inner);
    let trained = installed.iter().map(|network| Arc::new(network.card.clone()));
    PARSED.iter().cloned().chain(trained).collect()
}

/// The card named `name`.
pub fn named(name: &str) -> Option<Arc<ModelCard>> {
    all().into_iter().find(|card| card.name == name)
}

/// The network named `name`, where it was trained in this tab.
pub fn installed(name: &str) -> Option<Arc<Installed>> {
    let installed = INSTALLED.read().unwrap_or_else(PoisonError::into_inner);
    installed.iter().find(|network| network.card.name == name).cloned()
}

/// Keeps a network for as long as the page is open; one of the same name goes.
pub fn install(network: Installed) {
    let mut installed = INSTALLED.write().unwrap_or_else(PoisonError::into_inner);
    installed.retain(|known| known.card.name != network.card.name);
    installed.push(Arc::new(network));
}

/// A resource or traffic as a heading writes it: `cpu` becomes `CPU`.
pub fn title_of(field: &InputField) -> String {
    if field.name == "cpu" { "CPU".to_owned() } else { field.name.clone() }
}

/// A resource or traffic with its unit, as headings have it: `CPU, millicores`.
pub fn heading_of(field: &InputField) -> String {
    number_text::titled(&title_of(field), &field.unit)
}

#[cfg(test)]
mod tests {
    #[test]
    fn every_card_that_ships_is_read() {
        for text in super::CARDS {
            assert!(slicewise_core::ModelCard::from_json(text).is_ok());
        }
        assert_eq!(super::shipped().len(), super::CARDS.len());
        assert!(super::named("testbed-gaussian").is_some());
    }
}
