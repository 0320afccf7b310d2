//! The network: its map at one moment, and its day.

use std::sync::Arc;

use leptos::prelude::*;
use slicewise_core::cells::Scheme;

use crate::cells::charts::{day, map};
use crate::cells::handles::{CellsPlanner, OpenedCell, Simulation};
use crate::cells::state::Tab;
use crate::charts::drawing::Chart;
use crate::charts::frame::{ChartFrame, Drawn, FrameText};
use crate::shell::live::{follow, live};
use crate::shell::narrow::Narrow;

const MAP: FrameText = FrameText {
    name: "map",
    title: "12 cells at 4 sites",
    about: "Each rhombus is a cell, its antenna at the black dot where three of them meet. The colour is the mean satisfaction r = min(throughput / required, required delay / delay, 1) of its slices in this step (IDLA, equation (3)); small dots are active users, coloured by slice. Click a cell, or walk with the arrow keys and press Enter, to open it.",
};
const STACK: FrameText = FrameText {
    name: "day-shares",
    title: "Shares of the opened cell",
    about: "What each slice gets of the cell’s PRB in every 15-minute step. A cell keeps the split of the step before unless another one is worth more by the cost of a change. Click a moment to go there.",
};
const SATISFACTION: FrameText = FrameText {
    name: "day-satisfaction",
    title: "Satisfaction over the day",
    about: "Mean satisfaction of all slices of all cells, as the simulator measured it under the scheme of the controls, as the estimator had expected it, and under equal shares with the same users, traffic and fading. The schemes run in closed loop: what they decide changes queues and interference.",
};

/// Map and day.
#[component]
pub fn NetworkPanel() -> impl IntoView {
    let planner = expect_context::<CellsPlanner>();
    let simulation = expect_context::<Simulation>();
    let opened = expect_context::<OpenedCell>();
    let Narrow(narrow) = expect_context::<Narrow>();
    let drawn = |draw: Box<dyn Fn() -> Option<Chart> + Send + Sync>| {
        Memo::new(move |_| draw().map(|chart| Drawn(Arc::new(chart))))
    };
    let map = drawn(Box::new(move || draw_map(planner, simulation, narrow.get())));
    let day_size = move || if narrow.get() { (360.0, 220.0) } else { (480.0, 212.0) };
    let stack = drawn(Box::new(move || day::stack(&simulation.day(day_size()))));
    let satisfaction = drawn(Box::new(move || {
        let scheme = planner.scheme();
        let equal = (scheme != Scheme::Equal)
            .then(|| simulation.run(Scheme::Equal, |run, _| run.steps.clone()));
        day::satisfaction(&simulation.day(day_size()), scheme, equal.as_deref())
    }));
    let stale = follow(move || simulation.is_stale());
    let open = Callback::new(move |(cell, _)| {
        let again = planner.state.with_untracked(|state| state.cell == cell);
        opened.choose(cell);
        if again {
            planner.show(Tab::Cell);
        }
    });
    let go = Callback::new(move |(step, _)| planner.state.update(|state| state.step = step));
    let has_map = Memo::new(move |_| map.with(Option::is_some));
    view! {
        <div class="network">
            <div class="map-figure">
                {live(move || match has_map.get() {
                    true => view! { <ChartFrame text=MAP chart=map stale=stale on_pick=open/> }.into_any(),
                    false => view! { <p class="placeholder" data-test="map-waiting">"The map follows with the first step of the simulation."</p> }.into_any(),
                })}
            </div>
            <div class="day-figures">
                <ChartFrame text=STACK chart=stack stale=stale on_pick=go/>
                <ChartFrame text=SATISFACTION chart=satisfaction stale=stale on_pick=go/>
            </div>
        </div>
    }
    .into_any()
}

fn draw_map(planner: CellsPlanner, simulation: Simulation, narrow: bool) -> Option<Chart> {
    let places = simulation.network.with(|network| network.places.clone());
    let (cell, wanted) = planner.state.with(|state| (state.cell, state.step));
    let step = simulation.run(planner.scheme(), |run, _| run.shown(wanted))?;
    map::draw(&map::MapPicture {
        places,
        step,
        names: simulation.names(),
        chosen: cell,
        size: if narrow { (360.0, 290.0) } else { (560.0, 470.0) },
    })
}
