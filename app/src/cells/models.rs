//! The estimators of satisfaction that ship with the page.

/// An estimator, in the words of a control.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Shipped {
    /// Its name, also its card's.
    pub name: &'static str,
    /// What it is.
    pub title: &'static str,
    /// Whether it never falls with the share, by construction.
    pub rises: bool,
    /// What it was trained on; none where it reads measurements that neither the simulated network
    /// nor a KPI table has, so that nothing can be planned by it here.
    pub trained: Option<Trained>,
}

/// Requirements that an estimator was trained on, rounded towards their middle.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Trained {
    /// Required throughput per user, in Mbit/s.
    pub throughput_mbps: (f64, f64),
    /// Required delay, in ms.
    pub delay_ms: (f64, f64),
}

/// The one that the page opens with.
pub const DEFAULT: &str = "simulated-expected";

/// Rows of the first network of the paper's form: fewer than the default's.
const FIRST_ROWS: Option<Trained> =
    Some(Trained { throughput_mbps: (0.31, 3.85), delay_ms: (32.0, 488.0) });

/// All of them.
pub const SHIPPED: [Shipped; 4] = [
    Shipped {
        name: DEFAULT,
        title: "Simulated network, expected",
        rises: true,
        trained: Some(Trained { throughput_mbps: (0.31, 3.85), delay_ms: (32.0, 498.0) }),
    },
    Shipped {
        name: "simulated",
        title: "Simulated network, median",
        rises: true,
        trained: FIRST_ROWS,
    },
    Shipped {
        name: "simulated-plain",
        title: "Simulated network, the paper's",
        rises: false,
        trained: FIRST_ROWS,
    },
    Shipped {
        name: "colosseum",
        title: "Measured on Colosseum (its 26 measurements per slice are not simulated)",
        rises: true,
        trained: None,
    },
];

/// The estimator named `name`.
pub fn named(name: &str) -> Option<Shipped> {
    SHIPPED.into_iter().find(|model| model.name == name)
}

/// All names.
pub fn names() -> Vec<&'static str> {
    SHIPPED.iter().map(|model| model.name).collect()
}

#[cfg(test)]
mod tests {
    use slicewise_core::cells::EstimatorCard;
    use slicewise_core::cells::{FEATURES, PAPER_FEATURES};

    use super::*;

    fn card(name: &str) -> EstimatorCard {
        let folder = std::env::var("CARGO_MANIFEST_DIR").unwrap();
        let path = format!("{folder}/../models/cells/{name}/card.json");
        EstimatorCard::from_json(&std::fs::read_to_string(path).unwrap()).unwrap()
    }

    #[test]
    fn the_ranges_of_the_controls_are_those_of_the_cards() {
        for model in SHIPPED {
            let card = card(model.name);
            let Some(trained) = model.trained else { continue };
            for (name, (least, most), step) in [
                ("required_throughput", trained.throughput_mbps, 0.01),
                ("required_delay", trained.delay_ms, 1.0),
            ] {
                let input = card.inputs.iter().find(|input| input.name == name).unwrap();
                let (below, above) = (least - input.trained_minimum, input.trained_maximum - most);
                for inside in [below, above] {
                    assert!((0.0..step).contains(&inside), "{} {name}: {inside}", model.name);
                }
            }
        }
    }

    #[test]
    fn an_estimator_that_cannot_plan_the_network_is_not_offered() {
        for model in SHIPPED {
            let count = card(model.name).features().len();
            let can_plan = count == FEATURES || count == PAPER_FEATURES;
            assert_eq!(model.trained.is_some(), can_plan, "{}", model.name);
            assert_eq!(model.title.contains(&count.to_string()), !can_plan, "{}", model.title);
        }
    }
}
