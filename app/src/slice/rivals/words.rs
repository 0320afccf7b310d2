//! The race in a sentence and in a table.

use super::chart::bound;
use super::method::PLANNER;
use super::race::{RaceQuestion, Racer, Stage};
use crate::charts::drawing::{Cell, DataTable};
use crate::controls::number_text;
use crate::slice::cost_unit::CostUnit;

/// A cost within this share of the final one counts as reached (MicroOpt, section VI-D).
const REACHED: f64 = 0.004;

/// Who found what, and who proved it.
pub fn sentence(racers: &[Racer], question: &RaceQuestion) -> String {
    let planner = racers.iter().find(|racer| racer.method.name == PLANNER);
    let Some((planner, plan)) = planner.and_then(|racer| Some((racer, racer.plan()?))) else {
        return "Without Slicewise in the race there is no bound to compare with.".to_owned();
    };
    if !plan.keeps_promises() {
        return "Slicewise finds no allocation that keeps the promise; what the others find is in the table.".to_owned();
    }
    let cost = CostUnit(question.cost_unit.clone()).words(plan.cost);
    let took = number_text::quantity(planner.seconds, "s");
    let rows = number_text::rounded(planner.rows as f64);
    let own = match plan.gap {
        Some(gap) => {
            let gap = number_text::percent(gap);
            format!(
                "Slicewise keeps the promise for {cost} and proves within {took} and {rows} rows that no allocation is cheaper by more than {gap}."
            )
        }
        None => format!(
            "Slicewise keeps the promise for {cost} after {took} and {rows} rows, without a proof."
        ),
    };
    let others: Vec<(&Racer, f64, bool)> = racers
        .iter()
        .filter(|racer| racer.method.name != PLANNER)
        .filter_map(|racer| racer.plan().map(|plan| (racer, plan.cost, plan.keeps_promises())))
        .collect();
    if others.is_empty() {
        return own;
    }
    let kept = others.iter().filter(|(.., keeps)| *keeps);
    let count = kept.clone().count();
    let best = kept.min_by(|a, b| a.1.total_cmp(&b.1));
    let all = number_text::counted(others.len(), "rival");
    let theirs = match (best, bound(racers)) {
        (Some((racer, cost, _)), Some(bound)) => {
            let excess = number_text::percent((cost / bound - 1.0).max(0.0));
            let took = number_text::quantity(racer.seconds, "s");
            format!(
                " Of {all} {count} keep it; the cheapest, {}, comes within {excess} of the bound in {took}, and proves nothing.",
                racer.method.title
            )
        }
        _ => format!(" Of {all} none keeps it."),
    };
    own + &theirs
}

/// One row per method.
pub fn table(racers: &[Racer], question: &RaceQuestion) -> DataTable {
    let bound = bound(racers);
    let row = |racer: &Racer| {
        let plan = racer.plan();
        let kept = plan.map(|plan| plan.keeps_promises());
        let cost = plan.map(|plan| plan.cost);
        let excess = cost.zip(bound).map(|(cost, bound)| 100.0 * (cost / bound - 1.0).max(0.0));
        let spent = |value: f64| Cell::from(plan.map(|_| value));
        let reached = reached(racer);
        vec![
            Cell::Text(racer.method.title.to_owned()),
            Cell::Text(stage(racer).to_owned()),
            Cell::from(cost),
            Cell::from(excess.filter(|_| kept == Some(true))),
            match kept {
                Some(true) => Cell::Text("kept".to_owned()),
                Some(false) => Cell::Text("broken".to_owned()),
                None => Cell::Empty,
            },
            spent(racer.rows as f64),
            spent(racer.seconds),
            Cell::from(reached.map(|(rows, _)| rows as f64)),
            Cell::from(reached.map(|(_, seconds)| seconds)),
        ]
    };
    let unit = CostUnit(question.cost_unit.clone());
    let columns = [
        "method".to_owned(),
        "state".to_owned(),
        unit.column(),
        "above the proven bound (%)".to_owned(),
        "promise".to_owned(),
        "rows".to_owned(),
        "time (s)".to_owned(),
        "rows to within 0.4 % of its end".to_owned(),
        "time to within 0.4 % of its end (s)".to_owned(),
    ];
    DataTable { columns: columns.to_vec(), rows: racers.iter().map(row).collect() }
}

fn stage(racer: &Racer) -> &str {
    match &racer.stage {
        Stage::Waiting => "waits",
        Stage::Running => "searches",
        Stage::Done(_) => "done",
        Stage::Stopped => "cancelled",
        Stage::Failed(why) => why,
    }
}

/// Rows and seconds after which a method's cost was near its final one for the first time.
fn reached(racer: &Racer) -> Option<(usize, f64)> {
    let plan = racer.plan().filter(|plan| plan.keeps_promises())?;
    let near = (1.0 + REACHED) * plan.cost;
    let mut kept = racer.milestones.iter().filter(|milestone| milestone.feasible);
    kept.find(|milestone| milestone.cost <= near).map(|found| (found.rows, found.seconds))
}
