//! How a table of the visitor's was read: its first rows, what each column was taken for, and what can be
//! chosen in place of that.

use leptos::prelude::*;
use slicewise_core::formats::stamps::DateOrder;
use slicewise_core::formats::table::{DecimalSign, ShownColumn};

use crate::shell::live::{follow, live, on_change};
use crate::shell::markup::push_escaped;

/// What stands for no choice.
const BY_THE_TABLE: &str = "by the table";

/// A table as it was read, and what can be chosen of it.
pub struct TablePreview {
    /// What names of its parts begin with, for labels and tests.
    pub test: &'static str,
    /// What the table leaves open or makes doubtful: the preview is open with it.
    pub question: Option<String>,
    /// Its columns; none of a file that has none.
    pub columns: Vec<ShownColumn>,
    /// What can be chosen.
    pub choices: Vec<Choice>,
}

/// One thing that can be chosen of a table.
pub struct Choice {
    /// Its name, behind that of the preview.
    pub name: &'static str,
    /// Its label.
    pub label: &'static str,
    /// Values with their words; without any, the visitor types a value.
    pub options: Vec<(String, String)>,
    /// The value that is chosen; empty where the table decides.
    pub chosen: String,
    /// What a chosen value does.
    pub choose: Box<dyn Fn(String)>,
}

/// The name of the file that is being read, and the preview that `build` gives, again whenever what it
/// reads changes.
pub fn preview(
    reading: RwSignal<Option<String>>,
    build: Box<dyn Fn() -> Option<TablePreview> + Send>,
) -> AnyView {
    let told = move || {
        reading.get().map(
            |name| view! { <p class="hint" data-test="reading">{format!("Reading {name}.")}</p> },
        )
    };
    view! { {live(told)} {live(move || build().map(shown))} }.into_any()
}

fn shown(preview: TablePreview) -> AnyView {
    let TablePreview { test, question, columns, choices } = preview;
    let named = |part: &str| [test, "-", part].concat();
    let is_open = question.is_some();
    let question = question.map(|text| {
        view! { <p class="error" role="alert" data-test=named("question")>{text}</p> }
    });
    let rows = match columns.is_empty() {
        true => view! { <p class="hint">"A performance file: no columns to show."</p> }.into_any(),
        false => view! { <div class="scroll">{first_rows(&columns)}</div> }.into_any(),
    };
    view! {
        {question}
        <details class="more" open=is_open data-test=named("preview")>
            <summary data-test=named("summary-of-preview")>"How the table was read"</summary>
            {rows}
            {choices.into_iter().map(|choice| control(test, choice)).collect_view()}
        </details>
    }
    .into_any()
}

fn first_rows(columns: &[ShownColumn]) -> AnyView {
    let rows = columns.iter().map(|column| column.first.len()).max().unwrap_or(0);
    let mut markup = "<thead>".to_owned();
    push_row(&mut markup, "<th scope=\"col\">", columns, |column| &column.name);
    push_row(&mut markup, "<td class=\"hint\">", columns, |column| &column.role);
    markup.push_str("</thead><tbody>");
    for index in 0..rows {
        push_row(&mut markup, "<td>", columns, |column| {
            column.first.get(index).map_or("", |field| field)
        });
    }
    markup.push_str("</tbody>");
    view! { <table inner_html=markup></table> }.into_any()
}

fn push_row<'a>(
    markup: &mut String,
    field: &str,
    columns: &'a [ShownColumn],
    text_of: impl Fn(&'a ShownColumn) -> &'a str,
) {
    markup.push_str("<tr>");
    for column in columns {
        markup.push_str(field);
        push_escaped(markup, text_of(column));
        markup.push_str(if field.starts_with("<th") { "</th>" } else { "</td>" });
    }
    markup.push_str("</tr>");
}

fn control(test: &str, choice: Choice) -> AnyView {
    let Choice { name, label, options, chosen, choose } = choice;
    let id = [test, "-", name].concat();
    let change = on_change(move |event| choose(event_target_value(&event)));
    let control = if options.is_empty() {
        view! {
            <input id=id.clone() class="wide" type="text" inputmode="decimal" autocomplete="off"
                placeholder=BY_THE_TABLE data-test=id.clone() prop:value=chosen on:change=change/>
        }
        .into_any()
    } else {
        let options = options.into_iter().map(|(value, text)| {
            let is_chosen = value == chosen;
            view! { <option value=value prop:selected=follow(move || is_chosen)>{text}</option> }
        });
        view! {
            <select id=id.clone() class="wide" data-test=id.clone() on:change=change>{options.collect_view()}</select>
        }
        .into_any()
    };
    view! {
        <div class="field-head choice">
            <label for=id>{label}</label>
            {control}
        </div>
    }
    .into_any()
}

/// The choice that the table decides, before `options`.
pub fn by_the_table(mut options: Vec<(String, String)>) -> Vec<(String, String)> {
    options.insert(0, (String::new(), BY_THE_TABLE.to_owned()));
    options
}

/// Values that are their own words.
pub fn own_words<'a>(values: impl IntoIterator<Item = &'a str>) -> Vec<(String, String)> {
    values.into_iter().map(|value| (value.to_owned(), value.to_owned())).collect()
}

/// What was chosen by its name; none where the table decides.
pub fn given(text: String) -> Option<String> {
    (!text.is_empty()).then_some(text)
}

impl Choice {
    /// Which decimal sign the numbers have.
    pub fn decimal(
        chosen: Option<DecimalSign>,
        choose: impl Fn(Option<DecimalSign>) + 'static,
    ) -> Self {
        let sign = |is_point| if is_point { DecimalSign::Point } else { DecimalSign::Comma };
        let take = move |is_point: Option<bool>| choose(is_point.map(sign));
        let is_point = chosen.map(|sign| sign == DecimalSign::Point);
        let options = [("point", "point"), ("comma", "comma")];
        Self::of_two("decimal", "Decimal sign", options, is_point, Box::new(take))
    }

    /// Which of day and month stands first in dates.
    pub fn date_order(
        chosen: Option<DateOrder>,
        choose: impl Fn(Option<DateOrder>) + 'static,
    ) -> Self {
        let order = |day| if day { DateOrder::DayFirst } else { DateOrder::MonthFirst };
        let take = move |day_first: Option<bool>| choose(day_first.map(order));
        let day_first = chosen.map(|order| order == DateOrder::DayFirst);
        let options = [("day", "the day first"), ("month", "the month first")];
        Self::of_two("date-order", "Dates have", options, day_first, Box::new(take))
    }

    /// A choice between two values, of which `chosen` says whether it is the first.
    fn of_two(
        name: &'static str,
        label: &'static str,
        options: [(&'static str, &'static str); 2],
        chosen: Option<bool>,
        choose: Box<dyn Fn(Option<bool>)>,
    ) -> Self {
        let [(first, _), (second, _)] = options;
        let chosen = chosen.map_or("", |is_first| if is_first { first } else { second });
        let words = options.map(|(value, words)| (value.to_owned(), words.to_owned()));
        Self {
            name,
            label,
            options: by_the_table(words.to_vec()),
            chosen: chosen.to_owned(),
            choose: Box::new(move |value| {
                choose(given(value).map(|value| value == first));
            }),
        }
    }
}
