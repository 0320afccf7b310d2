//! The tab's panel: who races, the race, and what came of it.

use std::sync::Arc;

use leptos::prelude::*;

use super::chart::{self, Over};
use super::form::MOST_SEED;
use super::method::{METHODS, Method};
use super::race::{Race, Racer, Stage};
use super::words;
use crate::annex::door::Door;
use crate::charts::drawing::Chart;
use crate::charts::frame::{ChartFrame, Drawn, FrameText, table_view};
use crate::controls::number_field::{BoxField, NumberBox};
use crate::controls::number_text;
use crate::shell::browser;
use crate::shell::live::{follow, live, on_change, on_click};
use crate::shell::message::message_of;

const OVER_SECONDS: FrameText = FrameText {
    name: "race-seconds",
    title: "Cost over time",
    about: "How far the cheapest plan that keeps the promise is above the proven bound, as each method finds better ones; both axes by powers of ten. A method that has not kept the promise yet has no line.",
};
const OVER_ROWS: FrameText = FrameText {
    name: "race-rows",
    title: "Cost over rows",
    about: "The same over the rows of the network that were asked: one for each allocation and each level of the traffic.",
};
const MAP: FrameText = FrameText {
    name: "race-map",
    title: "Where the plans lie",
    about: "The expected share of degraded users over two resources, with the plan of every method on it.",
};

/// What fills the element that the page has left.
pub fn panel(door: Door) -> AnyView {
    let race = Race::new(door);
    let racers = Memo::new(move |_| Arc::new(race.racers.get()));
    let drawn = |draw: fn(Race, &Arc<Vec<Racer>>) -> Option<Chart>| {
        Memo::new(move |_| draw(race, &racers.get()).map(|chart| Drawn(Arc::new(chart))))
    };
    let by_seconds = drawn(|_, racers| chart::draw(racers, Over::Seconds));
    let by_rows = drawn(|_, racers| chart::draw(racers, Over::Rows));
    let map = drawn(|race, racers| {
        let (field, question) = (race.map.get()?, race.asked.get()?);
        chart::draw_map(&field, racers, &question)
    });
    let stale = follow(move || race.is_stale());
    let has_raced = Memo::new(move |_| race.asked.with(Option::is_some));
    let results = move || {
        has_raced.get().then(|| {
            let sentence = move || {
                let question = race.asked.get()?;
                let prefix = if race.is_stale() { "Of an earlier question: " } else { "" };
                Some([prefix, &words::sentence(&racers.get(), &question)].concat())
            };
            let table = move || {
                let question = race.asked.get()?;
                Some(table_view(&words::table(&racers.get(), &question)))
            };
            let save = move |_| {
                if let Some(question) = race.asked.get_untracked() {
                    let table = words::table(&racers.get_untracked(), &question);
                    browser::download("slicewise-rivals.csv", "text/csv", &table.to_csv());
                }
            };
            view! {
                <p class="day-sentence" class:stale=stale data-test="race-sentence" aria-live="polite">{live(sentence)}</p>
                <div class="charts">
                    <ChartFrame text=OVER_SECONDS chart=by_seconds stale=stale/>
                    <ChartFrame text=OVER_ROWS chart=by_rows stale=stale/>
                    <ChartFrame text=MAP chart=map stale=stale/>
                </div>
                <div class="buttons">
                    <button type="button" class="quiet" data-test="race-csv" on:click=on_click(save)>"Table as CSV"</button>
                </div>
                <div class="race-table" data-test="race-table">{live(table)}</div>
            }
        })
    };
    view! {
        {message_of(race.message, "race-engine")}
        {message_of(race.link_error, "race-link-error")}
        <div class="rivals-panel">
            {choice(race)}
            {bar(race)}
            {live(results)}
        </div>
    }
    .into_any()
}

/// Who is to race.
fn choice(race: Race) -> AnyView {
    let boxes = METHODS.into_iter().map(|method: Method| {
        let is_chosen = follow(move || race.form.with(|form| form.has(method)));
        let change = on_change(move |event| {
            let races = event_target_checked(&event);
            race.form.update(|form| form.choose(method, races));
        });
        view! {
            <label class="check" title=method.about>
                <input type="checkbox" data-test=["race-", method.name].concat() prop:checked=is_chosen on:change=change/>
                {method.title}
            </label>
        }
    });
    let about = METHODS.into_iter().map(|method| {
        view! { <li><strong>{method.title}</strong>": "{method.about}"."</li> }
    });
    let seed = BoxField {
        test: "race-seed".to_owned(),
        label: "Seed".to_owned(),
        unit: Signal::stored(String::new()),
        allowed: Signal::stored((0.0, f64::from(MOST_SEED))),
        value: follow(move || race.form.with(|form| f64::from(form.seed))),
        change: Callback::new(move |seed: f64| race.form.update(|form| form.seed = seed as u32)),
    };
    view! {
        <fieldset class="race-methods">
            <legend>"Who races"</legend>
            {boxes.collect_view()}
            <NumberBox field=seed/>
        </fieldset>
        <details>
            <summary>"What these are"</summary>
            <ul>{about.collect_view()}</ul>
            <p class="hint">"The rivals see the network as a black box that they ask row by row, with their published settings; Slicewise knows its gradients and bounds. Seconds are those of this device, on two workers."</p>
        </details>
    }
    .into_any()
}

/// The button that starts and cancels the race, and how far it is.
fn bar(race: Race) -> AnyView {
    let running = Memo::new(move |_| race.is_running());
    let press = move |_| if running.get_untracked() { race.cancel() } else { race.start() };
    let is_done = |racer: &&Racer| !matches!(racer.stage, Stage::Waiting | Stage::Running);
    let done = move || race.racers.with(|racers| racers.iter().filter(is_done).count());
    let total = move || race.racers.with(Vec::len);
    let progress = move || {
        running.get().then(|| {
            view! { <progress max=total() value=follow(done) aria-label="Methods that are done"></progress> }
        })
    };
    let state = move || match (running.get(), total()) {
        (true, _) => "running",
        (false, 0) => "idle",
        (false, _) if race.is_stale() => "stale",
        _ => "done",
    };
    let told = move || match state() {
        "running" => {
            [&done().to_string()[..], " of ", &number_text::counted(total(), "method")].concat()
        }
        "stale" => "The question has changed since.".to_owned(),
        _ => String::new(),
    };
    let cannot = move || {
        let nobody = race.form.with(|form| form.methods.is_empty());
        race.question.with(Option::is_none) || (nobody && !running.get())
    };
    let caption = move || match (running.get(), total()) {
        (true, _) => "Cancel",
        (false, 0) => "Start the race",
        _ => "Race again",
    };
    view! {
        <div class="batch-bar">
            <button type="button" class="primary" data-test="race-run" disabled=follow(cannot) on:click=on_click(press)>{live(caption)}</button>
            {live(progress)}
            <span class="hint" role="status" data-test="race-status" data-state=follow(state)>{live(told)}</span>
        </div>
    }
    .into_any()
}
