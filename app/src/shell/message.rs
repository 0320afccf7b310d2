//! Messages above the page.

use leptos::prelude::*;

use crate::shell::live::on_click;
use crate::shell::{browser, link_text};

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
    dismissible(view! { <p data-test=test>{text}</p> }.into_any(), close)
}

/// Says that `link` is longer than many programs carry, and offers it as a file.
pub fn long_link(link: String, close: impl Fn(leptos::ev::MouseEvent) + 'static) -> AnyView {
    let told = format!(
        "This link has {} characters, and many programs cut links after {}: a file opens the same view. ",
        link.len(),
        link_text::LONGEST_SURE
    );
    let save = move |_| {
        browser::download("slicewise-view.html", "text/html", &link_text::as_file(&link));
    };
    let save = view! {
        <p data-test="long-link">
            {told}
            <button type="button" data-test="save-link" on:click=on_click(save)>"Save as a file"</button>
        </p>
    };
    dismissible(save.into_any(), close)
}

fn dismissible(told: AnyView, close: impl Fn(leptos::ev::MouseEvent) + 'static) -> AnyView {
    view! {
        <div class="message" role="alert">
            {told}
            <button type="button" data-test="dismiss" on:click=on_click(close)>"Dismiss"</button>
        </div>
    }
    .into_any()
}
