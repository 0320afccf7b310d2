//! How the visitor's table was read: its first rows, what each column was taken for, and what can be
//! chosen in place of that.

use leptos::prelude::*;
use slicewise_core::forecast::demand_table::Role;
use slicewise_core::forecast::sampling::Part;
use slicewise_core::formats::stamps::{DateOrder, TimeUnit};
use slicewise_core::formats::table::DecimalSign;
use slicewise_core::reader::{DemandForm, ShownColumn};

use super::handles::ImportedTrace;
use super::imported::OpenedTable;
use crate::shell::live::{follow, live, on_change};

/// Steps that are offered, in minutes.
const STEPS: [u32; 8] = [1, 5, 10, 15, 30, 60, 120, 1440];

/// The preview of the table that was read last, open where the table wants to know something.
pub fn preview(trace: ImportedTrace) -> AnyView {
    let reading = move || {
        trace.reading.get().map(
            |name| view! { <p class="hint" data-test="reading">{format!("Reading {name}.")}</p> },
        )
    };
    let view = move || trace.table.get().map(|table| shown(trace, &table));
    view! { {live(reading)} {live(view)} }.into_any()
}

fn shown(trace: ImportedTrace, table: &OpenedTable) -> AnyView {
    let question = table.open.as_ref().map(|error| {
        let text = format!("{}: {error}.", table.name);
        view! { <p class="error" role="alert" data-test="import-question">{text}</p> }
    });
    let is_open = table.open.is_some();
    let names: Vec<(String, String)> =
        table.columns.iter().map(|column| (column.name.clone(), column.name.clone())).collect();
    let by_table = |options: Vec<(String, String)>| {
        std::iter::once((String::new(), "by the table".to_owned()))
            .chain(options)
            .collect::<Vec<_>>()
    };
    let fixed = |options: &[(&str, &str)]| {
        by_table(
            options.iter().map(|(value, text)| (value.to_string(), text.to_string())).collect(),
        )
    };
    let units = TimeUnit::ALL.iter().map(|unit| (unit.name().to_owned(), unit.name().to_owned()));
    let steps = STEPS.iter().map(|minutes| (minutes.to_string(), format!("{minutes} min")));
    let form = &table.form;
    let choices = [
        choice(
            trace,
            "Demand",
            "import-column",
            by_table(names.clone()),
            form.column.clone(),
            |form, text| {
                form.column = given(text);
            },
        ),
        choice(
            trace,
            "Time",
            "import-time",
            by_table(names),
            form.time_column.clone(),
            |form, text| {
                form.time_column = given(text);
            },
        ),
        choice(
            trace,
            "Numbers of time are",
            "import-time-unit",
            by_table(units.collect()),
            form.time_unit.map(|unit| unit.name().to_owned()),
            |form, text| {
                form.time_unit = TimeUnit::of_word(&text);
            },
        ),
        choice(
            trace,
            "Dates have",
            "import-date-order",
            fixed(&[("day", "the day first"), ("month", "the month first")]),
            form.date_order.map(|order| word(order == DateOrder::DayFirst, "day", "month")),
            |form, text| {
                form.date_order =
                    either(&text, "day", DateOrder::DayFirst, "month", DateOrder::MonthFirst);
            },
        ),
        choice(
            trace,
            "Decimal sign",
            "import-decimal",
            fixed(&[("point", "point"), ("comma", "comma")]),
            form.decimal.map(|sign| word(sign == DecimalSign::Point, "point", "comma")),
            |form, text| {
                form.decimal =
                    either(&text, "point", DecimalSign::Point, "comma", DecimalSign::Comma);
            },
        ),
        choice(
            trace,
            "Step",
            "import-step",
            by_table(steps.collect()),
            form.step_minutes.map(|minutes| minutes.to_string()),
            |form, text| {
                form.step_minutes = text.parse().ok();
            },
        ),
        choice(
            trace,
            "Of parts between long gaps",
            "import-part",
            vec![
                ("longest".to_owned(), "the longest".to_owned()),
                ("latest".to_owned(), "the latest".to_owned()),
            ],
            Some(word(form.part == Part::Longest, "longest", "latest")),
            |form, text| {
                form.part = if text == "latest" { Part::Latest } else { Part::Longest };
            },
        ),
    ];
    view! {
        {question}
        <details class="more" open=is_open data-test="import-preview">
            <summary data-test="import-summary-of-preview">"How the table was read"</summary>
            <div class="scroll">{first_rows(&table.columns)}</div>
            {choices.into_iter().collect_view()}
        </details>
    }
    .into_any()
}

fn first_rows(columns: &[ShownColumn]) -> AnyView {
    let role = |column: &ShownColumn| match column.role {
        Some(Role::Time) => "time",
        Some(Role::Demand) => "demand",
        Some(Role::Label) => "tells series apart",
        Some(Role::PassedOver) => "passed over",
        None => "open",
    };
    let rows = columns.iter().map(|column| column.first.len()).max().unwrap_or(0);
    let row = |index: usize| {
        let fields = columns.iter().map(|column| {
            view! { <td>{column.first.get(index).cloned().unwrap_or_default()}</td> }
        });
        view! { <tr>{fields.collect_view()}</tr> }
    };
    view! {
        <table>
            <thead>
                <tr>{columns.iter().map(|column| view! { <th scope="col">{column.name.clone()}</th> }).collect_view()}</tr>
                <tr>{columns.iter().map(|column| view! { <td class="hint">{role(column)}</td> }).collect_view()}</tr>
            </thead>
            <tbody>{(0..rows).map(row).collect_view()}</tbody>
        </table>
    }
    .into_any()
}

fn choice(
    trace: ImportedTrace,
    label: &'static str,
    test: &'static str,
    options: Vec<(String, String)>,
    chosen: Option<String>,
    write: fn(&mut DemandForm, String),
) -> AnyView {
    let chosen = chosen.unwrap_or_default();
    let options = options.into_iter().map(|(value, text)| {
        let is_chosen = value == chosen;
        view! { <option value=value prop:selected=follow(move || is_chosen)>{text}</option> }
    });
    let change = move |event| {
        let value = event_target_value(&event);
        trace.choose(move |form| write(form, value));
    };
    view! {
        <div class="field-head choice">
            <label for=test>{label}</label>
            <select id=test class="wide" data-test=test on:change=on_change(change)>{options.collect_view()}</select>
        </div>
    }
    .into_any()
}

fn given(text: String) -> Option<String> {
    (!text.is_empty()).then_some(text)
}

fn word(first: bool, one: &str, other: &str) -> String {
    if first { one } else { other }.to_owned()
}

fn either<T>(text: &str, one: &str, of_one: T, other: &str, of_other: T) -> Option<T> {
    match text {
        _ if text == one => Some(of_one),
        _ if text == other => Some(of_other),
        _ => None,
    }
}
