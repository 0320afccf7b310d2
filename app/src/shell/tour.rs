//! A short tour in plain words, for those who have read none of the papers: it opens and points at what
//! it speaks of, and Escape ends it.

use gloo::timers::callback::{Interval, Timeout};
use leptos::prelude::*;

use crate::controls::explanation::Paper;
use crate::shell::browser;
use crate::shell::live::{follow, live, on_click};

/// How often is looked whether what a step speaks of is there, and pointed at.
const APPEARS_MS: u32 = 60;

/// A control that a step offers to set.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Trial {
    /// What the button says.
    pub words: &'static str,
    /// The control, as tests find it.
    pub control: &'static str,
    /// The value that it is given.
    pub value: &'static str,
}

/// One step: what it says, and what of the page it speaks of.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Step {
    /// Its title.
    pub title: &'static str,
    /// Its text.
    pub text: &'static str,
    /// The button of the tab that it is about, as tests find it.
    pub tab: Option<&'static str>,
    /// What it points at, as tests find it.
    pub shows: Option<&'static str>,
    /// What can be tried from here.
    pub trial: Option<Trial>,
    /// A picture above the text, SVG.
    pub picture: Option<&'static str>,
}

impl Step {
    /// A step that only tells.
    pub const fn new(title: &'static str, text: &'static str) -> Self {
        Self { title, text, tab: None, shows: None, trial: None, picture: None }
    }

    /// The same step in front of an open tab.
    pub const fn in_tab(self, tab: &'static str) -> Self {
        Self { tab: Some(tab), ..self }
    }

    /// The same step pointing at a part of the page.
    pub const fn showing(self, part: &'static str) -> Self {
        Self { shows: Some(part), ..self }
    }

    /// The same step with a button that gives `control` a `value`.
    pub const fn trying(
        self,
        words: &'static str,
        control: &'static str,
        value: &'static str,
    ) -> Self {
        Self { trial: Some(Trial { words, control, value }), ..self }
    }

    /// The same step below a picture.
    pub const fn with_picture(self, picture: &'static str) -> Self {
        Self { picture: Some(picture), ..self }
    }
}

/// The tour's panel, shown while `open`.
#[component]
pub fn Tour(open: RwSignal<bool>, steps: &'static [Step]) -> impl IntoView {
    let step = RwSignal::new(0_usize);
    let last = steps.len().saturating_sub(1);
    let at = move || steps[step.get().min(last)];
    let opening = StoredValue::new_local(None);
    let pointing = StoredValue::new_local(None);
    Effect::new(move |was_open: Option<bool>| {
        if !open.get() {
            opening.set_value(None);
            pointing.set_value(None);
            if was_open == Some(true) {
                browser::point_at(None);
            }
            return false;
        }
        let Step { tab, shows, .. } = at();
        opening.set_value(Some(Timeout::new(0, move || {
            if let Some(tab) = tab {
                browser::press(tab);
            }
            browser::point_at(None);
            // What a step speaks of may come later, or anew: a chart once it is computed.
            let point = move || browser::point_unless_pointing(shows);
            pointing.set_value(Some(Interval::new(APPEARS_MS, point)));
        })));
        true
    });
    let paper = use_context::<Paper>();
    let panel = move || open.get().then(|| panel(open, step, steps, paper));
    live(panel).into_any()
}

fn panel(
    open: RwSignal<bool>,
    step: RwSignal<usize>,
    steps: &'static [Step],
    paper: Option<Paper>,
) -> AnyView {
    let last = steps.len().saturating_sub(1);
    let at = move || steps[step.get().min(last)];
    let picture =
        move || at().picture.map(|svg| view! { <div class="tour-picture" inner_html=svg></div> });
    let trial = move || {
        at().trial.map(|Trial { words, control, value }| {
            view! {
                <p><button type="button" class="primary" data-test="tour-try"
                    on:click=on_click(move |_| browser::set_control(control, value))>{words}</button></p>
            }
        })
    };
    let close = move |_| {
        open.set(false);
        step.set(0);
    };
    view! {
        <aside class="tour" role="region" aria-label="Tour" data-test="tour">
            <div aria-live="polite">
                <h2>{live(move || at().title)}</h2>
                {live(picture)}
                <p>{live(move || at().text)}</p>
            </div>
            {live(trial)}
            <div class="tabs">
                <button type="button" data-test="tour-back" disabled=follow(move || step.get() == 0)
                    on:click=on_click(move |_| step.update(|step| *step -= 1))>"Back"</button>
                <button type="button" data-test="tour-next" disabled=follow(move || step.get() == last)
                    on:click=on_click(move |_| step.update(|step| *step += 1))>"Next"</button>
                <span class="hint">{live(move || format!("{} of {}", step.get() + 1, steps.len()))}</span>
                {paper.map(|paper| view! { <span class="hint">"Paper: "{paper.link()}</span> })}
                <span class="spring"></span>
                <button type="button" data-test="tour-close" on:click=on_click(close)>"Close"</button>
            </div>
        </aside>
    }
    .into_any()
}
