//! Files out and in: the scenario in three formats, tables of links and flows.

use leptos::prelude::*;
use slicewise_core::formats::network::WriteNetwork;
use slicewise_core::twin::{TwinJob, TwinOutcome};

use super::handles::{Answers, Ended, OpenNetwork, TwinEngine, TwinPlanner};
use super::tables;
use crate::charts::drawing::DataTable;
use crate::shell::files::file_button;
use crate::shell::live::on_click;
use crate::shell::{browser, menu};

/// What a browser offers where a network is wanted.
pub const NETWORKS: &str =
    ".json,.gml,.graphml,.xml,.txt,.native,.graph,.csv,.tsv,.gz,.zip,application/json";

/// The menu of what can be saved, and the way back.
#[component]
pub fn Exchange() -> impl IntoView {
    let network = expect_context::<OpenNetwork>();
    let answers = expect_context::<Answers>();
    let planner = expect_context::<TwinPlanner>();
    let engine = expect_context::<TwinEngine>();
    let document = |name: &'static str, label: &'static str, request: WriteNetwork| {
        let save = move |_| write(planner, engine, answers, request);
        view! { <button type="button" data-test=format!("export-{name}") on:click=on_click(save)>{label}</button> }
    };
    let table = |name: &'static str,
                 label: &'static str,
                 make: fn(Answers) -> Option<DataTable>| {
        let save = move |_| match untrack(|| make(answers)) {
            Some(table) => {
                let file = ["slicewise-", name, ".csv"].concat();
                browser::download(&file, "text/csv", &table.to_csv());
            }
            None => {
                let text = "There is no answer to save.";
                planner.import_error.set(Some(text.to_owned()));
            }
        };
        view! { <button type="button" data-test=format!("export-{name}") on:click=on_click(save)>{label}</button> }
    };
    let open = file_button("Open a network", NETWORKS, "menu-import-network", move |file| {
        network.import(file);
    });
    let items = view! {
        {table("links", "Links (CSV)", tables::links)}
        {table("flows", "Flows (CSV)", tables::flows)}
        {document("scenario", "Scenario (JSON)", WriteNetwork::Scenario)}
        {document("node-link", "Node-link (JSON)", WriteNetwork::NodeLink)}
        {document("rfc-8345", "RFC 8345 (JSON)", WriteNetwork::Ietf)}
        {open}
    };
    menu::exports(items.into_any())
}

/// Has the network with its edits written, and offers what was written as a file.
fn write(planner: TwinPlanner, engine: TwinEngine, answers: Answers, request: WriteNetwork) {
    let question = answers.question.get_untracked();
    let job = TwinJob::Write { of: question.edited(), request };
    engine.ask(Some(&question.scenario), job, move |outcome| match outcome {
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
