//! Demand as `train`, `evaluate` and `plan` take it: a trace, or a generated service in any step that
//! the generator's five minutes make.

use slicewise_core::forecast::generator::{MOST_DAYS, STEP_MINUTES};
use slicewise_core::forecast::{DEMAND_SEED, DemandSeries, Service};

use super::demand::{DemandSource, GENERATED_DAYS, service_name};

/// Where demand comes from.
#[derive(clap::Args, Debug)]
pub struct Demand {
    #[command(flatten)]
    pub source: DemandSource,
    /// Days of a generated service, whose demand has the mean of the generator's five minutes over each
    /// of --step-minutes [default: those that make 6048 steps, 21 days of five minutes].
    #[arg(long, requires = "service")]
    pub days: Option<usize>,
}

impl Demand {
    /// The series of the demand.
    ///
    /// # Errors
    /// Says which file, column or service there is not, or what cannot be used.
    pub fn read(&self) -> anyhow::Result<DemandSeries> {
        let Some(service) = &self.source.service else { return self.source.read() };
        let name = service_name(service)?;
        let step = self.source.step_minutes.unwrap_or(STEP_MINUTES);
        let days = self.days.unwrap_or_else(|| usual_days(step));
        let series = Service::of(name).generate(name.as_str(), days, DEMAND_SEED)?;
        Ok(series.averaged_to(step)?)
    }

    /// The flags that name it.
    pub fn arguments(&self) -> String {
        let Some(service) = &self.source.service else { return self.source.arguments() };
        let mut arguments = format!("--service {service}");
        if let Some(step) = self.source.step_minutes.filter(|step| *step != STEP_MINUTES) {
            arguments += &format!(" --step-minutes {step}");
        }
        if let Some(days) = self.days {
            arguments += &format!(" --days {days}");
        }
        arguments
    }
}

/// Days that make as many steps as the generator's five minutes make in [`GENERATED_DAYS`].
fn usual_days(step_minutes: u32) -> usize {
    let days = GENERATED_DAYS * step_minutes as usize / STEP_MINUTES as usize;
    days.clamp(GENERATED_DAYS, MOST_DAYS)
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(clap::Parser)]
    struct Line {
        #[command(flatten)]
        demand: Demand,
    }

    fn demand(line: &str) -> Demand {
        Line::try_parse_from(["x"].into_iter().chain(line.split_whitespace())).unwrap().demand
    }

    #[test]
    fn a_service_has_as_many_steps_whatever_their_length_and_the_mean_of_its_five_minutes() {
        let five = demand("--service web-browsing --days 63").read().unwrap();
        let quarters = demand("--service web-browsing --step-minutes 15").read().unwrap();
        assert_eq!((quarters.values.len(), quarters.step_minutes), (6048, 15));
        let mean = five.values[..3].iter().sum::<f64>() / 3.0;
        assert!((quarters.values[0] - mean).abs() < 1e-12 * mean);
        assert_eq!(demand("--service web-browsing").read().unwrap().values.len(), 6048);
    }

    #[test]
    fn steps_that_the_generator_does_not_make_are_named() {
        let error = demand("--service web-browsing --step-minutes 7").read().unwrap_err();
        assert!(error.to_string().starts_with("step_minutes is 7"), "{error}");
    }

    #[test]
    fn what_is_typed_again_makes_the_same_demand() {
        let line = "--service cloud-gaming --step-minutes 60 --days 70";
        assert_eq!(demand(line).arguments(), line);
        assert_eq!(demand("--service cloud-gaming").arguments(), "--service cloud-gaming");
    }
}
