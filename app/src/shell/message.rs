//! A message above the page that can be taken away.

use leptos::prelude::*;

/// Shows `text`, which tests find as `test`, with a button that runs `close`.
pub fn message(
    text: String,
    test: &'static str,
    close: impl Fn(leptos::ev::MouseEvent) + 'static,
) -> AnyView {
    view! {
        <div class="message" role="alert">
            <p data-test=test>{text}</p>
            <button type="button" data-test="dismiss" on:click=close>"Dismiss"</button>
        </div>
    }
    .into_any()
}
