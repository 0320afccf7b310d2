//! Escape closes what was opened last and lies over or between other things: explanations, the tour.

use std::cell::RefCell;

use gloo::events::EventListener;
use leptos::prelude::*;
use wasm_bindgen::JsCast;
use web_sys::KeyboardEvent;

thread_local! {
    /// What is open, that opened last at the end; some of it may be closed or gone by now.
    static OPENED: RefCell<Vec<RwSignal<bool>>> = const { RefCell::new(Vec::new()) };
}

/// Opens or closes `open`; while it is open, Escape closes it.
pub fn toggle(open: RwSignal<bool>) {
    open.update(|open| *open = !*open);
    if open.get_untracked() {
        OPENED.with_borrow_mut(|opened| opened.push(open));
    }
}

/// Closes what was opened last, if anything is open.
fn close_last() {
    while let Some(last) = OPENED.with_borrow_mut(Vec::pop) {
        if last.try_get_untracked() == Some(true) {
            last.set(false);
            return;
        }
    }
}

/// Lets Escape close what is open, wherever the focus is.
pub fn listen() {
    let Some(window) = web_sys::window() else { return };
    let listen = |event: &web_sys::Event| {
        if event.dyn_ref::<KeyboardEvent>().is_some_and(|event| event.key() == "Escape") {
            close_last();
        }
    };
    EventListener::new(&window, "keydown", listen).forget();
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escape_closes_what_was_opened_last_and_passes_over_what_is_closed() {
        let owner = Owner::new();
        owner.with(|| {
            let [tour, explanation, closed] = [false; 3].map(RwSignal::new);
            [tour, explanation, closed].into_iter().for_each(toggle);
            toggle(closed);
            close_last();
            assert!(tour.get_untracked() && !explanation.get_untracked());
            close_last();
            assert!(!tour.get_untracked());
            close_last();
        });
    }
}
