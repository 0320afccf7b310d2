//! The page's side of the tab Rivals: what its program hears.

use leptos::prelude::*;
use slicewise_core::slice::SliceProblem;

use super::planner::SlicePlanner;
use crate::annex::slot::{OwnState, Slot};
use crate::shell::live::follow;
use crate::slice::models;
use crate::slice::rival_words::{Asked, PROGRAM};

/// Where the rivals' program goes; a copyable handle.
#[derive(Clone, Copy)]
pub struct Rivals {
    /// Its place.
    pub slot: Slot,
}

/// What the annex says beside its own state: nothing.
type Nothing = ();

impl Rivals {
    /// Nothing is fetched yet.
    pub fn new(planner: SlicePlanner) -> Self {
        let own = OwnState {
            read: follow(move || planner.view.with(|view| view.rivals.clone())),
            write: Callback::new(move |text| planner.view.update(|view| view.rivals = text)),
        };
        let slot = Slot::new(PROGRAM, own, |_: Nothing| {});
        let asked: Memo<(SliceProblem, Option<String>)> =
            Memo::new(move |_| (planner.alone(), planner.cost_unit().0));
        Effect::new(move |_| {
            if !slot.is_wanted() {
                return;
            }
            planner.models.track();
            let (problem, cost_unit) = asked.get();
            let network = models::installed(&problem.model).map(|network| (*network).clone());
            slot.tell(&Asked { problem, network, cost_unit });
        });
        Self { slot }
    }
}
