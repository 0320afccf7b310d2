//! Demand and reservation over the test days.

use std::sync::Arc;

use leptos::prelude::*;

use crate::charts::frame::{ChartFrame, Drawn, FrameText};
use crate::forecast::charts::demand;
use crate::forecast::handles::{ForecastPlanner, Reservation};
use crate::forecast::words;
use crate::shell::live::{follow, live, on_change};
use crate::shell::narrow::Narrow;

const OVERVIEW: FrameText = FrameText {
    name: "test",
    title: "Demand and reservation over the test",
    about: "Every interval is decided from the samples before it alone, by the networks from the last twelve. Where demand exceeds the reservation the interval is marked: its revenue is lost and the penalty due. Where several intervals share a column, it shows the one with the least room. The networks have seen none of these days. Click a day to see it below.",
};
const DETAIL: FrameText = FrameText {
    name: "day",
    title: "One day",
    about: "The same, interval by interval. The distance between both lines is what the networks learned to keep: large where demand jumps, small where it is calm.",
};

/// The whole test and one day of it.
#[component]
pub fn ReservationPanel() -> impl IntoView {
    let planner = expect_context::<ForecastPlanner>();
    let reservation = expect_context::<Reservation>();
    let Narrow(narrow) = expect_context::<Narrow>();
    let day = Memo::new(move |_| reservation.day());
    let plan = move || {
        reservation.planned.with(|planned| planned.as_ref().map(|planned| planned.plan.clone()))
    };
    let size = move || if narrow.get() { (360.0, 220.0) } else { (960.0, 230.0) };
    let overview = Memo::new(move |_| {
        demand::overview(&plan()?, day.get().0, size()).map(|chart| Drawn(Arc::new(chart)))
    });
    let detail = Memo::new(move |_| {
        demand::detail(&plan()?, day.get().0, size()).map(|chart| Drawn(Arc::new(chart)))
    });
    let stale = follow(move || reservation.is_stale());
    let pick = Callback::new(move |(column, _)| {
        if let Some(day) = reservation.read(|plan| demand::day_of_column(plan, column)) {
            planner.state.update(|state| state.day = day);
        }
    });
    let has_plan = Memo::new(move |_| reservation.planned.with(Option::is_some));
    let content = move || {
        match has_plan.get() {
        false if reservation.refused.with(Option::is_some) => ().into_any(),
        false => view! { <p class="placeholder">"The chart follows with the networks."</p> }.into_any(),
        true => view! {
            <div class="test-figure"><ChartFrame text=OVERVIEW chart=overview stale=stale on_pick=pick/></div>
            {days(planner, reservation, day)}
            <div class="test-figure"><ChartFrame text=DETAIL chart=detail stale=stale/></div>
        }
        .into_any(),
    }
    };
    view! { <div class="reservation">{live(content)}</div> }.into_any()
}

/// A slider over the days of the test.
fn days(planner: ForecastPlanner, reservation: Reservation, day: Memo<(usize, usize)>) -> AnyView {
    let name = move || {
        let (day, _) = day.get();
        reservation.read(|plan| words::test_day(plan, day)).unwrap_or_default()
    };
    let slide = move |event| {
        if let Ok(day) = event_target_value(&event).parse() {
            planner.state.update(|state| state.day = day);
        }
    };
    view! {
        <label class="day-slider">
            <span class="mini-text">"Day "<output data-test="day-name">{live(name)}</output></span>
            <input type="range" min="0" step="1" data-test="day" aria-label="Day in detail"
                max=follow(move || day.get().1 - 1)
                aria-valuetext=follow(name)
                prop:value=follow(move || day.get().0.to_string())
                on:input=on_change(slide)/>
        </label>
    }
    .into_any()
}
