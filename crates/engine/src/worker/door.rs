//! The first message of a page: which planner it wants, and of which build it is.

use slicewise_core::InputError;
use slicewise_protocol::{Nobody, Reply, Request};

/// What is behind the door: the planners that an engine serves, and its build.
#[derive(Clone, Copy, Debug)]
pub struct Door<'a> {
    /// Names of the planners.
    pub planners: &'a [&'static str],
    /// The engine's build.
    pub build: &'a str,
}

/// Index of the planner that a page's first message names.
///
/// # Errors
/// The answer to a page that cannot be served.
pub fn check_opening(door: Door<'_>, first: &Request<Nobody>) -> Result<usize, Reply<Nobody>> {
    let refuse = |error| Err(Reply::Refused { id: 0, error });
    let Request::Open { planner, build } = first else {
        let allowed = "the planner and the build before any other message";
        return refuse(InputError::new("message", "of another kind", allowed));
    };
    if *build != door.build {
        return Err(Reply::OtherBuild { build: door.build.to_owned() });
    }
    match door.planners.iter().position(|name| name == planner) {
        Some(index) => Ok(index),
        None => refuse(InputError::new("planner", planner, door.planners.join(", "))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DOOR: Door<'_> = Door { planners: &["slice", "cells"], build: "b1" };

    fn open(planner: &str, build: &str) -> Request<Nobody> {
        Request::Open { planner: planner.to_owned(), build: build.to_owned() }
    }

    #[test]
    fn a_page_of_the_same_build_opens_the_planner_that_it_names() {
        assert_eq!(check_opening(DOOR, &open("slice", "b1")), Ok(0));
        assert_eq!(check_opening(DOOR, &open("cells", "b1")), Ok(1));
    }

    #[test]
    fn a_page_of_another_build_is_told_so_whatever_it_wants() {
        for planner in ["slice", "forecast"] {
            let answer = check_opening(DOOR, &open(planner, "b0"));
            assert_eq!(answer, Err(Reply::OtherBuild { build: "b1".to_owned() }));
        }
    }

    #[test]
    fn a_planner_that_the_engine_does_not_serve_is_refused() {
        let Err(Reply::Refused { id, error }) = check_opening(DOOR, &open("forecast", "b1")) else {
            panic!("it was let in");
        };
        assert_eq!(
            (id, error.to_string()),
            (0, "planner is forecast; allowed: slice, cells".into())
        );
    }

    #[test]
    fn nothing_is_done_before_a_page_says_what_it_is() {
        let Err(Reply::Refused { id, error }) = check_opening(DOOR, &Request::Cancel { id: 3 })
        else {
            panic!("it was let in");
        };
        assert_eq!((id, error.field), (0, "message".to_owned()));
    }
}
