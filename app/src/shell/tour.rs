//! A short tour in plain words, for those who have read none of the papers.

use leptos::prelude::*;

use crate::shell::live::{follow, live};

/// One step: its title and its text.
pub type Step = (&'static str, &'static str);

/// The tour's panel, shown while `open`.
#[component]
pub fn Tour(open: RwSignal<bool>, steps: &'static [Step]) -> impl IntoView {
    let step = RwSignal::new(0_usize);
    let last = steps.len().saturating_sub(1);
    let text = move || steps[step.get().min(last)];
    let panel = move || {
        open.get().then(|| {
            view! {
                <aside class="tour" role="region" aria-label="Tour" data-test="tour"
                    on:keydown=move |event| if event.key() == "Escape" { open.set(false) }
                >
                    <div aria-live="polite">
                        <h2>{live(move || text().0)}</h2>
                        <p>{live(move || text().1)}</p>
                    </div>
                    <div class="tabs">
                        <button type="button" disabled=follow(move || step.get() == 0)
                            on:click=move |_| step.update(|step| *step -= 1)>"Back"</button>
                        <button type="button" disabled=follow(move || step.get() == last)
                            on:click=move |_| step.update(|step| *step += 1)>"Next"</button>
                        <span class="hint">{live(move || format!("{} of {}", step.get() + 1, steps.len()))}</span>
                        <span class="spring"></span>
                        <button type="button" on:click=move |_| { open.set(false); step.set(0); }>"Close"</button>
                    </div>
                </aside>
            }
            .into_any()
        })
    };
    panel.into_any()
}
