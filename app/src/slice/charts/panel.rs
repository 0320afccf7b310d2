//! The six charts of the Slice view, each following its part of the planner's state.

use leptos::prelude::*;

use super::curves::Over;
use super::{bounds, curves, distribution, landscape, shares};
use crate::charts::drawing::Chart;
use crate::charts::frame::{ChartFrame, Drawn, FrameText};
use crate::slice::handles::PlanSearch;
use crate::slice::models;

const LANDSCAPE: FrameText = FrameText {
    name: "landscape",
    title: "Degradation by allocation",
    about: "Expected share of users who miss the QoS threshold, for every pair of allocations (equation 1). Everything on the dark side of the white line keeps the promise; the plan is the cheapest point on it. Thin lines are the descents from random starts. The dashed rectangle is the range that was measured: outside it the network extrapolates.",
};
const DISTRIBUTION: FrameText = FrameText {
    name: "distribution",
    title: "QoS that users get",
    about: "Predicted probability density of the QoS at the plan, over all of the traffic (section IV-A). The shaded part misses the threshold; its area is the degradation.",
};
const QOS_CURVE: FrameText = FrameText {
    name: "qos-curve",
    title: "If the threshold moves",
    about: "The cheapest allocation for each QoS threshold q, with the degradation threshold held. Each resource is shown as a share of its capacity.",
};
const DEGRADATION_CURVE: FrameText = FrameText {
    name: "degradation-curve",
    title: "If more may be degraded",
    about: "The cheapest allocation for each degradation threshold β, with the QoS threshold held. Each resource is shown as a share of its capacity.",
};
const BOUNDS: FrameText = FrameText {
    name: "bounds",
    title: "How sure the cost is",
    about: "The cost of the best plan found, and the lowest cost that any plan could have, as the search goes on (Algorithm 1; here by branch and bound over boxes of allocations). When both meet, the plan is proven cheapest.",
};
const SHARES: FrameText = FrameText {
    name: "shares",
    title: "Shares of capacity",
    about: "What each slice gets of every resource. All slices together stay within the capacity.",
};

/// The charts in reading order.
#[component]
pub fn ChartPanel() -> impl IntoView {
    let search = expect_context::<PlanSearch>();
    let plan_stale = search.plan_stale;
    let field_stale = Signal::derive(move || plan_stale.get() || search.landscape_stale.get());
    let curves_stale = Signal::derive(move || plan_stale.get() || search.curves_stale.get());
    view! {
        <div class="charts">
            <ChartFrame text=LANDSCAPE chart=drawn(move || draw_landscape(search)) stale=field_stale/>
            <ChartFrame text=DISTRIBUTION chart=drawn(move || draw_distribution(search)) stale=field_stale/>
            <ChartFrame text=SHARES chart=drawn(move || draw_shares(search)) stale=plan_stale/>
            <ChartFrame text=QOS_CURVE chart=drawn(move || draw_curve(search, Over::Qos)) stale=curves_stale/>
            <ChartFrame text=DEGRADATION_CURVE chart=drawn(move || draw_curve(search, Over::Degradation)) stale=curves_stale/>
            <ChartFrame text=BOUNDS chart=drawn(move || draw_bounds(search)) stale=plan_stale/>
        </div>
    }
    .into_any()
}

fn drawn(draw: impl Fn() -> Option<Chart> + Send + Sync + 'static) -> Memo<Option<Drawn>> {
    Memo::new(move |_| draw().map(|chart| Drawn(chart.into())))
}

fn draw_landscape(search: PlanSearch) -> Option<Chart> {
    let field = search.landscape.get()?;
    let card = models::named(&field.problem.model)?;
    let shown = search.shown.get();
    let plan = shown.as_ref().filter(|shown| shown.problem.model == field.problem.model);
    landscape::draw(&field.data, &field.problem, &card, plan.map(|shown| &*shown.plan))
}

fn draw_distribution(search: PlanSearch) -> Option<Chart> {
    let field = search.landscape.get()?;
    let card = models::named(&field.problem.model)?;
    distribution::draw(&field.data, &field.problem, &card)
}

fn draw_curve(search: PlanSearch, over: Over) -> Option<Chart> {
    let curves = search.curves.get()?;
    let card = models::named(&curves.problem.model)?;
    curves::draw(&curves.data, &curves.problem, &card, over)
}

fn draw_bounds(search: PlanSearch) -> Option<Chart> {
    bounds::draw(&search.shown.get()?.plan)
}

fn draw_shares(search: PlanSearch) -> Option<Chart> {
    let shown = search.shown.get()?;
    shares::draw(&shown.plan, &shown.problem, &shown.card)
}
