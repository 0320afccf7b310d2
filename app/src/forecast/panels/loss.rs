//! The loss explorer: what the second network has learned of the costs.

use std::sync::Arc;

use leptos::prelude::*;
use slicewise_core::forecast::ServiceName;
use slicewise_core::forecast::explorer::{Level, LossPicture};

use crate::charts::frame::{ChartFrame, Drawn, FrameText};
use crate::controls::number_text;
use crate::forecast::charts::loss;
use crate::forecast::handles::{Explorer, ForecastPlanner};
use crate::forecast::words::service_name;
use crate::shell::live::{follow, live, on_change, on_click};
use crate::shell::narrow::Narrow;

const LOW: FrameText = FrameText {
    name: "loss-low",
    title: "Learned loss at low demand",
    about: "What the loss network says that a decision costs, beside what it truly costs and what DeepCog’s hand-made alpha-OMC says (Loss meta-learning, figure 3). A tenth of the test’s intervals have less demand. The network never saw the formula, only pairs of decision and demand with the cost that came of them.",
};
const HIGH: FrameText = FrameText {
    name: "loss-high",
    title: "Learned loss at high demand",
    about: "The same where nine tenths of the intervals have less demand. Demand varies more there, and the learned margin is larger.",
};
const SURFACE: FrameText = FrameText {
    name: "loss-surface",
    title: "Learned loss of one slice of four",
    about: "The loss that the networks of “Admission” have learned, over decision and demand of one slice, while the other three are held at low, medium or high demand and served just above it (Loss meta-learning, figure 4). Dark is profit. The bold line is the cheapest decision for each demand: its distance from the thin line, where decision and demand are equal, is the margin.",
};

/// Curves, margins and the surface.
#[component]
pub fn LossPanel() -> impl IntoView {
    let planner = expect_context::<ForecastPlanner>();
    let explorer = expect_context::<Explorer>();
    let Narrow(narrow) = expect_context::<Narrow>();
    explorer.follow();
    let curves = |level: usize| {
        Memo::new(move |_| {
            let size = if narrow.get() { (360.0, 240.0) } else { (470.0, 250.0) };
            loss::curves(&explorer.picture.get()?, level, size).map(|chart| Drawn(Arc::new(chart)))
        })
    };
    let (low, high) = (curves(0), curves(1));
    let surface = Memo::new(move |_| {
        let size = if narrow.get() { (360.0, 300.0) } else { (560.0, 360.0) };
        loss::surface(&explorer.surface.get()?, size).map(|chart| Drawn(Arc::new(chart)))
    });
    let stale: Signal<bool> = explorer.stale.into();
    let has_picture = Memo::new(move |_| explorer.picture.with(Option::is_some));
    let content = move || {
        match has_picture.get() {
        false if explorer.refused.with(Option::is_some) => ().into_any(),
        false => view! { <p class="placeholder">"The curves follow with the networks."</p> }.into_any(),
        true => view! {
            <div class="charts two">
                <ChartFrame text=LOW chart=low stale=stale/>
                <ChartFrame text=HIGH chart=high stale=stale/>
            </div>
            <div class="scroll" class:stale=follow(move || stale.get())>
                {live(move || explorer.picture.with(|picture| picture.as_deref().map(margins)))}
            </div>
            <p class="hint">
                "The regressor’s error: how far its decisions scatter about the margin that it keeps, at test demand near \
                 this one. The best margin is the cheapest one for that error by the true metric, the learned one by the \
                 learned loss; on the right, their distance as a share of the peak. The networks learned under the prices \
                 that the page opens with, and so these curves do."
            </p>
            <div class="surface">
                <div class="surface-figure"><ChartFrame text=SURFACE chart=surface stale=stale/></div>
                {choices(planner)}
            </div>
        }
        .into_any(),
    }
    };
    view! {
        <div class="losses" data-test="losses" data-state=follow(move || if stale.get() { "planning" } else { "done" })>
            {live(move || explorer.refused.get().map(|error| view! {
                <p class="error" role="alert" data-test="error">{format!("There is no learned loss to show: {error}.")}</p>
            }))}
            {live(content)}
        </div>
    }
    .into_any()
}

fn margins(picture: &LossPicture) -> AnyView {
    let quantity = |value: f64| number_text::quantity(value, &picture.unit);
    let row = |(name, at): (&'static str, &slicewise_core::forecast::explorer::LossAtDemand)| {
        let apart = (at.learned_margin - at.best_margin).abs() / picture.peak;
        view! {
            <tr>
                <th scope="row">{name}</th>
                <td class="number">{quantity(at.demand)}</td>
                <td class="number">{quantity(at.error)}</td>
                <td class="number">{quantity(at.kept_margin)}</td>
                <td class="number">{quantity(at.learned_margin)}</td>
                <td class="number">{quantity(at.best_margin)}</td>
                <td class="number" data-test=format!("apart-{name}") data-value=apart>{number_text::percent(apart)}</td>
            </tr>
        }
    };
    let rows = ["low", "high"].into_iter().zip(&picture.levels).map(row).collect_view();
    view! {
        <table data-test="margins">
            <thead>
                <tr>
                    <th scope="col">"Demand"</th>
                    <th scope="col" class="number">"at"</th>
                    <th scope="col" class="number">"Regressor’s error"</th>
                    <th scope="col" class="number">"Margin kept"</th>
                    <th scope="col" class="number">"Learned margin"</th>
                    <th scope="col" class="number">"Best margin"</th>
                    <th scope="col" class="number">"Apart"</th>
                </tr>
            </thead>
            <tbody>{rows}</tbody>
        </table>
    }
    .into_any()
}

/// Which slice, and how much the others demand.
fn choices(planner: ForecastPlanner) -> AnyView {
    let slices = ServiceName::ALL.into_iter().enumerate().map(|(index, service)| {
        let chosen = move || planner.state.with(|state| state.slice == index);
        view! { <option value=index.to_string() prop:selected=follow(chosen)>{service_name(service)}</option> }
    });
    let levels = Level::ALL.map(|level| {
        let chosen = move || planner.state.with(|state| state.others == level);
        view! {
            <button type="button" class="tab" data-test=format!("others-{}", level_name(level))
                aria-pressed=follow(move || chosen().to_string())
                on:click=on_click(move |_| planner.state.update(|state| state.others = level))>{level_name(level)}</button>
        }
    });
    let choose = move |event| {
        if let Ok(slice) = event_target_value(&event).parse() {
            planner.state.update(|state| state.slice = slice);
        }
    };
    view! {
        <div class="surface-side">
            <label for="surface-slice">"Slice"</label>
            <select id="surface-slice" data-test="surface-slice" on:change=on_change(choose)>{slices.collect_view()}</select>
            <span id="others-label">"Demand of the others"</span>
            <div class="tabs" role="group" aria-labelledby="others-label">{levels.into_iter().collect_view()}</div>
        </div>
    }
    .into_any()
}

fn level_name(level: Level) -> &'static str {
    match level {
        Level::Low => "low",
        Level::Medium => "medium",
        Level::High => "high",
    }
}
