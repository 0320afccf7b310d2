//! The plan in full: per slice, in total, and how it came about.

use leptos::prelude::*;
use slicewise_core::slice::plan::SliceAllocation;
use slicewise_core::slice::problem::SliceTerms;
use slicewise_core::slice::{Method, Status};

use crate::charts::drawing::{Cell, DataTable};
use crate::controls::explanation::Explanation;
use crate::controls::number_text;
use crate::shell::live::{follow, live};
use crate::slice::answer::{is_baseline, peak_words, promise, status_words, varies};
use crate::slice::controls::singular;
use crate::slice::cost_unit::CostUnit;
use crate::slice::glossary::Glossary;
use crate::slice::handles::{PlanSearch, SlicePlanner};
use crate::slice::measured_plans::corrections;
use crate::slice::models;
use crate::slice::shown::Shown;

/// A promise that is kept by more than this share of what it allows does not bind.
const MOST_SLACK: f64 = 0.01;
/// Multipliers below this are worth nothing.
const SMALLEST_MULTIPLIER: f64 = 1e-9;
const ABOUT: &str = "Amounts are rounded up, so that what is shown keeps the promise. Degradation is re-evaluated exactly, apart from the search. Multipliers are those of the Lagrangian (equation 6): what the cost would fall by if a limit gave way. The static allocation is the cheapest one for the peak of the same traffic under the same promise. Evaluations are rows that the network was asked for; boxes are the ranges of allocations into which the proof cuts the question, with one bound each.";

/// The plan as a table with its evidence.
#[component]
pub fn PlanTable() -> impl IntoView {
    let search = expect_context::<PlanSearch>();
    let planner = expect_context::<SlicePlanner>();
    let body = move || {
        let unit = planner.cost_unit();
        search.shown.with(|shown| {
            shown.as_ref().map(|shown| {
                view! {
                    <div class="scroll" tabindex="0" role="region" aria-label="Allocation of each slice">{slices(shown, &unit)}</div>
                    {facts(shown, &unit)}
                }
            })
        })
    };
    view! {
        <section class="plan" class:stale=follow(move || search.plan_stale.get()) aria-label="Plan">
            <header><h2>"The plan in full"</h2><Explanation topic="the plan" text=ABOUT/></header>
            {live(body)}
            {corrections(planner, search)}
        </section>
        <Glossary/>
    }
    .into_any()
}

fn slices(shown: &Shown, unit: &CostUnit) -> AnyView {
    let mut heads: Vec<(&'static str, String)> = vec![("", "Slice".to_owned())];
    heads.extend(shown.card.resources().iter().map(|field| ("number", models::heading_of(field))));
    heads.push(("number", number_text::titled("Cost", unit.name())));
    let rest = ["Degraded users", "Promise", "If more may be degraded", "Extrapolates"];
    heads.extend(["number", "", "", ""].into_iter().zip(rest.map(str::to_owned)));
    let rows = (0..shown.plan.slices.len()).map(|index| slice_row(shown, index, &heads));
    let rows = rows.collect_view();
    let totals = shown.plan.total_allocation();
    let totals = totals.iter().zip(&heads[1..]).map(|(total, (_, head))| {
        view! { <td class="number" data-head=head.clone() data-value=*total>{number_text::rounded_up(*total)}</td> }
    });
    let totals = totals.collect_view();
    let cost = shown.plan.cost;
    let cost_head = number_text::titled("Cost", unit.name());
    let heads = heads
        .iter()
        .map(|(class, head)| view! { <th scope="col" class=*class>{head.clone()}</th> })
        .collect_view();
    view! {
        <table>
            <thead><tr>{heads}</tr></thead>
            <tbody>{rows}</tbody>
            <tfoot>
                <tr>
                    <th scope="row">"All slices"</th>
                    {totals}
                    <td class="number" data-test="cost" data-head=cost_head data-value=cost>{number_text::rounded(cost)}</td>
                    <td colspan="4"></td>
                </tr>
            </tfoot>
        </table>
    }
    .into_any()
}

/// One slice; every cell knows the head of its column, which a phone shows beside it.
fn slice_row(shown: &Shown, index: usize, heads: &[(&'static str, String)]) -> AnyView {
    let slice = &shown.plan.slices[index];
    let resources = shown.card.resources();
    let asked = shown.problem.slices.get(index);
    let mut texts: Vec<(Option<String>, Option<f64>, String)> = Vec::new();
    for (amount, field) in slice.allocation.iter().zip(resources) {
        let test = format!("allocation-{}-{index}", field.name);
        texts.push((Some(test), Some(*amount), number_text::rounded_up(*amount)));
    }
    texts.push((None, None, number_text::rounded(slice.cost)));
    let test = format!("degradation-{index}");
    texts.push((Some(test), Some(slice.degradation), degraded(slice)));
    texts.push((None, None, asked.map(|terms| promise(terms, &shown.card)).unwrap_or_default()));
    let multiplier = asked.map(|terms| promise_multiplier(shown, slice, terms)).unwrap_or_default();
    texts.push((None, None, multiplier));
    let beyond =
        if slice.extrapolates.is_empty() { "no".to_owned() } else { slice.extrapolates.join(", ") };
    texts.push((None, None, beyond));
    let cells = texts.into_iter().zip(&heads[1..]).map(|((test, value, text), (class, head))| {
        view! { <td class=*class data-head=head.clone() data-test=test data-value=value>{text}</td> }
    });
    view! { <tr><th scope="row">{slice.name.clone()}</th>{cells.collect_view()}</tr> }.into_any()
}

/// The degraded users: expected, and at most with the confidence that was asked for.
pub fn degraded(slice: &SliceAllocation) -> String {
    let expected = number_text::percent(slice.degradation);
    match slice.degradation_bound {
        Some(bound) => [expected.as_str(), ", at most ", &number_text::percent(bound)].concat(),
        None => expected,
    }
}

/// What certainty costs: how much less the plan would cost if the model were taken at its word.
fn certainty(shown: &Shown, unit: &CostUnit) -> Option<String> {
    let confidence = number_text::percent(shown.problem.confidence?);
    let (cost, word) = (shown.plan.cost, shown.plan.cost_without_confidence?);
    let more = number_text::percent((cost / word - 1.0).max(0.0));
    let word = unit.words(word);
    let parts = [confidence.as_str(), " confidence costs ", &more, " more than the ", &word];
    Some([parts.concat().as_str(), " of taking the network at its word"].concat())
}

/// What was measured near an allocation, if anything was.
pub fn measured_words(slice: &SliceAllocation) -> Option<String> {
    let near = slice.measured_nearby?;
    let share = number_text::percent(near.degradation);
    let error = number_text::percent(near.standard_error);
    let rows = number_text::rounded(near.rows as f64);
    Some([share.as_str(), " ± ", &error, " degraded in ", &rows, " rows"].concat())
}

/// What was measured near the plan, slice by slice.
fn measured(shown: &Shown) -> String {
    let words: Vec<String> = shown.plan.slices.iter().filter_map(measured_words).collect();
    words.join("; ")
}

/// λ in words, where the search went to the edge of the promise and it says something.
fn promise_multiplier(shown: &Shown, slice: &SliceAllocation, terms: &SliceTerms) -> String {
    let plan = &shown.plan;
    if plan.status == Status::Infeasible || is_baseline(plan.method) || in_steps(shown) {
        return "–".to_owned();
    }
    let slack = terms.degradation_threshold - slice.held_degradation();
    if slice.degradation_multiplier <= SMALLEST_MULTIPLIER
        || slack > MOST_SLACK * terms.degradation_threshold
    {
        return "no difference".to_owned();
    }
    let saved = 0.01 * slice.degradation_multiplier;
    format!("1 % more would save {}{}", number_text::rounded(saved), of_cost(saved, plan.cost))
}

/// Whether a little more of a limit may change nothing, and more of it all at once.
fn in_steps(shown: &Shown) -> bool {
    shown.problem.has_granularity()
}

fn of_cost(saved: f64, cost: f64) -> String {
    if cost > 0.0 {
        format!(" ({} of the cost)", number_text::percent(saved / cost))
    } else {
        String::new()
    }
}

/// The multiplier of each capacity in words; nothing of a plan that breaks its limits.
fn capacity_multipliers(shown: &Shown) -> Vec<String> {
    let plan = &shown.plan;
    if plan.status == Status::Infeasible || is_baseline(plan.method) || in_steps(shown) {
        return Vec::new();
    }
    let fields = shown.card.resources().iter().zip(&shown.plan.capacity_multipliers);
    fields
        .map(|(field, multiplier)| {
            if *multiplier <= SMALLEST_MULTIPLIER {
                return ["more ", &models::title_of(field), " would make no difference"].concat();
            }
            format!(
                "one more {} of {} would save {}{}",
                singular(&field.unit),
                models::title_of(field),
                number_text::rounded(*multiplier),
                of_cost(*multiplier, shown.plan.cost)
            )
        })
        .collect()
}

/// How the cost compares with that of a static allocation.
fn static_words(shown: &Shown, unit: &CostUnit) -> String {
    let Some(peak) = shown.plan.peak_cost.filter(|peak| *peak > 0.0) else {
        return "none keeps the promise at the peak".to_owned();
    };
    if !varies(shown) {
        return "the same: the traffic is constant".to_owned();
    }
    let costs = format!("{} for {}", unit.words(peak), peak_words(shown));
    if shown.plan.status == Status::Infeasible {
        return costs;
    }
    let saved = 1.0 - shown.plan.cost / peak;
    let side = if saved < 0.0 { "more" } else { "less" };
    [costs.as_str(), "; the plan costs ", &number_text::coarse_percent(saved.abs()), " ", side]
        .concat()
}

/// How the plan came about and how sure it is.
fn facts(shown: &Shown, unit: &CostUnit) -> AnyView {
    let plan = &shown.plan;
    let bound = plan.lower_bound.map_or_else(|| "none".to_owned(), |bound| unit.words(bound));
    let gap = plan.gap.map_or_else(|| "not proven".to_owned(), number_text::percent);
    let reason = plan.reason.clone().map(|reason| fact("Reason", reason.into_any()));
    // Of a plan that breaks its limits there is nothing to be sure of.
    let evidence = (plan.status != Status::Infeasible).then(|| {
        let gap = view! { <span data-test="gap" data-value=plan.gap>{gap}</span> };
        let bound =
            view! { <span data-test="lower-bound" data-value=plan.lower_bound>{bound}</span> };
        [
            fact("Gap to the bound, by the network", gap.into_any()),
            fact("Lower bound of the cost", bound.into_any()),
        ]
        .into_any()
    });
    let capacity = capacity_multipliers(shown);
    let capacity = (!capacity.is_empty()).then(|| fact("Capacity", capacity.join("; ").into_any()));
    view! {
        <dl class="facts">
            {fact("Status", status_words(shown).into_any())}
            {reason}
            {evidence}
            {certainty(shown, unit).map(|words| fact("Certainty", words.into_any()))}
            {Some(measured(shown)).filter(|words| !words.is_empty()).map(|words| fact("Measured nearby", words.into_any()))}
            {fact("Static allocation", static_words(shown, unit).into_any())}
            {capacity}
            {fact("Method", method_words(plan.method).into_any())}
            {fact("Evaluations", number_text::rounded(plan.evaluations as f64).into_any())}
            {fact("Boxes", number_text::rounded(plan.boxes as f64).into_any())}
            {fact("Seed", plan.seed.to_string().into_any())}
            {fact("Weights", [plan.model.as_str(), &plan.weights_fingerprint].join(" ").into_any())}
        </dl>
    }
    .into_any()
}

fn fact(term: &'static str, value: AnyView) -> AnyView {
    view! { <div><dt>{term}</dt><dd>{value}</dd></div> }.into_any()
}

fn method_words(method: Method) -> &'static str {
    match method {
        Method::Certified => "certified",
        Method::PrimalDual => "primal-dual (Algorithm 1)",
        Method::PeakAllocation => "Peak-alloc (the paper's)",
        Method::ZeroSigma => "mean QoS only (0σ)",
        Method::TwoSigma => "mean less two deviations (2σ)",
    }
}

/// The plan as rows for a CSV file, one per slice.
pub fn table(shown: &Shown) -> DataTable {
    let mut columns = vec!["slice".to_owned()];
    columns.extend(shown.card.resources().iter().map(|f| format!("{} ({})", f.name, f.unit)));
    let rest = [
        "cost",
        "degradation",
        "degradation_bound",
        "degradation_multiplier",
        "extrapolates",
        "status",
        "plan_cost",
        "lower_bound",
        "gap",
        "seed",
    ];
    columns.extend(rest.map(str::to_owned));
    let plan = &shown.plan;
    let rows = plan.slices.iter().map(|slice| {
        let mut row = vec![Cell::Text(slice.name.clone())];
        row.extend(slice.allocation.iter().copied().map(Cell::Amount));
        row.extend([slice.cost, slice.degradation].map(Cell::Number));
        row.push(Cell::from(slice.degradation_bound));
        row.push(Cell::Number(slice.degradation_multiplier));
        row.push(Cell::Text(slice.extrapolates.join(" ")));
        row.push(Cell::Text(plan.status.as_str().to_owned()));
        row.push(Cell::Number(plan.cost));
        row.extend([plan.lower_bound, plan.gap].map(Cell::from));
        row.push(Cell::Text(plan.seed.to_string()));
        row
    });
    DataTable { rows: rows.collect(), columns }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::slice::precomputed;
    use crate::slice::shown::Source;
    use std::sync::Arc;

    fn shown(method: Method, status: Status) -> Shown {
        let problem = Arc::new(precomputed::default_problem());
        let card = models::named(&problem.model).unwrap();
        let mut plan = precomputed::plan().unwrap();
        let changed = Arc::make_mut(&mut plan);
        (changed.method, changed.status, changed.peak_cost) = (method, status, Some(1.5));
        Shown { problem, card, plan, source: Source::Engine, elapsed_ms: Some(3.0) }
    }

    fn multiplier(shown: &Shown) -> String {
        promise_multiplier(shown, &shown.plan.slices[0], &shown.problem.slices[0])
    }

    #[test]
    fn an_infeasible_plan_does_not_say_what_would_save_nothing() {
        let shown = shown(Method::Certified, Status::Infeasible);
        assert!(capacity_multipliers(&shown).is_empty());
        assert_eq!(multiplier(&shown), "–");
    }

    #[test]
    fn a_static_plan_does_not_save_thousands_of_per_cent() {
        let mut shown = shown(Method::PeakAllocation, Status::FeasibleNotProven);
        let plan = Arc::make_mut(&mut shown.plan);
        plan.slices[0].degradation_multiplier = 24_270.0;
        assert_eq!(multiplier(&shown), "–");
        // Nor does any plan whose promise is kept with room to spare.
        let mut shown = self::shown(Method::Certified, Status::Solved);
        let slice = &mut Arc::make_mut(&mut shown.plan).slices[0];
        (slice.degradation_multiplier, slice.degradation) = (24_270.0, 0.01);
        slice.degradation_bound = Some(0.02);
        assert_eq!(multiplier(&shown), "no difference");
    }

    #[test]
    fn of_a_plan_in_steps_no_slope_is_told() {
        let mut shown = shown(Method::Certified, Status::Solved);
        Arc::make_mut(&mut shown.problem).resources[0].granularity = Some(100.0);
        assert!(capacity_multipliers(&shown).is_empty());
        assert_eq!(multiplier(&shown), "–");
    }

    #[test]
    fn a_binding_promise_says_what_a_laxer_one_would_save() {
        let shown = shown(Method::Certified, Status::Solved);
        assert!(multiplier(&shown).starts_with("1 % more would save 0."), "{}", multiplier(&shown));
        assert_eq!(capacity_multipliers(&shown)[0], "more CPU would make no difference");
        let words = static_words(&shown, &CostUnit::default());
        assert_eq!(words, "the same: the traffic is constant");
    }

    #[test]
    fn the_cost_of_a_saved_table_has_no_rounding() {
        let shown = shown(Method::Certified, Status::Solved);
        let table = table(&shown);
        let amount = shown.plan.slices[0].allocation[1];
        assert_eq!(table.rows[0][2], Cell::Amount(amount));
        assert!(table.to_csv().contains(&amount.to_string()));
    }
}
