//! Networks of the visitor's own, learned here or opened from files, which decide in place of the
//! shipped ones.

use std::sync::Arc;

use leptos::prelude::*;
use slicewise_core::forecast::networks::{LearnedNetworks, NetworkSource};

use super::planner::ForecastPlanner;
use crate::forecast::networks::{self, Demand};
use crate::forecast::state::Tab;
use crate::shell::{build, json};

/// Networks of the visitor's own; equal when they are the same ones.
#[derive(Clone, Debug)]
pub struct Own(pub Arc<LearnedNetworks>);

impl Own {
    /// The networks as a question names them.
    fn source(&self) -> NetworkSource {
        NetworkSource::Installed(self.0.card.weights_fingerprint.clone())
    }
}

impl PartialEq for Own {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

/// Signals of the visitor's networks; a copyable handle.
#[derive(Clone, Copy)]
pub struct OwnNetworks {
    planner: ForecastPlanner,
    /// Those that reserve for one trace.
    pub reserving: RwSignal<Option<Own>>,
    /// Those that admit the four services under one capacity.
    pub admitting: RwSignal<Option<Own>>,
}

impl OwnNetworks {
    /// None yet.
    pub fn new(planner: ForecastPlanner) -> Self {
        let (reserving, admitting) = (RwSignal::new(None), RwSignal::new(None));
        Self { planner, reserving, admitting }
    }

    /// Those with this fingerprint.
    pub fn named(self, fingerprint: &str) -> Option<Arc<LearnedNetworks>> {
        let found = |own: &Option<Own>| {
            let own = own.as_ref().filter(|own| own.0.card.weights_fingerprint == fingerprint);
            own.map(|own| own.0.clone())
        };
        let reserving = self.reserving.with_untracked(found);
        reserving.or_else(|| self.admitting.with_untracked(found))
    }

    /// Lets `networks` decide from now on.
    pub fn adopt(self, networks: Arc<LearnedNetworks>) {
        let (own, tab) = match networks.card.admission_terms {
            Some(_) => (self.admitting, Tab::Admission),
            None => (self.reserving, Tab::Reservation),
        };
        own.set(Some(Own(networks)));
        self.planner.show(tab);
    }

    /// Keeps networks that were learnt here, and says whether they are `used`.
    pub fn keep_learnt(networks: &LearnedNetworks, used: bool) {
        let card = json::write(&networks.card, 2);
        build::keep_learnt(
            "menu-open-networks",
            &networks.card.name,
            card,
            &networks.weights,
            used,
        );
    }

    /// The networks that reserve for `demand`.
    pub fn reserving(self, demand: impl FnOnce() -> Demand) -> NetworkSource {
        let own = self.reserving.with(|own| own.as_ref().map(Own::source));
        own.unwrap_or_else(|| NetworkSource::Shipped(networks::shipped_for(demand())))
    }

    /// The networks that admit.
    pub fn admitting(self) -> NetworkSource {
        let own = self.admitting.with(|own| own.as_ref().map(Own::source));
        own.unwrap_or_else(|| NetworkSource::Shipped(networks::FOUR_SLICES.to_owned()))
    }
}
