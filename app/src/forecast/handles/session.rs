//! One training of both networks: the worker that does it, its epochs and its end.

use std::sync::Arc;

use leptos::prelude::*;
use slicewise_core::forecast::learning::{LearningMoment, LossSeen};
use slicewise_core::forecast::networks::{ForecastNetwork, LearnedNetworks};
use slicewise_core::forecast::{Forecast, ForecastNews};
use slicewise_core::forecast::{ForecastJob, ForecastOutcome};
use slicewise_protocol::{Reply, Request};

use super::own_networks::OwnNetworks;
use crate::engine::learner::{JOB, Learner, LearnerEvent};
use crate::forecast::charts::learning::FormerRun;
use crate::shell::browser;

/// Share of the steps from which on the time left is told.
const TOLD_FROM: f64 = 0.02;

/// How far a training is.
#[derive(Clone, Debug, PartialEq)]
pub enum Stage {
    /// There is none.
    Idle,
    /// Its engine loads.
    Starting,
    /// Epochs come in.
    Running,
    /// It rests.
    Paused,
    /// It ended with networks.
    Done(Arc<LearnedNetworks>),
    /// The visitor ended it.
    Cancelled,
    /// It ended without networks, and why.
    Failed(String),
}

impl Stage {
    /// In one word, for tests and styles.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Idle => "idle",
            Self::Starting => "starting",
            Self::Running => "running",
            Self::Paused => "paused",
            Self::Done(_) => "done",
            Self::Cancelled => "cancelled",
            Self::Failed(_) => "failed",
        }
    }
}

/// The training of the view; a copyable handle.
#[derive(Clone, Copy)]
pub struct Session {
    /// How far it is.
    pub stage: RwSignal<Stage>,
    /// Its epochs so far.
    pub moments: RwSignal<Vec<LearningMoment>>,
    /// What its loss network says after the last epoch.
    pub seen: RwSignal<Option<Arc<LossSeen>>>,
    /// How it began, in words.
    pub start: RwSignal<String>,
    /// The last training on the same demand and costs that came to its end.
    pub former: RwSignal<Option<FormerRun>>,
    /// The device, and why it is not the one that was asked for.
    pub device: RwSignal<String>,
    /// Time in milliseconds that was worked before the last pause.
    worked_ms: StoredValue<f64>,
    since_ms: StoredValue<f64>,
    learner: Learner<Forecast>,
    /// Share of all its steps that are taken.
    share: RwSignal<f64>,
    job: StoredValue<Option<ForecastJob>>,
    /// The visitor's trace, which the worker is given before the job.
    given: StoredValue<Option<ForecastNetwork>>,
}

impl Session {
    /// No training yet.
    pub fn new() -> Self {
        let learner = Learner::new();
        Self {
            stage: RwSignal::new(Stage::Idle),
            moments: RwSignal::new(Vec::new()),
            seen: RwSignal::new(None),
            start: RwSignal::new(String::new()),
            former: RwSignal::new(None),
            device: learner.device,
            worked_ms: StoredValue::new(0.0),
            since_ms: StoredValue::new(0.0),
            learner,
            share: RwSignal::new(0.0),
            job: StoredValue::new(None),
            given: StoredValue::new(None),
        }
    }

    /// Trains as `job` says on the `given` trace where it names one, which begins as `start` tells; on the
    /// GPU if that is wanted and there.
    pub fn begin(
        self,
        job: ForecastJob,
        given: Option<ForecastNetwork>,
        start: String,
        on_gpu: bool,
    ) {
        let same =
            self.job.with_value(|last| last.as_ref().is_some_and(|l| is_comparable(l, &job)));
        let whole = self.stage.with_untracked(|stage| matches!(stage, Stage::Done(_)));
        if !same {
            self.former.set(None);
        } else if whole {
            self.former.set(Some(FormerRun {
                start: self.start.get_untracked(),
                moments: self.moments.get_untracked(),
            }));
        }
        self.start.set(start);
        self.job.set_value(Some(job));
        self.given.set_value(given);
        self.learner.start(on_gpu, move |event| self.hear(event));
    }

    /// Ends the training at once.
    pub fn cancel(self) {
        self.end(Stage::Cancelled);
    }

    /// Lets the training rest, or go on.
    pub fn pause(self) {
        let paused = self.stage.with_untracked(|stage| *stage == Stage::Running);
        if let Err(reason) = self.learner.post(&[Request::Pause { id: JOB, paused }]) {
            return self.end(Stage::Failed(reason));
        }
        let now = browser::now_ms();
        if paused {
            self.worked_ms.update_value(|worked| *worked += now - self.since_ms.get_value());
            self.stage.set(Stage::Paused);
        } else {
            self.since_ms.set_value(now);
            self.stage.set(Stage::Running);
        }
    }

    /// Share of all its steps that are taken, those of the loss network alone and of regressors to
    /// compare with included.
    pub fn share(self) -> f64 {
        self.share.get()
    }

    /// Time left in milliseconds, once enough steps are taken to tell.
    pub fn time_left_ms(self) -> Option<f64> {
        let share = self.share.get();
        let passed = self.worked_ms.get_value() + browser::now_ms() - self.since_ms.get_value();
        (share > TOLD_FROM).then(|| passed / share * (1.0 - share))
    }

    /// Follows the worker.
    ///
    /// # Errors
    /// Says why the worker is of no more use.
    fn hear(self, event: LearnerEvent<Forecast>) -> Result<(), String> {
        let reply = match event {
            LearnerEvent::Loading => {
                self.moments.set(Vec::new());
                self.share.set(0.0);
                self.seen.set(None);
                self.stage.set(Stage::Starting);
                return Ok(());
            }
            LearnerEvent::Reply(reply) => reply,
        };
        match reply {
            Reply::Ready => return self.send(),
            Reply::News { news: ForecastNews::Epoch { moment, seen }, .. } => {
                self.moments.update(|moments| moments.push(moment));
                self.seen.set(seen.map(Arc::from));
            }
            Reply::Progress { fraction, .. } => self.share.set(fraction),
            Reply::Crashed { message, .. } => self.end(Stage::Failed(message)),
            Reply::Done { outcome: ForecastOutcome::Learned(networks), .. } => {
                OwnNetworks::keep_learnt(&networks, false);
                self.end(Stage::Done(Arc::from(networks)));
            }
            Reply::Refused { error, .. } => self.end(Stage::Failed(error.to_string())),
            Reply::Stopped { .. } => self.end(Stage::Cancelled),
            Reply::Done { .. } => {
                self.end(Stage::Failed("the engine answered another question".to_owned()));
            }
            _ => {}
        }
        Ok(())
    }

    fn send(self) -> Result<(), String> {
        let Some(job) = self.job.get_value() else { return Ok(()) };
        let given = self.given.get_value().map(|given| Request::Install(Box::new(given)));
        let requests: Vec<_> = given.into_iter().chain([Request::Start { id: JOB, job }]).collect();
        self.learner.post(&requests)?;
        self.worked_ms.set_value(0.0);
        self.since_ms.set_value(browser::now_ms());
        self.stage.set(Stage::Running);
        Ok(())
    }

    fn end(self, stage: Stage) {
        self.learner.end();
        self.stage.set(stage);
    }
}

/// Whether both learn the same demand at the same costs, so that their epochs can be compared.
fn is_comparable(one: &ForecastJob, other: &ForecastJob) -> bool {
    match (one, other) {
        (ForecastJob::Learn(one), ForecastJob::Learn(other)) => {
            (&one.trace, one.terms, &one.records) == (&other.trace, other.terms, &other.records)
        }
        (ForecastJob::LearnAdmission(one), ForecastJob::LearnAdmission(other)) => {
            (one.demand_seed, one.terms) == (other.demand_seed, other.terms)
        }
        _ => false,
    }
}
