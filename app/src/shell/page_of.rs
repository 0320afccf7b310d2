//! The planners that have a page.

/// The pages, each with a program of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PageOf {
    /// The Slice planner's.
    Slice,
    /// The Cells planner's.
    Cells,
    /// The Forecast planner's.
    Forecast,
}

impl PageOf {
    /// All pages; the first one opens where the address names none.
    pub const ALL: [Self; 3] = [Self::Slice, Self::Cells, Self::Forecast];

    /// The planner's name for people.
    pub fn title(self) -> &'static str {
        match self {
            Self::Slice => "Slice",
            Self::Cells => "Cells",
            Self::Forecast => "Forecast",
        }
    }

    /// The name in the address, as in `?planner=cells`; boot.js knows the same.
    pub fn name(self) -> &'static str {
        match self {
            Self::Slice => "slice",
            Self::Cells => "cells",
            Self::Forecast => "forecast",
        }
    }
}
