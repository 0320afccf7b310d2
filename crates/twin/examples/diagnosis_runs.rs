//! How often the diagnosis is right, run by run: `cargo run --release --example diagnosis_runs -- SEED RUNS PACKETS`;
//! two more arguments of 0 leave out utilisations, and faults.

use futures::executor::block_on;
use slicewise_core::twin::diagnosis::DiagnosisOrder;
use slicewise_optim::Unmonitored;
use slicewise_optim::monitor::Halted;
use slicewise_twin::diagnosis::evaluation::{Evaluation, EvaluationOrder, evaluated_run};

fn main() -> Result<(), Halted> {
    let arguments: Vec<u64> =
        std::env::args().skip(1).filter_map(|text| text.parse().ok()).collect();
    let of = |at: usize, usual| arguments.get(at).copied().unwrap_or(usual);
    let (seed, runs, packets) = (of(0, 1), of(1, 20) as usize, of(2, 500_000));
    let diagnosis = DiagnosisOrder::default();
    let order = EvaluationOrder { seed, packets, utilisations: of(3, 1) == 1, diagnosis };
    let mut found = Vec::new();
    for run in 0..runs {
        for faulty in [false, true].into_iter().filter(|faulty| !faulty || of(4, 1) == 1) {
            let outcome = block_on(evaluated_run(&order, run, faulty, &Unmonitored))?;
            println!("{outcome:?}");
            found.push(outcome);
        }
    }
    let evaluation = Evaluation { runs: Vec::new(), ..Evaluation::of(found) };
    println!("{evaluation:#?}");
    Ok(())
}
