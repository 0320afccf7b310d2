//! Files out and in: splits in the words of the standards, KPIs as a table, and a KPI table back.

use leptos::prelude::*;
use slicewise_core::formats::e2sm_ccc::NrCellIdentity;
use slicewise_core::formats::kpi_table::{KpiRow, KpiWriter, Period};

use super::imported;
use super::network::kpis_of;
use super::plan_set::{Format, PlanSet};
use super::planner::CellsPlanner;
use crate::shell::files::{TABLES, file_button};
use crate::shell::{browser, menu};

/// PRB of a carrier of 20 MHz with a subcarrier spacing of 15 kHz (3GPP TS 38.101-1, table 5.3.2-1).
const PRB: f64 = 106.0;

/// The menu of what can be saved, and the way back.
#[component]
pub fn Exchange() -> impl IntoView {
    let planner = expect_context::<CellsPlanner>();
    let group = |title: &'static str,
                 prefix: &'static str,
                 set: fn(CellsPlanner) -> Option<PlanSet>| {
        let items = Format::ALL.map(|(format, name, file, label)| {
            view! {
                <button type="button" data-test=format!("export-{prefix}-{name}")
                    on:click=move |_| save(planner, set(planner), format, prefix, file)>{label}</button>
            }
        });
        view! {
            <div class="menu-group" role="group" aria-label=title>
                <span class="menu-title">{title}</span>
                {items.collect_view()}
            </div>
        }
    };
    let open = file_button("Open a KPI table", TABLES, "import-kpis", move |file| {
        imported::import(planner, file);
    });
    let items = view! {
        {group("The opened cell", "cell", opened_cell)}
        {group("All cells", "all", all_cells)}
        {open}
    };
    menu::exports(items.into_any())
}

fn opened_cell(planner: CellsPlanner) -> Option<PlanSet> {
    planner.opened.with_untracked(|opened| opened.as_ref().map(|opened| opened.set()))
}

/// The cells of the imported table, where there is one, or else of the network at the step shown.
fn all_cells(planner: CellsPlanner) -> Option<PlanSet> {
    let imported = planner
        .imported
        .with_untracked(|imported| imported.as_ref().map(|imported| imported.planned.clone()));
    let set = match imported {
        Some(planned) => planned,
        None => planner.set.get_untracked(),
    };
    set.map(|set| (*set).clone())
}

fn save(planner: CellsPlanner, set: Option<PlanSet>, format: Format, prefix: &str, file: &str) {
    let Some(set) = set else {
        let text = "There is no plan to save yet: the cells are being planned.";
        planner.import_error.set(Some(text.to_owned()));
        return;
    };
    match set.write(format) {
        Ok(text) => browser::download(&format!("slicewise-{prefix}-{file}"), format.kind(), &text),
        Err(error) => {
            planner.import_error.set(Some(format!("This format cannot hold the plan: {error}.")));
        }
    }
}

/// Saves the KPIs of the day that is shown as a table that can be opened again.
pub fn save_kpis(planner: CellsPlanner) {
    let text = untrack(move || kpis(planner));
    if let Some(text) = text {
        browser::download("slicewise-kpis.csv", "text/csv", &text);
    }
}

fn kpis(planner: CellsPlanner) -> Option<String> {
    let (scheme, step) = planner.state.with(|state| (state.scheme, state.step));
    planner.network.with(|network| {
        let (run, _) = network.shown(scheme, step);
        let slices = &network.question(scheme, step).scenario.slices;
        // A text in memory takes every byte.
        let mut writer = KpiWriter::new(Vec::new()).ok()?;
        for step in &*run.steps {
            let cells = step.kpis.len() / step.present.len().max(1);
            for cell in 0..cells {
                let name = NrCellIdentity::generated(cell).to_string();
                for slice in &step.present {
                    let (Some(kpis), Some(terms)) =
                        (kpis_of(step, cell, *slice), slices.get(*slice))
                    else {
                        continue;
                    };
                    let period = Period::Step(step.step as i64);
                    writer
                        .row(&KpiRow::simulated(period, &name, &terms.service, kpis, PRB))
                        .ok()?;
                }
            }
        }
        String::from_utf8(writer.finish().ok()?).ok()
    })
}
