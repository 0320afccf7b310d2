//! Files out and in: splits in the words of the standards, KPIs as a table, and a KPI table back.

use leptos::prelude::*;
use slicewise_core::formats::e2sm_ccc::NrCellIdentity;
use slicewise_core::formats::kpi_table::{KpiRow, KpiWriter, Period};

use super::handles::{CellsPlanner, ImportedTable, NetworkPlan, Opened, OpenedCell, Simulation};
use super::network::kpis_of;
use super::plan_set::{Format, PlanSet};
use crate::shell::files::{TABLES, file_button};
use crate::shell::live::on_click;
use crate::shell::{browser, menu};

/// PRB of a carrier of 20 MHz with a subcarrier spacing of 15 kHz (3GPP TS 38.101-1, table 5.3.2-1).
const PRB: f64 = 106.0;

/// The menu of what can be saved, and the way back.
#[component]
pub fn Exchange() -> impl IntoView {
    let planner = expect_context::<CellsPlanner>();
    let table = expect_context::<ImportedTable>();
    let opened = expect_context::<OpenedCell>();
    let plan = expect_context::<NetworkPlan>();
    let sets = Callback::new(move |prefix: &'static str| match prefix {
        "cell" => opened.answer.with_untracked(|opened| opened.as_ref().map(Opened::set)),
        _ => all_cells(table, plan),
    });
    let group = |title: &'static str, prefix: &'static str| {
        let items = Format::ALL.map(|(format, name, file, label)| {
            view! {
                <button type="button" data-test=format!("export-{prefix}-{name}")
                    on:click=on_click(move |_| save(planner, sets.run(prefix), format, prefix, file))>{label}</button>
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
        table.import(file);
    });
    let items = view! {
        {group("The opened cell", "cell")}
        {group("All cells", "all")}
        {open}
    };
    menu::exports(items.into_any())
}

/// The cells of the imported table, where there is one, or else of the network at the step shown.
fn all_cells(table: ImportedTable, plan: NetworkPlan) -> Option<PlanSet> {
    let imported = table
        .imported
        .with_untracked(|imported| imported.as_ref().map(|imported| imported.planned.clone()));
    let set = match imported {
        Some(planned) => planned,
        None => plan.set.get_untracked(),
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
pub fn save_kpis(planner: CellsPlanner, simulation: Simulation) {
    let text = untrack(move || kpis(planner, simulation));
    if let Some(text) = text {
        browser::download("slicewise-kpis.csv", "text/csv", &text);
    }
}

fn kpis(planner: CellsPlanner, simulation: Simulation) -> Option<String> {
    let (scheme, step) = planner.state.with(|state| (state.scheme, state.step));
    simulation.network.with(|network| {
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
