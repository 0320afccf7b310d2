//! Files out and in: the scenario in three formats, tables of links and flows, the map.

use leptos::prelude::*;
use slicewise_core::formats::network::{WriteNetwork, flows_csv, links_csv};
use slicewise_core::twin::{Answer, TwinJob, TwinOutcome};

use super::handles::{
    Answers, Corrections, Ended, Improvements, OpenNetwork, TwinEngine, TwinPlanner,
};
use super::map::map_svg;
use super::map_colour;
use super::question::Question;
use crate::shell::files::file_button;
use crate::shell::live::on_click;
use crate::shell::{browser, menu};

/// What a browser offers where a network is wanted.
pub const NETWORKS: &str =
    ".json,.gml,.graphml,.xml,.txt,.native,.graph,.demands,.csv,.tsv,.gz,.zip,application/json";

/// The menu of what can be saved, and the way back.
#[component]
pub fn Exchange() -> impl IntoView {
    let network = expect_context::<OpenNetwork>();
    let answers = expect_context::<Answers>();
    let planner = expect_context::<TwinPlanner>();
    let engine = expect_context::<TwinEngine>();
    let corrections = expect_context::<Corrections>();
    let improvements = expect_context::<Improvements>();
    let button = |name: &'static str, label: &'static str, save: Box<dyn Fn()>| {
        let test = ["export-", name].concat();
        view! { <button type="button" data-test=test on:click=on_click(move |_| save())>{label}</button> }
            .into_any()
    };
    let document = |name: &'static str, label: &'static str, request: WriteNetwork| {
        button(name, label, Box::new(move || write(planner, engine, answers, request)))
    };
    let table = |name: &'static str, label: &'static str, make: MakeCsv| {
        let save = move || match untrack(|| answers.read(make)) {
            Some(csv) => {
                browser::download(&["slicewise-", name, ".csv"].concat(), "text/csv", &csv);
            }
            None => {
                let text = "There is no answer to save.";
                planner.import_error.set(Some(text.to_owned()));
            }
        };
        button(name, label, Box::new(save))
    };
    let map = move || {
        let svg = untrack(|| {
            let question = answers.question.get();
            let quantity = planner.state.with(|state| state.colour);
            let colour = map_colour::of(answers, corrections, improvements, quantity);
            map_svg(&question.scenario, &colour, &question.failed())
        });
        browser::download("slicewise-map.svg", "image/svg+xml", &svg);
    };
    let open = file_button("Open a network", NETWORKS, "menu-import-network", move |file| {
        network.import(file);
    });
    let items = view! {
        {table("links", "Links (CSV)", |question, answer| {
            links_csv(&question.with_edited_links(), answer)
        })}
        {table("flows", "Flows (CSV)", |question, answer| flows_csv(&question.scenario, answer))}
        {button("map", "Map (SVG)", Box::new(map))}
        {document("scenario", "Scenario (JSON)", WriteNetwork::Scenario)}
        {document("node-link", "Node-link (JSON)", WriteNetwork::NodeLink)}
        {document("rfc-8345", "RFC 8345 (JSON)", WriteNetwork::Ietf)}
        {open}
    };
    menu::exports(items.into_any())
}

/// Writes a table.
type MakeCsv = fn(&Question, &Answer) -> String;

/// Has the network with its edits written, and offers what was written as a file.
fn write(planner: TwinPlanner, engine: TwinEngine, answers: Answers, request: WriteNetwork) {
    let question = answers.question.get_untracked();
    let job = TwinJob::Write { of: question.edited(), request };
    engine.ask(&question.scenario, job, move |outcome| match outcome {
        Ok((TwinOutcome::Written(document), _)) => {
            browser::download(&document.file_name, "application/json", &document.text);
        }
        Err(Ended::Refused(error)) => {
            let text = ["The network cannot be written: ", &error.to_string(), "."].concat();
            planner.import_error.set(Some(text));
        }
        _ => {}
    });
}
