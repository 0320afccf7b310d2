//! What can be chosen of a table of recorded outcomes.

use leptos::prelude::*;

use super::handles::{LearnForm, RecordTable};
use crate::controls::table_preview::{self, Choice, TablePreview, by_the_table, given, own_words};

/// Names and labels of its columns, in the order in which they are chosen.
const COLUMNS: [(&str, &str); 3] =
    [("decision", "Decision"), ("demand", "Demand"), ("cost", "Cost")];

/// The preview of the table that was read last, open where it wants to know something.
pub fn preview(form: LearnForm) -> AnyView {
    let build = move || form.table.get().map(|table| shown(form, table));
    table_preview::preview(form.reading, Box::new(build))
}

fn shown(form: LearnForm, table: RecordTable) -> TablePreview {
    let RecordTable { form: chosen, columns, question, .. } = table;
    let mut choices = Vec::new();
    for (place, (name, label)) in COLUMNS.into_iter().enumerate() {
        let choose = move |text| form.choose(move |form| form.columns[place] = given(text));
        choices.push(Choice {
            name,
            label,
            options: by_the_table(own_words(columns.iter().map(|column| &column.name[..]))),
            chosen: chosen.columns[place].clone().unwrap_or_default(),
            choose: Box::new(choose),
        });
    }
    choices.push(Choice::decimal(chosen.decimal, move |sign| {
        form.choose(move |form| form.decimal = sign);
    }));
    TablePreview { test: "records", question, columns, choices }
}
