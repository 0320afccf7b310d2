//! What all tabs share: their state, the network that the page tells of, and the engine.

use std::sync::Arc;

use leptos::prelude::*;
use slicewise_core::twin::Edit;
use slicewise_core::twin::improver::Improver;

use super::ENGINE_SCRIPT;
use super::state::ImproveState;
use crate::annex::Told;
use crate::annex::door::Door;
use crate::engine::desk::Desk;
use crate::twin::improve_words::{Asked, Found, LinkColours};
use crate::twin::question::{OpenScenario, Question};

/// Signals that all tabs follow; a copyable handle.
#[derive(Clone, Copy)]
pub struct Improve {
    door: Door,
    /// The state of all tabs.
    pub state: RwSignal<ImproveState>,
    /// The network as the page has it; none before it has told.
    pub question: RwSignal<Option<Arc<Question>>>,
    /// Name of the tab that is open.
    pub tab: RwSignal<String>,
    /// What happened to the engine.
    pub message: RwSignal<Option<String>>,
    /// Why the link could not be used.
    pub link_error: RwSignal<Option<String>>,
    /// The engine.
    pub engine: Desk<Improver>,
}

impl Improve {
    /// Listens to the page and starts the engine.
    pub fn new(door: Door) -> Self {
        let message = RwSignal::new(None);
        let improve = Self {
            door,
            state: RwSignal::new(ImproveState::default()),
            question: RwSignal::new(None),
            tab: RwSignal::new(String::new()),
            message,
            link_error: RwSignal::new(None),
            engine: Desk::new(ENGINE_SCRIPT, message),
        };
        improve.engine.start();
        door.listen(move |told: Told<Asked>| improve.hear(told));
        door.keep(move || improve.state.with(ImproveState::text));
        improve
    }

    fn hear(self, told: Told<Asked>) {
        match told {
            Told::Own(text) => match ImproveState::of(text.as_deref()) {
                Ok(state) => self.state.set(state),
                Err(error) => {
                    let told = ["The tab's part of the link cannot be used: ", &error.to_string()];
                    self.link_error.set(Some(told.concat()));
                }
            },
            Told::Tab(tab) => self.tab.set(tab),
            Told::Planner(Asked { network, settings, edits }) => {
                let known =
                    self.question.with_untracked(|q| q.as_ref().map(|q| q.scenario.clone()));
                let scenario = network.map(OpenScenario::of).or(known);
                let Some(scenario) = scenario else { return };
                self.question.set(Some(Arc::new(Question { scenario, settings, edits })));
            }
        }
    }

    /// Has the page add edits to the visitor's.
    pub fn take_over(self, edits: Vec<Edit>) {
        self.door.say(&Found::TakeOver(edits));
    }

    /// Has the page colour its map.
    pub fn colour(self, name: &str, values: Vec<f64>) {
        self.door.say(&Found::Colour(LinkColours { name: name.to_owned(), values }));
    }

    /// Has the page point links out on its map.
    pub fn point_out(self, links: Vec<u32>) {
        self.door.say(&Found::PointOut(links));
    }
}
