//! What can be chosen of a KPI table or of a performance file.

use leptos::prelude::*;
use slicewise_core::formats::kpi_table::{DelayUnit, PrbAvailable, ThroughputUnit};
use slicewise_core::reader::KpiForm;

use super::handles::ImportedTable;
use super::imported::OpenedTable;
use crate::controls::number_text;
use crate::controls::table_preview::{self, Choice, TablePreview, by_the_table, own_words};

/// The preview of the file that was read last, open where it wants to know something.
pub fn preview(table: ImportedTable) -> AnyView {
    let build = move || table.opened.get().map(|opened| shown(table, &opened));
    table_preview::preview(table.reading, Box::new(build))
}

fn shown(table: ImportedTable, opened: &OpenedTable) -> TablePreview {
    let OpenedTable { form, columns, question, .. } = opened;
    let choice = |name, label, options, chosen: String, write: fn(&mut KpiForm, &str)| {
        let choose = move |value: String| table.choose(move |form| write(form, &value));
        Choice { name, label, options, chosen, choose: Box::new(choose) }
    };
    let prb = [("free", "the free PRB"), ("total", "all PRB of the cell")];
    let prb = prb.map(|(value, words)| (value.to_owned(), words.to_owned())).to_vec();
    let counts = match form.prb_available {
        PrbAvailable::Recognised => "",
        PrbAvailable::Free => "free",
        PrbAvailable::Total => "total",
    };
    let carrier = form.carrier_prb.filter(|prb| prb.is_finite()).map(number_text::plain);
    let mut choices = vec![
        choice(
            "throughput-unit",
            "Throughput is in",
            by_the_table(own_words(ThroughputUnit::ALL.map(ThroughputUnit::name))),
            form.throughput_unit.map_or("", ThroughputUnit::name).to_owned(),
            |form, unit| form.throughput_unit = unit.parse().ok(),
        ),
        choice(
            "delay-unit",
            "Delay is in",
            by_the_table(own_words(DelayUnit::ALL.map(DelayUnit::name))),
            form.delay_unit.map_or("", DelayUnit::name).to_owned(),
            |form, unit| form.delay_unit = unit.parse().ok(),
        ),
        choice(
            "prb-available",
            "RRU.PrbAvailDl counts",
            by_the_table(prb),
            counts.to_owned(),
            |form, text| form.prb_available = text.parse().unwrap_or_default(),
        ),
        choice(
            "carrier-prb",
            "PRB of every carrier",
            Vec::new(),
            carrier.unwrap_or_default(),
            |form, text| {
                // What is no number is refused by the reader, which says what is allowed.
                let number = |text| number_text::typed(text).unwrap_or(f64::NAN);
                form.carrier_prb = Some(text.trim()).filter(|text| !text.is_empty()).map(number);
            },
        ),
    ];
    // Performance files have one way to write a date.
    if !columns.is_empty() {
        choices.push(Choice::date_order(form.date_order, move |order| {
            table.choose(move |form| form.date_order = order);
        }));
        choices.push(Choice::decimal(form.decimal, move |sign| {
            table.choose(move |form| form.decimal = sign);
        }));
    }
    TablePreview { test: "import", question: question.clone(), columns: columns.clone(), choices }
}
