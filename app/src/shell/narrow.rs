//! Whether the page lies on a phone.

use gloo::events::EventListener;
use leptos::prelude::*;

use crate::shell::browser;

/// Whether the window is as narrow as a phone's.
#[derive(Clone, Copy)]
pub struct Narrow(pub RwSignal<bool>);

/// Follows the width of the window.
pub fn follow_width() -> Narrow {
    let narrow = RwSignal::new(browser::is_narrow());
    if let Some(window) = web_sys::window() {
        let listen = move |_: &web_sys::Event| {
            let now = browser::is_narrow();
            if narrow.get_untracked() != now {
                narrow.set(now);
            }
        };
        EventListener::new(&window, "resize", listen).forget();
    }
    Narrow(narrow)
}
