//! The question as the controls stand, in the page's address too.

use std::sync::Arc;

use gloo::timers::callback::Timeout;
use leptos::prelude::*;
use slicewise_core::InputError;
use slicewise_core::card::ModelCard;
use slicewise_core::slice::SliceProblem;
use slicewise_core::slice::problem::{DEFAULT_CONFIDENCE, ResourceTerms, SliceTerms};

use crate::shell::browser;
use crate::slice::cost_unit::CostUnit;
use crate::slice::link::LinkState;
use crate::slice::view_state::ViewState;
use crate::slice::{models, precomputed, view_state};

/// How long the controls rest before the address follows them.
const HASH_DELAY_MS: u32 = 200;

/// Signals that all features follow; a copyable handle.
#[derive(Clone, Copy)]
pub struct SlicePlanner {
    /// The question as the controls stand.
    pub problem: RwSignal<SliceProblem>,
    /// Index of the slice whose controls and charts are shown.
    pub selected: RwSignal<usize>,
    /// The tab and its settings.
    pub view: RwSignal<ViewState>,
    /// Moves when a network was installed.
    pub models: RwSignal<u32>,
    /// Why the address or an imported file could not be used.
    pub import_error: RwSignal<Option<String>>,
    hash_timer: StoredValue<Option<Timeout>, LocalStorage>,
}

impl SlicePlanner {
    /// The state that the page's address asks for.
    pub fn new() -> Self {
        let hash = browser::hash();
        let default = opening_state();
        let (state, error) = match hash.as_str() {
            "" => (default, None),
            hash => match LinkState::from_hash(hash) {
                Ok(state) => (state, None),
                Err(error) => (default, Some(link_error(&error))),
            },
        };
        Self {
            problem: RwSignal::new(state.problem),
            selected: RwSignal::new(state.slice),
            view: RwSignal::new(state.view),
            models: RwSignal::new(0),
            import_error: RwSignal::new(error),
            hash_timer: StoredValue::new_local(None),
        }
    }

    /// Lets the address follow the controls.
    pub fn connect(self) {
        Effect::new(move |previous: Option<()>| {
            self.problem.track();
            self.selected.track();
            self.view.track();
            if previous.is_some() {
                self.follow_in_address();
            }
        });
    }

    /// The card of the model as the controls stand.
    pub fn card(self) -> Option<Arc<ModelCard>> {
        self.problem.with(|problem| models::named(&problem.model))
    }

    /// The same without following the controls.
    pub fn card_untracked(self) -> Option<Arc<ModelCard>> {
        self.problem.with_untracked(|problem| models::named(&problem.model))
    }

    /// What costs are counted in.
    pub fn cost_unit(self) -> CostUnit {
        CostUnit(self.view.with(|view| view.cost_unit.clone()))
    }

    /// Reads from the slice whose controls are shown.
    pub fn slice<T>(self, read: impl FnOnce(&SliceTerms) -> T) -> Option<T> {
        let selected = self.selected.get();
        self.problem.with(|problem| problem.slices.get(selected).map(read))
    }

    /// Changes the slice whose controls are shown.
    pub fn change_slice(self, change: impl FnOnce(&mut SliceTerms)) {
        let selected = self.selected.get_untracked();
        self.problem.update(|problem| {
            if let Some(slice) = problem.slices.get_mut(selected) {
                change(slice);
            }
        });
    }

    /// The slice whose controls are shown, as a problem of its own.
    pub fn alone(self) -> SliceProblem {
        let selected = self.selected.get();
        self.problem.with(|problem| view_state::alone(problem, selected))
    }

    /// Takes over the resources and the one slice of `alone` for the slice whose controls are shown.
    pub fn adopt(self, alone: SliceProblem) {
        let selected = self.selected.get_untracked();
        self.problem.update(|problem| {
            let adopted = alone.slices.into_iter().next();
            if let (Some(slice), Some(adopted)) = (problem.slices.get_mut(selected), adopted) {
                *slice = adopted;
                problem.resources = alone.resources;
            }
        });
    }

    /// Changes the terms of resource `index`.
    pub fn change_resource(self, index: usize, change: impl FnOnce(&mut ResourceTerms)) {
        self.problem.update(|problem| {
            if let Some(resource) = problem.resources.get_mut(index) {
                change(resource);
            }
        });
    }

    /// Changes the model; limits and prices keep their relation to the defaults.
    pub fn choose_model(self, name: &str) {
        let (Some(old), Some(new)) = (self.card(), models::named(name)) else { return };
        self.problem.update(|problem| {
            let before = std::mem::take(&mut problem.resources);
            problem.model = new.name.clone();
            problem.member_weights = None;
            problem.resources = new
                .resources()
                .iter()
                .map(|field| {
                    let known = before
                        .iter()
                        .zip(old.resources())
                        .find(|(terms, _)| terms.name == field.name);
                    match known {
                        Some((terms, was)) if was.default_capacity == field.default_capacity => {
                            terms.clone()
                        }
                        Some((terms, was)) => {
                            rescaled(terms, field.default_capacity / was.default_capacity)
                        }
                        None => ResourceTerms {
                            name: field.name.clone(),
                            price: 1.0 / field.default_capacity,
                            minimum: 0.0,
                            capacity: field.default_capacity,
                            granularity: None,
                        },
                    }
                })
                .collect();
            if problem.confidence.is_some() || !problem.beyond_measurements {
                problem.confidence = default_confidence(&new);
            }
            if !problem.beyond_measurements {
                within_measurements(problem, &new);
            }
            if old.output.name != new.output.name {
                for slice in &mut problem.slices {
                    slice.qos_threshold = new.output.threshold_default;
                }
            }
            for slice in &mut problem.slices {
                let (lowest, highest) =
                    (new.output.threshold_minimum, new.output.threshold_maximum);
                slice.qos_threshold = slice.qos_threshold.clamp(lowest, highest);
            }
        });
    }

    /// Lets allocations go beyond what was measured, or holds them to it.
    pub fn allow_beyond_measurements(self, allowed: bool) {
        let Some(card) = self.card_untracked() else { return };
        self.problem.update(|problem| {
            problem.beyond_measurements = allowed;
            if !allowed {
                return within_measurements(problem, &card);
            }
            for (terms, field) in problem.resources.iter_mut().zip(card.resources()) {
                terms.minimum = 0.0;
                terms.capacity = terms.capacity.max(field.default_capacity);
            }
        });
    }

    /// Asks for promises with confidence, or takes the model at its word.
    pub fn ask_for_confidence(self, asked: bool) {
        let confidence =
            self.card_untracked().filter(|_| asked).and_then(|c| default_confidence(&c));
        self.problem.update(|problem| problem.confidence = confidence);
    }

    /// Replaces the whole question, as from a link or a file.
    pub fn load(self, state: LinkState) {
        self.import_error.set(None);
        self.selected.set(state.slice.min(state.problem.slices.len().saturating_sub(1)));
        self.view.set(state.view);
        self.problem.set(state.problem);
    }

    /// Follows an address that the visitor has changed by hand.
    pub fn load_address(self) {
        let hash = browser::hash();
        if hash.is_empty() {
            return;
        }
        match LinkState::from_hash(&hash) {
            Ok(state) => self.load(state),
            Err(error) => {
                self.load(opening_state());
                self.import_error.set(Some(link_error(&error)));
            }
        }
    }

    /// The address that reproduces the view.
    pub fn address(self) -> String {
        browser::address_with(&self.link_state().to_hash())
    }

    fn link_state(self) -> LinkState {
        LinkState {
            problem: self.problem.get_untracked(),
            slice: self.selected.get_untracked(),
            view: self.view.get_untracked(),
        }
    }

    fn follow_in_address(self) {
        let timer = Timeout::new(HASH_DELAY_MS, move || {
            browser::replace_hash(&self.link_state().to_hash())
        });
        self.hash_timer.set_value(Some(timer));
    }
}

/// What the page opens with.
fn opening_state() -> LinkState {
    LinkState { problem: precomputed::default_problem(), slice: 0, view: ViewState::default() }
}

fn link_error(error: &InputError) -> String {
    format!("The link cannot be used: {error}. The default problem is shown instead.")
}

/// The confidence that is asked for first, where the model can tell one.
fn default_confidence(card: &ModelCard) -> Option<f64> {
    Some(DEFAULT_CONFIDENCE).filter(|confidence| card.confidence_factor(*confidence).is_some())
}

/// Holds the bounds of each resource to what was measured; the capacity stays where it holds several
/// slices.
fn within_measurements(problem: &mut SliceProblem, card: &ModelCard) {
    let slices = problem.slices.len() as f64;
    for (terms, field) in problem.resources.iter_mut().zip(card.resources()) {
        terms.minimum = terms.minimum.clamp(field.trained_minimum, field.trained_maximum);
        let most = field.trained_maximum * slices.max(1.0);
        terms.capacity = terms.capacity.clamp(terms.minimum * slices, most);
    }
}

fn rescaled(terms: &ResourceTerms, factor: f64) -> ResourceTerms {
    ResourceTerms {
        name: terms.name.clone(),
        price: terms.price / factor,
        minimum: terms.minimum * factor,
        capacity: terms.capacity * factor,
        granularity: None,
    }
}
