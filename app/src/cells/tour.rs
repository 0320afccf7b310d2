//! A short tour in plain words, for those who have read none of the papers.

use crate::shell::tour::Step;

/// The tour of the Cells view.
pub const STEPS: [Step; 6] = [
    Step::new(
        "One cell, many slices",
        "A 5G cell has a fixed number of radio resource blocks. Slices share them: video, browsing, gaming, sensors. Every 15 minutes somebody has to decide which slice gets how many. Too few, and its promise on throughput and delay breaks; too many, and another slice starves.",
    )
    .showing("answer"),
    Step::new(
        "Watch a day",
        "The map shows 12 cells at 4 sites over a simulated day. Yellow means that all promises are kept, blue that many are not. Press ▶, or drag the time, and watch how the evening fills the cells. The sentence at the top says how often the promises are kept in all.",
    )
    .in_tab("tab-network")
    .showing("chart-map"),
    Step::new(
        "Open a cell",
        "Click a cell, then the tab “Cell”. The bar is its split; the thin bar below is the split of 15 minutes before. The curves say what a share is worth to each slice, as a small neural network has learned it from the simulated network: steep at first, flat once the slice has what it needs.",
    )
    .in_tab("tab-cell")
    .showing("chart-split"),
    Step::new(
        "Why this split is best",
        "At the best split no block would be worth more elsewhere: the thin lines that touch the curves all have the same slope, the price λ. The planner does not stop there. It computes what no split at all could exceed by the network’s estimate, and “certified gap” is the distance to it. How right the estimate was stands beside it: what the simulation then gave. Move a slider and see all of it change at once.",
    )
    .in_tab("tab-cell")
    .showing("chart-utilities"),
    Step::new(
        "Compare",
        "“Schemes” plays the same day under five ways to split: exact, the paper’s gradient search, a coarse grid, in proportion to traffic, and equal shares. A curve that stays low until the right edge is good: few promises are broken.",
    )
    .in_tab("tab-schemes")
    .showing("schemes-table"),
    Step::new(
        "Make it large",
        "“City” plans a hundred thousand cells in seconds, on this computer, by the same estimate and each with its proof. “Table” opens a table of KPIs from your own network and lists what is wrong with it; “Export” writes splits as 3GPP and O-RAN policies or for srsRAN. Nothing is uploaded.",
    )
    .in_tab("tab-city")
    .showing("city-run"),
];
