//! The networks that ship with the page.

use slicewise_core::forecast::ServiceName;
use slicewise_core::forecast::network_steps::network_name;

/// Names of the networks for five minutes that ship with the page; boot.js keeps the first one's files.
pub const SHIPPED: [&str; 4] = ["video-streaming", "web-browsing", "social-media", "cloud-gaming"];

/// Networks for the four services under one capacity.
pub const FOUR_SLICES: &str = "four-slices";

/// What is planned: a generated service, or a trace of the visitor's own with this step in minutes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Demand {
    /// A generated service.
    Service(ServiceName),
    /// A trace.
    Trace(u32),
}

/// The networks that decide for `demand`: the service's own, or else those of video streaming for the
/// step that is nearest to the trace's, with the trace's own scales.
pub fn shipped_for(demand: Demand) -> String {
    match demand {
        Demand::Service(service) => service.as_str().to_owned(),
        Demand::Trace(step_minutes) => network_name(ServiceName::VideoStreaming, step_minutes),
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use slicewise_core::forecast::ForecasterCard;
    use slicewise_core::forecast::network_steps::NETWORK_STEPS;

    use super::*;

    #[test]
    fn every_shipped_network_lies_in_its_folder() {
        let root = std::env::var("CARGO_MANIFEST_DIR").unwrap();
        let named = |service| NETWORK_STEPS.map(|step| network_name(service, step));
        let all = ServiceName::ALL.into_iter().flat_map(named);
        for name in all.chain([FOUR_SLICES.to_owned()]) {
            let folder = Path::new(&root).join("../models/forecast").join(&name);
            let card = std::fs::read_to_string(folder.join("card.json")).unwrap();
            assert_eq!(ForecasterCard::from_json(&card).unwrap().name, name);
            assert!(folder.join("weights.safetensors").exists());
        }
    }

    #[test]
    fn a_service_is_decided_by_its_own_networks_where_they_ship() {
        assert_eq!(SHIPPED, ServiceName::ALL.map(|own| shipped_for(Demand::Service(own))));
    }

    #[test]
    fn a_trace_is_decided_by_the_networks_whose_step_is_the_nearest() {
        let named = [1, 5, 10, 60, 1440].map(|step| shipped_for(Demand::Trace(step)));
        let [minute, own, ten, hour, day] = named;
        assert_eq!((&minute[..], &own[..]), (SHIPPED[0], SHIPPED[0]));
        assert_eq!(ten, "video-streaming-15min");
        assert_eq!((&hour[..], &day[..]), ("video-streaming-60min", "video-streaming-60min"));
    }
}
