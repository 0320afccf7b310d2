//! The tour of the Slice view.

use crate::shell::tour::Step;

/// The network: traffic and allocation in, a distribution out.
const NETWORK: &str = include_str!("network.svg");

/// The tour of the Slice view.
pub const STEPS: [Step; 8] = [
    Step::new(
        "What is a slice?",
        "A 5G network can be cut into slices: virtual networks that share the same equipment. Each gets some CPU for its radio software and some bandwidth of its transport link. More of both means better service and a higher bill; this page finds the cheapest mix that is good enough.",
    )
    .showing("answer"),
    Step::new(
        "The network behind it",
        "A small neural network takes traffic and allocation and gives a distribution of the quality. The testbed networks learned it from measurements, “Packet delay” from a simulator. The line below the model says from how many rows, and how far it is wrong on those held back.",
    )
    .showing("model")
    .with_picture(NETWORK),
    Step::new(
        "Say what comes in",
        "Traffic is how many users per second the slice serves. Real traffic is never constant: a mean with a deviation, or a measured series, plans for all of it at once.",
    )
    .showing("traffic-kind")
    .trying("Let the traffic vary", "traffic-kind", "normal"),
    Step::new(
        "Say what you promise",
        "A promise has two parts: how good the service must be, the QoS threshold, and how many users may miss it. “5 Mbit/s for 90 % of users” is a threshold of 5 and 10 % degraded. Nobody can promise 100 %: radio is random.",
    )
    .showing("number-degradation")
    .trying("Let 20 % miss it", "number-degradation", "20 %"),
    Step::new(
        "Read the answer",
        "The sentence at the top is the plan. The words after the semicolon are a proof about the network: no cheaper allocation keeps the promise by it. Outside of what was measured the badge says so: there such a proof says little about the world.",
    )
    .showing("answer"),
    Step::new(
        "See why",
        "Every point is a choice of CPU and bandwidth; dark means few degraded users. The white line is where the promise is just kept, and the plan is its cheapest point. Point anywhere, or use the arrow keys, to read a value; click to have an allocation of your own judged.",
    )
    .in_tab("tab-why")
    .showing("chart-landscape"),
    Step::new(
        "Ask what if",
        "This tab plans over any two quantities at once. Press “Compute surface”, then click a cell to adopt its question. Prices, limits and more slices on the left change everything.",
    )
    .in_tab("tab-what-if")
    .showing("surface-run"),
    Step::new(
        "Plan a day",
        "Every interval of a day is planned for itself, and compared with one static allocation for the peak. “Copy link” carries everything that you see, and “Words and sources” below the plan explains each term.",
    )
    .in_tab("tab-day")
    .showing("day-run"),
];

#[cfg(test)]
mod tests {
    use super::STEPS;

    #[test]
    fn every_step_points_at_what_it_speaks_of() {
        assert!(STEPS.iter().all(|step| step.shows.is_some()));
        assert!(STEPS.iter().any(|step| step.picture.is_some_and(|svg| svg.starts_with("<svg"))));
        assert!(STEPS.iter().filter(|step| step.trial.is_some()).count() >= 2);
    }
}
