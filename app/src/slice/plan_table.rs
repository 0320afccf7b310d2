//! The plan in full: per slice, in total, and how it came about.

use leptos::prelude::*;
use slicewise_core::slice::Method;

use crate::charts::drawing::{Cell, DataTable};
use crate::controls::explanation::Explanation;
use crate::controls::number_text;
use crate::shell::live::{follow, live};
use crate::slice::answer::{promise, status_words};
use crate::slice::controls::singular;
use crate::slice::handles::PlanSearch;
use crate::slice::models;
use crate::slice::shown::Shown;

/// Multipliers below this are worth nothing.
const SMALLEST_MULTIPLIER: f64 = 1e-9;
const ABOUT: &str = "Degradation is re-evaluated exactly, apart from the search. Multipliers are those of the Lagrangian (6): what the cost would fall by if a limit gave way. Peak allocation is the static plan for peak traffic under the strictest promise (section VI-A2).";

/// The plan as a table with its evidence.
#[component]
pub fn PlanTable() -> impl IntoView {
    let search = expect_context::<PlanSearch>();
    view! {
        <section class="plan" class:stale=follow(move || search.plan_stale.get()) aria-label="Plan">
            <header><h2>"The plan in full"</h2><Explanation topic="the plan" text=ABOUT/></header>
            {live(move || search.shown.with(|shown| shown.as_ref().map(|shown| view! {
                <div class="scroll" tabindex="0" role="region" aria-label="Allocation of each slice">{slices(shown)}</div>
                {facts(shown)}
            })))}
        </section>
    }
    .into_any()
}

fn slices(shown: &Shown) -> AnyView {
    let resources = shown.card.resources();
    let heads = resources
        .iter()
        .map(|field| view! { <th scope="col" class="number">{format!("{}, {}", models::title_of(field), field.unit)}</th> })
        .collect_view();
    let rows = (0..shown.plan.slices.len()).map(|index| slice_row(shown, index)).collect_view();
    let totals = shown
        .plan
        .total_allocation()
        .into_iter()
        .map(|total| view! { <td class="number" data-value=total>{number_text::rounded(total)}</td> })
        .collect_view();
    let cost = shown.plan.cost;
    view! {
        <table>
            <thead>
                <tr>
                    <th scope="col">"Slice"</th>
                    {heads}
                    <th scope="col" class="number">"Cost"</th>
                    <th scope="col" class="number">"Degraded users"</th>
                    <th scope="col">"Promise"</th>
                    <th scope="col">"If the promise gave way"</th>
                    <th scope="col">"Extrapolates"</th>
                </tr>
            </thead>
            <tbody>{rows}</tbody>
            <tfoot>
                <tr>
                    <th scope="row">"All slices"</th>
                    {totals}
                    <td class="number" data-test="cost" data-value=cost>{number_text::rounded(cost)}</td>
                    <td colspan="4"></td>
                </tr>
            </tfoot>
        </table>
    }
    .into_any()
}

fn slice_row(shown: &Shown, index: usize) -> AnyView {
    let slice = &shown.plan.slices[index];
    let cells = slice
        .allocation
        .iter()
        .zip(shown.card.resources())
        .map(|(amount, field)| {
            let test = format!("allocation-{}-{index}", field.name);
            view! { <td class="number" data-test=test data-value=*amount>{number_text::rounded(*amount)}</td> }
        })
        .collect_view();
    let beyond =
        if slice.extrapolates.is_empty() { "no".to_owned() } else { slice.extrapolates.join(", ") };
    let asked = shown.problem.slices.get(index).map(|terms| promise(terms, &shown.card));
    view! {
        <tr>
            <th scope="row">{slice.name.clone()}</th>
            {cells}
            <td class="number">{number_text::rounded(slice.cost)}</td>
            <td class="number" data-test=format!("degradation-{index}") data-value=slice.degradation>
                {number_text::percent(slice.degradation)}
            </td>
            <td>{asked}</td>
            <td>{promise_multiplier(slice.degradation_multiplier, shown.plan.cost)}</td>
            <td>{beyond}</td>
        </tr>
    }
    .into_any()
}

/// λ in words.
fn promise_multiplier(multiplier: f64, cost: f64) -> String {
    if multiplier <= SMALLEST_MULTIPLIER {
        return "allowing more degraded users would save nothing".to_owned();
    }
    let saved = 0.01 * multiplier;
    format!(
        "allowing 1 % more degraded users would save {}{}",
        number_text::rounded(saved),
        of_cost(saved, cost)
    )
}

fn of_cost(saved: f64, cost: f64) -> String {
    if cost > 0.0 {
        format!(" ({} of the cost)", number_text::percent(saved / cost))
    } else {
        String::new()
    }
}

/// The multiplier of each capacity in words.
fn capacity_multipliers(shown: &Shown) -> Vec<String> {
    let fields = shown.card.resources().iter().zip(&shown.plan.capacity_multipliers);
    fields
        .map(|(field, multiplier)| {
            if *multiplier <= SMALLEST_MULTIPLIER {
                return format!("more {} capacity would save nothing", field.name);
            }
            format!(
                "one more {} of capacity would save {}{}",
                singular(&field.unit),
                number_text::rounded(*multiplier),
                of_cost(*multiplier, shown.plan.cost)
            )
        })
        .collect()
}

/// How the plan came about and how sure it is.
fn facts(shown: &Shown) -> AnyView {
    let plan = &shown.plan;
    let number = |value: Option<f64>| value.map_or_else(|| "none".to_owned(), number_text::rounded);
    let saving = plan.peak_cost.filter(|peak| *peak > 0.0).map_or_else(
        || "no peak allocation exists".to_owned(),
        |peak| {
            let saved = number_text::coarse_percent(1.0 - plan.cost / peak);
            format!("{saved} (peak allocation costs {})", number_text::rounded(peak))
        },
    );
    let gap = plan.gap.map_or_else(|| "not proven".to_owned(), number_text::percent);
    let reason = plan.reason.clone().map(|reason| fact("Reason", reason.into_any()));
    view! {
        <dl class="facts">
            {fact("Status", status_words(shown).into_any())}
            {reason}
            {fact("Certified gap", view! { <span data-test="gap" data-value=plan.gap>{gap}</span> }.into_any())}
            {fact("Lower bound of the cost", view! {
                <span data-test="lower-bound" data-value=plan.lower_bound>{number(plan.lower_bound)}</span>
            }.into_any())}
            {fact("Saving against peak allocation", saving.into_any())}
            {fact("Capacity", capacity_multipliers(shown).join("; ").into_any())}
            {fact("Method", method_words(plan.method).into_any())}
            {fact("Evaluations", number_text::rounded(plan.evaluations as f64).into_any())}
            {fact("Boxes", number_text::rounded(plan.boxes as f64).into_any())}
            {fact("Seed", plan.seed.to_string().into_any())}
            {fact("Weights", format!("{} {}", plan.model, plan.weights_fingerprint).into_any())}
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
        Method::PeakAllocation => "static peak allocation",
        Method::ZeroSigma => "zero-sigma",
        Method::TwoSigma => "two-sigma",
    }
}

/// The plan as rows for a CSV file, one per slice.
pub fn table(shown: &Shown) -> DataTable {
    let mut columns = vec!["slice".to_owned()];
    columns.extend(shown.card.resources().iter().map(|f| format!("{} ({})", f.name, f.unit)));
    let rest = [
        "cost",
        "degradation",
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
        row.extend(slice.allocation.iter().copied().map(Cell::Number));
        row.extend([slice.cost, slice.degradation, slice.degradation_multiplier].map(Cell::Number));
        row.push(Cell::Text(slice.extrapolates.join(" ")));
        row.push(Cell::Text(plan.status.as_str().to_owned()));
        row.push(Cell::Number(plan.cost));
        row.extend([plan.lower_bound, plan.gap].map(Cell::from));
        row.push(Cell::Text(plan.seed.to_string()));
        row
    });
    DataTable { rows: rows.collect(), columns }
}
