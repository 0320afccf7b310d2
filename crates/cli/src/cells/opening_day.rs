//! `slicewise evaluate cells --day`: the page's opening day under every objective, exact beside equal
//! shares.

use anyhow::ensure;
use futures::executor::block_on;
use serde_json::{Value, json};
use slicewise_cells::day::{self, DayFigures};
use slicewise_core::cells::job::{DEFAULT_LEAST_SHARE, Method};
use slicewise_core::cells::{Objective, Scenario, Scheme};
use slicewise_nets::estimator::Estimator;
use slicewise_optim::Unmonitored;

use crate::progress::bar;
use crate::threads::on_threads;

/// What is played.
#[derive(clap::Args, Debug)]
pub struct OpeningDay {
    /// Play the day of the simulated network that the page opens with (the paper's four slices, after
    /// a day that fills histories and queues): for every objective exact splits beside equal shares,
    /// with what the estimator expected and what came of it.
    #[arg(long)]
    day: bool,
    /// Least share of slices with users, 0 to 0.25; with --day.
    #[arg(long, value_name = "SHARE", default_value_t = DEFAULT_LEAST_SHARE, requires = "day")]
    least_share: f64,
    /// Costs of a change of a cell's split, in the objective's utility, one run of each; with --day
    /// [default: the objective's own].
    #[arg(long, value_name = "LIST", value_delimiter = ',', requires = "day")]
    cost_of_change: Vec<f64>,
    /// Seeds of the network, one run of each; with --day.
    #[arg(long, value_name = "LIST", value_delimiter = ',', default_value = "1", requires = "day")]
    seeds: Vec<u64>,
    /// Required throughput of the slices in Mbit/s, in place of the paper's; with --day.
    #[arg(long, value_name = "LIST", value_delimiter = ',', requires = "day")]
    throughput: Vec<f64>,
}

/// One run of the day.
struct Played {
    scenario: usize,
    seed: u64,
    method: Method,
    figures: DayFigures,
}

impl OpeningDay {
    /// Whether the day is asked for.
    pub fn is_wanted(&self) -> bool {
        self.day
    }

    /// Plays the day with `estimator` and prints what came of it, as JSON where that is wanted.
    ///
    /// # Errors
    /// Names the option that is out of range.
    pub fn run(&self, estimator: &Estimator, as_json: bool) -> anyhow::Result<()> {
        let played = self.play(estimator)?;
        if as_json {
            let rows: Vec<Value> = played.iter().map(|run| report(run, &played)).collect();
            println!("{}", serde_json::to_string_pretty(&rows)?);
        } else {
            print!("{}", table(&played));
        }
        Ok(())
    }

    fn play(&self, estimator: &Estimator) -> anyhow::Result<Vec<Played>> {
        ensure!(!self.seeds.is_empty(), "seeds is empty; allowed: at least one");
        let scenarios = self
            .seeds
            .iter()
            .map(|seed| self.scenario(*seed))
            .collect::<anyhow::Result<Vec<_>>>()?;
        let mut asked = Vec::new();
        for (scenario, seed) in self.seeds.iter().enumerate() {
            for method in self.methods(&estimator.card.name, *seed) {
                method.validate()?;
                asked.push((scenario, *seed, method));
            }
        }
        let threads = std::thread::available_parallelism().map_or(1, usize::from);
        let bar = bar(asked.len(), "{wide_bar} {pos}/{len} days  {elapsed}")?;
        let played = on_threads(asked.len(), threads, |index| {
            let (scenario, seed, method) = asked[index].clone();
            let steps = day::steps(&scenarios[scenario], estimator, method.clone(), &Unmonitored);
            let figures = day::figures(&block_on(steps)?);
            bar.inc(1);
            Ok(Played { scenario, seed, method, figures })
        })?;
        bar.finish_and_clear();
        Ok(played)
    }

    fn scenario(&self, seed: u64) -> anyhow::Result<Scenario> {
        let mut scenario = Scenario::of_the_paper(&[1, 2, 3, 4], seed);
        let (found, wanted) = (self.throughput.len(), scenario.slices.len());
        ensure!(
            found == 0 || found == wanted,
            "throughput is {found} numbers; allowed: {wanted}, one per slice"
        );
        for (slice, throughput_mbps) in scenario.slices.iter_mut().zip(&self.throughput) {
            slice.service.required_throughput_mbps = *throughput_mbps;
        }
        scenario.validate()?;
        Ok(scenario)
    }

    /// Equal shares, then exact splits for each objective and cost.
    fn methods(&self, estimator: &str, seed: u64) -> Vec<Method> {
        let least_share = self.least_share;
        let method = |objective, scheme| Method {
            least_share,
            ..Method::new(estimator, objective, scheme, seed).steady()
        };
        let mut methods = vec![method(Objective::LogSum, Scheme::Equal)];
        for objective in Objective::ALL {
            let own = method(objective, Scheme::Exact);
            if self.cost_of_change.is_empty() {
                methods.push(own);
                continue;
            }
            let costs = self.cost_of_change.iter();
            methods.extend(costs.map(|cost| Method { cost_of_change: *cost, ..own.clone() }));
        }
        methods
    }
}

/// Equal shares in the world of `run`.
fn equal<'a>(run: &Played, played: &'a [Played]) -> Option<&'a DayFigures> {
    let same =
        |other: &&Played| other.scenario == run.scenario && other.method.scheme == Scheme::Equal;
    played.iter().find(same).map(|other| &other.figures)
}

fn report(run: &Played, played: &[Played]) -> Value {
    let DayFigures { run: figures, moved, starved, least_share, .. } = run.figures;
    json!({
        "seed": run.seed,
        "scheme": run.method.scheme,
        "objective": run.method.objective,
        "least_share": run.method.least_share,
        "cost_of_change": run.method.cost_of_change,
        "satisfied": figures.probability(),
        "satisfied_expected": figures.expected_probability(),
        "satisfaction_mean": figures.mean(),
        "satisfaction_mean_expected": figures.expected_mean(),
        "below_equal_shares": equal(run, played).map(|equal| figures.is_below(&equal.run)),
        "changed": run.figures.changed(),
        "moved": moved,
        "starved": starved,
        "smallest_share": least_share,
        "slices_extrapolated": figures.outside,
    })
}

fn table(played: &[Played]) -> String {
    let mut text =
        "seed  scheme  objective     cost  satisfied  expected  mean r  expected  changed   \
                    moved  starved  least  outside\n"
            .to_owned();
    for run in played {
        let DayFigures { run: figures, moved, starved, least_share, .. } = run.figures;
        let expected = |value: Option<f64>| value.unwrap_or(f64::NAN);
        let is_below = equal(run, played).is_some_and(|equal| figures.is_below(&equal.run));
        text += &format!(
            "{:>4}  {:<6}  {:<12}  {:>5}  {:>9.4}  {:>8.4}  {:>6.4}  {:>8.4}  {:>7.4}  {:>6.4}  {:>7}  \
             {:>5.3}  {:>7}{}\n",
            run.seed,
            run.method.scheme.name(),
            run.method.objective.name(),
            run.method.cost_of_change,
            figures.probability(),
            expected(figures.expected_probability()),
            figures.mean(),
            expected(figures.expected_mean()),
            run.figures.changed(),
            moved,
            starved,
            least_share,
            figures.outside,
            if is_below { "  below equal shares" } else { "" },
        );
    }
    text + "satisfied: share of slices, cells and steps with r >= 0.99 in the simulation; expected: by the \
            estimator\nchanged: share of the cells and steps whose split changes; moved: part of the PRB \
            that changes hands in a step; starved: slices with users and no PRB\n"
}

#[cfg(test)]
mod tests {
    use clap::Parser;
    use slicewise_cells::model::shipped;

    use super::*;

    #[derive(clap::Parser)]
    struct Line {
        #[command(flatten)]
        day: OpeningDay,
    }

    fn options(line: &str) -> OpeningDay {
        Line::try_parse_from(line.split_whitespace()).unwrap().day
    }

    #[test]
    fn each_objective_and_cost_is_played_beside_equal_shares() {
        let day = options("day --day --cost-of-change 0,0.05 --seeds 1,2");
        let methods = day.methods("e", 2);
        assert_eq!((methods.len(), methods[0].scheme), (7, Scheme::Equal));
        let costs: Vec<f64> = methods[1..].iter().map(|method| method.cost_of_change).collect();
        assert_eq!(costs, [0.0, 0.05].repeat(3));
        let own = options("day --day").methods("e", 1);
        assert_eq!(own[2].cost_of_change, Objective::MaxMin.default_cost_of_change());
        assert!(own.iter().all(|method| method.least_share == DEFAULT_LEAST_SHARE));
        assert!(Line::try_parse_from(["day", "--least-share", "0.1"]).is_err());
    }

    #[test]
    fn what_cannot_be_played_is_named() {
        let estimator = shipped("simulated-expected").unwrap();
        let refused = |line: &str| options(line).play(&estimator).err().unwrap().to_string();
        assert_eq!(
            refused("day --day --least-share 0.5"),
            "least_share is 0.5; allowed: 0 to 0.25 of the PRB"
        );
        assert!(refused("day --day --throughput 1,2").starts_with("throughput is 2 numbers"));
        assert!(
            refused("day --day --throughput 1,2,3,999").contains("required_throughput_mbps is 999")
        );
    }

    #[test]
    fn exact_is_not_below_equal_shares_on_the_opening_day_or_the_report_says_so() {
        let estimator = shipped("simulated-expected").unwrap();
        let played = options("day --day").play(&estimator).unwrap();
        assert_eq!(played.len(), 4);
        let text = table(&played);
        for (run, line) in played.iter().zip(text.lines().skip(1)) {
            let report = report(run, &played);
            let number = |key: &str| report[key].as_f64().unwrap();
            let is_below = number("satisfied") < played[0].figures.run.probability();
            assert_eq!(report["below_equal_shares"], is_below);
            assert_eq!(line.ends_with("below equal shares"), is_below, "{line}");
            assert!((0.0..=1.0).contains(&number("satisfied_expected")));
            assert_eq!(report["starved"], 0);
        }
        assert!(!played[1].figures.run.is_below(&played[0].figures.run), "{text}");
    }
}
