//! One slice or several that share the capacity.

use leptos::prelude::*;
use slicewise_core::slice::problem::MOST_SLICES;

use crate::controls::explanation::Explanation;
use crate::shell::live::{follow, live, on_change, on_click};
use crate::slice::handles::SlicePlanner;

const ABOUT: &str = "Several slices share the capacity of every resource (the constraints of equation 2). Traffic and promise below belong to the slice that is chosen here.";

/// Tabs of the slices, and their name.
pub fn control(planner: SlicePlanner) -> AnyView {
    let count = Memo::new(move |_| planner.problem.with(|problem| problem.slices.len()));
    let tabs = move || (0..count.get()).map(|index| tab(planner, index)).collect_view();
    let name = move || planner.slice(|slice| slice.name.clone()).unwrap_or_default();
    view! {
        <fieldset>
            <legend>"Slices"</legend>
            <div class="tabs" role="group" aria-label="Slice shown">
                {live(tabs)}
                <button
                    type="button"
                    data-test="add-slice"
                    aria-label="Add a slice"
                    disabled=follow(move || { count.get() >= MOST_SLICES })
                    on:click=on_click(move |_| add(planner))
                >
                    "+ add"
                </button>
                <Explanation topic="slices" text=ABOUT/>
            </div>
            <div class="field-head" hidden=follow(move || { count.get() < 2 })>
                <label for="slice-name">"Name"</label>
                <input
                    id="slice-name"
                    class="wide"
                    type="text"
                    maxlength="60"
                    autocomplete="off"
                    data-test="slice-name"
                    prop:value=follow(name)
                    on:input=on_change(move |event| {
                        let name = event_target_value(&event);
                        planner.change_slice(|slice| slice.name = name);
                    })
                />
                <button
                    type="button"
                    data-test="remove-slice"
                    disabled=follow(move || { count.get() < 2 })
                    on:click=on_click(move |_| remove(planner))
                >
                    "remove"
                </button>
            </div>
        </fieldset>
    }
    .into_any()
}

fn tab(planner: SlicePlanner, index: usize) -> AnyView {
    let name =
        move || planner.problem.with(|problem| problem.slices.get(index).map(|s| s.name.clone()));
    view! {
        <button
            type="button"
            class="tab"
            data-test=format!("slice-tab-{index}")
            aria-pressed=follow(move || (planner.selected.get() == index).to_string())
            on:click=on_click(move |_| planner.selected.set(index))
        >
            {live(name)}
        </button>
    }
    .into_any()
}

/// Adds a slice like the one shown.
fn add(planner: SlicePlanner) {
    let selected = planner.selected.get_untracked();
    let mut added = None;
    planner.problem.update(|problem| {
        let Some(mut slice) = problem.slices.get(selected).cloned() else { return };
        let number = (problem.slices.len() + 1..)
            .find(|number| problem.slices.iter().all(|s| s.name != format!("slice {number}")));
        slice.name = format!("slice {}", number.unwrap_or(1));
        problem.slices.push(slice);
        let count = problem.slices.len() as f64;
        for resource in &mut problem.resources {
            resource.minimum = resource.minimum.min(resource.capacity / count);
        }
        added = Some(problem.slices.len() - 1);
    });
    if let Some(index) = added {
        planner.selected.set(index);
    }
}

fn remove(planner: SlicePlanner) {
    let selected = planner.selected.get_untracked();
    planner.selected.set(selected.saturating_sub(1));
    planner.problem.update(|problem| {
        if problem.slices.len() > 1 && selected < problem.slices.len() {
            problem.slices.remove(selected);
        }
    });
}
