//! The tour of the Slice view.

use crate::shell::tour::Step;

/// The tour of the Slice view.
pub const STEPS: [Step; 6] = [
    (
        "What is a slice?",
        "A 5G network can be cut into slices: virtual networks that share the same equipment. Each slice gets some CPU to run its radio software and some bandwidth on its transport link. More of both means better service, and a higher bill. This page finds the cheapest mix that is still good enough.",
    ),
    (
        "Say what comes in",
        "On the left, Traffic is how many users per second the slice serves. Try “Mean and deviation”, or “Measured series” with its example day: real traffic is never constant.",
    ),
    (
        "Say what you promise",
        "A promise has two parts: how good the service must be, the QoS threshold, and how many users may miss it, the degradation threshold. “5 Mbit/s for 90 % of users” is a threshold of 5 and a share of 0.1. Nobody can promise 100 %: radio is random.",
    ),
    (
        "Read the answer",
        "The sentence at the top is the plan: this much CPU and bandwidth keep the promise, and that much less than reserving for the busiest moment. The words after the semicolon are a proof: no plan cheaper by more than that exists, as far as the network model goes.",
    ),
    (
        "See why",
        "In the first chart every point is a choice of CPU and bandwidth; dark means few degraded users. The white line is where the promise is just kept, and the plan is its cheapest point. Point anywhere, or use the arrow keys, to read a value; the other charts mark the same allocation.",
    ),
    (
        "Ask what if",
        "The curves show what a stricter or a laxer promise would cost; the tab “What if” plans over any two quantities at once, and “A day” plans every interval of a day. Add slices to see them compete for capacity, change prices and limits, and copy the link: it carries everything that you see. “Extrapolates” warns you when the plan leaves the range in which the network was measured.",
    ),
];
