//! The view in words.

use slicewise_core::twin::answer::{MOST_ARRIVES, Summary};
use slicewise_core::twin::{
    Answer, Buffer, CorrectedAnswer, FlowAnswers, Policy, Queueing, Scenario,
};

use super::{names, units};
use crate::controls::number_text;

/// A policy's name for people.
pub fn policy(policy: Policy) -> &'static str {
    match policy {
        Policy::Fifo => "First in, first out",
        Policy::StrictPriority => "Strict priority",
        Policy::WeightedFair => "Weighted fair queueing",
        Policy::DeficitRoundRobin => "Deficit round robin",
        Policy::GnnetWfq => "WFQ of the GNNet data",
        Policy::GnnetDrr => "DRR of the GNNet data",
    }
}

/// What a policy does, in one line.
pub fn policy_about(policy: Policy) -> &'static str {
    match policy {
        Policy::Fifo => "one queue for all classes, in order of arrival",
        Policy::StrictPriority => "a queue per class; class 0 goes before class 1, and so on",
        Policy::WeightedFair => "a queue per class; each gets its share of the link, by weight",
        Policy::DeficitRoundRobin => "a queue per class, served in turns, by weight",
        Policy::GnnetWfq => {
            "as the simulator of the public GNNet runs does it: a class that was idle has credit for that time"
        }
        Policy::GnnetDrr => {
            "as the simulator of the public GNNet runs does it: turns of a second’s worth of the link"
        }
    }
}

/// How a port queues, in words: `strict priority, room for 32 packets`.
pub fn queueing(queueing: &Queueing) -> String {
    let name = policy(queueing.policy);
    let (first, rest) = name.split_at(1);
    let starts_sentence = name.as_bytes().get(1).is_some_and(u8::is_ascii_lowercase);
    let mut text = match starts_sentence {
        true => [&first.to_ascii_lowercase(), rest].concat(),
        false => name.to_owned(),
    };
    if queueing.policy.has_weights() {
        let weights: Vec<String> =
            queueing.weights.iter().map(|weight| number_text::rounded(*weight)).collect();
        text += &[" ", &weights.join(":")].concat();
    }
    let room = match queueing.buffer {
        Buffer::Packets(packets) => counted(packets as usize, "packet"),
        Buffer::Bits(bits) => number_text::quantity(bits / 8000.0, "kB"),
    };
    text + ", room for " + &room
}

/// So many things: `1 flow`, `2,016 flows`.
pub fn counted(count: usize, thing: &str) -> String {
    let ending = if count == 1 { "" } else { "s" };
    [&number(count), " ", thing, ending].concat()
}

/// A number of things.
pub fn number(count: usize) -> String {
    number_text::rounded(count as f64)
}

/// The answer as a sentence or two; what is wrong is told in the second one.
pub fn answer(scenario: &Scenario, answer: &Answer) -> String {
    let summary = &answer.summary;
    if summary.flows == 0 && summary.end_failed == 0 {
        return "No flow of this network carries anything.".to_owned();
    }
    let mut text = arrivals(summary);
    if let Some(link) = summary.busiest_link.filter(|_| summary.highest_utilisation > 0.0) {
        text += "; ";
        text += &busiest(scenario, answer, link);
    }
    text += ".";
    let faults = faults(answer);
    if !faults.is_empty() {
        text += &[" ", &faults.join("; "), "."].concat();
    }
    if (MOST_ARRIVES..0.9995).contains(&summary.delivered) {
        let delivered = number_text::percent(summary.delivered);
        text += &[" In all, ", &delivered, " of the traffic arrives."].concat();
    }
    if !answer.settled {
        text += " Losses and loads did not come to rest against one another: take the figures as rough.";
    }
    text
}

fn arrivals(summary: &Summary) -> String {
    let within = [" within ", &units::delay(summary.longest_delay_s)].concat();
    match (summary.arriving, summary.flows) {
        (0, flows) => ["None of ", &counted(flows, "flow"), " arrives"].concat(),
        _ if summary.delivered < MOST_ARRIVES => {
            ["Only ", &number_text::percent(summary.delivered), " of the traffic arrives,", &within]
                .concat()
        }
        (1, 1) => ["The one flow arrives", &within].concat(),
        (arriving, flows) if arriving == flows => {
            ["All ", &counted(flows, "flow"), " arrive", &within].concat()
        }
        (arriving, flows) => {
            let verb = if arriving == 1 { " arrives" } else { " arrive" };
            [&number(arriving), " of ", &counted(flows, "flow"), verb, &within].concat()
        }
    }
}

/// What the busiest link carries and adds.
fn busiest(scenario: &Scenario, answer: &Answer, link: usize) -> String {
    let name = names::link(scenario, link as u32);
    let used = answer.summary.highest_utilisation;
    let used_text = number_text::coarse_percent(used);
    let mut text = match used > 1.0 {
        true => ["link ", &name, " is offered ", &used_text, " of what it can send"].concat(),
        false => ["link ", &name, " carries ", &used_text].concat(),
    };
    let links = &answer.links;
    if let (Some(delay), Some(flows)) = (links.mean_delay_s.get(link), links.flows.get(link))
        && delay.is_finite()
        && *flows > 0
    {
        let whom = match (*flows as usize, answer.summary.arriving) {
            (1, 1) => "it".to_owned(),
            (flows, _) => number(flows) + " of them",
        };
        text += &[" and adds ", &units::delay(*delay), " to ", &whom].concat();
    }
    text
}

/// All that is wrong, the worst first, one phrase each; nothing where all is well.
pub fn faults(answer: &Answer) -> Vec<String> {
    let summary = &answer.summary;
    let flows = |count: usize, one: &str, many: &str| {
        let verb = if count == 1 { one } else { many };
        (count > 0).then(|| [&counted(count, "flow"), " ", verb].concat())
    };
    let overloaded = |count: usize| {
        let rest = if count == 1 {
            " is offered more than it can send"
        } else {
            " are offered more than they can send"
        };
        (count > 0).then(|| counted(count, "link") + rest)
    };
    [
        flows(summary.cut_off, "is cut off: no path is left", "are cut off: no path is left"),
        flows(
            summary.end_failed,
            "begins or ends at a failed node",
            "begin or end at a failed node",
        ),
        overloaded(summary.overloaded),
        flows(
            summary.lossy,
            "loses more than 1 packet in 1,000",
            "lose more than 1 packet in 1,000",
        ),
        flows(summary.breaking, "breaks a promise", "break a promise"),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// The answer in a few words, and whether all is well.
pub fn verdict(scenario: &Scenario, answer: &Answer) -> (String, bool) {
    let faults = faults(answer);
    if let Some(worst) = faults.first() {
        let short = worst.split(':').next().unwrap_or(worst);
        return (short.to_owned(), false);
    }
    if !answer.settled {
        return ("not at rest".to_owned(), false);
    }
    match (answer.summary.flows, scenario.promises.is_empty()) {
        (0, _) => ("no traffic".to_owned(), false),
        (_, true) => ("nothing cut off, overloaded or lost".to_owned(), true),
        (_, false) => ("all promises kept".to_owned(), true),
    }
}

/// What the edits change of the summary: `without the edits 20.1 ms and at most 88 %`.
pub fn compared(before: &Answer) -> String {
    let Summary { longest_delay_s, highest_utilisation, arriving, .. } = before.summary;
    [
        "without the edits: ",
        &counted(arriving, "flow"),
        " within ",
        &units::delay(longest_delay_s),
        ", links up to ",
        &number_text::coarse_percent(highest_utilisation),
    ]
    .concat()
}

/// The longest mean delay as the trained network corrects it, with its interval: `corrected by training: at most
/// 2.4 ms, 90 % interval −0.48 ms to +0.6 ms`.
pub fn corrected(found: &CorrectedAnswer) -> Option<String> {
    let slowest = found.answer.summary.slowest_flow?;
    let text = [
        "corrected by training: at most ",
        &units::delay(*found.answer.flows.mean_delay_s.get(slowest)?),
    ]
    .concat();
    let Some(delays) = found.delay_s(slowest) else { return Some(text) };
    Some([&text, ", ", &interval(delays)].concat())
}

/// What a mean delay may be off by in nine of ten cases: less and more, from the least, the told and the most.
fn interval([least_s, told_s, most_s]: [f64; 3]) -> String {
    let less = units::signed(least_s - told_s, units::delay);
    let more = units::signed(most_s - told_s, units::delay);
    ["90 % interval ", &less, " to ", &more].concat()
}

/// A flow's mean delay as the trained network corrects it, beside the formula's.
pub fn corrected_flow(
    found: &CorrectedAnswer,
    formula: &FlowAnswers,
    flow: usize,
) -> Option<String> {
    let delays = found.delay_s(flow)?;
    let told = delays[1];
    let by_formula = *formula.mean_delay_s.get(flow)?;
    let apart = (by_formula - told) / told;
    let formula = match apart.abs() {
        same if same < 5e-4 => "the formula says the same".to_owned(),
        _ => {
            let way = if apart > 0.0 { " above" } else { " below" };
            ["the formula lies ", &number_text::percent(apart.abs()), way].concat()
        }
    };
    Some(
        [
            "Corrected by training: mean ",
            &units::delay(told),
            ", ",
            &interval(delays),
            "; ",
            &formula,
            ".",
        ]
        .concat(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::twin::examples;

    fn told(change: fn(&mut Answer)) -> (String, (String, bool)) {
        let (scenario, mut found) = (examples::triangle(), examples::answer());
        change(&mut found);
        (answer(&scenario, &found), verdict(&scenario, &found))
    }

    #[test]
    fn the_answer_is_a_sentence_with_numbers() {
        let (sentence, (chip, is_fine)) = told(|answer| {
            answer.summary.flows = 552;
            answer.summary.arriving = 552;
            answer.summary.longest_delay_s = 0.0241;
            answer.summary.highest_utilisation = 0.91;
            answer.links.mean_delay_s[0] = 0.0032;
            answer.links.flows[0] = 41;
        });
        let expected = "All 552 flows arrive within 24.1 ms; link Aachen → Bern carries 91 % and adds \
                        3.2 ms to 41 of them.";
        assert_eq!(sentence, expected);
        assert!(is_fine, "{chip}");
    }

    #[test]
    fn nothing_is_green_that_is_wrong() {
        type Change = fn(&mut Answer);
        let wrong: [(Change, &str); 6] = [
            (|a| (a.summary.arriving, a.summary.cut_off) = (1, 1), "1 flow is cut off"),
            (|a| a.summary.end_failed = 2, "2 flows begin or end at a failed node"),
            (|a| a.summary.overloaded = 1, "1 link is offered more than it can send"),
            (|a| a.summary.lossy = 2, "2 flows lose more than 1 packet in 1,000"),
            (|a| a.summary.breaking = 1, "1 flow breaks a promise"),
            (|a| a.settled = false, "not at rest"),
        ];
        for (change, words) in wrong {
            let (sentence, (chip, is_fine)) = told(change);
            assert!(!is_fine && chip == words, "{chip}");
            assert!(
                sentence.contains(words) || sentence.contains("did not come to rest"),
                "{sentence}"
            );
        }
    }

    #[test]
    fn what_does_not_arrive_is_not_counted_as_arriving() {
        let (sentence, _) = told(|a| {
            (a.summary.arriving, a.summary.cut_off, a.summary.delivered) = (1, 1, 0.995);
        });
        assert!(sentence.starts_with("1 of 2 flows arrives within 1.8 ms; "), "{sentence}");
        assert!(sentence.ends_with("In all, 99.5 % of the traffic arrives."), "{sentence}");
        let (sentence, _) = told(|a| (a.summary.arriving, a.summary.cut_off) = (0, 2));
        assert!(sentence.starts_with("None of 2 flows arrives; "), "{sentence}");
    }

    #[test]
    fn all_flows_do_not_arrive_where_most_of_their_packets_are_lost() {
        let (sentence, _) = told(|a| {
            (a.summary.lossy, a.summary.overloaded, a.summary.delivered) = (2, 1, 0.089);
        });
        assert!(
            sentence.starts_with("Only 8.9 % of the traffic arrives, within 1.8 ms; "),
            "{sentence}"
        );
        assert!(!sentence.contains("flows arrive"), "{sentence}");
    }

    #[test]
    fn an_overloaded_link_carries_no_130_per_cent() {
        let (sentence, _) = told(|a| {
            (a.summary.highest_utilisation, a.summary.overloaded) = (1.3, 1);
        });
        assert!(sentence.contains("is offered 130 % of what it can send"), "{sentence}");
    }

    #[test]
    fn a_network_without_traffic_is_no_success() {
        let (sentence, (chip, is_fine)) = told(|a| a.summary = Summary::default());
        assert_eq!(sentence, "No flow of this network carries anything.");
        assert!(!is_fine && chip == "no traffic");
    }

    #[test]
    fn queues_are_told_in_words() {
        let fair = Queueing {
            policy: Policy::WeightedFair,
            weights: vec![2.0, 1.0],
            buffer: Buffer::Bits(800_000.0),
        };
        assert_eq!(queueing(&fair), "weighted fair queueing 2:1, room for 100 kB");
        let own = Queueing { policy: Policy::GnnetWfq, weights: vec![1.0], ..Queueing::default() };
        assert_eq!(queueing(&own), "WFQ of the GNNet data 1, room for 32 packets");
    }

    #[test]
    fn a_correction_is_told_with_its_interval() {
        let answer = examples::answer();
        let mut found = CorrectedAnswer {
            log_distance: vec![libm::log(1.25); 2],
            propagation_s: vec![0.0, 0.0004],
            answer: answer.clone(),
            ..CorrectedAnswer::default()
        };
        found.answer.flows.mean_delay_s = vec![0.0016, 0.0024];
        let expected = "corrected by training: at most 2.4 ms, 90 % interval −0.4 ms to +0.5 ms";
        assert_eq!(corrected(&found).unwrap(), expected);
        let flow = corrected_flow(&found, &answer.flows, 0).unwrap();
        let expected = "Corrected by training: mean 1.6 ms, 90 % interval −0.32 ms to +0.4 ms; the \
                        formula lies 25 % below.";
        assert_eq!(flow, expected);
        found.log_distance[1] = f64::NAN;
        assert_eq!(corrected(&found).unwrap(), "corrected by training: at most 2.4 ms");
        assert_eq!(corrected_flow(&found, &answer.flows, 1), None);
    }
}
