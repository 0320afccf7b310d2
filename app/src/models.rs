//! The model cards that ship with the page; the engine has the weights.

use std::sync::{Arc, LazyLock};

use slicewise_core::ModelCard;
use slicewise_core::card::InputField;

const CARDS: [&str; 3] = [
    include_str!("../../models/slice/testbed-gaussian/card.json"),
    include_str!("../../models/slice/testbed-mixture/card.json"),
    include_str!("../../models/slice/delay/card.json"),
];

static PARSED: LazyLock<Vec<Arc<ModelCard>>> = LazyLock::new(|| {
    CARDS.iter().filter_map(|text| ModelCard::from_json(text).ok().map(Arc::new)).collect()
});

/// Every model that can be chosen, the default one first.
pub fn all() -> &'static [Arc<ModelCard>] {
    &PARSED
}

/// The card named `name`.
pub fn named(name: &str) -> Option<Arc<ModelCard>> {
    PARSED.iter().find(|card| card.name == name).cloned()
}

/// A resource or traffic as a heading writes it: `cpu` becomes `CPU`.
pub fn title_of(field: &InputField) -> String {
    if field.name == "cpu" { "CPU".to_owned() } else { field.name.clone() }
}

#[cfg(test)]
mod tests {
    #[test]
    fn every_card_that_ships_is_read() {
        assert_eq!(super::all().len(), super::CARDS.len());
        assert!(super::named("testbed-gaussian").is_some());
    }
}
