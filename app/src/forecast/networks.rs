//! The networks that ship with the page.

use slicewise_core::forecast::ServiceName;

/// Names of the networks that ship with the page; boot.js keeps the first one's files.
pub const SHIPPED: [&str; 4] = ["video-streaming", "web-browsing", "social-media", "cloud-gaming"];

/// Networks for the four services under one capacity.
pub const FOUR_SLICES: &str = "four-slices";

/// The networks that decide for `service`: its own, or else the first ones with the trace's own scales.
pub fn shipped_for(service: Option<ServiceName>) -> &'static str {
    let own = service
        .and_then(|service| SHIPPED.into_iter().find(|shipped| *shipped == service.as_str()));
    own.unwrap_or(SHIPPED[0])
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use slicewise_core::forecast::ForecasterCard;

    use super::*;

    #[test]
    fn every_shipped_network_lies_in_its_folder() {
        let root = std::env::var("CARGO_MANIFEST_DIR").unwrap();
        for name in SHIPPED.into_iter().chain([FOUR_SLICES]) {
            let folder = Path::new(&root).join("../models/forecast").join(name);
            let card = std::fs::read_to_string(folder.join("card.json")).unwrap();
            assert_eq!(ForecasterCard::from_json(&card).unwrap().name, name);
            assert!(folder.join("weights.safetensors").exists());
        }
    }

    #[test]
    fn a_service_is_decided_by_its_own_networks_where_they_ship() {
        assert_eq!(shipped_for(Some(ServiceName::VideoStreaming)), "video-streaming");
        assert_eq!(shipped_for(Some(ServiceName::CloudGaming)), "cloud-gaming");
        assert_eq!(shipped_for(None), SHIPPED[0]);
    }
}
