//! The race: two engines take one method after the other, and what they meet is told at once.

use std::collections::VecDeque;
use std::sync::Arc;

use leptos::prelude::*;
use slicewise_core::slice::charts::Landscape;
use slicewise_core::slice::job::Installed;
use slicewise_core::slice::race::{Milestone, RaceOrder};
use slicewise_core::slice::{Slice, SliceJob, SliceNews, SliceOutcome, SlicePlan, SliceProblem};
use slicewise_protocol::JobId;

use super::ENGINE_SCRIPT;
use super::form::RaceForm;
use super::method::{METHODS, Method, PLANNER};
use crate::annex::Told;
use crate::annex::door::Door;
use crate::engine::desk::{Desk, Ended, Outcome};
use crate::shell::browser;
use crate::slice::models;
use crate::slice::rival_words::Asked;

/// Engines that race side by side.
const ENGINES: usize = 2;
/// What a method may take, in seconds: twelve of them end within a minute and a half on two engines.
const SECONDS: f64 = 12.0;
/// Candidates of Atlas's drawn networks.
const CANDIDATES: usize = 1000;
/// Relative gap at which the planner's proof is good enough.
const TOLERANCE: f64 = 1e-4;
/// Points of the map along each axis.
const RESOLUTION: usize = 64;

/// How far a method is.
#[derive(Clone, Debug, PartialEq)]
pub enum Stage {
    /// It waits for an engine.
    Waiting,
    /// It searches.
    Running,
    /// It has its plan.
    Done(Box<SlicePlan>),
    /// It was cancelled.
    Stopped,
    /// Why it has no plan.
    Failed(String),
}

/// One method in a race.
#[derive(Clone, Debug, PartialEq)]
pub struct Racer {
    /// Which one.
    pub method: Method,
    /// How far it is.
    pub stage: Stage,
    /// Better points as it met them.
    pub milestones: Vec<Milestone>,
    /// Rows of the network in all, once it is done.
    pub rows: usize,
    /// Seconds in all, once it is done.
    pub seconds: f64,
}

impl Racer {
    /// Its plan, once it has one.
    pub fn plan(&self) -> Option<&SlicePlan> {
        match &self.stage {
            Stage::Done(plan) => Some(plan),
            _ => None,
        }
    }
}

/// The question that a race is about.
#[derive(Clone, Debug, PartialEq)]
pub struct RaceQuestion {
    /// One slice.
    pub problem: SliceProblem,
    /// What costs are counted in.
    pub cost_unit: Option<String>,
}

/// Signals of the race; a copyable handle.
#[derive(Clone, Copy)]
pub struct Race {
    /// Who is to race.
    pub form: RwSignal<RaceForm>,
    /// The question as the page has it; none before it has told.
    pub question: RwSignal<Option<Arc<RaceQuestion>>>,
    /// The question of the latest race.
    pub asked: RwSignal<Option<Arc<RaceQuestion>>>,
    /// The methods of the latest race.
    pub racers: RwSignal<Vec<Racer>>,
    /// The field of degradation that the plans lie on.
    pub map: RwSignal<Option<Arc<Landscape>>>,
    /// What happened to an engine.
    pub message: RwSignal<Option<String>>,
    /// Why the link could not be used.
    pub link_error: RwSignal<Option<String>>,
    engines: StoredValue<Vec<Desk<Slice>>>,
    waiting: StoredValue<VecDeque<usize>>,
    under_way: StoredValue<Vec<(usize, JobId)>>,
    /// Which race is on: what is heard of an earlier one does not count.
    number: StoredValue<u32>,
}

impl Race {
    /// Listens to the page; the engines start with the first race.
    pub fn new(door: Door) -> Self {
        let race = Self {
            form: RwSignal::new(RaceForm::default()),
            question: RwSignal::new(None),
            asked: RwSignal::new(None),
            racers: RwSignal::new(Vec::new()),
            map: RwSignal::new(None),
            message: RwSignal::new(None),
            link_error: RwSignal::new(None),
            engines: StoredValue::new(Vec::new()),
            waiting: StoredValue::new(VecDeque::new()),
            under_way: StoredValue::new(Vec::new()),
            number: StoredValue::new(0),
        };
        door.listen(move |told: Told<Asked>| race.hear(told));
        door.keep(move || race.form.with(RaceForm::text));
        race
    }

    fn hear(self, told: Told<Asked>) {
        match told {
            Told::Own(text) => match RaceForm::of(text.as_deref()) {
                Ok(form) => self.form.set(form),
                Err(error) => {
                    let told = ["The tab's part of the link cannot be used: ", &error.to_string()];
                    self.link_error.set(Some(told.concat()));
                }
            },
            Told::Tab(_) => {}
            Told::Planner(Asked { problem, network, cost_unit }) => {
                if let Some(network) = network {
                    models::install(network);
                }
                self.question.set(Some(Arc::new(RaceQuestion { problem, cost_unit })));
            }
        }
    }

    /// Whether somebody still races.
    pub fn is_running(self) -> bool {
        let is_on = |racer: &Racer| matches!(racer.stage, Stage::Waiting | Stage::Running);
        self.racers.with(|racers| racers.iter().any(is_on))
    }

    /// Whether the race was about an earlier question.
    pub fn is_stale(self) -> bool {
        let asked = self.asked.get();
        let problem = |question: &Option<Arc<RaceQuestion>>| {
            question.as_ref().map(|question| question.problem.clone())
        };
        asked.is_some() && problem(&asked) != self.question.with(problem)
    }

    /// Starts a race; one that is on ends.
    pub fn start(self) {
        self.cancel();
        let Some(question) = self.question.get_untracked() else { return };
        let form = self.form.get_untracked();
        let racer = |method: Method| Racer {
            method,
            stage: Stage::Waiting,
            milestones: Vec::new(),
            rows: 0,
            seconds: 0.0,
        };
        let methods = METHODS.into_iter().filter(|method| form.has(*method));
        let racers: Vec<Racer> = methods.map(racer).collect();
        self.number.update_value(|number| *number += 1);
        self.waiting.set_value((0..racers.len()).collect());
        self.map.set(None);
        self.asked.set(Some(question));
        self.racers.set(racers);
        if self.engines.with_value(Vec::is_empty) {
            let engines = [(); ENGINES].map(|()| Desk::new(ENGINE_SCRIPT, self.message));
            engines.iter().for_each(|engine| engine.start());
            self.engines.set_value(engines.to_vec());
        }
        (0..ENGINES).for_each(|engine| self.next(engine));
    }

    /// Ends the race; what was found stays.
    pub fn cancel(self) {
        self.waiting.set_value(VecDeque::new());
        let under_way = self.under_way.with_value(Clone::clone);
        for (engine, job) in under_way {
            if let Some(engine) = self.engine(engine) {
                engine.cancel(job);
            }
        }
        let is_waiting = self
            .racers
            .with_untracked(|racers| racers.iter().any(|racer| racer.stage == Stage::Waiting));
        if is_waiting {
            self.racers.update(|racers| {
                let waiting = racers.iter_mut().filter(|racer| racer.stage == Stage::Waiting);
                waiting.for_each(|racer| racer.stage = Stage::Stopped);
            });
        }
    }

    fn engine(self, index: usize) -> Option<Desk<Slice>> {
        self.engines.with_value(|engines| engines.get(index).copied())
    }

    /// Gives an engine the next method that waits.
    fn next(self, engine: usize) {
        let next = self.waiting.try_update_value(VecDeque::pop_front).flatten();
        let (Some(racer), Some(question)) = (next, self.asked.get_untracked()) else { return };
        let method = self.racers.with_untracked(|racers| racers.get(racer).map(|r| r.method));
        let Some(method) = method else { return };
        let problem = question.problem.clone();
        let job = match method.name {
            PLANNER => SliceJob::Plan { problem, tolerance: TOLERANCE },
            name => SliceJob::Race(Box::new(RaceOrder {
                problem,
                method: name.to_owned(),
                seed: u64::from(self.form.with_untracked(|form| form.seed)),
                seconds: SECONDS,
                candidates: CANDIDATES,
            })),
        };
        self.change(racer, |racer| racer.stage = Stage::Running);
        let number = self.number.get_value();
        let began_ms = browser::now_ms();
        let news = move |_: f64, news: Option<SliceNews>| {
            let met = match news {
                Some(SliceNews::Met(milestone)) => milestone,
                Some(SliceNews::Better(plan)) => milestone(&plan, browser::now_ms() - began_ms),
                _ => return,
            };
            if self.number.get_value() == number {
                self.change(racer, |racer| racer.milestones.push(met));
            }
        };
        let then = move |outcome: Outcome<Slice>| {
            if self.number.get_value() != number {
                return;
            }
            self.under_way.update_value(|jobs| jobs.retain(|(other, _)| *other != engine));
            self.end(racer, outcome, browser::now_ms() - began_ms);
            if method.name == PLANNER {
                self.ask_for_map(engine);
            }
            self.next(engine);
        };
        self.ask(engine, job, news, then);
    }

    fn ask(
        self,
        engine: usize,
        job: SliceJob,
        news: impl Fn(f64, Option<SliceNews>) + 'static,
        then: impl FnOnce(Outcome<Slice>) + 'static,
    ) {
        let Some(desk) = self.engine(engine) else { return };
        let name = job.model().unwrap_or_default().to_owned();
        let network = || models::installed(&name).map(|network| Installed::clone(&network));
        if let Some(id) = desk.ask((&name, network), job, news, then) {
            self.under_way.update_value(|jobs| jobs.push((engine, id)));
        }
    }

    /// Ends a method's part, which took `waited_ms` as the page saw it.
    fn end(self, racer: usize, outcome: Outcome<Slice>, waited_ms: f64) {
        self.change(racer, |racer| match outcome {
            Ok((SliceOutcome::Raced(found), _)) => {
                racer.milestones = found.milestones;
                (racer.rows, racer.seconds) = (found.rows, found.seconds);
                racer.stage = Stage::Done(Box::new(found.plan));
            }
            Ok((SliceOutcome::Plan(plan), elapsed_ms)) => {
                let end = milestone(&plan, elapsed_ms);
                // The engine's first question waits for the engine.
                let late = (waited_ms - elapsed_ms) / 1e3;
                for met in &mut racer.milestones {
                    met.seconds = (met.seconds - late).min(end.seconds).max(0.0);
                }
                (racer.rows, racer.seconds) = (end.rows, end.seconds);
                racer.milestones.push(end);
                racer.stage = Stage::Done(plan);
            }
            Ok(_) => racer.stage = Stage::Failed("the engine answered another question".to_owned()),
            Err(Ended::Refused(error)) => racer.stage = Stage::Failed(error.to_string()),
            Err(Ended::Crashed) => racer.stage = Stage::Failed("the engine stopped".to_owned()),
            Err(Ended::Stopped) => racer.stage = Stage::Stopped,
        });
    }

    /// Asks for the field around the planner's plan, once that is there.
    fn ask_for_map(self, engine: usize) {
        let Some(question) = self.asked.get_untracked() else { return };
        let allocation = self.racers.with_untracked(|racers| {
            let plan = racers.iter().find(|racer| racer.method.name == PLANNER)?.plan()?;
            plan.slices.first().map(|slice| slice.allocation.clone())
        });
        let Some(allocation) = allocation else { return };
        let problem = question.problem.clone();
        let job = SliceJob::Landscape { problem, slice: 0, allocation, resolution: RESOLUTION };
        let number = self.number.get_value();
        let then = move |outcome: Outcome<Slice>| {
            if let (true, Ok((SliceOutcome::Landscape(field), _))) =
                (self.number.get_value() == number, outcome)
            {
                self.map.set(Some(Arc::new(field)));
            }
        };
        self.ask(engine, job, |_, _| {}, then);
    }

    fn change(self, index: usize, change: impl FnOnce(&mut Racer)) {
        self.racers.update(|racers| {
            if let Some(racer) = racers.get_mut(index) {
                change(racer);
            }
        });
    }
}

fn milestone(plan: &SlicePlan, elapsed_ms: f64) -> Milestone {
    Milestone {
        rows: plan.evaluations as usize,
        seconds: elapsed_ms / 1e3,
        allocation: plan.slices.first().map(|slice| slice.allocation.clone()).unwrap_or_default(),
        cost: plan.cost,
        feasible: plan.keeps_promises(),
    }
}
