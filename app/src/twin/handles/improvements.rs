//! The page's side of the tabs that improve the network: what their program hears, and what is done with what it
//! finds.

use std::sync::Arc;

use leptos::prelude::*;

use super::answers::Answers;
use super::planner::TwinPlanner;
use crate::annex::slot::{OwnState, Slot};
use crate::shell::live::follow;
use crate::twin::edits;
use crate::twin::improve_words::{Asked, Found, LinkColours, PROGRAM};
use crate::twin::question::OpenScenario;
use crate::twin::state::Quantity;

/// Signals of the improvements; a copyable handle.
#[derive(Clone, Copy)]
pub struct Improvements {
    /// Where the tabs' program goes.
    pub slot: Slot,
    /// What it has found for the map.
    pub colours: RwSignal<Option<Arc<LinkColours>>>,
}

impl Improvements {
    /// Nothing is fetched yet.
    pub fn new(planner: TwinPlanner, answers: Answers) -> Self {
        let colours: RwSignal<Option<Arc<LinkColours>>> = RwSignal::new(None);
        let own = OwnState {
            read: follow(move || planner.state.with(|state| state.improve.clone())),
            write: Callback::new(move |text| planner.state.update(|state| state.improve = text)),
        };
        let hear = move |found: Found| match found {
            Found::TakeOver(taken) => planner.state.update(|state| {
                taken.into_iter().for_each(|edit| edits::put(&mut state.edits, edit));
                state.colour = Quantity::Difference;
            }),
            Found::Colour(found) => {
                colours.set(Some(Arc::new(found)));
                planner.state.update(|state| state.colour = Quantity::Found);
            }
            Found::PointOut(links) => planner.highlighted.set(links),
        };
        let slot = Slot::new(PROGRAM, own, hear);
        let network: StoredValue<Option<OpenScenario>> = StoredValue::new(None);
        Effect::new(move |_| {
            if !slot.is_wanted() {
                return;
            }
            let question = answers.question.get();
            let scenario = &question.scenario;
            let is_other = network.with_value(|told| told.as_ref() != Some(scenario));
            if is_other {
                network.set_value(Some(scenario.clone()));
                colours.set(None);
            }
            slot.tell(&Asked {
                network: is_other.then(|| scenario.installed().clone()),
                settings: question.settings.clone(),
                edits: question.edits.clone(),
            });
        });
        Self { slot, colours }
    }
}
