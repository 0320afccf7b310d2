//! A menu behind a summary, which closes once something was chosen.

use wasm_bindgen::JsCast;
use web_sys::{Element, EventTarget};

/// Closes the menu that `inside` is or lies in.
pub fn close(inside: Option<EventTarget>) {
    let element = inside.and_then(|target| target.dyn_into::<Element>().ok());
    let menu = element.and_then(|element| element.closest("details").ok().flatten());
    if let Some(menu) = menu {
        // Removing an attribute of an element at hand cannot fail.
        let _ = menu.remove_attribute("open");
    }
}
