//! The moment of the day that is shown, and the cell that is open.

use leptos::prelude::*;
use slicewise_core::cells::STEPS_PER_DAY;
use slicewise_core::cells::scenario::CELLS;

use super::handles::{CellsPlanner, ImportedTable, OpenedCell, Simulation};
use super::words::clock;
use crate::controls::number_text;
use crate::shell::live::{follow, live, on_change, on_click};

/// Play, time of day, and the opened cell.
#[component]
pub fn Scrubber() -> impl IntoView {
    let planner = expect_context::<CellsPlanner>();
    let simulation = expect_context::<Simulation>();
    let table = expect_context::<ImportedTable>();
    let opened = expect_context::<OpenedCell>();
    let step = Memo::new(move |_| planner.state.with(|state| state.step));
    let spoken =
        move || format!("{}, step {} of {STEPS_PER_DAY}", clock(step.get()), step.get() + 1);
    let slide = move |event: leptos::ev::Event| {
        if let Ok(step) = event_target_value(&event).parse::<f64>() {
            let step = (step.max(0.0) as usize).min(STEPS_PER_DAY - 1);
            planner.state.update(|state| state.step = step);
        }
    };
    let option = move |cell: usize| {
        let chosen = move || !table.is_open() && planner.state.with(|state| state.cell == cell);
        view! { <option value=cell.to_string() prop:selected=follow(chosen)>{format!("Cell {}", cell + 1)}</option> }
    };
    let imported = move || {
        let index = table.chosen.get()?;
        let name = table.imported.with(|imported| {
            imported.as_ref().and_then(|imported| imported.cells.cells.get(index).cloned())
        });
        Some(view! { <option value="imported" selected=true>{name}</option> })
    };
    let choose = move |event: leptos::ev::Event| {
        if let Ok(cell) = event_target_value(&event).parse() {
            opened.choose(cell);
        }
    };
    view! {
        <div class="scrubber" data-test="scrubber">
            <select aria-label="Cell that is open" data-test="cell" on:change=on_change(choose)>
                {live(imported)}
                {(0..CELLS).map(option).collect_view()}
            </select>
            <button
                type="button"
                data-test="play"
                aria-label=follow(move || if simulation.playing.get() { "Stop playing the day" } else { "Play the day" })
                on:click=on_click(move |_| simulation.play())
            >
                {live(move || if simulation.playing.get() { "❚❚" } else { "▶" })}
            </button>
            <input
                type="range"
                data-test="step"
                aria-label="Time of day"
                min="0"
                max=STEPS_PER_DAY - 1
                step="1"
                prop:value=follow(move || number_text::plain(step.get() as f64))
                aria-valuetext=follow(spoken)
                on:input=on_change(slide)
            />
            <output class="clock" data-test="clock">{live(move || clock(step.get()))}</output>
        </div>
    }
    .into_any()
}
