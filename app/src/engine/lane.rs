//! One kind of question of which at most one is in flight while the newest waits, so that a control in
//! motion cannot starve what follows it.

use slicewise_core::InputError;
use slicewise_protocol::{JobId, Planner, Reply};

/// The question in flight, and the one that waits.
#[derive(Debug)]
pub struct Lane<Q> {
    in_flight: Option<(JobId, Q)>,
    waiting: Option<Q>,
}

/// How a question ended.
#[derive(Debug)]
pub enum Answer<P: Planner> {
    /// It is answered.
    Done {
        /// The answer.
        outcome: P::Outcome,
        /// How long the engine worked on it, in milliseconds.
        elapsed_ms: f64,
    },
    /// It cannot be answered as asked.
    Refused(InputError),
    /// It was cancelled.
    Stopped,
}

impl<Q> Default for Lane<Q> {
    fn default() -> Self {
        Self { in_flight: None, waiting: None }
    }
}

impl<Q> Lane<Q> {
    /// Sends `question` by `send`, which gives the number of the job; while another one is in flight it
    /// waits, in place of one that waits already.
    pub fn ask(&mut self, question: Q, send: impl FnOnce(&mut Q) -> JobId) {
        self.waiting = Some(question);
        self.next(send);
    }

    /// Sends the question that waits, if none is in flight.
    pub fn next(&mut self, send: impl FnOnce(&mut Q) -> JobId) {
        if self.in_flight.is_none()
            && let Some(mut question) = self.waiting.take()
        {
            self.in_flight = Some((send(&mut question), question));
        }
    }

    /// The question in flight with its answer, if that is what `reply` is; else the reply.
    ///
    /// # Errors
    /// Gives back a reply about anything else.
    #[allow(clippy::result_large_err, reason = "what is given back is no error")]
    pub fn take<P: Planner>(&mut self, reply: Reply<P>) -> Result<(Q, Answer<P>), Reply<P>> {
        let (Reply::Done { id, .. } | Reply::Refused { id, .. } | Reply::Stopped { id }) = &reply
        else {
            return Err(reply);
        };
        let Some((_, question)) = self.in_flight.take_if(|(flying, _)| flying == id) else {
            return Err(reply);
        };
        let answer = match reply {
            Reply::Done { outcome, elapsed_ms, .. } => Answer::Done { outcome, elapsed_ms },
            Reply::Refused { error, .. } => Answer::Refused(error),
            _ => Answer::Stopped,
        };
        Ok((question, answer))
    }

    /// The question in flight and the number of its job.
    pub fn in_flight(&self) -> Option<(JobId, &Q)> {
        self.in_flight.as_ref().map(|(id, question)| (*id, question))
    }

    /// Whether a question waits.
    pub fn has_waiting(&self) -> bool {
        self.waiting.is_some()
    }

    /// Forgets the question that waits.
    pub fn forget_waiting(&mut self) {
        self.waiting = None;
    }

    /// Forgets the question in flight and gives it with the number of its job.
    pub fn lose(&mut self) -> Option<(JobId, Q)> {
        self.in_flight.take()
    }

    /// Forgets everything and gives the number of the job in flight.
    pub fn stop(&mut self) -> Option<JobId> {
        self.waiting = None;
        self.lose().map(|(id, _)| id)
    }
}

#[cfg(test)]
mod tests {
    use slicewise_protocol::Nobody;

    use super::*;

    fn stopped(id: JobId) -> Reply<Nobody> {
        Reply::Stopped { id }
    }

    #[test]
    fn the_newest_question_waits_for_the_one_in_flight() {
        let mut lane = Lane::default();
        lane.ask("first", |_| 1);
        for question in ["second", "third"] {
            lane.ask(question, |_| panic!("two in flight"));
        }
        assert_eq!((lane.in_flight(), lane.has_waiting()), (Some((1, &"first")), true));
        let (question, answer) = lane.take(stopped(1)).unwrap();
        assert!(question == "first" && matches!(answer, Answer::Stopped));
        lane.next(|question| {
            assert_eq!(*question, "third");
            2
        });
        assert_eq!((lane.in_flight(), lane.has_waiting()), (Some((2, &"third")), false));
    }

    #[test]
    fn answers_to_other_questions_are_given_back() {
        let mut lane = Lane::default();
        lane.ask("first", |_| 1);
        assert_eq!(lane.take(stopped(2)).unwrap_err(), stopped(2));
        assert_eq!(lane.take(Reply::<Nobody>::Ready).unwrap_err(), Reply::Ready);
        let refused = Reply::Refused { id: 1, error: InputError::new("x", 1, "2") };
        let (_, answer) = lane.take::<Nobody>(refused).unwrap();
        assert!(matches!(answer, Answer::Refused(error) if error.field == "x"));
        assert!(lane.in_flight().is_none());
    }

    #[test]
    fn a_lane_that_is_stopped_is_empty() {
        let mut lane = Lane::default();
        lane.ask("first", |_| 7);
        lane.ask("second", |_| 8);
        assert_eq!(lane.stop(), Some(7));
        lane.next(|_| panic!("nothing is left"));
        assert_eq!(lane.stop(), None);
    }
}
