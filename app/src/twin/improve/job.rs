//! One kind of job of a tab: the one under way, and what the last one came to.

use std::sync::Arc;

use leptos::prelude::*;
use slicewise_core::twin::TwinNews;
use slicewise_core::twin::improver::{Improver, ImproverJob, ImproverOutcome};
use slicewise_core::twin::job::Edited;
use slicewise_protocol::JobId;

use super::planner::Improve;
use crate::engine::desk::{Ended, Outcome};
use crate::shell::browser;
use crate::shell::live::{follow, live, on_click};
use crate::twin::question::Question;

/// A run; a copy is cheap.
pub struct Run<O, T> {
    /// What was asked.
    pub asked: Option<(Arc<Question>, Arc<O>)>,
    /// What came of it.
    pub found: Option<Arc<T>>,
    /// Share that is done, 0 to 1.
    fraction: f64,
    /// What was found on the way: after so many milliseconds, so high a utilisation.
    pub improved: Vec<(f64, f64)>,
    began_ms: f64,
    /// How long the engine took, in milliseconds.
    pub elapsed_ms: f64,
    job: Option<JobId>,
    /// Why it ended before its time.
    pub failure: Option<String>,
}

impl<O, T> Default for Run<O, T> {
    fn default() -> Self {
        Self {
            asked: None,
            found: None,
            fraction: 0.0,
            improved: Vec::new(),
            began_ms: 0.0,
            elapsed_ms: 0.0,
            job: None,
            failure: None,
        }
    }
}

impl<O, T> Run<O, T> {
    /// The run in one word.
    pub fn state(&self) -> &'static str {
        match (&self.asked, self.job, &self.failure, &self.found) {
            (_, Some(_), ..) => "running",
            (_, _, Some(_), _) => "failed",
            (None, ..) => "idle",
            (.., None) => "stopped",
            (.., Some(_)) => "done",
        }
    }
}

/// What came of a run, and what it was asked; equal when it is the same one.
pub struct Answered<O, T> {
    /// The network.
    pub question: Arc<Question>,
    /// What was asked of it.
    pub order: Arc<O>,
    /// What came of it.
    pub found: Arc<T>,
}

impl<O, T> Clone for Answered<O, T> {
    fn clone(&self) -> Self {
        let Self { question, order, found } = self;
        Self { question: question.clone(), order: order.clone(), found: found.clone() }
    }
}

impl<O, T> PartialEq for Answered<O, T> {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.found, &other.found)
    }
}

/// Signals of one kind of job; a copyable handle.
pub struct Job<O: Send + Sync + 'static, T: Send + Sync + 'static> {
    improve: Improve,
    /// The latest run.
    pub run: RwSignal<Run<O, T>>,
    /// What came of it.
    pub answered: Memo<Option<Answered<O, T>>>,
    /// What would be asked now.
    order: Signal<O>,
    make: fn(Edited, &O) -> ImproverJob,
    take: fn(ImproverOutcome) -> Option<T>,
}

impl<O: Send + Sync + 'static, T: Send + Sync + 'static> Clone for Job<O, T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<O: Send + Sync + 'static, T: Send + Sync + 'static> Copy for Job<O, T> {}

impl<O: Clone + PartialEq + Send + Sync + 'static, T: Send + Sync + 'static> Job<O, T> {
    /// None yet; `order` tells what is to be asked.
    pub fn new(
        improve: Improve,
        order: impl Fn() -> O + Send + Sync + 'static,
        make: fn(Edited, &O) -> ImproverJob,
        take: fn(ImproverOutcome) -> Option<T>,
    ) -> Self {
        let run: RwSignal<Run<O, T>> = RwSignal::new(Run::default());
        let answered = Memo::new(move |_| {
            run.with(|run| {
                let ((question, order), found) = run.asked.clone().zip(run.found.clone())?;
                Some(Answered { question, order, found })
            })
        });
        Self { improve, run, answered, order: follow(order), make, take }
    }

    /// Whether the result is of an earlier question.
    pub fn is_stale(self) -> bool {
        let question = self.improve.question.get();
        let order = self.order.get();
        self.run.with(|run| {
            let is_other = |(asked, own): &(Arc<Question>, Arc<O>)| {
                Some(asked) != question.as_ref() || **own != order
            };
            run.asked.as_ref().is_some_and(is_other)
        })
    }

    /// Whether it is under way.
    pub fn is_running(self) -> bool {
        self.run.with(|run| run.job.is_some())
    }

    /// Does it for the question as it stands; an unfinished one ends.
    pub fn start(self) {
        self.cancel();
        let Some(question) = self.improve.question.get_untracked() else { return };
        let order = Arc::new(self.order.get_untracked());
        let job = (self.make)(question.edited(), &order);
        let asked = Some((question.clone(), order.clone()));
        self.run.set(Run { asked, began_ms: browser::now_ms(), ..Run::default() });
        let (heard, ended) = (order.clone(), order);
        let news = move |fraction: f64, news: Option<TwinNews>| {
            self.update(&heard, |run| {
                if fraction.is_finite() {
                    run.fraction = fraction.min(1.0);
                }
                if let Some(TwinNews::Improved(utilisation)) = news {
                    run.improved.push((browser::now_ms() - run.began_ms, utilisation));
                }
            });
        };
        let named = question.clone();
        let then = move |outcome: Outcome<Improver>| {
            self.update(&ended, |run| {
                run.job = None;
                match outcome {
                    Ok((outcome, elapsed_ms)) => {
                        run.elapsed_ms = elapsed_ms;
                        run.found = (self.take)(outcome).map(Arc::new);
                    }
                    Err(Ended::Refused(error)) => run.failure = Some(named.told(error).to_string()),
                    Err(Ended::Crashed) => run.failure = Some("the engine stopped".to_owned()),
                    Err(Ended::Stopped) => {}
                }
            });
        };
        let scenario = &question.scenario;
        let network = (scenario.name(), || Some(scenario.installed().clone()));
        let job = self.improve.engine.ask(network, job, news, then);
        self.run.update(|run| run.job = job);
    }

    /// Stops it.
    pub fn cancel(self) {
        if let Some(job) = self.run.with_untracked(|run| run.job) {
            self.improve.engine.cancel(job);
        }
    }

    /// Changes the run of `order`, if that is still the latest one.
    fn update(self, order: &Arc<O>, change: impl FnOnce(&mut Run<O, T>)) {
        let _ = self.run.try_update(|run| {
            if run.asked.as_ref().is_some_and(|(_, asked)| Arc::ptr_eq(asked, order)) {
                change(run);
            }
        });
    }

    /// The button that starts and cancels it, with how far it is; `words` say what the run has come to.
    pub fn bar(
        self,
        name: &'static str,
        caption: &'static str,
        words: fn(&Run<O, T>) -> String,
    ) -> AnyView {
        let running = Memo::new(move |_| self.is_running());
        let press = move |_| if running.get_untracked() { self.cancel() } else { self.start() };
        let progress = move || {
            running.get().then(|| {
                let done = follow(move || self.run.with(|run| run.fraction));
                view! { <progress max=1 value=done aria-label="Share that is done"></progress> }
            })
        };
        let asked = move || self.improve.question.with(Option::is_none);
        let told = move || {
            self.run.with(|run| match &run.failure {
                Some(failure) => ["This could not be done: ", failure, "."].concat(),
                None => words(run),
            })
        };
        let failed = follow(move || self.run.with(|run| run.failure.is_some()));
        view! {
            <div class="batch-bar">
                <button type="button" class="primary" data-test=[name, "-run"].concat() disabled=follow(asked)
                    on:click=on_click(press)>{live(move || if running.get() { "Cancel" } else { caption })}</button>
                {live(progress)}
                <span class="hint" class:error=failed role="status" data-test=[name, "-status"].concat()
                    data-state=follow(move || self.run.with(Run::state))
                    data-ms=follow(move || self.run.with(|run| run.elapsed_ms))
                    data-improved=follow(move || self.run.with(|run| steps(&run.improved)))
                    data-stale=follow(move || self.is_stale().to_string())>{live(told)}</span>
            </div>
        }
        .into_any()
    }
}

/// What was found on the way, for those who measure it: `12:0.85 40:0.81`, milliseconds first.
fn steps(improved: &[(f64, f64)]) -> String {
    let step = |(ms, value): &(f64, f64)| [&ms.to_string(), ":", &value.to_string()].concat();
    improved.iter().map(step).collect::<Vec<_>>().join(" ")
}
