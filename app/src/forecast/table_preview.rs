//! What can be chosen of a table of demand.

use leptos::prelude::*;
use slicewise_core::forecast::demand_table::{ASSUMED_UNIT, UNITS};
use slicewise_core::forecast::sampling::Part;
use slicewise_core::formats::stamps::TimeUnit;
use slicewise_core::reader::DemandForm;

use super::handles::ImportedTrace;
use super::imported::OpenedTable;
use crate::controls::table_preview::{self, Choice, TablePreview, by_the_table, given, own_words};

/// Steps that are offered, in minutes.
const STEPS: [u32; 8] = [1, 5, 10, 15, 30, 60, 120, 1440];

/// The preview of the table that was read last, open where the table wants to know something.
pub fn preview(trace: ImportedTrace) -> AnyView {
    let build = move || trace.table.get().map(|table| shown(trace, &table));
    table_preview::preview(trace.reading, Box::new(build))
}

fn shown(trace: ImportedTrace, table: &OpenedTable) -> TablePreview {
    let OpenedTable { name, form, columns, open, .. } = table;
    let choice =
        |name, label, options, chosen: Option<String>, write: fn(&mut DemandForm, String)| {
            let choose = move |value| trace.choose(move |form| write(form, value));
            Choice {
                name,
                label,
                options,
                chosen: chosen.unwrap_or_default(),
                choose: Box::new(choose),
            }
        };
    let names = || by_the_table(own_words(columns.iter().map(|column| &column.name[..])));
    let steps = STEPS.iter().map(|minutes| (minutes.to_string(), format!("{minutes} min")));
    let parts = [("longest", "the longest"), ("latest", "the latest")];
    let part = if form.part == Part::Longest { "longest" } else { "latest" };
    let mut units = by_the_table(own_words(UNITS));
    units[0].1 = ["by the heading, or else ", ASSUMED_UNIT].concat();
    let choices = vec![
        choice("column", "Demand", names(), form.column.clone(), |form, text| {
            form.column = given(text);
        }),
        choice("unit", "Unit of the demand", units, form.unit.clone(), |form, text| {
            form.unit = given(text);
        }),
        choice("time", "Time", names(), form.time_column.clone(), |form, text| {
            form.time_column = given(text);
        }),
        choice(
            "time-unit",
            "Numbers of time are",
            by_the_table(own_words(TimeUnit::ALL.map(TimeUnit::name))),
            form.time_unit.map(|unit| unit.name().to_owned()),
            |form, text| form.time_unit = TimeUnit::of_word(&text),
        ),
        Choice::date_order(form.date_order, move |order| {
            trace.choose(move |form| form.date_order = order);
        }),
        Choice::decimal(form.decimal, move |sign| trace.choose(move |form| form.decimal = sign)),
        choice(
            "step",
            "Step",
            by_the_table(steps.collect()),
            form.step_minutes.map(|minutes| minutes.to_string()),
            |form, text| form.step_minutes = text.parse().ok(),
        ),
        choice(
            "part",
            "Of parts between long gaps",
            parts.map(|(value, words)| (value.to_owned(), words.to_owned())).to_vec(),
            Some(part.to_owned()),
            |form, text| {
                form.part = if text == "latest" { Part::Latest } else { Part::Longest };
            },
        ),
    ];
    let question = open.as_ref().map(|error| format!("{name}: {error}."));
    TablePreview { test: "import", question, columns: columns.clone(), choices }
}
