//! Messages above the page.

use leptos::prelude::*;

use crate::shell::browser;
use crate::shell::live::on_click;

/// Says that the site has another build by now, with a button that opens it.
pub fn updated() -> AnyView {
    view! {
        <div class="message" role="alert">
            <p data-test="updated">
                "Slicewise was updated: "
                <button type="button" data-test="reload" on:click=on_click(|_| browser::reload())>"reload"</button>
            </p>
        </div>
    }
    .into_any()
}

/// A message that can be taken away: shows `text`, which tests find as `test`, with a button that runs `close`.
pub fn message(
    text: String,
    test: &'static str,
    close: impl Fn(leptos::ev::MouseEvent) + 'static,
) -> AnyView {
    view! {
        <div class="message" role="alert">
            <p data-test=test>{text}</p>
            <button type="button" data-test="dismiss" on:click=on_click(close)>"Dismiss"</button>
        </div>
    }
    .into_any()
}
