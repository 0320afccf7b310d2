//! A short tour in plain words, for those who have read none of the papers.

use crate::shell::tour::Step;

/// The tour of the Forecast view.
pub const STEPS: [Step; 6] = [
    Step::new(
        "Reserve, then see",
        "Every five minutes an operator has to say how much capacity a service gets next. Reserve too little, and the promise breaks: the revenue is lost and a penalty due. Reserve too much, and capacity lies idle that somebody pays for. What it was worth is only seen afterwards.",
    )
    .showing("answer"),
    Step::new(
        "Watch a week",
        "The upper chart shows demand and reservation over the days that the networks have never seen; every orange mark is an interval in which demand exceeded the reservation. Click a day to see it in detail below. The sentence at the top says what to reserve for the next interval.",
    )
    .in_tab("tab-reservation")
    .showing("chart-test"),
    Step::new(
        "Who decides?",
        "Two small neural networks. One looks at the last hour of demand and decides. The other one learns, from measured costs alone, what decisions cost, and is the teacher of the first. Nobody tells them the formula, and yet they learn to keep a safety margin of the right size.",
    )
    .in_tab("tab-reservation")
    .showing("answer"),
    Step::new(
        "Change the prices",
        "Move revenue, penalty and price on the left. Each method answers anew, down to the simplest one: the last interval’s demand times one factor k. The networks learned under the prices that the page opens with; under others their decisions are moved by a margin that was cheapest on the training days, and the page says by how much.",
    )
    .showing("number-price"),
    Step::new(
        "Look inside",
        "“Methods” splits what each method costs into broken promises and idle capacity: the best one is not the one with the smallest error, but the one with the shortest bar. “Learned loss” draws what the second network has come to know beside the truth that it was never told. “Admission” lets four services compete for one capacity.",
    )
    .in_tab("tab-methods")
    .showing("methods-table"),
    Step::new(
        "Make it yours",
        "“Open a trace” takes your own demand as a table, and the networks decide for it at once, with its own scales. “Learn again” trains both from it and from your prices or your records of past costs, on this device, and saves what came of it. Nothing is uploaded; the link carries everything else that you see.",
    )
    .in_tab("tab-learn")
    .showing("learn-go"),
];
