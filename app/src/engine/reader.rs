//! The page's side of the reader of files: fetched with the first file, or when one is about to be chosen.

use std::cell::RefCell;
use std::thread::LocalKey;

use slicewise_core::InputError;
use slicewise_protocol::{JobId, Planner, Reply};

use super::link::EngineLink;
use super::worker::READER_SCRIPT;

/// Takes what was read.
type Reading<P> = Box<dyn FnOnce(Result<<P as Planner>::Outcome, InputError>)>;

/// The reader of a page, and who waits for what it reads.
pub struct FileReader<P: Planner> {
    link: Option<EngineLink<P>>,
    waiting: Vec<(JobId, Reading<P>)>,
}

/// Where a page keeps its reader.
pub type Desk<P> = LocalKey<RefCell<FileReader<P>>>;

impl<P: Planner> Default for FileReader<P> {
    fn default() -> Self {
        Self { link: None, waiting: Vec::new() }
    }
}

/// Has a file read as `job` says, and gives what was read to `then`.
pub fn read<P: Planner>(
    desk: &'static Desk<P>,
    job: P::Job,
    then: impl FnOnce(Result<P::Outcome, InputError>) + 'static,
) {
    let id = prepare(desk).send(job);
    desk.with_borrow_mut(|reader| reader.waiting.push((id, Box::new(then))));
}

/// The reader, fetched now if it is not there: for whoever is about to choose a file.
pub fn prepare<P: Planner>(desk: &'static Desk<P>) -> EngineLink<P> {
    desk.with_borrow(|reader| reader.link.clone()).unwrap_or_else(|| {
        let link = EngineLink::start(READER_SCRIPT, move |reply| hear(desk, reply));
        desk.with_borrow_mut(|reader| reader.link = Some(link.clone()));
        link
    })
}

fn hear<P: Planner>(desk: &'static Desk<P>, reply: Reply<P>) {
    match reply {
        Reply::Done { id, outcome, .. } => give(desk, id, Ok(outcome)),
        Reply::Refused { id, error } => give(desk, id, Err(error)),
        // A newer reading takes its place.
        Reply::Stopped { id } => drop(taken(desk, id)),
        Reply::Crashed { message, .. } => {
            let waiting = desk.with_borrow_mut(|reader| std::mem::take(&mut reader.waiting));
            for (_, then) in waiting {
                then(Err(InputError::new("file", &message, "a file that can be read here")));
            }
        }
        _ => {}
    }
}

fn give<P: Planner>(desk: &'static Desk<P>, id: JobId, read: Result<P::Outcome, InputError>) {
    // Who waits may read again: nothing is borrowed while he is told.
    if let Some(then) = taken(desk, id) {
        then(read);
    }
}

fn taken<P: Planner>(desk: &'static Desk<P>, id: JobId) -> Option<Reading<P>> {
    desk.with_borrow_mut(|reader| {
        let place = reader.waiting.iter().position(|(waiting, _)| *waiting == id)?;
        Some(reader.waiting.remove(place).1)
    })
}
