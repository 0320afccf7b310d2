//! The six charts of the Slice view, each following its part of the planner's state.

use leptos::prelude::*;

use super::curves::Over;
use super::{bounds, curves, distribution, landscape, shares};
use crate::charts::drawing::Chart;
use crate::charts::frame::{ChartFrame, Drawn, FrameText};
use crate::shell::live::follow;
use crate::slice::cost_unit::CostUnit;
use crate::slice::handles::{PlanSearch, SlicePlanner};
use crate::slice::models;
use crate::slice::own_allocation::OwnAllocation;

const LANDSCAPE: FrameText = FrameText {
    name: "landscape",
    title: "Degradation by allocation",
    about: "Expected share of users who miss the QoS threshold by the network, for every allocation (equation 1), or its upper bound where a confidence is asked for. Beyond the white line the promise is kept; the plan is the cheapest point on it. Thin lines are the descents along it. In the dashed rectangle lie the training data; outside it the network extrapolates. Dots are what was measured under such traffic, in the same colours. Click a place, or press Enter there, to have that allocation judged.",
};
const DISTRIBUTION: FrameText = FrameText {
    name: "distribution",
    title: "QoS that users get",
    about: "Predicted probability density of the QoS at the plan, over all of the traffic (section IV-A). The shaded part misses the threshold; its area is the degradation. What the network expects below 0 counts as degraded and is not drawn.",
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
    about: "The cost of the best plan found, and the lowest cost that any plan could have, as the search goes on (Algorithm 1; here by branch and bound over boxes: ranges of allocations that have one bound each). When both meet, no plan that keeps the promise by this network is cheaper.",
};
const SHARES: FrameText = FrameText {
    name: "shares",
    title: "Shares of capacity",
    about: "What each slice gets of every resource. Where the slices need more than there is, the dotted line is the capacity.",
};

/// The charts in reading order.
#[component]
pub fn ChartPanel() -> impl IntoView {
    let search = expect_context::<PlanSearch>();
    let planner = expect_context::<SlicePlanner>();
    let bounds = drawn(move || draw_bounds(search, &planner.cost_unit()));
    let plan_stale = search.plan_stale;
    let field_stale = follow(move || plan_stale.get() || search.landscape_stale.get());
    let curves_stale = follow(move || plan_stale.get() || search.curves_stale.get());
    let pin = Callback::new(move |(column, row): (usize, usize)| {
        let place = search.landscape.with_untracked(|field| {
            let field = &field.as_ref()?.data;
            Some((*field.x.get(column)?, *field.y.get(row)?))
        });
        let plan = search.shown.with_untracked(|shown| {
            Some(
                shown
                    .as_ref()?
                    .plan
                    .slices
                    .get(planner.selected.get_untracked())?
                    .allocation
                    .clone(),
            )
        });
        if let (Some((x, y)), Some(mut own)) = (place, plan) {
            own.iter_mut().zip([x, y]).for_each(|(amount, chosen)| *amount = chosen);
            search.pin(Some(own));
        }
    });
    view! {
        <div class="charts">
            <div class="with-words">
                <ChartFrame text=LANDSCAPE chart=drawn(move || draw_landscape(search)) stale=field_stale on_pick=pin/>
                <OwnAllocation/>
            </div>
            <ChartFrame text=DISTRIBUTION chart=drawn(move || draw_distribution(search)) stale=field_stale/>
            <ChartFrame text=SHARES chart=drawn(move || draw_shares(search)) stale=plan_stale/>
            <ChartFrame text=QOS_CURVE chart=drawn(move || draw_curve(search, Over::Qos, &planner.cost_unit())) stale=curves_stale/>
            <ChartFrame text=DEGRADATION_CURVE chart=drawn(move || draw_curve(search, Over::Degradation, &planner.cost_unit())) stale=curves_stale/>
            // Of a plan without bounds there is nothing to show.
            <div class="framed" hidden=follow(move || bounds.with(Option::is_none))>
                <ChartFrame text=BOUNDS chart=bounds stale=plan_stale/>
            </div>
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
    let own = search.pinned.get();
    landscape::draw(
        &field.data,
        &field.problem,
        &card,
        plan.map(|shown| &*shown.plan),
        own.as_deref(),
    )
}

fn draw_distribution(search: PlanSearch) -> Option<Chart> {
    let field = search.landscape.get()?;
    let card = models::named(&field.problem.model)?;
    let shown = search.shown.get().filter(|shown| shown.problem == field.problem);
    let slice = shown.and_then(|shown| shown.plan.slices.get(field.data.slice).cloned());
    let degradation = slice.map(|slice| slice.degradation);
    distribution::draw(&field.data, &field.problem, &card, degradation)
}

fn draw_curve(search: PlanSearch, over: Over, unit: &CostUnit) -> Option<Chart> {
    let curves = search.curves.get()?;
    let card = models::named(&curves.problem.model)?;
    curves::draw(&curves.data, &curves.problem, &card, over, unit)
}

fn draw_bounds(search: PlanSearch, unit: &CostUnit) -> Option<Chart> {
    bounds::draw(&search.shown.get()?.plan, unit)
}

fn draw_shares(search: PlanSearch) -> Option<Chart> {
    let shown = search.shown.get()?;
    shares::draw(&shown.plan, &shown.problem, &shown.card)
}
