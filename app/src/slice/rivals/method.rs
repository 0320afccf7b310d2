//! The methods of a race, as people know them.

use crate::charts::drawing::{Ink, SLICE_COLOURS, SLICE_KEYS, SLICE_SERIES};

/// A method.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Method {
    /// Its name in links, and for the engine.
    pub name: &'static str,
    /// Its name for people.
    pub title: &'static str,
    /// What it is, in a few words.
    pub about: &'static str,
    /// Which colour it has; variants of one method share theirs.
    colour: usize,
    /// Whether it races unless told otherwise.
    pub usual: bool,
}

/// Name of the planner itself.
pub const PLANNER: &str = "slicewise";

const fn method(
    (name, title): (&'static str, &'static str),
    about: &'static str,
    colour: usize,
    usual: bool,
) -> Method {
    Method { name, title, about, colour, usual }
}

/// All of them, in the order in which they start: the planner, and then the longest first, so that no worker is left
/// with them at the end.
pub const METHODS: [Method; 12] = [
    method(
        (PLANNER, "Slicewise"),
        "gradients of the network, then branch and bound: with a proof",
        0,
        true,
    ),
    method(
        ("atlas-plus", "Atlas+"),
        "Bayesian network and Thompson sampling, 1,000 candidates in place of its authors' 10,000",
        5,
        true,
    ),
    method(("cadrl-plus", "CaDRL+"), "interior-point policy optimisation, 65,000 points", 6, true),
    method(("scbo", "SCBO"), "Bayesian optimisation in a trust region, 100 points", 3, true),
    method(
        ("slsqp-16", "SQP, 16 starts"),
        "sequential quadratic programming from 16 starts",
        1,
        true,
    ),
    method(("cma-es", "CMA-ES"), "evolution strategy with a penalty, 500 points", 2, true),
    method(("direct", "DIRECT"), "dividing rectangles, 500 points", 4, true),
    method(("random", "Random"), "1,000 points drawn uniformly", 7, true),
    method(("slsqp-4", "SQP, 4 starts"), "the same from 4 starts", 1, false),
    method(("slsqp-1", "SQP, 1 start"), "the same from 1 start", 1, false),
    method(("atlas", "Atlas"), "Atlas+ that sees nothing of the traffic but its peak", 5, false),
    method(("cadrl", "CaDRL"), "CaDRL+ that sees nothing of the traffic but its peak", 6, false),
];

impl Method {
    /// The method of that name.
    pub fn named(name: &str) -> Option<Self> {
        METHODS.into_iter().find(|method| method.name == name)
    }

    /// How its line looks.
    pub fn ink(self) -> Ink {
        SLICE_SERIES[self.colour]
    }

    /// The colour of its plan.
    pub fn colour(self) -> &'static str {
        SLICE_COLOURS[self.colour]
    }

    /// The class of its entry in a key.
    pub fn key(self) -> &'static str {
        SLICE_KEYS[self.colour]
    }
}
