//! The workers of the Cells planner: one that opens cells at once, and a pool for all that takes long.

use std::cell::RefCell;
use std::rc::Rc;

use leptos::prelude::WithUntracked;
use slicewise_core::InputError;
use slicewise_core::cells::job::{City, Method};
use slicewise_core::cells::scenario::CellPlace;
use slicewise_core::cells::{
    CellBatch, CellJob, CellNews, CellOutcome, CellPlans, Cells, Curves, Scenario, Scheme,
    SimulatedStep,
};
use slicewise_core::compute::Device;
use slicewise_core::formats::plan_documents::{DocumentRequest, WrittenDocuments};
use slicewise_protocol::{JobId, Reply};

use super::models;
use crate::cells::ENGINE_SCRIPT;
use crate::engine::compute::Compute;
use crate::engine::lane::{Answer, Lane};
use crate::engine::link::EngineLink;
use crate::engine::pool::{EnginePool, Failure, Place, Scripts, Work};
use crate::engine::ranges::Share;
use crate::engine::worker::GPU_SCRIPT;

pub use crate::engine::pool::RunId;

/// What is heard of a run. The last word is [`Self::Done`], [`Self::Refused`] or [`Self::Failed`].
pub enum CellEvent {
    /// One cell in full.
    Opened {
        /// Its plan.
        plan: CellPlans,
        /// One curve per slice.
        curves: Curves,
    },
    /// Plans of the cells from `first` on. They come in any order, each cell's once.
    Plans {
        /// Index of the first cell.
        first: usize,
        /// The plans.
        plans: CellPlans,
    },
    /// A step of a simulation. They come in order, each once.
    Step(Box<SimulatedStep>),
    /// Where the cells of a simulation are; after the last step.
    Places(Vec<CellPlace>),
    /// Documents.
    Written(WrittenDocuments),
    /// It is over.
    Done {
        /// Time from the order to the end, in milliseconds.
        elapsed_ms: f64,
        /// The device of a run of the pool and why, in words.
        device: String,
    },
    /// It cannot be done as asked.
    Refused(InputError),
    /// It cannot be done, and why.
    Failed(String),
}

/// Hears of a run. A cancelled run is not heard of again.
pub type Listener = Rc<dyn Fn(CellEvent)>;

/// The workers; clones share them.
#[derive(Clone)]
pub struct CellEngines(Rc<Inner>);

struct Inner {
    compute: Compute,
    pool: EnginePool<Cells>,
    /// Opens cells; started with the first one.
    opener: RefCell<Option<EngineLink<Cells>>>,
    opening: RefCell<Lane<Opening>>,
}

/// A cell to open, and who hears of it.
struct Opening {
    method: Method,
    cell: CellBatch,
    listener: Listener,
}

impl CellEngines {
    /// A pool of workers that start with the first run, and one worker that opens cells. Cities are
    /// planned where `compute` says.
    pub fn new(compute: Compute) -> Self {
        let scripts = Scripts { cpu: ENGINE_SCRIPT, gpu: GPU_SCRIPT };
        Self(Rc::new(Inner {
            compute,
            pool: EnginePool::new(compute, scripts),
            opener: RefCell::default(),
            opening: RefCell::default(),
        }))
    }

    /// Opens one cell. While another one is being opened it waits, and of those that wait the newest
    /// alone is opened; the others are not heard of again.
    pub fn open(&self, method: Method, cell: CellBatch, listener: Listener) {
        let opener = self.opener();
        let opening = Opening { method, cell, listener };
        self.0.opening.borrow_mut().ask(opening, |opening| opening.send(&opener));
    }

    /// Plans cells.
    pub fn plan(&self, method: Method, cells: CellBatch, listener: Listener) -> RunId {
        self.start(Question::Plan { method, cells }, listener)
    }

    /// Plans a city.
    pub fn city(&self, method: Method, city: City, listener: Listener) -> RunId {
        self.start(Question::City { method, city }, listener)
    }

    /// Simulates `steps` steps from `first` on, in one worker; several simulations go on at a time.
    pub fn simulate(
        &self,
        method: Method,
        scenario: Scenario,
        first: usize,
        steps: usize,
        listener: Listener,
    ) -> RunId {
        let job = CellJob::Simulate { method, scenario, first, steps };
        self.start(Question::Simulate { job, heard: first }, listener)
    }

    /// Writes documents, in one worker.
    pub fn write(&self, request: DocumentRequest, listener: Listener) -> RunId {
        self.start(Question::Write { job: CellJob::Write(Box::new(request)) }, listener)
    }

    /// Stops a run.
    pub fn cancel(&self, run: RunId) {
        self.0.pool.cancel(run);
    }

    fn start(&self, question: Question, listener: Listener) -> RunId {
        let compute = self.0.compute;
        let on_processor = compute.choice.with_untracked(|choice| *choice == Device::Cpu);
        let (place, reason) = match &question {
            Question::City { .. } if on_processor => (None, None),
            Question::City { method, .. } => match why_not_on_gpu(method) {
                Some(why) => (Some(Place::Cpu(compute.workers)), Some(why)),
                None => (None, None),
            },
            // Few cells, or a simulation: done before a device would have started.
            Question::Plan { .. } | Question::Simulate { .. } | Question::Write { .. } => {
                (Some(Place::Cpu(compute.workers)), None)
            }
        };
        let work = CellWork { question, listener, reason, arrived: Vec::new() };
        self.0.pool.start(None, place, Rc::new(RefCell::new(work)))
    }

    fn opener(&self) -> EngineLink<Cells> {
        let mut opener = self.0.opener.borrow_mut();
        let start = || {
            let inner = Rc::downgrade(&self.0);
            EngineLink::start(ENGINE_SCRIPT, move |reply| {
                if let Some(inner) = inner.upgrade() {
                    inner.hear(reply);
                }
            })
        };
        opener.get_or_insert_with(start).clone()
    }
}

impl Opening {
    fn send(&self, opener: &EngineLink<Cells>) -> JobId {
        let (method, cell) = (self.method.clone(), self.cell.clone());
        opener.send(CellJob::Open { method, cell })
    }
}

impl Inner {
    /// Tells the listener of the opening that is over, and sends the one that waits.
    fn hear(&self, reply: Reply<Cells>) {
        let taken = self.opening.borrow_mut().take(reply);
        match taken {
            Ok((opening, answer)) => {
                answered(answer).into_iter().for_each(|event| (opening.listener)(event));
            }
            // A fresh engine was given the job again where there is a number.
            Err(Reply::Crashed { message, again: None }) => {
                let lost = self.opening.borrow_mut().lose();
                if let Some((_, opening)) = lost {
                    (opening.listener)(CellEvent::Failed(message));
                }
            }
            Err(_) => return,
        }
        if let Some(opener) = self.opener.borrow().as_ref() {
            self.opening.borrow_mut().next(|opening| opening.send(opener));
        }
    }
}

fn answered(answer: Answer<Cells>) -> Vec<CellEvent> {
    match answer {
        Answer::Done { outcome: CellOutcome::Opened { plan, curves }, elapsed_ms } => vec![
            CellEvent::Opened { plan, curves },
            CellEvent::Done { elapsed_ms, device: String::new() },
        ],
        Answer::Done { .. } => {
            vec![CellEvent::Failed("the engine answered another question".to_owned())]
        }
        Answer::Refused(error) => vec![CellEvent::Refused(error)],
        Answer::Stopped => Vec::new(),
    }
}

/// What a run of the pool is about.
enum Question {
    Plan {
        method: Method,
        cells: CellBatch,
    },
    City {
        method: Method,
        city: City,
    },
    /// `heard` is the next step that the listener has not heard of: after a crash the engine begins
    /// anew, with the same steps.
    Simulate {
        job: CellJob,
        heard: usize,
    },
    Write {
        job: CellJob,
    },
}

/// Why cells cannot be planned by `method` on a graphics processor, if so.
fn why_not_on_gpu(method: &Method) -> Option<&'static str> {
    let rises = models::named(&method.estimator).is_some_and(|model| model.rises);
    match (method.scheme, rises) {
        (Scheme::Exact, true) => None,
        (Scheme::Exact, false) => Some("it has the curves of estimators that never fall only"),
        _ => Some("it plans by the exact scheme only"),
    }
}

struct CellWork {
    question: Question,
    listener: Listener,
    /// Why the graphics processor was not asked.
    reason: Option<&'static str>,
    /// For the listener, once the pool is free.
    arrived: Vec<CellEvent>,
}

impl CellWork {
    fn tell(&self, event: CellEvent) {
        (self.listener)(event);
    }

    fn cells(&self) -> usize {
        match &self.question {
            Question::Plan { cells, .. } => cells.len(),
            Question::City { city, .. } => city.cells,
            Question::Simulate { .. } | Question::Write { .. } => 1,
        }
    }
}

impl Work<Cells> for CellWork {
    fn lengths(&self) -> Vec<usize> {
        vec![self.cells()]
    }

    fn job(&self, share: Share) -> CellJob {
        let Share { first, count, .. } = share;
        match &self.question {
            Question::Plan { method, cells } => {
                let cells = cells.part(first..first + count);
                CellJob::Plan { method: method.clone(), cells }
            }
            Question::City { method, city } => {
                CellJob::City { method: method.clone(), city: city.clone(), first, count }
            }
            Question::Simulate { job, .. } | Question::Write { job } => job.clone(),
        }
    }

    fn take(&mut self, share: Share, outcome: CellOutcome) -> Option<usize> {
        match (&self.question, outcome) {
            (Question::Simulate { .. }, CellOutcome::Simulated { places, .. }) => {
                self.arrived.push(CellEvent::Places(places));
                Some(1)
            }
            (Question::Write { .. }, CellOutcome::Written(written)) => {
                self.arrived.push(CellEvent::Written(written));
                Some(1)
            }
            (_, CellOutcome::Plans(plans)) if fits(&plans, share.count) => {
                self.arrived.push(CellEvent::Plans { first: share.first, plans });
                Some(share.count)
            }
            _ => None,
        }
    }

    fn hear(&mut self, news: CellNews) {
        let CellNews::Step(step) = news;
        let Question::Simulate { heard, .. } = &mut self.question else { return };
        if step.step >= *heard {
            *heard = step.step + 1;
            self.tell(CellEvent::Step(step));
        }
    }

    fn progress(&mut self, _: usize) {
        let arrived = std::mem::take(&mut self.arrived);
        arrived.into_iter().for_each(|event| self.tell(event));
    }

    fn finish(&mut self, elapsed_ms: f64, mut device: String) {
        if let Some(reason) = self.reason {
            device = format!("{device}; GPU not used: {reason}");
        }
        self.tell(CellEvent::Done { elapsed_ms, device });
    }

    fn fail(&mut self, failure: Failure) {
        self.tell(match failure {
            Failure::Refused(error) => CellEvent::Refused(error),
            Failure::Broken(reason) => CellEvent::Failed(reason),
        });
    }

    fn model(&self) -> Option<&str> {
        None
    }

    fn goes_first(&self) -> bool {
        // The network follows the controls; a city of a million cells does not.
        !matches!(self.question, Question::City { .. })
    }
}

/// Whether the columns of `plans` are those of `count` cells.
fn fits(plans: &CellPlans, count: usize) -> bool {
    let slices = plans.offsets.last().map(|end| *end as usize);
    plans.offsets.len() == count + 1
        && [&plans.shares, &plans.satisfaction].iter().all(|column| Some(column.len()) == slices)
        && [&plans.utilities, &plans.bounds, &plans.prices].iter().all(|c| c.len() == count)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn batch(cells: usize) -> CellBatch {
        let mut batch = CellBatch::new(2);
        for cell in 0..cells {
            for slice in 0..=cell % 3 {
                let number = (10 * cell + slice) as f64;
                batch.push_slice(&[number, -number], number);
                batch.previous_shares.push(0.1);
            }
            batch.end_cell();
        }
        batch
    }

    #[test]
    fn a_part_of_a_batch_has_the_cells_that_were_asked_for() {
        let (all, some) = (batch(7), batch(7).part(2..6));
        some.validate(2).unwrap();
        assert_eq!(some.len(), 4);
        for cell in 0..4 {
            let (here, there) = (some.range(cell), all.range(cell + 2));
            assert_eq!(some.traffic_mbps[here.clone()], all.traffic_mbps[there.clone()]);
            assert_eq!(some.features_of(here.start), all.features_of(there.start));
            assert_eq!(here.len(), there.len());
        }
        assert_eq!(all.part(0..7), all);
    }

    #[test]
    fn plans_of_another_number_of_cells_are_not_taken() {
        let plans = CellPlans {
            offsets: vec![0, 2],
            shares: vec![0.5; 2],
            satisfaction: vec![1.0; 2],
            utilities: vec![1.0],
            bounds: vec![1.0],
            prices: vec![0.0],
            evaluations: 1,
            ..CellPlans::default()
        };
        assert!(fits(&plans, 1) && !fits(&plans, 2));
        assert!(!fits(&CellPlans { shares: vec![0.5], ..plans.clone() }, 1));
        assert!(!fits(&CellPlans { prices: Vec::new(), ..plans }, 1));
    }
}
