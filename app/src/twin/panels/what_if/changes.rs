//! What the edits change, link by link and flow by flow; without edits, the busiest and the slowest.

use std::sync::Arc;

use leptos::prelude::*;

use crate::charts::frame::{ChartFrame, Drawn, FrameText};
use crate::controls::number_text;
use crate::shell::live::{follow, live, on_click};
use crate::shell::narrow::Narrow;
use crate::twin::charts::delays;
use crate::twin::handles::{Answered, Answers, TwinPlanner};
use crate::twin::map::Picked;
use crate::twin::state::Tab;
use crate::twin::{names, tables, units, words};

const DELAYS: FrameText = FrameText {
    name: "delays",
    title: "Mean delays of all flows",
    about: "The share of the flows that arrive within each mean delay, every flow counted once. With edits, the dashed line is the network without them: where it lies to the left, the edits make flows slower.",
};
/// Rows that are shown of each table.
const MOST_ROWS: usize = 15;

/// Both tables, faded while the answer is stale.
pub fn tables() -> AnyView {
    let answers = expect_context::<Answers>();
    let planner = expect_context::<TwinPlanner>();
    let Narrow(narrow) = expect_context::<Narrow>();
    let pair = Memo::new(move |_| answers.pair());
    let chart = Memo::new(move |_| {
        let (after, before) = pair.get()?;
        let past = edited(&after, &before).map(|before| &before.answer.flows.mean_delay_s[..]);
        let size = if narrow.get() { (360.0, 220.0) } else { (470.0, 250.0) };
        delays::draw(&after.answer.flows.mean_delay_s, past, size).map(|c| Drawn(Arc::new(c)))
    });
    let has_chart = Memo::new(move |_| chart.with(Option::is_some));
    let stale = follow(move || answers.is_stale());
    let content = move || {
        let (after, before) = pair.get()?;
        let before = edited(&after, &before);
        Some(view! { {links(planner, &after, before)}{flows(planner, &after, before)} })
    };
    view! {
        <section class="changes" class:stale=stale aria-label="Links and flows" data-test="changes">
            {live(content)}
        </section>
        {live(move || has_chart.get().then(|| view! { <ChartFrame text=DELAYS chart=chart stale=stale/> }))}
    }
    .into_any()
}

/// The answer before the edits, where there are some.
fn edited<'a>(after: &Answered, before: &'a Answered) -> Option<&'a Answered> {
    (!after.question.edits.is_empty()).then_some(before)
}

/// The places of the largest of `keys`, largest first; what is not above 0 is left out.
fn largest(keys: &[f64]) -> Vec<usize> {
    let mut places: Vec<usize> = (0..keys.len()).filter(|place| keys[*place] > 0.0).collect();
    places.sort_by(|a, b| keys[*b].total_cmp(&keys[*a]));
    places
}

/// By how much each value changed, whatever its sign; what came or went counts above all others.
fn changes(after: &[f64], before: &[f64]) -> Vec<f64> {
    let change = |(after, before): (&f64, &f64)| match (after.is_nan(), before.is_nan()) {
        (false, false) => (after - before).abs(),
        (true, true) => 0.0,
        _ => f64::MAX,
    };
    after.iter().zip(before).map(change).collect()
}

/// A figure and what it gained since `before`, each in words.
fn cells(
    after: &[f64],
    before: Option<&[f64]>,
    place: usize,
    text: fn(f64) -> String,
    gain_text: fn(f64) -> String,
) -> AnyView {
    let shown = |value: Option<f64>, text: &dyn Fn(f64) -> String| {
        value.filter(|v| v.is_finite()).map_or_else(|| "–".to_owned(), text)
    };
    let value = after.get(place).copied();
    let gain = before.map(|before| {
        let gain = value.zip(before.get(place)).map(|(value, before)| value - before);
        let told = shown(gain, &|gain| units::signed(gain, gain_text));
        view! { <td class="number gain" data-value=gain>{told}</td> }
    });
    view! { <td class="number" data-value=value>{shown(value, &text)}</td>{gain} }.into_any()
}

/// The head of a figure, and of what it gained.
fn head(title: &'static str, with_gain: bool) -> AnyView {
    let gain = with_gain.then(|| view! { <th scope="col" class="number">"change"</th> });
    view! { <th scope="col" class="number">{title}</th>{gain} }.into_any()
}

fn links(planner: TwinPlanner, after: &Answered, before: Option<&Answered>) -> AnyView {
    let scenario = &after.question.scenario;
    let found = &after.answer.links;
    let past = before.map(|before| &before.answer.links);
    let keys = match past {
        Some(past) => changes(&found.utilisation, &past.utilisation),
        None => found.utilisation.clone(),
    };
    let places = largest(&keys);
    let row = |place: &usize| {
        let place = *place;
        let name = names::link(scenario, place as u32);
        let pick = move |_| planner.pick(Some(Picked::Link(place as u32)));
        view! {
            <tr data-test="link-row">
                <th scope="row"><button type="button" class="link" data-test="pick-row" on:click=on_click(pick)>{name}</button></th>
                {cells(&found.utilisation, past.map(|p| &p.utilisation[..]), place, number_text::coarse_percent, units::points)}
                {cells(&found.mean_delay_s, past.map(|p| &p.mean_delay_s[..]), place, units::delay, units::delay)}
            </tr>
        }
    };
    let title = if past.is_some() { "Links that changed" } else { "Busiest links" };
    let rows = places.iter().take(MOST_ROWS).map(row).collect_view();
    table(title, "links-table", places.len(), "link", view! {
        <tr><th scope="col">"Link"</th>{head("Utilisation", past.is_some())}{head("Delay", past.is_some())}</tr>
    }.into_any(), rows.into_any())
}

fn flows(planner: TwinPlanner, after: &Answered, before: Option<&Answered>) -> AnyView {
    let scenario = &after.question.scenario;
    let found = &after.answer.flows;
    let past = before.map(|before| &before.answer.flows);
    let keys = match past {
        Some(past) => changes(&found.mean_delay_s, &past.mean_delay_s),
        None => found.mean_delay_s.clone(),
    };
    let places = largest(&keys);
    let row = |place: &usize| {
        let place = *place;
        let name = names::flow(scenario, place);
        let open = move |_| {
            planner.state.update(|state| {
                state.flow = Some(place as u32);
                state.tab = Tab::Flows;
            });
        };
        let state = found.state.get(place).map(|state| tables::state_name(*state));
        view! {
            <tr data-test="flow-row">
                <th scope="row"><button type="button" class="link" data-test="open-flow" on:click=on_click(open)>{name}</button></th>
                <td>{state}</td>
                {cells(&found.mean_delay_s, past.map(|p| &p.mean_delay_s[..]), place, units::delay, units::delay)}
                {cells(&found.loss, past.map(|p| &p.loss[..]), place, number_text::percent, units::points)}
            </tr>
        }
    };
    let title = if past.is_some() { "Flows that changed" } else { "Slowest flows" };
    let rows = places.iter().take(MOST_ROWS).map(row).collect_view();
    table(title, "flows-table", places.len(), "flow", view! {
        <tr><th scope="col">"Flow"</th><th scope="col">"State"</th>{head("Mean delay", past.is_some())}{head("Loss", past.is_some())}</tr>
    }.into_any(), rows.into_any())
}

/// A table of which at most [`MOST_ROWS`] of `count` rows are shown.
fn table(
    title: &'static str,
    test: &'static str,
    count: usize,
    thing: &str,
    head: AnyView,
    rows: AnyView,
) -> AnyView {
    let more = count.saturating_sub(MOST_ROWS);
    let note = match (count, more) {
        (0, _) => "None.".to_owned(),
        (_, 0) => String::new(),
        _ => [&words::counted(more, thing), " more in the CSV file, under Export."].concat(),
    };
    view! {
        <h2>{title}</h2>
        <div class="scroll" tabindex="0" role="region" aria-label=title>
            <table data-test=test><thead>{head}</thead><tbody>{rows}</tbody></table>
        </div>
        <p class="hint">{note}</p>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_largest_change_comes_first_whatever_its_sign() {
        let keys = changes(&[0.5, 0.2, f64::NAN, 0.4, f64::NAN], &[0.4, 0.9, 0.3, 0.4, f64::NAN]);
        assert_eq!(largest(&keys), [2, 1, 0]);
    }

    #[test]
    fn what_carries_nothing_is_not_among_the_busiest() {
        assert_eq!(largest(&[0.2, 0.0, f64::NAN, 0.7]), [3, 0]);
    }
}
