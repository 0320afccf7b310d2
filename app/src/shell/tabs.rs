//! Tabs, of which one is open, and their panels.

use leptos::ev::KeyboardEvent;
use leptos::prelude::*;
use wasm_bindgen::JsCast;

use crate::shell::browser;
use crate::shell::live::{follow, live, on_click};

/// A tab: which one it is, its name in identifiers and for tests, its title and its panel.
pub type TabText<T> = (T, &'static str, &'static str, fn() -> AnyView);

/// The tabs of a page; a copyable handle.
#[derive(Clone, Copy)]
pub struct Tabs<T: Send + Sync + 'static> {
    all: &'static [TabText<T>],
    open: Memo<T>,
    choose: Callback<T>,
}

impl<T: Copy + PartialEq + Send + Sync + 'static> Tabs<T> {
    /// The tabs `all`, of which `open` is shown and of which `choose` opens another.
    pub fn new(
        all: &'static [TabText<T>],
        open: impl Fn() -> T + Send + Sync + 'static,
        choose: impl Fn(T) + Send + Sync + 'static,
    ) -> Self {
        Self { all, open: Memo::new(move |_| open()), choose: Callback::new(choose) }
    }

    /// The row of titles.
    pub fn list(self) -> AnyView {
        let buttons: Vec<AnyView> = self.all.iter().map(|text| self.button(text)).collect();
        view! {
            <div class="view-tabs" role="tablist" aria-label="Views" on:keydown=move |event| self.step(&event)>
                {buttons}
            </div>
        }
        .into_any()
    }

    /// The panels, built when their tab is opened; that of `kept` is there from the start.
    pub fn panels(self, kept: Option<T>) -> AnyView {
        let panel = |(tab, name, _, content): &'static TabText<T>| {
            let is_kept = kept == Some(*tab);
            let shown = move || self.open.get() == *tab;
            view! {
                <div
                    role="tabpanel"
                    id=format!("panel-{name}")
                    aria-labelledby=format!("tab-{name}")
                    data-test=format!("panel-{name}")
                    hidden=follow(move || !shown())
                >
                    {live(move || (is_kept || shown()).then(content))}
                </div>
            }
            .into_any()
        };
        self.all.iter().map(panel).collect::<Vec<AnyView>>().into_any()
    }

    fn button(self, (tab, name, title, _): &'static TabText<T>) -> AnyView {
        let chosen = move || self.open.get() == *tab;
        view! {
            <button
                type="button"
                role="tab"
                id=format!("tab-{name}")
                data-test=format!("tab-{name}")
                aria-selected=follow(move || chosen().to_string())
                aria-controls=format!("panel-{name}")
                tabindex=follow(move || if chosen() { "0" } else { "-1" })
                on:click=on_click(move |_| self.choose.run(*tab))
            >
                {*title}
            </button>
        }
        .into_any()
    }

    /// Arrow keys go round the tabs, as in every list of tabs.
    fn step(self, event: &KeyboardEvent) {
        let open = self.open.get_untracked();
        let at = self.all.iter().position(|(tab, ..)| *tab == open).unwrap_or(0);
        let next = match event.key().as_str() {
            "ArrowRight" => (at + 1) % self.all.len(),
            "ArrowLeft" => (at + self.all.len() - 1) % self.all.len(),
            "Home" => 0,
            "End" => self.all.len() - 1,
            _ => return,
        };
        let on_tab = event
            .target()
            .and_then(|target| target.dyn_into::<web_sys::Element>().ok())
            .is_some_and(|element| element.get_attribute("role").as_deref() == Some("tab"));
        if on_tab {
            event.prevent_default();
            let (tab, name, ..) = self.all[next];
            self.choose.run(tab);
            browser::focus(&format!("tab-{name}"));
        }
    }
}
