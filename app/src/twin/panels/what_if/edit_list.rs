//! The edits, each of which can be taken back.

use leptos::prelude::*;

use crate::shell::live::{follow, live, on_click};
use crate::twin::edits;
use crate::twin::handles::{OpenNetwork, TwinPlanner};

/// The list, in the order in which the edits hold.
pub fn list(planner: TwinPlanner, network: OpenNetwork) -> AnyView {
    let listed = Memo::new(move |_| planner.state.with(|state| state.edits.clone()));
    let told = Memo::new(move |_| {
        let listed = listed.get();
        network.scenario.with(|scenario| {
            listed.iter().map(|edit| edits::told(edit, scenario)).collect::<Vec<_>>()
        })
    });
    let entry = move |(index, words): (usize, String)| {
        let name = ["Take back: ", &words].concat();
        view! {
            <li data-test="edit">
                <span>{words}</span>
                <button type="button" class="quiet" data-test="take-back" aria-label=name
                    on:click=on_click(move |_| planner.take_back_at(index))>"Take back"</button>
            </li>
        }
    };
    let awaited = move || {
        network.awaited().map(|name| {
            view! {
                <p class="hint">{["These edits wait until ", &name, " is open."].concat()}</p>
            }
        })
    };
    let has_none = Memo::new(move |_| told.with(Vec::is_empty));
    let undo_all = move |_| planner.state.update(|state| state.edits.clear());
    view! {
        <section class="edits" aria-label="Edits" data-test="edits">
            <div class="edits-head">
                <h2>"Edits"</h2>
                <button type="button" class="quiet" data-test="undo-all" disabled=follow(move || has_none.get())
                    on:click=on_click(undo_all)>"Undo all"</button>
            </div>
            {live(awaited)}
            {live(move || has_none.get().then(|| view! {
                <p class="hint">"None: this is the network as it is."</p>
            }))}
            <ol>{live(move || told.get().into_iter().enumerate().map(entry).collect_view())}</ol>
        </section>
    }
    .into_any()
}
