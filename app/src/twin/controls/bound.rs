//! A number box that may be empty: a bound that is promised, or none.

use leptos::ev::Event;
use leptos::prelude::*;
use slicewise_core::InputError;
use slicewise_core::error::check_range;

use crate::controls::explanation::unique_id;
use crate::controls::number_text;
use crate::shell::live::{follow, live, on_change};

/// What the box shows and changes.
pub struct Bound {
    /// Name for tests.
    pub test: String,
    /// Label for people.
    pub label: &'static str,
    /// Unit behind the box.
    pub unit: &'static str,
    /// One of that unit in the unit of the value.
    pub of_unit: f64,
    /// The largest number that is taken, in that unit.
    pub most: f64,
    /// The bound.
    pub value: Signal<Option<f64>>,
    /// Takes another bound.
    pub change: Callback<Option<f64>>,
}

/// Shows `bound` in a line, with its error below it.
pub fn bound_box(bound: Bound) -> AnyView {
    let Bound { test, label, unit, of_unit, most, value, change } = bound;
    let error: RwSignal<Option<(String, String)>> = RwSignal::new(None);
    let shown = move || match error.get() {
        Some((typed, _)) => typed,
        None => value.get().map(|bound| number_text::plain(bound / of_unit)).unwrap_or_default(),
    };
    let typed = move |event: Event| {
        let text = event_target_value(&event);
        match parsed(&text, label, most, unit) {
            Ok(bound) => {
                error.set(None);
                change.run(bound.map(|bound| bound * of_unit));
            }
            Err(message) => error.set(Some((text, message))),
        }
    };
    let (box_id, error_id) = (unique_id("bound"), unique_id("error"));
    let described = error_id.clone();
    view! {
        <div class="number-box">
            <label for=box_id.clone()>{label}</label>
            <input id=box_id class="number" type="text" inputmode="decimal" autocomplete="off" placeholder="none"
                data-test=test
                prop:value=follow(shown)
                aria-invalid=follow(move || error.with(Option::is_some).then_some("true"))
                aria-describedby=follow(move || error.with(Option::is_some).then(|| described.clone()))
                on:change=on_change(typed)/>
            <span class="unit">{unit}</span>
            {live(move || error.get().map(|(_, text)| view! {
                <p class="error" role="alert" data-test="error" id=error_id.clone()>{text}</p>
            }))}
        </div>
    }
    .into_any()
}

/// The number that `text` stands for; none where it is empty.
fn parsed(text: &str, label: &str, most: f64, unit: &str) -> Result<Option<f64>, String> {
    let text = text.trim_matches(' ');
    if text.is_empty() {
        return Ok(None);
    }
    let number = number_text::typed(text)
        .map_err(|allowed| InputError::new(label, text, allowed).to_string())?;
    check_range(label, number, 0.0, most, unit).map_err(|error| error.to_string())?;
    Ok(Some(number))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_box_is_no_bound_and_another_text_is_a_number_or_an_error() {
        let read = |text| parsed(text, "Mean delay", 1000.0, "ms");
        assert_eq!(read("  "), Ok(None));
        assert_eq!(read(" 2,5 "), Ok(Some(2.5)));
        assert_eq!(read("-1").unwrap_err(), "Mean delay is -1; allowed: 0 to 1000 ms");
        assert!(read("soon").unwrap_err().starts_with("Mean delay is soon; allowed: a number"));
    }
}
