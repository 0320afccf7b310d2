//! Messages above the page.

use leptos::ev::MouseEvent;
use leptos::prelude::*;

use crate::shell::live::{live, on_click};
use crate::shell::{browser, link_text};

/// Says that the site has another build by now, with a button that opens it.
pub fn updated() -> AnyView {
    let reload = button("reload", "reload", |_| browser::reload());
    told("Slicewise was updated: ".to_owned(), "updated", Some(reload), None)
}

/// A message that can be taken away: shows `text`, which tests find as `test`, with a button that runs `close`.
pub fn message(text: String, test: &'static str, close: impl Fn(MouseEvent) + 'static) -> AnyView {
    told(text, test, None, Some(button("Dismiss", "dismiss", close)))
}

/// The message that `text` holds, if any; it can be taken away.
pub fn message_of(text: RwSignal<Option<String>>, test: &'static str) -> AnyView {
    live(move || text.get().map(|told| message(told, test, move |_| text.set(None)))).into_any()
}

/// Says that `link` is longer than many programs carry, and offers it as a file.
pub fn long_link(link: String, close: impl Fn(MouseEvent) + 'static) -> AnyView {
    let text = format!(
        "This link has {} characters, and many programs cut links after {}: a file opens the same view. ",
        link.len(),
        link_text::LONGEST_SURE
    );
    let save = button("Save as a file", "save-link", move |_| {
        browser::download("slicewise-view.html", "text/html", &link_text::as_file(&link));
    });
    told(text, "long-link", Some(save), Some(button("Dismiss", "dismiss", close)))
}

/// `text` with a button `within` it and one beside it.
fn told(
    text: String,
    test: &'static str,
    within: Option<AnyView>,
    beside: Option<AnyView>,
) -> AnyView {
    view! {
        <div class="message" role="alert">
            <p data-test=test>{text}{within}</p>
            {beside}
        </div>
    }
    .into_any()
}

fn button(
    label: &'static str,
    test: &'static str,
    act: impl FnMut(MouseEvent) + 'static,
) -> AnyView {
    view! { <button type="button" data-test=test on:click=on_click(act)>{label}</button> }
        .into_any()
}
