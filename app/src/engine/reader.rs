//! The page's side of the reader of files: fetched with the first file, one for the page.

use std::cell::RefCell;
use std::collections::HashMap;

use slicewise_core::InputError;
use slicewise_core::reader::{GivenFile, ReadJob, ReadOutcome, Reader};
use slicewise_protocol::{JobId, Reply};

use super::link::EngineLink;
use super::worker::READER_SCRIPT;

/// Takes what was read.
type Reading = Box<dyn FnOnce(Result<ReadOutcome, InputError>)>;

#[derive(Default)]
struct Desk {
    link: Option<EngineLink<Reader>>,
    waiting: HashMap<JobId, Reading>,
}

thread_local! {
    static DESK: RefCell<Desk> = RefCell::default();
}

/// Reads the bytes of a file as `job` says, and gives what was read to `then`. The file stays with the
/// reader for further jobs.
pub fn read(
    bytes: Vec<u8>,
    job: ReadJob,
    then: impl FnOnce(Result<ReadOutcome, InputError>) + 'static,
) {
    link().install(GivenFile { bytes });
    read_again(job, then);
}

/// Reads the file that was given last once more.
pub fn read_again(job: ReadJob, then: impl FnOnce(Result<ReadOutcome, InputError>) + 'static) {
    let id = link().send(job);
    DESK.with_borrow_mut(|desk| desk.waiting.insert(id, Box::new(then)));
}

fn link() -> EngineLink<Reader> {
    if let Some(link) = DESK.with_borrow(|desk| desk.link.clone()) {
        return link;
    }
    let link = EngineLink::start(READER_SCRIPT, hear);
    DESK.with_borrow_mut(|desk| desk.link = Some(link.clone()));
    link
}

fn hear(reply: Reply<Reader>) {
    match reply {
        Reply::Done { id, outcome, .. } => give(id, Ok(outcome)),
        Reply::Refused { id, error } => give(id, Err(error)),
        // A newer reading takes its place.
        Reply::Stopped { id } => DESK.with_borrow_mut(|desk| drop(desk.waiting.remove(&id))),
        Reply::Crashed { message, .. } => {
            let waiting: Vec<Reading> =
                DESK.with_borrow_mut(|desk| desk.waiting.drain().map(|(_, then)| then).collect());
            for then in waiting {
                then(Err(InputError::new("file", &message, "a file that can be read here")));
            }
        }
        _ => {}
    }
}

fn give(id: JobId, read: Result<ReadOutcome, InputError>) {
    // The listener may read again: nothing is borrowed while it is told.
    let then = DESK.with_borrow_mut(|desk| desk.waiting.remove(&id));
    if let Some(then) = then {
        then(read);
    }
}
