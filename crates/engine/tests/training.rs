//! Trainings, and networks of the visitor's own.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]
#![cfg(any(not(target_arch = "wasm32"), feature = "burn"))]

#[path = "../../slice/tests/training_order/mod.rs"]
#[allow(dead_code, reason = "each test takes what it needs")]
mod training_order;

#[allow(dead_code, reason = "each test takes what it needs")]
mod alone;

#[cfg(all(target_arch = "wasm32", feature = "burn"))]
mod in_the_browser {
    use slicewise_core::slice::job::Installed;
    use slicewise_core::slice::training::TrainingMoment;
    use slicewise_core::slice::{SliceJob, SliceNews, SliceOutcome};
    use slicewise_engine::planners::Processor;
    use slicewise_engine::planners::slice::SliceEngine;
    use slicewise_protocol::{Reply, Request};
    use wasm_bindgen_test::{wasm_bindgen_test, wasm_bindgen_test_configure};

    use super::alone::{Alone, network, outcome};
    use super::training_order::{LOSSES, order};

    wasm_bindgen_test_configure!(run_in_dedicated_worker);

    type Engine = SliceEngine<Processor>;

    fn engine() -> Alone<Engine> {
        Alone::new(SliceEngine::new(Processor), &[Engine::TRAIN])
    }

    async fn trained(job: SliceJob, engine: &Alone<Engine>) -> (Installed, Vec<TrainingMoment>) {
        let (last, before) = engine.ask(job).await;
        let SliceOutcome::Trained(installed) = outcome(last) else { panic!("nothing trained") };
        let moment = |reply| match reply {
            Reply::News { news: SliceNews::Epoch(moment), .. } => Some(moment),
            _ => None,
        };
        (*installed, before.into_iter().filter_map(moment).collect())
    }

    async fn install(engine: &Alone<Engine>, network: &Installed) {
        let replies = engine.say(Request::Install(Box::new(network.clone()))).await;
        assert!(replies.is_empty(), "{replies:?}");
    }

    #[wasm_bindgen_test]
    async fn losses_are_those_of_a_native_training() {
        let (_, heard) = trained(SliceJob::Train(Box::new(order(1))), &engine()).await;
        assert_eq!(heard.len(), LOSSES.len());
        for (moment, expected) in heard.iter().zip(LOSSES) {
            assert!((moment.training_loss - expected.0).abs() < 1e-3, "{moment:?} {expected:?}");
            assert!((moment.held_back_loss - expected.1).abs() < 1e-3, "{moment:?} {expected:?}");
        }
    }

    #[wasm_bindgen_test]
    async fn an_installed_network_is_trained_on() {
        let engine = engine();
        let (first, fresh) = trained(SliceJob::Train(Box::new(order(2))), &engine).await;
        install(&engine, &first).await;
        let mut order = order(2);
        order.start_from = Some("own".to_owned());
        let (second, tuned) = trained(SliceJob::Train(Box::new(order)), &engine).await;
        assert!(tuned[0].held_back_loss < fresh[0].held_back_loss - 0.2);
        assert!(second.card.command.contains(&first.card.weights_fingerprint));
        let networks = slicewise_engine::planners::networks::Networks::default();
        networks.install(&second).unwrap();
        assert_eq!(network(&networks, "own").await.unwrap().card, second.card);
    }
}

#[cfg(not(target_arch = "wasm32"))]
mod natively {
    use std::collections::BTreeMap;

    use futures::executor::block_on;
    use slicewise_core::ModelCard;
    use slicewise_core::card::{Architecture, DataSource, InputField, Scale, fingerprint};
    use slicewise_core::slice::job::Installed;
    use slicewise_core::slice::{SliceJob, SliceOutcome, SliceProblem, Traffic};
    use slicewise_engine::planners::Processor;
    use slicewise_engine::planners::networks::Networks;
    use slicewise_engine::planners::slice::SliceEngine;
    use slicewise_nets::files::{Tensors, to_bytes};
    use slicewise_protocol::Request;

    use super::alone::{Alone, network, outcome, refusal};
    use super::training_order::order;

    type Engine = SliceEngine<Processor>;

    fn engine() -> Alone<Engine> {
        Alone::new(SliceEngine::new(Processor), &[Engine::PLAN])
    }

    /// QoS = antennas - traffic, with deviation ln 2 + 0.01: a network written by hand.
    fn by_hand() -> Installed {
        let tensors: Tensors = [
            ("shared.0.weight", vec![1, 2], vec![-1.0, 1.0]),
            ("shared.0.bias", vec![1], vec![100.0]),
            ("mean.output.weight", vec![1, 1], vec![1.0]),
            ("mean.output.bias", vec![1], vec![-100.0]),
            ("deviation.output.weight", vec![1, 1], vec![0.0]),
            ("deviation.output.bias", vec![1], vec![0.0]),
            ("input.mean", vec![2], vec![0.0, 0.0]),
            ("input.deviation", vec![2], vec![1.0, 1.0]),
            ("output.offset", vec![1], vec![0.0]),
            ("output.scale", vec![1], vec![1.0]),
        ]
        .into_iter()
        .map(|(name, shape, values)| (name.to_owned(), (shape, values)))
        .collect();
        let weights = to_bytes(&tensors).unwrap();
        let order = order(1);
        let inputs = order.inputs.iter().map(|input| InputField {
            name: input.name.clone(),
            unit: input.unit.clone(),
            trained_minimum: 0.0,
            trained_maximum: 10.0,
            default_capacity: 20.0,
            scale: Scale::Linear,
        });
        let card = ModelCard {
            format: 1,
            name: "own".to_owned(),
            title: "A formula".to_owned(),
            task: "slice-qos".to_owned(),
            inputs: inputs.collect(),
            output: order.output,
            architecture: Architecture::free(vec![1], 0, 1),
            limits: Vec::new(),
            confidence: Vec::new(),
            rows_per_allocation: 0,
            data: DataSource {
                source: "a formula".to_owned(),
                licence: "none needed".to_owned(),
                rows: BTreeMap::new(),
                fingerprint: String::new(),
            },
            metrics: BTreeMap::new(),
            seed: 0,
            command: "written by hand".to_owned(),
            weights_fingerprint: fingerprint(&weights),
        };
        Installed { card, weights }
    }

    #[test]
    fn plans_are_made_with_an_installed_network() {
        let engine = engine();
        let installed = by_hand();
        let kept = block_on(engine.say(Request::Install(Box::new(installed.clone()))));
        assert!(kept.is_empty(), "{kept:?}");
        let traffic = Traffic::Constant { users_per_second: 5.0 };
        let problem = SliceProblem::in_whole_box(&installed.card, traffic, 2.0, 0.1);
        assert_eq!(problem.resources[0].name, "antennas");
        let (last, _) = block_on(engine.ask(SliceJob::Plan { problem, tolerance: 1e-4 }));
        let SliceOutcome::Plan(plan) = outcome(last) else { panic!("no plan") };
        // antennas - 5 + (ln 2 + 0.01) z > 2 for nine users in ten.
        let needed = 7.0 + 1.281_551_565_544_6 * (2f64.ln() + 0.01);
        let found = plan.total_allocation()[0];
        assert!((found / needed - 1.0).abs() < 1e-3, "{found} {needed}");
    }

    #[test]
    fn a_network_is_replaced_by_its_successor() {
        let networks = Networks::default();
        let mut installed = by_hand();
        networks.install(&installed).unwrap();
        installed.card.title = "Another".to_owned();
        networks.install(&installed).unwrap();
        assert_eq!(block_on(network(&networks, "own")).unwrap().card.title, "Another");
        let error = block_on(network(&networks, "unknown")).unwrap_err();
        assert_eq!(
            error.allowed,
            "testbed-ensemble, testbed-gaussian, testbed-mixture, delay-ensemble, delay, own"
        );
    }

    #[test]
    fn damaged_networks_are_refused_by_field() {
        let refused = |change: &dyn Fn(&mut Installed)| {
            let mut installed = by_hand();
            change(&mut installed);
            let networks = Networks::default();
            let error = networks.install(&installed).unwrap_err().to_string();
            assert!(block_on(network(&networks, "own")).is_err());
            error
        };
        let shipped = refused(&|i| i.card.name = "delay".to_owned());
        assert!(shipped.starts_with("card.name is delay; allowed: a name other than"), "{shipped}");
        assert!(refused(&|i| i.weights.truncate(100)).starts_with("weights is"));
        assert!(refused(&|i| i.weights[200] ^= 1).starts_with("weights"));
        assert!(refused(&|i| i.card.architecture.shared = vec![2]).starts_with("tensor shared.0"));
        assert!(refused(&|i| i.card.inputs.truncate(1)).starts_with("card.inputs is 1 inputs"));
        let capacity = refused(&|i| i.card.inputs[1].default_capacity = f64::NAN);
        assert!(capacity.starts_with("card.inputs[1].default_capacity is NaN"), "{capacity}");
        let threshold = refused(&|i| i.card.output.threshold_minimum = 50.0);
        assert!(threshold.starts_with("card.output.threshold_minimum is 50"), "{threshold}");
    }

    #[test]
    fn a_build_without_training_refuses_to_train_and_names_the_job() {
        let (last, _) = block_on(engine().ask(SliceJob::Train(Box::new(order(1)))));
        let message = refusal(last).to_string();
        assert_eq!(message, "job is train; allowed: a job that this build does: plan");
    }

    #[test]
    fn a_training_needs_the_network_that_it_starts_from() {
        let mut order = order(1);
        assert_eq!(SliceJob::Train(Box::new(order.clone())).model(), None);
        order.start_from = Some("own".to_owned());
        assert_eq!(SliceJob::Train(Box::new(order)).model(), Some("own"));
    }
}
