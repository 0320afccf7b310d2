//! What the measurements say, in words.

use slicewise_core::twin::Scenario;
use slicewise_core::twin::diagnosis::{
    Cause, CauseKind, Diagnosis, DiagnosisOrder, MeasuredFlow, Site,
};

use crate::controls::number_text::{percent, rounded};
use crate::twin::{names, words};

/// The answer in a few sentences.
pub fn sentence(scenario: &Scenario, order: &DiagnosisOrder, found: &Diagnosis) -> String {
    let verdict = if found.alarm { "Something is wrong" } else { "No alarm" };
    let alarm = [
        verdict,
        ": the largest deviation is ",
        &rounded(found.statistic),
        ", the alarm goes off above ",
        &rounded(found.threshold),
        ", falsely in at most ",
        &percent(order.false_alarms),
        " of the periods. ",
    ];
    let mut text = alarm.concat();
    let outside = |rows: usize, all: usize, what: &str| {
        (all > 0).then(|| [&words::number(rows), " of ", &words::counted(all, what)].concat())
    };
    let flows = found.flows.iter().filter(|flow| flow.outside).count();
    let links = found.links.iter().filter(|link| link.outside).count();
    let parts =
        [outside(flows, found.flows.len(), "flow"), outside(links, found.links.len(), "link")];
    let parts: Vec<String> = parts.into_iter().flatten().collect();
    let coverage = percent(order.coverage);
    text += &[&parts.join(" and "), " lie outside their intervals of ", &coverage, ". "].concat();
    match found.causes.first() {
        Some(first) if first.probability > found.nothing_wrong => {
            text += &[
                "Most likely, with ",
                &percent(first.probability),
                ": ",
                &cause(scenario, first),
                ".",
            ]
            .concat();
        }
        _ => {
            text += &["Most likely, with ", &percent(found.nothing_wrong), ", nothing is wrong."]
                .concat()
        }
    }
    text
}

/// What may be wrong.
pub fn cause(scenario: &Scenario, cause: &Cause) -> String {
    let place = match (cause.site, cause.kind) {
        (Site::Link(link), CauseKind::SchedulingWeight | CauseKind::LinkWeight) => {
            names::link(scenario, link)
        }
        (Site::Link(link), _) => names::cable(scenario, link),
        (Site::Pair { source, target }, _) => {
            [names::node(scenario, source), " → ", names::node(scenario, target)].concat()
        }
    };
    let times = [" ", &rounded(cause.factor), " times "].concat();
    let class = cause.class.unwrap_or_default().to_string();
    let parts: &[&str] = match cause.kind {
        CauseKind::FailedMember if cause.factor == 0.0 => {
            &[&place, ", one of several links side by side, has failed"]
        }
        CauseKind::FailedMember => &[
            "a member of ",
            &place,
            " has failed, ",
            &percent(cause.factor),
            " of the capacity is left",
        ],
        CauseKind::HalvedCapacity => &[&place, " carries half of what it should"],
        CauseKind::SchedulingWeight => {
            &["the weight of class ", &class, " at ", &place, " is", &times, "what it should be"]
        }
        CauseKind::UnexpectedTraffic => &[&place, " sends", &times, "what is expected"],
        CauseKind::LinkWeight => {
            &["packets are routed as if the weight of ", &place, " were", &times, "as large"]
        }
    };
    parts.concat()
}

/// Both ends of a measured flow, and its class where one is told.
pub fn flow(scenario: &Scenario, measured: &MeasuredFlow) -> String {
    let (source, target) =
        (names::node(scenario, measured.source), names::node(scenario, measured.target));
    let class = measured.class.map(|class| [", class ", &class.to_string()].concat());
    [source, " → ", target, &class.unwrap_or_default()].concat()
}

#[cfg(test)]
mod tests {
    use slicewise_core::twin::diagnosis::{ComparedFlow, ComparedLink};

    use super::*;
    use crate::twin::examples::triangle;

    fn of(kind: CauseKind, site: Site, factor: f64, probability: f64) -> Cause {
        let class = (kind == CauseKind::SchedulingWeight).then_some(1);
        Cause {
            kind,
            site,
            factor,
            class,
            edits: Vec::new(),
            log_likelihood_ratio: 1.0,
            probability,
        }
    }

    #[test]
    fn the_alarm_is_told_with_its_false_alarms_and_the_most_likely_cause() {
        let flow = ComparedFlow {
            expected_s: 0.01,
            interval_s: (0.009, 0.011),
            outside: true,
            deviations: 9.0,
            expected_jitter_s2: 0.0,
            expected_loss: 0.0,
        };
        let link =
            ComparedLink { expected: 0.5, interval: (0.4, 0.6), outside: false, deviations: 0.0 };
        let mut found = Diagnosis {
            alarm: true,
            statistic: 9.25,
            threshold: 7.0,
            statistics: 10,
            delay_noise: 1.0,
            utilisation_noise: 1.0,
            causes: vec![of(CauseKind::HalvedCapacity, Site::Link(0), 0.5, 0.87)],
            nothing_wrong: 0.01,
            flows: vec![flow],
            links: vec![link],
            tried: 10,
        };
        let text = sentence(&triangle(), &DiagnosisOrder::default(), &found);
        assert_eq!(
            text,
            "Something is wrong: the largest deviation is 9.25, the alarm goes off above 7, falsely in at \
             most 2 % of the periods. 1 of 1 flow and 0 of 1 link lie outside their intervals of 95 %. Most \
             likely, with 87 %: Aachen–Bern carries half of what it should."
        );
        (found.alarm, found.nothing_wrong) = (false, 0.9);
        let text = sentence(&triangle(), &DiagnosisOrder::default(), &found);
        assert!(
            text.starts_with("No alarm") && text.ends_with("with 90 %, nothing is wrong."),
            "{text}"
        );
    }

    #[test]
    fn every_cause_has_words() {
        let (link, pair) = (Site::Link(0), Site::Pair { source: 0, target: 2 });
        let told = |kind, site, factor| cause(&triangle(), &of(kind, site, factor, 0.5));
        for (kind, site, factor, words) in [
            (
                CauseKind::FailedMember,
                link,
                0.0,
                "Aachen–Bern, one of several links side by side, has failed",
            ),
            (
                CauseKind::FailedMember,
                link,
                0.75,
                "a member of Aachen–Bern has failed, 75 % of the capacity is left",
            ),
            (
                CauseKind::SchedulingWeight,
                link,
                2.0,
                "the weight of class 1 at Aachen → Bern is 2 times what it should be",
            ),
            (CauseKind::UnexpectedTraffic, pair, 3.0, "Aachen → c sends 3 times what is expected"),
            (
                CauseKind::LinkWeight,
                link,
                0.5,
                "packets are routed as if the weight of Aachen → Bern were 0.5 times as large",
            ),
        ] {
            assert_eq!(told(kind, site, factor), words);
        }
    }
}
