//! The estimators of satisfaction that ship with the page.

/// An estimator, in the words of a control.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shipped {
    /// Its name, also its card's.
    pub name: &'static str,
    /// What it is.
    pub title: &'static str,
    /// Whether it never falls with the share, by construction.
    pub rises: bool,
}

/// The one that the page opens with.
pub const DEFAULT: &str = "simulated-expected";

/// All of them.
pub const SHIPPED: [Shipped; 4] = [
    Shipped { name: DEFAULT, title: "Simulated network, expected", rises: true },
    Shipped { name: "simulated", title: "Simulated network, median", rises: true },
    Shipped { name: "simulated-plain", title: "Simulated network, the paper's", rises: false },
    Shipped { name: "colosseum", title: "Measured on Colosseum", rises: true },
];

/// The estimator named `name`.
pub fn named(name: &str) -> Option<Shipped> {
    SHIPPED.into_iter().find(|model| model.name == name)
}

/// All names.
pub fn names() -> Vec<&'static str> {
    SHIPPED.iter().map(|model| model.name).collect()
}
