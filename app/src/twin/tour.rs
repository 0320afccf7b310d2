//! A short tour in plain words, for those who have read none of the papers.

use crate::shell::tour::Step;

/// The tour of the Twin view.
pub const STEPS: [Step; 6] = [
    Step::new(
        "A network that answers",
        "This is a twin of a network: its links, its queues and what it carries. The sentence says whether all traffic arrives, how long the slowest of it takes, and which link is the busiest. What is cut off, overloaded, lost or promised in vain is told there too.",
    )
    .showing("answer"),
    Step::new(
        "Look at the map",
        "Every link is drawn in both its directions, and the colour says how full each is. Drag and zoom it, search a place, or walk from node to node with the arrow keys. Another colour shows delay, loss, or what your edits changed.",
    )
    .showing("map"),
    Step::new(
        "Ask what if",
        "Pick a link or a node and let it fail, give it more capacity or another weight. The answer follows at once, with what changed for every link and every flow. Edits stand in a list, can be taken back, and are in the link.",
    )
    .in_tab("tab-what-if")
    .showing("edits"),
    Step::new(
        "More traffic",
        "“All traffic” multiplies all that is offered. Watch the busiest link fill, and the delay rise long before it is full.",
    )
    .showing("number-traffic")
    .trying("Half as much again", "number-traffic", "1.5"),
    Step::new(
        "Fear the right failure",
        "“Failures” goes through every single failure, and through every pair if you like: which links overload, who is cut off, which promises break, and which ten failures are the worst for each link.",
    )
    .in_tab("tab-failures")
    .showing("panel-failures"),
    Step::new(
        "Make it yours",
        "Open a network of yours, with its demands: topology files of many kinds are read here, on this device, and nothing is uploaded. “Flows” opens each flow into its hops, and checks the formula by a simulation, packet by packet.",
    )
    .in_tab("tab-flows")
    .showing("import-network"),
];
