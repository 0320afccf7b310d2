//! Measurements taken at plans: read from a table, and what they change of what the network promises.

use leptos::prelude::*;
use slicewise_core::InputError;
use slicewise_core::card::ModelCard;
use slicewise_core::slice::SliceJob;
use slicewise_core::slice::measured::{Corrected, Correction};

use crate::controls::explanation::Explanation;
use crate::controls::number_text;
use crate::shell::files;
use crate::shell::live::{live, on_click};
use crate::shell::markup::push_escaped;
use crate::slice::charts::landscape::words;
use crate::slice::given_table::{Found, GivenTable};
use crate::slice::handles::{PlanSearch, SlicePlanner};

const ABOUT: &str = "A table of what users got at allocations that were tried: the columns n_users, cpu, bw and qos, a row per second. The members of the network then count by how well they foretold it, and the plan follows (the paper's section VIII). Other measurements replace these.";
const UNEXPLAINED: &str = "<p class=\"hint warning\">The network cannot explain all of this, whichever members count: train one from your measurements.</p>";
/// Rows that are shown; the plan follows all of them.
const MOST_SHOWN: usize = 20;

/// The choice of a table, for networks of several members.
pub fn control(planner: SlicePlanner, card: &ModelCard) -> Option<AnyView> {
    if card.architecture.monotone_members < 2 {
        return None;
    }
    let search = expect_context::<PlanSearch>();
    let take = Callback::new(move |(_, found): (String, Result<Found, InputError>)| match found {
        Ok(Found::Numbers(table)) => search.correct(table),
        Ok(_) => {}
        Err(error) => search.cannot_correct(&error),
    });
    let table = GivenTable::new(SliceJob::ReadNumbers, take);
    let open = move |file| {
        planner.import_error.set(None);
        table.open(file);
    };
    Some(
        view! {
            <div class="field-head">
                {files::file_button("Measured at a plan…", ".csv,.txt,.tsv,text/csv", "measured-file", open)}
                <Explanation topic="measurements at a plan" text=ABOUT/>
            </div>
            {table.preview("measured", false)}
        }
        .into_any(),
    )
}

/// What was promised, measured and corrected; nothing while no measurements count.
pub fn corrections(planner: SlicePlanner, search: PlanSearch) -> AnyView {
    let counted =
        Memo::new(move |_| planner.problem.with(|problem| problem.member_weights.clone()));
    let body = move || {
        counted.get().map(|weights| {
            let card = planner.card_untracked();
            // A link or an opened plan may have brought weights of other measurements.
            let found = search.corrected.get().filter(|found| found.member_weights == weights);
            let found = found.zip(card);
            let markup = found.map(|(found, card)| markup(&found, &card));
            let forget = move |_| planner.problem.update(|problem| problem.member_weights = None);
            view! {
                <div class="scroll" data-test="corrections" inner_html=markup.unwrap_or_default()></div>
                <p class="own-allocation">
                    "The members of the network count as measurements at plans tell. "
                    <button type="button" class="quiet link" data-test="measured-forget" on:click=on_click(forget)>"Forget the measurements"</button>
                </p>
            }
        })
    };
    live(body).into_any()
}

/// A table of the corrections.
fn markup(found: &Corrected, card: &ModelCard) -> String {
    let qos = number_text::quantity(found.qos_threshold, &card.output.unit);
    let mut text = "<table><thead><tr>".to_owned();
    let heads = [
        ["Degraded users against ", &qos].concat(),
        "Promised".to_owned(),
        "Measured".to_owned(),
        "Corrected".to_owned(),
    ];
    for head in &heads {
        text.push_str("<th scope=\"col\">");
        push_escaped(&mut text, head);
        text.push_str("</th>");
    }
    text.push_str("</tr></thead><tbody>");
    for correction in found.corrections.iter().take(MOST_SHOWN) {
        text.push_str("<tr>");
        for field in row(correction, card) {
            text.push_str("<td>");
            push_escaped(&mut text, &field);
            text.push_str("</td>");
        }
        text.push_str("</tr>");
    }
    text.push_str("</tbody></table>");
    // Two errors are exceeded by chance once in twenty places.
    let unexplained = found.corrections.iter().filter(|found| found.is_unexplained()).count();
    if 10 * unexplained > found.corrections.len() {
        text.push_str(UNEXPLAINED);
    }
    text
}

fn row(correction: &Correction, card: &ModelCard) -> [String; 4] {
    let unit = card.inputs.first().map_or("", |traffic| &traffic.unit);
    let (traffic, allocation) = match correction.inputs.split_first() {
        Some((traffic, allocation)) => (*traffic, allocation),
        None => (0.0, &[][..]),
    };
    let traffic = number_text::quantity(traffic, unit);
    let rows = number_text::counted(correction.rows, "row");
    [
        [traffic.as_str(), " at ", &words(allocation, card), ", ", &rows].concat(),
        number_text::percent(correction.promised),
        number_text::percent(correction.measured),
        number_text::percent(correction.corrected),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::slice::models;

    #[test]
    fn what_was_promised_measured_and_corrected_stands_side_by_side() {
        let card = models::named("testbed-ensemble").unwrap();
        let correction = Correction {
            inputs: vec![3.0, 1700.0, 18.0],
            rows: 60,
            promised: 0.04,
            measured: 0.25,
            corrected: 0.11,
        };
        let found = Corrected {
            member_weights: vec![1.0; 10],
            qos_threshold: 4.6,
            corrections: vec![correction; 30],
        };
        let text = markup(&found, &card);
        assert!(text.contains("Degraded users against 4.6 Mbit/s</th>"), "{text}");
        let row = "<tr><td>3 users/s at 1,700 millicores and 18 Mbit/s, 60 rows</td>\
                   <td>4 %</td><td>25 %</td><td>11 %</td></tr>";
        assert_eq!(text.matches(row).count(), MOST_SHOWN, "{text}");
        assert!(!text.contains("cannot explain"), "{text}");
    }
}
