//! How right the formula is on packed runs of the GNNet challenges, and how long it takes:
//! `cargo run --release --example formula -- FILE.jsonl.gz...`

use std::time::Instant;

use slicewise_core::formats::packed::{LARGEST_UNPACKED_BYTES, unpacked};
use slicewise_twin::dataset::runs;
use slicewise_twin::evaluation::{Comparison, Score, Scores};
use slicewise_twin::formula::Formula;
use slicewise_twin::problem::Problem;
use slicewise_twin::routing::{RoutedNetwork, Routes};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    for file in std::env::args().skip(1) {
        let bytes = std::fs::read(&file)?;
        let text = String::from_utf8(unpacked(&bytes, LARGEST_UNPACKED_BYTES)?.into_owned())?;
        let mut comparison = Comparison::default();
        let mut formula = Formula::default();
        let (mut millis, mut rounds, mut unsettled) = (Vec::new(), 0, 0);
        for run in runs(&text) {
            let run = run?;
            let problem = Problem::new(&run.scenario, &[])?;
            let begun = Instant::now();
            let network = RoutedNetwork::new(&problem, &mut Routes::default());
            let answer = formula.answer(&network);
            millis.push(begun.elapsed().as_secs_f64() * 1e3);
            rounds += answer.rounds;
            unsettled += u32::from(!answer.settled);
            comparison.add(&run, &answer.flows);
        }
        millis.sort_by(f64::total_cmp);
        let evaluation = comparison.evaluation();
        println!("{file}: {} runs, median {:.2} ms", evaluation.runs, millis[millis.len() / 2]);
        println!("  {} rounds in all, {unsettled} unsettled", rounds);
        tell("all", &evaluation.all);
        evaluation.by_policy.iter().for_each(|(name, scores)| tell(name, scores));
        evaluation.by_arrival.iter().for_each(|(name, scores)| tell(name, scores));
    }
    Ok(())
}

fn tell(name: &str, scores: &Scores) {
    let score = |name: &str, score: &Score| {
        let percent = |value: Option<f64>| value.map_or("-".to_owned(), |v| format!("{v:.2} %"));
        let (mape, median) = (percent(score.mape), percent(score.median_ape));
        let r2 = score.r2.map_or("-".to_owned(), |r2| format!("{r2:.4}"));
        println!("    {name:7} mape {mape:>9}  median {median:>8}  mae {:.3e}  r2 {r2}", score.mae);
    };
    println!("  {name}: {} flows", scores.delay.flows);
    score("delay", &scores.delay);
    score("p90", &scores.p90);
    score("jitter", &scores.jitter);
    score("loss", &scores.loss);
}
