//! Admission and reservation for four slices under one capacity.

use std::sync::Arc;

use leptos::prelude::*;
use slicewise_core::forecast::admission_plan::AdmissionPlan;

use crate::charts::frame::{ChartFrame, Drawn, FrameText};
use crate::controls::number_text;
use crate::forecast::charts::timeline::{self, Admitter, Both};
use crate::forecast::handles::{Admissions, ForecastPlanner};
use crate::forecast::words::service_name;
use crate::shell::live::{follow, live};
use crate::shell::narrow::Narrow;

const TIMELINE: FrameText = FrameText {
    name: "admissions",
    title: "Who is admitted when",
    about: "Four services share one capacity that is too small for all of them. In every interval each is admitted or rejected. A bar is time without interruption: tearing a slice down and setting it up again costs its users dearly, although the metric does not say so. Click a day to see its reservations below.",
};
const STACK: FrameText = FrameText {
    name: "admitted-day",
    title: "Reservations of one day, learned loss",
    about: "What the learned loss reserves for each admitted slice, on top of one another, never above the capacity. The dashed line is the demand of all four.",
};

/// Timeline, reservations and figures.
#[component]
pub fn AdmissionPanel() -> impl IntoView {
    let planner = expect_context::<ForecastPlanner>();
    let admissions = expect_context::<Admissions>();
    let Narrow(narrow) = expect_context::<Narrow>();
    admissions.follow();
    let day = Memo::new(move |_| planner.state.with(|state| state.day).min(6));
    let both = move || -> Both { Admitter::ALL.map(|admitter| admissions.plan(admitter)) };
    let timeline = Memo::new(move |_| {
        let width = if narrow.get() { 360.0 } else { 960.0 };
        timeline::admissions(&both(), day.get(), width).map(|chart| Drawn(Arc::new(chart)))
    });
    let stack = Memo::new(move |_| {
        let size = if narrow.get() { (360.0, 220.0) } else { (960.0, 230.0) };
        let plan = admissions.plan(Admitter::Learned)?;
        timeline::stack(&plan, day.get(), size).map(|chart| Drawn(Arc::new(chart)))
    });
    let stale = follow(move || admissions.is_stale());
    let pick = Callback::new(move |(step, _)| {
        planner.state.update(|state| state.day = step / 288);
    });
    let state = move || match (admissions.refused.with(Option::is_some), admissions.is_done()) {
        (true, _) => "refused",
        (_, true) => "done",
        _ if stale.get() => "planning",
        _ => "waiting",
    };
    let status = move || match (state(), admissions.progress.get()) {
        ("refused", _) => "cannot be planned".to_owned(),
        ("done", _) => "both methods decided all 7 test days".to_owned(),
        (_, Some(share)) => format!("deciding, {}", number_text::coarse_percent(share)),
        _ => "deciding".to_owned(),
    };
    let has_any = Memo::new(move |_| both().iter().any(Option::is_some));
    let has_ours = Memo::new(move |_| admissions.plan(Admitter::Learned).is_some());
    view! {
        <div class="admission">
            <p class="day-sentence" class:stale=follow(move || stale.get()) data-test="admission-sentence" aria-live="polite">{live(move || sentence(&both()))}</p>
            <p class="status-line">
                <span class="chip" data-test="admission-status" data-state=follow(state)>{live(status)}</span>
            </p>
            {live(move || admissions.refused.get().map(|error| view! {
                <p class="error" role="alert" data-test="error">{format!("This cannot be planned: {error}.")}</p>
            }))}
            <div class="scroll" class:stale=follow(move || stale.get())>{live(move || has_any.get().then(|| table(&both())))}</div>
            {live(move || has_any.get().then(|| view! {
                <div class="timeline-figure"><ChartFrame text=TIMELINE chart=timeline stale=stale on_pick=pick/></div>
            }))}
            {live(move || has_ours.get().then(|| view! {
                <div class="test-figure"><ChartFrame text=STACK chart=stack stale=stale/></div>
            }))}
            <p class="hint">
                "Overbooking forecasts each slice by Holt-Winters and takes the exact optimum of the metric, which it is \
                 told. The networks have only measured costs to learn from: the shipped ones at the terms that the page \
                 opens with. ra and rb change what their decisions earn; the decisions change once networks have learned \
                 again at these terms. Profit 100 %: all slices served closely. AVST, average uninterrupted service time \
                (Loss meta-learning, table II): how long a slice is served at a stretch, from its admission to its \
                rejection or to midnight, in the mean over the stretches of a day and over the days; 24 h is never rejected."
            </p>
        </div>
    }
    .into_any()
}

fn sentence(both: &Both) -> String {
    let [ours, rival] = both;
    let (Some(ours), Some(rival)) = (ours, rival) else {
        return "Four services under one capacity: the admissions follow.".to_owned();
    };
    let hours = |plan: &AdmissionPlan| {
        plan.slices.iter().map(|slice| slice.avst_hours).sum::<f64>() / plan.slices.len() as f64
    };
    format!(
        "The learned loss earns {} of what all slices could, overbooking {}; a slice is served for {} without \
         interruption, with overbooking for {}.",
        number_text::percent(ours.profit),
        number_text::percent(rival.profit),
        number_text::quantity(hours(ours), "h"),
        number_text::quantity(hours(rival), "h")
    )
}

fn table(both: &Both) -> AnyView {
    let figure = |value: Option<f64>, text: fn(f64) -> String| {
        view! { <td class="number">{value.map_or_else(|| "–".to_owned(), text)}</td> }.into_any()
    };
    let hours = |hours: f64| number_text::quantity(hours, "h");
    let slices = both.iter().flatten().next().map(|plan| plan.slices.len()).unwrap_or_default();
    let slice_row = |index: usize| {
        let read = |plan: &Option<Arc<AdmissionPlan>>| {
            plan.as_ref().and_then(|plan| plan.slices.get(index).cloned())
        };
        let plans = both.each_ref().map(read);
        let name = plans.iter().flatten().next().map(|slice| service_name(slice.service));
        let cells = plans.map(|slice| {
            let slice = slice.as_ref();
            view! {
                {figure(slice.map(|slice| slice.profit), number_text::percent)}
                {figure(slice.map(|slice| slice.admitted), number_text::percent)}
                {figure(slice.map(|slice| slice.avst_hours), hours)}
            }
        });
        view! { <tr><th scope="row">{name}</th>{cells.into_iter().collect_view()}</tr> }
    };
    let rows = (0..slices).map(slice_row).collect_view();
    let totals = both.each_ref().map(|plan| {
        let plan = plan.as_ref();
        let mean = plan.map(|plan| {
            let sum: f64 = plan.slices.iter().map(|slice| slice.avst_hours).sum();
            sum / plan.slices.len().max(1) as f64
        });
        view! {
            {figure(plan.map(|plan| plan.profit), number_text::percent)}
            {figure(plan.map(|plan| plan.admissions), number_text::percent)}
            {figure(mean, hours)}
        }
    });
    let head = Admitter::ALL.map(|admitter| {
        view! { <th scope="colgroup" colspan="3">{admitter.title()}</th> }
    });
    let columns = || {
        view! {
            <th scope="col" class="number">"Profit"</th>
            <th scope="col" class="number">"Admitted"</th>
            <th scope="col" class="number">"AVST"</th>
        }
    };
    let of = |read: fn(&AdmissionPlan) -> f64| {
        both.each_ref().map(|plan| plan.as_ref().map(|plan| read(plan)))
    };
    let [profit, rival] = of(|plan| plan.profit);
    let (violations, admissions) = (of(|plan| plan.violations)[0], of(|plan| plan.admissions)[0]);
    view! {
        <table data-test="admission-table" data-profit=profit data-rival-profit=rival data-violations=violations data-admissions=admissions>
            <thead>
                <tr><td></td>{head.into_iter().collect_view()}</tr>
                <tr><th scope="col">"Slice"</th>{columns()}{columns()}</tr>
            </thead>
            <tbody>
                {rows}
                <tr><th scope="row">"All"</th>{totals.into_iter().collect_view()}</tr>
            </tbody>
        </table>
    }
    .into_any()
}
