//! Files out and in: the plan and the curves as JSON and CSV, and a saved question back.

use leptos::prelude::*;
use leptos::task::spawn_local;
use serde::{Deserialize, Serialize};
use slicewise_core::InputError;
use slicewise_core::slice::charts::Curves;
use slicewise_core::slice::{SlicePlan, SliceProblem};
use web_sys::File;

use crate::shell::live::on_click;
use crate::shell::{browser, files, json, menu};
use crate::slice::charts::curves;
use crate::slice::handles::{PlanSearch, SlicePlanner};
use crate::slice::link;
use crate::slice::link::LinkState;
use crate::slice::{models, plan_table};

/// Largest saved question that is read, in bytes.
const LARGEST_FILE_BYTES: f64 = 4.0 * 1024.0 * 1024.0;

#[derive(Serialize)]
struct SavedPlan<'a> {
    version: u32,
    problem: &'a SliceProblem,
    plan: &'a SlicePlan,
}

#[derive(Serialize)]
struct SavedCurves<'a> {
    version: u32,
    problem: &'a SliceProblem,
    curves: &'a Curves,
}

/// The part of a saved file that is read back.
#[derive(Deserialize)]
struct Saved {
    problem: SliceProblem,
}

/// The menu of what can be saved, and the way back.
#[component]
pub fn Exchange() -> impl IntoView {
    let planner = expect_context::<SlicePlanner>();
    let search = expect_context::<PlanSearch>();
    let kinds = ".json,application/json";
    let take = move |file| import(planner, file);
    let open = files::file_button("Open a saved JSON", kinds, "import-file", take);
    let items = view! {
        <button type="button" data-test="export-plan-json" on:click=on_click(move |_| save_plan_json(search))>"Plan as JSON"</button>
        <button type="button" data-test="export-plan-csv" on:click=on_click(move |_| save_plan_csv(search))>"Plan as CSV"</button>
        <button type="button" data-test="export-curves-csv" on:click=on_click(move |_| save_curves_csv(search, planner))>"Curves as CSV"</button>
        <button type="button" data-test="export-curves-json" on:click=on_click(move |_| save_curves_json(search))>"Curves as JSON"</button>
        {open}
    };
    menu::exports(items.into_any())
}

/// Reads a saved question from `file` and asks it.
pub fn import(planner: SlicePlanner, file: File) {
    spawn_local(async move {
        let text = files::text_of(&file, LARGEST_FILE_BYTES, "a JSON file").await;
        match text.and_then(|text| problem_in(&text)) {
            Ok(problem) => {
                let view = planner.view.get_untracked();
                planner.load(LinkState { problem, slice: 0, view });
            }
            Err(error) => planner.import_error.set(Some(files::kept_out(&file, &error))),
        }
    });
}

/// The question in `text`: that of a saved plan, or a bare one.
fn problem_in(text: &str) -> Result<SliceProblem, InputError> {
    let problem: SliceProblem = match json::read::<Saved>(text) {
        Ok(saved) => saved.problem,
        Err(error) if text.contains("\"problem\"") => {
            return Err(InputError::new("file", error, "a plan saved by Slicewise"));
        }
        Err(_) => json::read(text)
            .map_err(|error| InputError::new("problem", error, "a Slicewise slice problem"))?,
    };
    link::checked(&problem)?;
    Ok(problem)
}

fn save_json(name: &str, value: &impl Serialize) {
    if let Some(text) = json::write(value, 2) {
        browser::download(name, "application/json", &text);
    }
}

fn save_plan_json(search: PlanSearch) {
    if let Some(shown) = search.shown.get_untracked() {
        let saved = SavedPlan { version: 1, problem: &shown.problem, plan: &shown.plan };
        save_json("slicewise-plan.json", &saved);
    }
}

fn save_plan_csv(search: PlanSearch) {
    if let Some(shown) = search.shown.get_untracked() {
        browser::download("slicewise-plan.csv", "text/csv", &plan_table::table(&shown).to_csv());
    }
}

fn save_curves_json(search: PlanSearch) {
    if let Some(charted) = search.curves.get_untracked() {
        let saved = SavedCurves { version: 1, problem: &charted.problem, curves: &charted.data };
        save_json("slicewise-curves.json", &saved);
    }
}

fn save_curves_csv(search: PlanSearch, planner: SlicePlanner) {
    let Some(charted) = search.curves.get_untracked() else { return };
    let Some(card) = models::named(&charted.problem.model) else { return };
    let table = curves::both(&charted.data, &card, &untrack(move || planner.cost_unit()));
    browser::download("slicewise-curves.csv", "text/csv", &table.to_csv());
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::slice::precomputed;

    #[test]
    fn a_saved_plan_and_a_bare_problem_come_back() {
        let problem = precomputed::default_problem();
        let plan = precomputed::plan().unwrap();
        let saved = SavedPlan { version: 1, problem: &problem, plan: &plan };
        assert_eq!(problem_in(&serde_json::to_string(&saved).unwrap()).unwrap(), problem);
        assert_eq!(problem_in(&serde_json::to_string(&problem).unwrap()).unwrap(), problem);
    }

    #[test]
    fn damaged_files_are_named() {
        assert!(problem_in("").is_err());
        assert!(problem_in("{\"problem\": 3}").unwrap_err().to_string().starts_with("file is "));
        let mut problem = precomputed::default_problem();
        problem.resources[0].capacity = -1.0;
        let text = serde_json::to_string(&problem).unwrap();
        assert!(
            problem_in(&text).unwrap_err().to_string().starts_with("resources[0].capacity is -1")
        );
    }
}
