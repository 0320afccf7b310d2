//! Parts of the page that follow signals, and what events do, each under one type for all of them: a
//! closure of its own type would bring its own copy of the renderer into the page's wasm.

use leptos::ev::{Event, MouseEvent};
use leptos::prelude::*;

/// A part of the page that is built anew when a signal that it reads changes.
pub type Live = Box<dyn FnMut() -> AnyView + Send>;

/// What `build` gives, again whenever a signal that it reads changes.
pub fn live<V: IntoAny>(mut build: impl FnMut() -> V + Send + 'static) -> Live {
    Box::new(move || build().into_any())
}

/// An attribute, a property or a class that follows the signals that `read` reads.
pub fn follow<T: Send + Sync + 'static>(read: impl Fn() -> T + Send + Sync + 'static) -> Signal<T> {
    let read: Box<dyn Fn() -> T + Send + Sync> = Box::new(read);
    Signal::derive(read)
}

/// What a click does.
pub fn on_click(act: impl FnMut(MouseEvent) + 'static) -> Box<dyn FnMut(MouseEvent)> {
    Box::new(act)
}

/// What a change of a control does, or typing into it.
pub fn on_change(act: impl FnMut(Event) + 'static) -> Box<dyn FnMut(Event)> {
    Box::new(act)
}
