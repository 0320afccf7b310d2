//! A number with a slider for trying and a box for typing.

use std::cell::Cell;
use std::rc::Rc;

use leptos::ev::Event;
use leptos::prelude::*;
use slicewise_core::InputError;
use slicewise_core::error::check_range;

use crate::controls::explanation::{Explanation, unique_id};
use crate::controls::number_text;
use crate::shell::link_text::LARGEST_SEED;
use crate::shell::live::{follow, live};

/// What one number control shows and changes.
pub struct NumberField {
    /// Name for tests: `qos` makes `slider-qos` and `number-qos`.
    pub name: String,
    /// Label for people.
    pub label: String,
    /// What the number is called in errors and explanations, and aloud.
    pub term: String,
    /// Unit behind the box; empty for a plain share.
    pub unit: String,
    /// One line on what it means, with the paper's equation where there is one.
    pub about: String,
    /// Ends and step of the slider.
    pub slider: SliderRange,
    /// What the box accepts.
    pub allowed: Signal<(f64, f64)>,
    /// The value.
    pub value: Signal<f64>,
    /// Takes a new value.
    pub change: Callback<f64>,
    /// The value in words, with its unit, for the slider.
    pub spoken: Signal<String>,
}

/// Ends and step of a slider.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SliderRange {
    /// Smallest value.
    pub lowest: f64,
    /// Largest value.
    pub highest: f64,
    /// Difference between neighbouring values.
    pub step: f64,
}

impl SliderRange {
    /// From `lowest` to `highest` in at least a hundred steps of a round size.
    pub fn round(lowest: f64, highest: f64) -> Self {
        let step = 10_f64.powi(((highest - lowest) / 100.0).log10().floor() as i32);
        Self { lowest, highest, step }
    }
}

/// The field of the start of random numbers, whose use `about` explains; the slider spans a part of
/// what is allowed.
pub fn seed_field(
    about: &str,
    (lowest, highest): (f64, f64),
    read: impl Fn() -> u64 + Send + Sync + 'static,
    write: impl Fn(u64) + Send + Sync + 'static,
) -> NumberField {
    let value = follow(move || read() as f64);
    NumberField {
        name: "seed".to_owned(),
        label: "Seed".to_owned(),
        term: "seed".to_owned(),
        unit: String::new(),
        about: about.to_owned(),
        slider: SliderRange { lowest, highest, step: 1.0 },
        allowed: Signal::stored((0.0, LARGEST_SEED as f64)),
        value,
        change: Callback::new(move |seed: f64| write(seed.round() as u64)),
        spoken: follow(move || number_text::plain(value.get())),
    }
}

/// Shows `field`: label, box, unit, explanation and slider.
#[component]
pub fn NumberControl(field: NumberField) -> impl IntoView {
    let NumberField { name, label, term, unit, about, slider, allowed, value, change, spoken } =
        field;
    let typed: RwSignal<Option<String>> = RwSignal::new(None);
    let error: RwSignal<Option<String>> = RwSignal::new(None);
    // The value before the visitor began to type: what is refused changes nothing.
    let before = Rc::new(Cell::new(value.get_untracked()));
    let known = before.clone();
    let percentage = Percentage::of(&unit);
    let settle = move || {
        typed.set(None);
        error.set(None);
    };
    // A value that comes from elsewhere (the slider, a link, another slice) replaces what was typed.
    Effect::new(move |last: Option<f64>| {
        let now = value.get();
        if last.is_some_and(|last| last != now)
            && !is_near(known.get(), now)
            && !typed.with_untracked(|t| stands_for(t, now, percentage))
        {
            settle();
        }
        now
    });
    let accept = {
        let (term, unit) = (term.clone(), unit.clone());
        move |text: &str| -> Result<(), String> {
            let (lowest, highest) = allowed.get_untracked();
            let number = parse(text, &term, percentage)?;
            check_range(&term, number, lowest, highest, &unit)
                .map_err(|error| error.to_string())?;
            change.run(number);
            Ok(())
        }
    };
    let on_type = {
        let accept = accept.clone();
        move |event: Event| {
            let text = event_target_value(&event);
            let now = value.get_untracked();
            if typed.with_untracked(Option::is_none) {
                before.set(now);
            }
            if accept(&text).is_ok() {
                error.set(None);
            } else if !is_near(before.get(), now) {
                change.run(before.get());
            }
            typed.set(Some(text));
        }
    };
    let on_leave = move |event: Event| match accept(&event_target_value(&event)) {
        Ok(()) => settle(),
        Err(message) => error.set(Some(message)),
    };
    let on_slide = move |event: Event| {
        if let Ok(number) = event_target_value(&event).parse() {
            settle();
            change.run(number);
        }
    };
    let (box_id, error_id) = (unique_id("number"), unique_id("error"));
    let described = error_id.clone();
    view! {
        <div class="field">
            <div class="field-head">
                <label for=box_id.clone()>{label}</label>
                <Explanation topic=term.clone() text=about/>
                <span class="spring"></span>
                <input
                    id=box_id
                    class="number"
                    type="text"
                    inputmode="decimal"
                    autocomplete="off"
                    data-test=format!("number-{name}")
                    prop:value=follow(move || typed.get().unwrap_or_else(|| number_text::plain(value.get())))
                    aria-invalid=follow(move || error.with(Option::is_some).then_some("true"))
                    aria-describedby=follow(move || error.with(Option::is_some).then(|| described.clone()))
                    on:input=on_type
                    on:change=on_leave
                />
                <span class="unit">{unit}</span>
            </div>
            <input
                type="range"
                data-test=format!("slider-{name}")
                aria-label=term
                min=slider.lowest
                max=slider.highest
                step=slider.step
                prop:value=follow(move || number_text::plain(value.get()))
                aria-valuetext=follow(move || spoken.get())
                on:input=on_slide
            />
            {live(move || error.get().map(|text| view! {
                <p class="error" role="alert" data-test="error" id=error_id.clone()>{text}</p>
            }))}
        </div>
    }
    .into_any()
}

/// What a number box without a slider shows and changes.
pub struct BoxField {
    /// Name for tests, in full.
    pub test: String,
    /// Label for people, also what the number is called in errors.
    pub label: String,
    /// Unit behind the box.
    pub unit: Signal<String>,
    /// What the box accepts.
    pub allowed: Signal<(f64, f64)>,
    /// The value.
    pub value: Signal<f64>,
    /// Takes a new value, once the visitor leaves the box or presses Enter.
    pub change: Callback<f64>,
}

/// Shows `field` in a line, with its error below it.
#[component]
pub fn NumberBox(field: BoxField) -> impl IntoView {
    let BoxField { test, label, unit, allowed, value, change } = field;
    let error: RwSignal<Option<(String, String)>> = RwSignal::new(None);
    let shown = move || match error.get() {
        Some((typed, _)) => typed,
        None => number_text::plain(value.get()),
    };
    Effect::new(move |_| {
        value.track();
        error.set(None);
    });
    let term = label.clone();
    let on_change = move |event: Event| {
        let typed = event_target_value(&event);
        let (lowest, highest) = allowed.get_untracked();
        let percentage = Percentage::of(&unit.get_untracked());
        let number = parse(&typed, &term, percentage).and_then(|number| {
            check_range(&term, number, lowest, highest, &unit.get_untracked())
                .map(|()| number)
                .map_err(|error| error.to_string())
        });
        match number {
            Ok(number) => {
                error.set(None);
                change.run(number);
            }
            Err(message) => error.set(Some((typed, message))),
        }
    };
    let (box_id, error_id) = (unique_id("box"), unique_id("error"));
    let described = error_id.clone();
    view! {
        <div class="number-box">
            <label for=box_id.clone()>{label}</label>
            <input
                id=box_id
                class="number"
                type="text"
                inputmode="decimal"
                autocomplete="off"
                data-test=test
                prop:value=follow(shown)
                aria-invalid=follow(move || error.with(Option::is_some).then_some("true"))
                aria-describedby=follow(move || error.with(Option::is_some).then(|| described.clone()))
                on:change=on_change
            />
            <span class="unit">{live(move || unit.get())}</span>
            {live(move || error.get().map(|(_, text)| view! {
                <p class="error" role="alert" data-test="error" id=error_id.clone()>{text}</p>
            }))}
        </div>
    }
    .into_any()
}

/// How a box holds percentages, if it does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Percentage {
    /// It holds no percentage.
    No,
    /// It holds a share: 0.1 for 10 %.
    Share,
    /// It holds the number before the sign: 10 for 10 %.
    Hundredths,
}

impl Percentage {
    /// A box of hundredths has a unit that begins with the sign, one of shares the unit `of users`.
    fn of(unit: &str) -> Self {
        match unit {
            unit if unit.starts_with('%') => Self::Hundredths,
            "of users" => Self::Share,
            _ => Self::No,
        }
    }
}

/// Whether what is typed reads as `value`, but for rounding.
fn stands_for(typed: &Option<String>, value: f64, percentage: Percentage) -> bool {
    let read = typed.as_ref().and_then(|text| parse(text, "", percentage).ok());
    read.is_some_and(|number| is_near(number, value))
}

/// Whether `number` is `value`, but for rounding.
fn is_near(number: f64, value: f64) -> bool {
    (number - value).abs() <= 1e-9 * value.abs()
}

/// The number that `text` stands for in a box: `10`, `10 %` and `0.1` are the same share.
fn parse(text: &str, term: &str, percentage: Percentage) -> Result<f64, String> {
    let text = text.trim();
    let refused = |allowed: &str| InputError::new(term, text, allowed).to_string();
    let (digits, signed) = match text.strip_suffix('%') {
        Some(digits) if percentage != Percentage::No => (digits.trim_end(), true),
        _ => (text, false),
    };
    let number = number_text::typed(digits).map_err(|allowed| refused(&allowed))?;
    match percentage {
        // A share is below 1: what is larger is meant in per cent.
        Percentage::Share if signed || number >= 1.0 => Ok(number / 100.0),
        Percentage::Hundredths if !signed && number > 0.0 && number < 1.0 => {
            let whole = number_text::plain(100.0 * number);
            Err(refused(&[digits, " % or ", &whole, " %, with the sign"].concat()))
        }
        _ => Ok(number),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slider_steps_are_round() {
        assert_eq!(SliderRange::round(0.5, 12.0).step, 0.1);
        assert_eq!(SliderRange::round(11.0, 500.0).step, 1.0);
        assert_eq!(SliderRange::round(0.0, 9000.0).step, 10.0);
    }

    #[test]
    fn text_that_is_no_number_is_named() {
        let error = parse(" two ", "QoS threshold", Percentage::No).unwrap_err();
        assert_eq!(error, "QoS threshold is two; allowed: a number such as 2.5");
        assert!(parse("10 %", "QoS threshold", Percentage::No).is_err());
        let error = parse("1,000", "seed", Percentage::No).unwrap_err();
        assert_eq!(error, "seed is 1,000; allowed: 1000 or 1.000");
        assert_eq!(parse("4,5 %", "share", Percentage::Share), Ok(0.045));
    }

    #[test]
    fn ten_for_ten_per_cent_is_understood_in_every_form() {
        let share = |text| parse(text, "share", Percentage::of("of users"));
        for text in ["10", "10 %", "10%", "0.1"] {
            assert_eq!(share(text), Ok(0.1), "{text}");
        }
        assert_eq!(share("0.5 %"), Ok(0.005));
        let hundredths = |text| parse(text, "variation", Percentage::of("% of the mean"));
        for text in ["10", "10 %"] {
            assert_eq!(hundredths(text), Ok(10.0), "{text}");
        }
        assert_eq!(hundredths("0.1 %"), Ok(0.1));
        let asked = "variation is 0.1; allowed: 0.1 % or 10 %, with the sign";
        assert_eq!(hundredths("0.1"), Err(asked.to_owned()));
    }

    #[test]
    fn what_is_being_typed_stays_in_the_box() {
        let typed = |text: &str| Some(text.to_owned());
        assert!(stands_for(&typed("10"), 0.1, Percentage::Share));
        assert!(stands_for(&typed("1"), 0.01, Percentage::Share));
        assert!(!stands_for(&typed("10"), 0.2, Percentage::Share));
    }
}
