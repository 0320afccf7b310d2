//! Files out and in: reservations as a table and as JSON, a trace as a table, networks.

use leptos::prelude::*;
use serde::Serialize;
use slicewise_core::Origin;
use slicewise_core::forecast::reservation::ReservationPlan;
use slicewise_core::forecast::{ReservationScore, ServiceAgreement};

use super::handles::{ForecastPlanner, ImportedTrace, Reservation};
use super::opened_networks::open_button;
use crate::shell::files::{TABLES, file_button};
use crate::shell::live::on_click;
use crate::shell::{browser, json, menu};

/// The menu of what can be saved, and the way back.
#[component]
pub fn Exchange() -> impl IntoView {
    let planner = expect_context::<ForecastPlanner>();
    let trace = expect_context::<ImportedTrace>();
    let reservation = expect_context::<Reservation>();
    let item = |name: &'static str, label: &'static str, save: fn(&ReservationPlan)| {
        let save = move |_| {
            let saved = reservation.planned.with_untracked(|planned| {
                planned.as_ref().map(|planned| save(&planned.plan)).is_some()
            });
            if !saved {
                let text = "There is no reservation to save.";
                planner.import_error.set(Some(text.to_owned()));
            }
        };
        view! { <button type="button" data-test=format!("export-{name}") on:click=on_click(save)>{label}</button> }
    };
    let open = file_button("Open a trace (CSV)", TABLES, "menu-import-trace", move |file| {
        trace.import(file);
    });
    let items = view! {
        {item("csv", "Reservations (CSV)", |plan| {
            browser::download("slicewise-reservations.csv", "text/csv", &to_csv(plan));
        })}
        {item("json", "Reservations (JSON)", |plan| {
            if let Some(text) = json::write(&Saved::of(plan), 2) {
                browser::download("slicewise-reservations.json", "application/json", &text);
            }
        })}
        {open}
        {open_button("menu-open-networks")}
    };
    menu::exports(items.into_any())
}

/// One row per step of the test: its start, its demand and every method's reservation; in the last one
/// our reservation for the step after the end.
fn to_csv(plan: &ReservationPlan) -> String {
    let mut text = "minutes_since_1970,demand".to_owned();
    plan.methods.iter().for_each(|method| text += &format!(",{}", method.method.name()));
    text += "\r\n";
    let minute = |step: usize| plan.start_minute + step as i64 * i64::from(plan.step_minutes);
    for (step, demand) in plan.demand.iter().enumerate() {
        text += &format!("{},{demand}", minute(step));
        plan.methods.iter().for_each(|method| text += &format!(",{}", method.reserved[step]));
        text += "\r\n";
    }
    text += &format!("{},,{}", minute(plan.demand.len()), plan.next);
    text += &",".repeat(plan.methods.len().saturating_sub(1));
    text + "\r\n"
}

/// A plan as its file has it.
#[derive(Serialize)]
struct Saved<'a> {
    trace: &'a str,
    unit: &'a str,
    step_minutes: u32,
    start_minute: i64,
    agreement: ServiceAgreement,
    peak: f64,
    training_steps: usize,
    transferred: bool,
    network_step_minutes: u32,
    by_time_of_day: bool,
    moved: f64,
    last_sample_factor: f64,
    next_reservation: f64,
    origin: &'a Origin,
    demand: &'a [f64],
    methods: Vec<SavedMethod<'a>>,
}

#[derive(Serialize)]
struct SavedMethod<'a> {
    method: &'static str,
    score: ReservationScore,
    reserved: &'a [f64],
}

impl<'a> Saved<'a> {
    fn of(plan: &'a ReservationPlan) -> Self {
        let methods = plan.methods.iter().map(|method| SavedMethod {
            method: method.method.name(),
            score: method.score,
            reserved: &method.reserved,
        });
        Self {
            trace: &plan.name,
            unit: &plan.unit,
            step_minutes: plan.step_minutes,
            start_minute: plan.start_minute,
            agreement: plan.agreement,
            peak: plan.peak,
            training_steps: plan.training_steps,
            transferred: plan.transferred,
            network_step_minutes: plan.network_step_minutes,
            by_time_of_day: plan.by_time_of_day,
            moved: plan.moved,
            last_sample_factor: plan.last_sample_factor,
            next_reservation: plan.next,
            origin: &plan.origin,
            demand: &plan.demand,
            methods: methods.collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use slicewise_core::forecast::reservation::{MethodPlan, ReservationMethod, Rivals};

    use super::*;

    #[test]
    fn a_table_has_every_step_and_the_next_one() {
        let agreement =
            ServiceAgreement { revenue: 1.0, penalty: 1.0, overprovisioning_price: 1.0 };
        let method = |method, reserved: Vec<f64>| MethodPlan {
            method,
            reserved,
            score: ReservationScore::default(),
        };
        let plan = ReservationPlan {
            name: "cell".to_owned(),
            unit: "Mbit/s".to_owned(),
            step_minutes: 5,
            start_minute: 100,
            training_steps: 4,
            peak: 3.0,
            agreement,
            demand: vec![1.0, 2.5],
            methods: vec![
                method(ReservationMethod::Learned, vec![1.5, 3.0]),
                method(ReservationMethod::LastSample, vec![0.00004, 1.25]),
                method(ReservationMethod::HoltWinters, vec![2.0, 2.0]),
            ],
            rivals: Rivals::HoltWinters,
            next: 2.75,
            last_sample_factor: 1.25,
            moved: 0.5,
            transferred: false,
            network_step_minutes: 5,
            by_time_of_day: false,
            decision_ms: 0.1,
            origin: Origin::new("0123456789abcdef", 7),
        };
        assert_eq!(
            to_csv(&plan),
            "minutes_since_1970,demand,loss-meta-learning,last-sample-times-k,holt-winters\r\n\
             100,1,1.5,0.00004,2\r\n105,2.5,3,1.25,2\r\n110,,2.75,,\r\n"
        );
        let saved = json::write(&Saved::of(&plan), 0).unwrap();
        for part in [
            r#""next_reservation":2.75"#,
            r#""moved":0.5,"last_sample_factor":1.25"#,
            r#""peak":3.0,"training_steps":4,"transferred":false"#,
            r#""method":"last-sample-times-k""#,
        ] {
            assert!(saved.contains(part), "{part} is missing: {saved}");
        }
    }
}
