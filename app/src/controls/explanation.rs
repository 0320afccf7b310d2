//! A short explanation that opens beside the term that it explains.

use std::sync::atomic::{AtomicU32, Ordering};

use leptos::prelude::*;

use crate::shell::escape;
use crate::shell::live::{follow, live, on_click};

static NEXT: AtomicU32 = AtomicU32::new(0);

/// Lets identifiers count from `first` on, so that a second program in a document gives other ones.
pub fn count_from(first: u32) {
    NEXT.store(first, Ordering::Relaxed);
}

/// An identifier that no other element of the page has.
pub fn unique_id(prefix: &str) -> String {
    format!("{prefix}-{}", NEXT.fetch_add(1, Ordering::Relaxed))
}

/// The paper that a page's explanations refer to by equations and sections.
#[derive(Clone, Copy)]
pub struct Paper {
    /// Its short name: `MicroOpt`.
    pub name: &'static str,
    /// Where it is published.
    pub address: &'static str,
}

impl Paper {
    /// Whether `text` refers to a part of it.
    fn is_meant(text: &str) -> bool {
        ["equation", "section", "Algorithm", "Fig."].iter().any(|part| text.contains(part))
    }

    /// A link to it.
    pub fn link(self) -> AnyView {
        view! { <a href=self.address target="_blank" rel="noopener">{self.name}</a> }.into_any()
    }
}

/// A question mark that shows and hides `text` about `topic`; Escape hides it too. A text that refers
/// to the page's paper is followed by a link to it.
#[component]
pub fn Explanation(
    /// What is explained, for those who hear the button's name.
    #[prop(into)]
    topic: String,
    /// The explanation.
    #[prop(into)]
    text: Signal<String>,
) -> impl IntoView {
    let open = RwSignal::new(false);
    let id = unique_id("explanation");
    let paper = use_context::<Paper>();
    let link = move || paper.filter(|_| text.with(|text| Paper::is_meant(text))).map(Paper::link);
    view! {
        <button
            type="button"
            class="explain"
            aria-label=format!("What is “{topic}”?")
            aria-expanded=follow(move || open.get().to_string())
            aria-controls=id.clone()
            on:click=on_click(move |_| escape::toggle(open))
        >
            "?"
        </button>
        <p class="explanation" id=id hidden=follow(move || !open.get())>
            {live(move || text.get())}" "{live(link)}
        </p>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::Paper;

    #[test]
    fn a_text_that_names_an_equation_refers_to_the_paper() {
        assert!(Paper::is_meant("The cost that is minimised (equation 2)."));
        assert!(Paper::is_meant("Primal-dual is the paper's Algorithm 1."));
        assert!(!Paper::is_meant("Every slice gets at least this much."));
    }
}
