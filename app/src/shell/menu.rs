//! The menu of what can be saved and opened, which closes once something was chosen.

use leptos::prelude::*;
use wasm_bindgen::JsCast;
use web_sys::{Element, EventTarget};

use crate::shell::live::on_click;

/// The menu with `items`.
pub fn exports(items: AnyView) -> AnyView {
    view! {
        <details
            class="menu"
            on:keydown=move |event| {
                if event.key() == "Escape" {
                    close(event.current_target());
                }
            }
        >
            <summary data-test="export-menu">"Export"</summary>
            <div class="menu-items" on:click=on_click(move |event| close(event.current_target()))>{items}</div>
        </details>
    }
    .into_any()
}

/// Closes the menu that `inside` is or lies in.
fn close(inside: Option<EventTarget>) {
    let element = inside.and_then(|target| target.dyn_into::<Element>().ok());
    let menu = element.and_then(|element| element.closest("details").ok().flatten());
    if let Some(menu) = menu {
        // Removing an attribute of an element at hand cannot fail.
        let _ = menu.remove_attribute("open");
    }
}
