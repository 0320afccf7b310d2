//! One cell in full: its split, what the shares are worth, and sliders that change it at once.

use std::sync::Arc;

use leptos::prelude::*;
use slicewise_core::cells::Objective;
use slicewise_core::cells::figures;
use slicewise_core::cells::profile::MOST_WEIGHT;

use crate::cells::charts::cell;
use crate::cells::handles::{CellsPlanner, Opened, OpenedCell};
use crate::cells::models;
use crate::cells::state::Adjustment;
use crate::cells::words;
use crate::charts::drawing::Chart;
use crate::charts::frame::{ChartFrame, Drawn, FrameText};
use crate::controls::number_field::{BoxField, NumberBox};
use crate::controls::number_text;
use crate::shell::live::{follow, live, on_change, on_click};
use crate::shell::narrow::Narrow;

const SPLIT: FrameText = FrameText {
    name: "split",
    title: "Split of the resource blocks",
    about: "The share x of the cell’s PRB that each slice gets; the shares sum to at most 1 (IDLA, equation (2)). The thin bar is the split of the step before: the cell keeps it unless another one is worth more by the cost of a change.",
};
const UTILITIES: FrameText = FrameText {
    name: "utilities",
    title: "What a share is worth",
    about: "Utility of each slice over its share x, as the estimator f has it: ln(f(x, z) + 1) (IDLA, equations (10) and (11)). At the optimum no block is worth more elsewhere: every slice that could give or take has the slope λ, the price of the blocks (equations (12) to (16)). The thin lines have this slope.",
};

/// The opened cell.
#[component]
pub fn CellPanel() -> impl IntoView {
    let planner = expect_context::<CellsPlanner>();
    let opened_cell = expect_context::<OpenedCell>();
    let Narrow(narrow) = expect_context::<Narrow>();
    let drawn = move |draw: fn(&Arc<cell::OpenedCell>, (f64, f64)) -> Option<Chart>,
                      sizes: [(f64, f64); 2]| {
        Memo::new(move |_| {
            let opened = opened_cell.answer.get()?;
            let size = sizes[usize::from(narrow.get())];
            draw(&opened.cell, size).map(|chart| Drawn(Arc::new(chart)))
        })
    };
    let split = drawn(cell::split, [(960.0, 92.0), (360.0, 92.0)]);
    let utilities = drawn(cell::utilities, [(520.0, 318.0), (360.0, 260.0)]);
    let stale = follow(move || opened_cell.is_stale());
    let has_cell = Memo::new(move |_| opened_cell.answer.with(Option::is_some));
    let content = move || {
        match has_cell.get() {
        false => view! { <p class="placeholder">"The cell follows with the simulation."</p> }.into_any(),
        true => view! {
            <p class="day-sentence" class:stale=follow(move || stale.get()) data-test="cell-sentence"
                data-utility=follow(move || opened_cell.answer.with(|o| o.as_ref().map(|o| o.cell.plan.utilities[0])))
                data-shares=follow(move || opened_cell.answer.with(|o| o.as_ref().map(|o| format!("{:?}", o.cell.plan.shares))))>
                {live(move || opened_cell.answer.with(|opened| opened.as_ref().map(sentence)))}
            </p>
            <div class="split-figure"><ChartFrame text=SPLIT chart=split stale=stale/></div>
            <div class="cell-columns">
                <div class="utility-figure"><ChartFrame text=UTILITIES chart=utilities stale=stale/></div>
                <div class="cell-side">
                    {facts(opened_cell)}
                    {what_if(planner, opened_cell)}
                </div>
            </div>
        }
        .into_any(),
    }
    };
    view! { <div class="one-cell">{live(content)}</div> }.into_any()
}

fn sentence(opened: &Opened) -> String {
    let plan = &opened.cell.plan;
    let least = plan.satisfaction.iter().enumerate().min_by(|a, b| a.1.total_cmp(b.1)).map(
        |(slice, satisfaction)| {
            let name = &opened.question.names[slice];
            let came = opened.question.simulated.get(slice).map_or_else(String::new, |simulated| {
                format!(", {} simulated", number_text::percent(*simulated))
            });
            let estimated = number_text::percent(*satisfaction);
            format!(" Least satisfied: {name}, {estimated} estimated{came}.")
        },
    );
    let kept = match plan.keeps(&opened.question.batch, 0) {
        true => ", as in the step before",
        false => "",
    };
    format!(
        "{}: {}{kept}.{} {}.",
        opened.question.title,
        cell::shares_words(&opened.cell),
        least.unwrap_or_default(),
        capital(&words::multiplier(plan.prices[0], plan.utilities[0]))
    )
}

fn capital(text: &str) -> String {
    let mut text = text.to_owned();
    if let Some(first) = text.get_mut(..1) {
        first.make_ascii_uppercase();
    }
    text
}

/// Sliders for what is changed in this cell alone.
fn what_if(planner: CellsPlanner, opened_cell: OpenedCell) -> AnyView {
    let slices = Memo::new(move |_| {
        let asked = opened_cell.asked.get();
        asked.map(|asked| asked.names.clone()).unwrap_or_default()
    });
    let weighted =
        Memo::new(move |_| planner.state.with(|state| state.objective == Objective::WeightedSum));
    let rows = move || {
        let weighted = weighted.get();
        let names = slices.get();
        names
            .into_iter()
            .enumerate()
            .map(|(index, name)| slice_row(opened_cell, index, name, weighted))
            .collect_view()
    };
    view! {
        <section class="cell-sliders" aria-label="What if, in this cell">
            <header class="sliders-head">
                <h2>"What if, in this cell"</h2>
                <span class="spring"></span>
                <button type="button" class="quiet" data-test="cell-reset"
                    disabled=follow(move || !opened_cell.is_adjusted())
                    on:click=on_click(move |_| opened_cell.reset())>"Reset"</button>
            </header>
            {live(rows)}
        </section>
    }
    .into_any()
}

fn slice_row(opened_cell: OpenedCell, index: usize, name: String, weighted: bool) -> AnyView {
    let title = name.clone();
    let required = Memo::new(move |_| {
        let asked = opened_cell.asked.get().filter(|asked| index < asked.slices.len());
        asked.map_or_else(String::new, |asked| {
            let trained = models::named(&asked.method.estimator).and_then(|model| model.trained);
            words::requires(asked.batch.features_of(index), trained)
        })
    });
    let slider = move |what: &'static str,
                       (lowest, highest, step): (f64, f64, f64),
                       value: Signal<f64>,
                       text: Signal<String>,
                       change: fn(&mut Adjustment, f64)| {
        let slide = move |event: leptos::ev::Event| {
            if let Ok(number) = event_target_value(&event).parse() {
                opened_cell.adjust(index, |adjustment| change(adjustment, number));
            }
        };
        view! {
            <label class="mini">
                <span class="mini-text">{what}" "<output>{live(move || text.get())}</output></span>
                <input
                    type="range"
                    data-test=format!("cell-{what}-{index}")
                    aria-label=format!("{name}: {what}")
                    aria-valuetext=follow(move || text.get())
                    min=lowest
                    max=highest
                    step=step
                    prop:value=follow(move || number_text::plain(value.get()))
                    on:input=on_change(slide)
                />
            </label>
        }
        .into_any()
    };
    let requirement = follow(move || opened_cell.adjustment(index).requirement);
    let traffic = follow(move || opened_cell.adjustment(index).traffic);
    let needs = follow(move || required.get());
    let times = follow(move || format!("× {}", number_text::rounded(traffic.get())));
    let weights = weighted.then(|| weight_boxes(opened_cell, index));
    view! {
        <div class="slice-row">
            <span class=format!("row-name of-slice s{index}")>{title}</span>
            {slider("requires", (0.1, 3.0, 0.05), requirement, needs, |a, number| a.requirement = number)}
            {slider("traffic", (0.0, 3.0, 0.05), traffic, times, |a, number| a.traffic = number)}
            {weights}
        </div>
    }
    .into_any()
}

/// Weight and least share, where the objective uses them.
fn weight_boxes(opened_cell: OpenedCell, index: usize) -> AnyView {
    // The minima of one cell sum to at most 1.
    let others = Memo::new(move |_| {
        let asked = opened_cell.asked.get();
        asked.map_or(0.0, |asked| {
            let minima = asked.batch.minimum_shares.iter().enumerate();
            minima.filter(|(at, _)| *at != index).map(|(_, minimum)| minimum).sum::<f64>()
        })
    });
    let weight = BoxField {
        test: format!("cell-weight-{index}"),
        label: "weight".to_owned(),
        unit: Signal::stored(String::new()),
        allowed: Signal::stored((0.0, MOST_WEIGHT)),
        value: follow(move || opened_cell.weight_and_minimum(index).0),
        change: Callback::new(move |weight| opened_cell.set_weight(index, weight)),
    };
    let minimum = BoxField {
        test: format!("cell-minimum-{index}"),
        label: "minimum share".to_owned(),
        unit: Signal::stored("%".to_owned()),
        allowed: follow(move || (0.0, (100.0 * (1.0 - others.get())).floor().max(0.0))),
        value: follow(move || (1e6 * opened_cell.weight_and_minimum(index).1).round() / 1e4),
        change: Callback::new(move |percent: f64| {
            opened_cell.set_minimum_share(index, percent / 100.0);
        }),
    };
    view! { <div class="number-boxes"><NumberBox field=weight/><NumberBox field=minimum/></div> }
        .into_any()
}

/// What the plan is worth and how sure it is.
fn facts(opened_cell: OpenedCell) -> AnyView {
    let read = move |read: fn(&Opened) -> String| {
        live(move || opened_cell.answer.with(|opened| opened.as_ref().map(read)))
    };
    let gap = move || opened_cell.answer.with(|o| o.as_ref().map(|o| o.cell.plan.gap(0)));
    let outside = move || {
        let slices = opened_cell.answer.with(|o| o.as_ref().map_or(0, |o| o.cell.plan.outside(0)));
        words::outside(slices)
            .map(|text| view! { <p class="hint warning" data-test="cell-outside">{text}</p> })
    };
    view! {
        <dl class="facts" data-test="cell-facts">
            <div><dt>"Certified gap"</dt><dd data-test="cell-gap" data-value=follow(gap)>{read(|o| words::gap(o.cell.plan.gap(0)))}</dd></div>
            <div><dt>"Utility and its bound"</dt><dd>{read(utility_words)}</dd></div>
            <div><dt>"Price of the blocks λ"</dt><dd>{read(|o| number_text::rounded(o.cell.plan.prices[0]))}</dd></div>
            <div><dt>"Mean satisfaction"</dt><dd data-test="cell-mean">{read(mean_words)}</dd></div>
            <div><dt>"Rows of the network evaluated"</dt><dd>{read(|o| number_text::rounded(o.cell.plan.evaluations as f64))}</dd></div>
        </dl>
        {live(outside)}
    }
    .into_any()
}

/// The mean of what is estimated, and of what was simulated where that is the same question.
fn mean_words(opened: &Opened) -> String {
    let mean = |values: &[f64]| number_text::percent(figures::mean(values));
    let estimated = mean(&opened.cell.plan.satisfaction);
    match &opened.question.simulated[..] {
        [] => format!("{estimated} estimated; this question is not simulated"),
        simulated => format!("{estimated} estimated, {} simulated", mean(simulated)),
    }
}

fn utility_words(opened: &Opened) -> String {
    let plan = &opened.cell.plan;
    let bound = plan.bounds[0];
    let utility = format!("{:.5}", plan.utilities[0]);
    match bound.is_finite() {
        true => format!("{utility} of at most {bound:.5}"),
        false => format!("{utility}, no bound"),
    }
}
