//! Cells as a table, of the network at the step shown or of an imported file, page by page.

use std::sync::Arc;

use leptos::prelude::*;
use slicewise_core::formats::kpi_table::KpiReport;

use crate::cells::exchange;
use crate::cells::handles::{CellsPlanner, ImportedTable, NetworkPlan, OpenedCell, Simulation};
use crate::cells::imported::Imported;
use crate::cells::plan_set::PlanSet;
use crate::cells::state::{CellsState, Tab};
use crate::cells::table_preview;
use crate::cells::words;
use crate::controls::number_text;
use crate::shell::files::{TABLES, file_input};
use crate::shell::live::{follow, live, on_click};

/// Cells of a page of the table.
const PAGE: usize = 15;
/// Problems that are listed at first.
const FIRST_PROBLEMS: usize = 20;

/// The table and the way in.
#[component]
pub fn TablePanel() -> impl IntoView {
    let table = expect_context::<ImportedTable>();
    let plan = expect_context::<NetworkPlan>();
    let page = RwSignal::new(0_usize);
    let has_import = Memo::new(move |_| table.imported.with(Option::is_some));
    Effect::new(move |_| {
        has_import.track();
        page.set(0);
    });
    let set = Memo::new(move |_| -> Option<Shown> {
        let imported = table.imported.with(|imported| imported.as_ref().map(|i| i.planned.clone()));
        match imported {
            Some(planned) => planned.map(|set| Shown { set, imported: true }),
            None => plan.set.get().map(|set| Shown { set, imported: false }),
        }
    });
    let reported = Memo::new(move |_| {
        let imported = table.imported.get()?;
        Some(Reported { name: imported.name, report: imported.report })
    });
    view! {
        <div class="cells-table">
            {live(move || head(table, has_import.get()))}
            {table_preview::preview(table)}
            {live(move || reported.get().map(|reported| problems(&reported)))}
            {live(move || set.get().map(|shown| listing(table, &shown, page)))}
        </div>
    }
    .into_any()
}

/// The plans that are listed; equal when they are the same ones.
#[derive(Clone)]
struct Shown {
    set: Arc<PlanSet>,
    imported: bool,
}

impl PartialEq for Shown {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.set, &other.set) && self.imported == other.imported
    }
}

/// What was found in an imported table; equal when it is the same one.
#[derive(Clone)]
struct Reported {
    name: String,
    report: Arc<KpiReport>,
}

impl PartialEq for Reported {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.report, &other.report)
    }
}

/// What is listed, and what can be done with it.
fn head(table: ImportedTable, has_import: bool) -> AnyView {
    let planner = expect_context::<CellsPlanner>();
    let simulation = expect_context::<Simulation>();
    let drop_zone = view! {
        <label class="button" title="CSV under the names of 3GPP TS 28.552; also by dropping it on the page">
            "Open a KPI table"
            {file_input(TABLES, "import-file", move |file| table.import(file))}
        </label>
    };
    if !has_import {
        let caption = move || {
            let step = planner.state.with(|state| state.step);
            format!("The 12 cells of the network at {}.", words::clock(step))
        };
        return view! {
            <div class="batch-bar">
                {drop_zone}
                <button type="button" data-test="save-kpis" on:click=on_click(move |_| exchange::save_kpis(planner, simulation))>"Save this day’s KPIs as such a table"</button>
                <span class="hint" data-test="table-status" data-state="network">{live(caption)}</span>
            </div>
        }
        .into_any();
    }
    let read = move |read: fn(&Imported) -> String| {
        move || table.imported.with(|i| i.as_ref().map(read).unwrap_or_default())
    };
    let running = Memo::new(move |_| {
        table.imported.with(|imported| imported.as_ref().is_some_and(|i| i.run.is_some()))
    });
    let progress = move || {
        running.get().then(|| {
            let total = table
                .imported
                .with_untracked(|imported| imported.as_ref().map_or(1, |i| i.cells.batch.len()));
            let done =
                move || table.imported.with(|imported| imported.as_ref().map_or(0, |i| i.done));
            view! { <progress max=total value=follow(done) aria-label="Cells planned"></progress> }
        })
    };
    let method = Memo::new(move |_| planner.state.with(CellsState::method));
    let stale =
        move || table.imported.with(|i| i.as_ref().is_some_and(|i| i.method != method.get()));
    view! {
        <div class="batch-bar">
            <button type="button" class="primary" data-test="plan-import"
                hidden=follow(move || !stale() || running.get())
                on:click=on_click(move |_| table.plan())>"Plan again"</button>
            {drop_zone}
            <button type="button" data-test="drop-import" on:click=on_click(move |_| table.forget())>"Back to the network"</button>
            {live(progress)}
            <span class="hint" role="status" data-test="table-status"
                data-state=follow(read(|imported| imported.state().to_owned()))
                data-done=follow(read(|imported| imported.done.to_string()))>
                {live(read(status_words))}
            </span>
        </div>
    }
    .into_any()
}

fn status_words(imported: &Imported) -> String {
    let count = |number: usize| number_text::rounded(number as f64);
    let total = imported.cells.batch.len();
    match (imported.state(), &imported.failure) {
        ("running", _) => {
            let all = number_text::counted(total, "cell");
            format!("{}: {} of {all}", imported.name, count(imported.done))
        }
        (_, Some(failure)) => format!("{} could not be planned: {failure}.", imported.name),
        _ => {
            let bad = imported.report.bad_rows;
            let rows = imported.report.rows;
            let left = match bad {
                0 => String::new(),
                1 => "; 1 bad row was left out".to_owned(),
                bad => format!("; {bad} bad rows were left out"),
            };
            let cells = number_text::counted(total, "cell");
            let rows = number_text::counted(rows as usize, "row");
            format!("{}: {cells} planned from {rows}{left}.", imported.name)
        }
    }
}

fn listing(table: ImportedTable, shown: &Shown, page: RwSignal<usize>) -> AnyView {
    let set = shown.set.clone();
    let imported = shown.imported;
    let simulated = !set.simulated.is_empty();
    let pages = set.cells.len().div_ceil(PAGE).max(1);
    let rows = {
        let set = set.clone();
        move || {
            let first = page.get().min(pages - 1) * PAGE;
            (first..(first + PAGE).min(set.cells.len()))
                .map(|cell| row(table, &set, cell, imported))
                .collect_view()
        }
    };
    let pager = (pages > 1).then(|| {
        view! {
            <div class="tabs pager">
                <button type="button" data-test="page-back" disabled=follow(move || page.get() == 0)
                    on:click=on_click(move |_| page.update(|page| *page = page.saturating_sub(1)))>"Back"</button>
                <span class="hint">{live(move || format!("Page {} of {pages}", page.get() + 1))}</span>
                <button type="button" data-test="page-next" disabled=follow(move || page.get() + 1 >= pages)
                    on:click=on_click(move |_| page.update(|page| *page = (*page + 1).min(pages - 1)))>"Next"</button>
            </div>
        }
    });
    view! {
        <div class="scroll">
            <table data-test="cells-table" data-cells=set.cells.len()>
                <thead>
                    <tr>
                        <th scope="col">"Cell"</th>
                        <th scope="col">"Shares of PRB"</th>
                        <th scope="col">"Satisfaction, estimated"</th>
                        {simulated.then(|| view! { <th scope="col">"Simulated"</th> })}
                        <th scope="col" class="number">"Utility"</th>
                        <th scope="col" class="number">"Gap"</th>
                        <th scope="col" class="number">"Price λ"</th>
                    </tr>
                </thead>
                <tbody>{live(rows)}</tbody>
            </table>
        </div>
        {pager}
    }
    .into_any()
}

fn row(table: ImportedTable, set: &PlanSet, cell: usize, imported: bool) -> AnyView {
    let planner = expect_context::<CellsPlanner>();
    let opened = expect_context::<OpenedCell>();
    let open = move |_| {
        if imported {
            table.open(cell);
        } else {
            opened.choose(cell);
        }
        planner.show(Tab::Cell);
    };
    let title = if imported { set.cells[cell].clone() } else { format!("Cell {}", cell + 1) };
    let range = set.plans.range(cell);
    let list = |values: &[f64]| -> String {
        let parts: Vec<String> = range
            .clone()
            .map(|slice| {
                format!("{} {}", set.names[slice], number_text::coarse_percent(values[slice]))
            })
            .collect();
        parts.join(" · ")
    };
    let gap = match set.plans.outside(cell) {
        0 => words::short_gap(set.plans.gap(cell)),
        _ => "not trained".to_owned(),
    };
    let optional = |value: f64, text: fn(f64) -> String| {
        if value.is_finite() { text(value) } else { "–".to_owned() }
    };
    view! {
        <tr>
            <th scope="row"><button type="button" class="quiet link" data-test=format!("open-cell-{cell}") on:click=on_click(open)>{title}</button></th>
            <td data-test=format!("shares-{cell}")>{list(&set.plans.shares)}</td>
            <td>{list(&set.plans.satisfaction)}</td>
            {(!set.simulated.is_empty()).then(|| view! { <td data-test=format!("simulated-{cell}")>{list(&set.simulated)}</td> })}
            <td class="number">{number_text::rounded(set.plans.utilities[cell])}</td>
            <td class="number">{gap}</td>
            <td class="number">{optional(set.plans.prices[cell], number_text::rounded)}</td>
        </tr>
    }
    .into_any()
}

/// What is wrong with the imported table, and what was made of it.
fn problems(reported: &Reported) -> AnyView {
    let report = &reported.report;
    if report.problems.is_empty() && report.unknown_columns.is_empty() && report.notes.is_empty() {
        return ().into_any();
    }
    let listed = report
        .problems
        .iter()
        .take(FIRST_PROBLEMS)
        .map(|problem| view! { <li>{problem.to_string()}</li> })
        .collect_view();
    let more =
        report.problems.len().saturating_sub(FIRST_PROBLEMS) as u64 + report.problems_not_listed;
    let more = (more > 0).then(|| view! { <li>{format!("and {more} more")}</li> });
    let unknown = (!report.unknown_columns.is_empty()).then(|| {
        let names = report.unknown_columns.join(", ");
        view! { <p class="hint">{format!("Columns passed over: {names}.")}</p> }
    });
    let notes = report
        .notes
        .iter()
        .map(|note| view! { <p class="hint" data-test="table-note">{format!("Note: {note}.")}</p> })
        .collect_view();
    let problems = report.problems.len() + report.problems_not_listed as usize;
    let title = match problems {
        0 => format!("How {} was read", reported.name),
        _ => format!(
            "{} in {}: {}, {} left out",
            number_text::counted(problems, "problem"),
            reported.name,
            number_text::counted(report.bad_rows as usize, "bad row"),
            number_text::counted(report.cells_left_out as usize, "cell"),
        ),
    };
    let listed = (problems > 0)
        .then(|| view! { <ul tabindex="0" aria-label="Problems">{listed}{more}</ul> });
    view! {
        <section class="problems" class:told=problems == 0 role="status" data-test="problems" aria-label="How the table was read">
            <h2>{title}</h2>
            {listed}
            {unknown}
            {notes}
        </section>
    }
    .into_any()
}
