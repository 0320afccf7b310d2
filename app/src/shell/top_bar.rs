//! The bar above everything: the name, the planners, what one can do with the whole view, the theme.

use leptos::prelude::*;
use leptos::task::spawn_local;

use crate::PageOf;
use crate::shell::browser;
use crate::shell::link_text::LONGEST_SURE;
use crate::shell::live::{follow, live, on_click};
use crate::shell::view_flags::with_planner;

/// Brand, planners, the view's own tools and the theme.
#[component]
pub fn TopBar(
    /// The page that is open.
    page: PageOf,
    /// What it is for, in a few words.
    claim: &'static str,
    /// The theme that the address asks for, stronger than the stored one.
    theme: Option<String>,
    /// What can be done with the whole view.
    tools: AnyView,
) -> impl IntoView {
    view! {
        <header class="top-bar">
            <h1><a class="brand" href="./" aria-label="Slicewise, start again">
                <svg viewBox="0 0 32 32" width="22" height="22" aria-hidden="true">
                    <path class="brand-bars" d="M5 25V8h6v17zM13 25V14h6v11zM21 25v-7h6v7z"></path>
                </svg>
                "Slicewise"
            </a></h1>
            {planners(page)}
            <span class="claim">{claim}</span>
            <span class="spring"></span>
            {tools}
            <ThemeButton forced=theme/>
        </header>
    }
    .into_any()
}

/// Links to the planners' pages; the flags in the query stay.
fn planners(open: PageOf) -> AnyView {
    let link = |page: PageOf| {
        let href = format!("./{}", with_planner(&browser::query(), page));
        let current = (page == open).then_some("page");
        view! {
            <a href=href aria-current=current data-test=format!("planner-{}", page.name())>{page.title()}</a>
        }
    };
    view! { <nav class="planners" aria-label="Planners">{PageOf::ALL.map(link)}</nav> }.into_any()
}

/// A button that puts the view's address, which `address` writes, on the clipboard, and into `long` where
/// it is longer than many programs carry.
pub fn copy_link(
    address: impl Fn() -> String + 'static,
    long: RwSignal<Option<String>>,
) -> AnyView {
    let copied: RwSignal<Option<&'static str>> = RwSignal::new(None);
    let copy = move |_| {
        let address = address();
        long.set((address.len() > LONGEST_SURE).then(|| address.clone()));
        spawn_local(async move {
            let done = browser::copy(address).await;
            copied.set(Some(if done { "Link copied" } else { "Copy it from the address bar" }));
            gloo::timers::callback::Timeout::new(2_500, move || copied.set(None)).forget();
        });
    };
    view! {
        <button type="button" data-test="copy-link" on:click=on_click(copy)>
            <span aria-live="polite">{live(move || copied.get().unwrap_or("Copy link"))}</span>
        </button>
    }
    .into_any()
}

/// Goes round automatic, light and dark.
#[component]
fn ThemeButton(forced: Option<String>) -> impl IntoView {
    let theme = RwSignal::new(forced.unwrap_or_else(browser::stored_theme));
    let next = move |_| {
        let following = match theme.get_untracked().as_str() {
            "auto" => "light",
            "light" => "dark",
            _ => "auto",
        };
        theme.set(following.to_owned());
        browser::store_theme(following);
        browser::apply_theme(following);
    };
    view! {
        <button
            type="button"
            data-test="theme"
            aria-label=follow(move || format!("Theme: {}", theme.get()))
            on:click=on_click(next)
        >
            "◐"
            <span class="theme-word">{live(move || theme.get())}</span>
        </button>
    }
    .into_any()
}
