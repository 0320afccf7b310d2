//! Files out and in: splits as the documents that a network takes, KPIs as a table, and both back.

use std::rc::Rc;

use leptos::prelude::*;
use leptos::task::spawn_local;
use slicewise_core::InputError;
use slicewise_core::formats::kpi_table::{KpiRow, KpiWriter, Period};
use slicewise_core::formats::nr_cell::{GNB_ID_BITS, IdentityForm, NrCellIdentity};
use slicewise_core::formats::plan_documents::{DocumentRequest, FORMATS, WrittenDocuments};
use slicewise_core::formats::rrm_policy::{Firmness, Plmn};
use web_sys::HtmlInputElement;

use super::controls::choice;
use super::engine::CellEvent;
use super::handles::{CellsPlanner, ImportedTable, NetworkPlan, Opened, OpenedCell, Simulation};
use super::network::kpis_of;
use super::plan_set::PlanSet;
use crate::shell::files::{TABLES, file_button, kept_out, text_of};
use crate::shell::live::{follow, on_change, on_click};
use crate::shell::{browser, menu};

/// PRB of a carrier of 20 MHz with a subcarrier spacing of 15 kHz (3GPP TS 38.101-1, table 5.3.2-1).
const PRB: f64 = 106.0;
/// The largest document of current policies.
const LARGEST_FILE_BYTES: f64 = 5e7;
/// The table, which is for no network.
const TABLE: (&str, &str, &str) =
    ("csv", "Table (CSV)", "One row per cell and slice, for spreadsheets and scripts");

const ABOUT_FIRMNESS: &str = "Which of rRMPolicyMinRatio, rRMPolicyMaxRatio and rRMPolicyDedicatedRatio carry a slice's share. The plan is for the first: a slice gets its share and no more.";
const ABOUT_IDENTITIES: &str = "Names of cells are read as NR cell identities where a document needs them. Nine digits may be decimal or hexadecimal: other names of the table show which, or say it here.";
const ABOUT_GNB_BITS: &str =
    "An NR cell identity begins with its gNB's, of 22 to 32 bits. Documents are made per gNB.";

/// What documents are written for, besides the network; a copyable handle.
#[derive(Clone, Copy)]
struct Choices {
    firmness: RwSignal<Firmness>,
    identities: RwSignal<Option<IdentityForm>>,
    gnb_bits: RwSignal<u32>,
    /// The document of the current policies; empty where none was opened.
    current: RwSignal<String>,
}

/// The menu of what can be saved, and the way back.
#[component]
pub fn Exchange() -> impl IntoView {
    let planner = expect_context::<CellsPlanner>();
    let table = expect_context::<ImportedTable>();
    let opened = expect_context::<OpenedCell>();
    let plan = expect_context::<NetworkPlan>();
    let choices = Choices {
        firmness: RwSignal::new(Firmness::default()),
        identities: RwSignal::new(None),
        gnb_bits: RwSignal::new(GNB_ID_BITS),
        current: RwSignal::new(String::new()),
    };
    let save = Callback::new(move |(prefix, name): (&'static str, &'static str)| {
        let all = all_cells(table, plan);
        // A cell alone does not tell how the names of its table are meant.
        let names = all.as_ref().map(|all| all.cells.clone()).unwrap_or_default();
        let set = match prefix {
            "cell" => opened.answer.with_untracked(|opened| opened.as_ref().map(Opened::set)),
            _ => all,
        };
        save(planner, choices, (prefix, name), set, names);
    });
    let row = |(name, title, note): (&'static str, &'static str, &'static str)| {
        let button = |prefix: &'static str, label: &'static str| {
            view! {
                <button type="button" title=note aria-label=format!("{title}: {label}")
                    data-test=format!("export-{prefix}-{name}")
                    on:click=on_click(move |_| save.run((prefix, name)))>{label}</button>
            }
        };
        view! { <span title=note>{title}</span>{button("cell", "opened cell")}{button("all", "all cells")} }
    };
    let formats = FORMATS.iter().map(|format| (format.name, format.title, format.note));
    let rows: Vec<_> = formats.chain([TABLE]).map(row).collect();
    let open = file_button("Open a KPI table", TABLES, "import-kpis", move |file| {
        table.import(file);
    });
    let items = view! {
        <div class="menu-formats">{rows}</div>
        {settings(planner, choices)}
        {open}
    };
    menu::exports(items.into_any())
}

/// What documents are written for. Clicks in it leave the menu open.
fn settings(planner: CellsPlanner, choices: Choices) -> AnyView {
    let plmn = move || planner.state.with(|state| state.plmn.to_string());
    let set_plmn = on_change(move |event| match Plmn::parse("plmn", &event_target_value(&event)) {
        Ok(plmn) => planner.state.update(|state| state.plmn = plmn),
        Err(error) => {
            event_target::<HtmlInputElement>(&event).set_value(&untrack(plmn));
            planner.import_error.set(Some(format!("The network is kept: {error}.")));
        }
    });
    let firmness_options = Firmness::ALL.map(|(_, name, about)| (name, about, true)).to_vec();
    let firmness = choice(
        "firmness",
        "Firmness",
        ABOUT_FIRMNESS,
        firmness_options,
        move || {
            let chosen = choices.firmness.get();
            let found = Firmness::ALL.iter().find(|(firmness, ..)| *firmness == chosen);
            found.map_or("", |(_, name, _)| name).to_owned()
        },
        move |name| {
            let found = Firmness::ALL.iter().find(|(_, found, _)| *found == name);
            found.into_iter().for_each(|(firmness, ..)| choices.firmness.set(*firmness));
        },
    );
    let identities = choice(
        "cell-identities",
        "NR cell identities",
        ABOUT_IDENTITIES,
        vec![("", "as the table shows", true), ("d", "decimal", true), ("h", "hexadecimal", true)],
        move || match choices.identities.get() {
            None => String::new(),
            Some(IdentityForm::Decimal) => "d".to_owned(),
            Some(IdentityForm::Hexadecimal) => "h".to_owned(),
        },
        move |name| {
            choices.identities.set(match name.as_str() {
                "d" => Some(IdentityForm::Decimal),
                "h" => Some(IdentityForm::Hexadecimal),
                _ => None,
            });
        },
    );
    const BITS: [&str; 11] = ["22", "23", "24", "25", "26", "27", "28", "29", "30", "31", "32"];
    let bits = choice(
        "gnb-id-bits",
        "Bits of a gNB's identity",
        ABOUT_GNB_BITS,
        BITS.map(|bits| (bits, bits, true)).to_vec(),
        move || choices.gnb_bits.get().to_string(),
        move |bits| choices.gnb_bits.set(bits.parse().unwrap_or(GNB_ID_BITS)),
    );
    let current = file_button("Open the current policy", ".json", "import-policy", move |file| {
        spawn_local(async move {
            let text = text_of(&file, LARGEST_FILE_BYTES, "RRMPolicyRatio or E2SM-CCC").await;
            match text {
                Ok(text) => {
                    choices.current.set(text);
                    planner.import_error.set(None);
                }
                Err(error) => planner.import_error.set(Some(kept_out(&file, &error))),
            }
        });
    });
    view! {
        <div class="menu-group" role="group" aria-label="What documents are written for"
            on:click=on_click(|event| event.stop_propagation())>
            <div class="field-head">
                <label for="plmn">"Network (MCC-MNC)"</label>
                <input id="plmn" class="wide" type="text" maxlength="8" autocomplete="off" data-test="plmn"
                    prop:value=follow(plmn) on:change=set_plmn/>
            </div>
            {firmness}
            {identities}
            {bits}
            {current}
        </div>
    }
    .into_any()
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

fn save(
    planner: CellsPlanner,
    choices: Choices,
    (prefix, name): (&'static str, &'static str),
    set: Option<PlanSet>,
    table: Vec<String>,
) {
    let tell = move |text: String| planner.import_error.set(Some(text));
    let cannot = move |error: InputError| {
        tell(format!("This format cannot hold the plan: {error}."));
    };
    let Some(set) = set else {
        return tell("There is no plan to save yet: the cells are being planned.".to_owned());
    };
    if name == TABLE.0 {
        return match set.table() {
            Ok(text) => {
                browser::download(&format!("slicewise-{prefix}-cells.csv"), "text/csv", &text);
            }
            Err(error) => cannot(error),
        };
    }
    let request = DocumentRequest {
        format: name.to_owned(),
        plmn: planner.state.with_untracked(|state| state.plmn.clone()),
        firmness: choices.firmness.get_untracked(),
        identities: choices.identities.get_untracked(),
        gnb_bits: choices.gnb_bits.get_untracked(),
        current: choices.current.get_untracked(),
        table,
        cells: set.cells,
        slices: set.slices,
        batch: set.batch,
        shares: set.plans.shares,
        satisfaction: set.plans.satisfaction,
    };
    let listener = Rc::new(move |event| match event {
        CellEvent::Written(WrittenDocuments { name, bytes, notes }) => {
            let file = format!("slicewise-{prefix}-{name}");
            browser::download_bytes(&file, "application/octet-stream", &bytes);
            if !notes.is_empty() {
                tell(format!("Saved. {}", notes.join(" ")));
            }
        }
        CellEvent::Refused(error) => cannot(error),
        CellEvent::Failed(reason) => tell(reason),
        _ => {}
    });
    planner.engines.with_value(|engines| engines.write(request, listener));
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
