//! Margins that turn a forecast into a reservation.

use slicewise_core::forecast::ServiceAgreement;

/// The margin that the errors (demand less forecast) stay below with probability `share`, 0 to 1; 0
/// where there is no error.
pub fn covering(forecasts: &[f64], demand: &[f64], share: f64) -> f64 {
    let errors = sorted_errors(forecasts, demand);
    let last = errors.len().saturating_sub(1);
    let rank = libm::ceil(share * errors.len() as f64) as usize;
    errors.get(rank.saturating_sub(1).min(last)).copied().unwrap_or(0.0)
}

/// The one margin on all forecasts with the least cost at this very demand: what nobody can know
/// before. The cost rises between two errors, so that one of the errors is the best margin.
pub fn best_in_hindsight(agreement: &ServiceAgreement, forecasts: &[f64], demand: &[f64]) -> f64 {
    let errors = demand.iter().zip(forecasts).map(|(demand, forecast)| (demand - forecast, 1.0));
    cheapest(agreement, errors.collect()).unwrap_or(0.0)
}

/// The move with the least cost among `errors`, each with its unit: a step whose error is above the move
/// is violated, any other pays for what is left, its own unit times the distance. None without an error.
pub fn cheapest(agreement: &ServiceAgreement, mut errors: Vec<(f64, f64)>) -> Option<f64> {
    errors.sort_by(|one, other| one.0.total_cmp(&other.0));
    let (mut units, mut products) = (0.0, 0.0);
    let count = errors.len();
    let costs = errors.iter().enumerate().map(|(index, (error, unit))| {
        units += unit;
        products += unit * error;
        let violated = (count - index - 1) as f64 * agreement.violation_cost();
        (violated + agreement.overprovisioning_price * (error * units - products), *error)
    });
    costs.min_by(|one, other| one.0.total_cmp(&other.0)).map(|(_, error)| error)
}

/// `forecasts` with `margin`, by at least the rounding that exact margins lose.
pub fn with(forecasts: &[f64], margin: f64) -> Vec<f64> {
    let margin = margin + 1e-12 * margin.abs();
    forecasts.iter().map(|forecast| (forecast + margin) * (1.0 + 1e-12)).collect()
}

fn sorted_errors(forecasts: &[f64], demand: &[f64]) -> Vec<f64> {
    let mut errors: Vec<f64> =
        forecasts.iter().zip(demand).map(|(forecast, demand)| demand - forecast).collect();
    errors.sort_by(f64::total_cmp);
    errors
}

#[cfg(test)]
mod tests {
    use slicewise_core::forecast::{Service, ServiceName};

    use super::*;
    use crate::baselines::{HoltWinters, seasonal_naive};

    const AGREEMENT: ServiceAgreement =
        ServiceAgreement { revenue: 3.0, penalty: 2.0, overprovisioning_price: 0.5 };

    #[test]
    fn the_cheapest_move_is_that_of_an_exhaustive_search() {
        let errors: Vec<(f64, f64)> =
            (0..40).map(|i| (f64::from(i * 17 % 40) / 8.0, 1.0 + f64::from(i % 3))).collect();
        let cost = |moved: f64| -> f64 {
            let step = |(error, unit): &(f64, f64)| match moved < *error {
                true => AGREEMENT.violation_cost(),
                false => AGREEMENT.overprovisioning_price * unit * (moved - error),
            };
            errors.iter().map(step).sum()
        };
        let best = cheapest(&AGREEMENT, errors.clone()).unwrap() + 1e-3;
        for step in -100..800 {
            assert!(cost(best) <= cost(0.01 * f64::from(step)) + 0.1, "{step}");
        }
    }

    /// The cheapest of all errors, each tried as the margin of every step.
    fn exhaustive(agreement: &ServiceAgreement, forecasts: &[f64], demand: &[f64]) -> f64 {
        // Exactly the demand where only rounding keeps it below.
        let served = |forecast: f64, demand: f64, margin: f64| {
            let reserved = forecast + margin;
            if (reserved - demand).abs() <= 1e-12 * demand.abs() { demand } else { reserved }
        };
        let cost = |margin: f64| -> f64 {
            let steps = forecasts.iter().zip(demand);
            steps.map(|(f, y)| agreement.cost(served(*f, *y, margin), *y)).sum()
        };
        let costs =
            sorted_errors(forecasts, demand).into_iter().map(|margin| (cost(margin), margin));
        costs.min_by(|one, other| one.0.total_cmp(&other.0)).unwrap().1
    }

    #[test]
    fn the_margin_in_hindsight_is_that_of_an_exhaustive_search() {
        let demand: Vec<f64> = (0..80).map(|i| 20.0 + f64::from(i * 31 % 80) / 9.0).collect();
        let forecasts = vec![22.0; 80];
        let wanted = exhaustive(&AGREEMENT, &forecasts, &demand);
        assert_eq!(best_in_hindsight(&AGREEMENT, &forecasts, &demand), wanted);
    }

    #[test]
    fn the_margin_in_hindsight_of_generated_services_is_that_of_an_exhaustive_search() {
        for service in ServiceName::ALL {
            let series = Service::of(service).generate("service", 4, 1).unwrap();
            let (day, demand) = (series.steps_per_day(), &series.values);
            let peak = demand.iter().copied().fold(0.0, f64::max);
            let smoothing = HoltWinters::fit(demand, day);
            for forecasts in [
                HoltWinters::forecasts(demand, day, smoothing),
                seasonal_naive(demand, day, 0..demand.len()),
            ] {
                for alpha in [0.1, 2.0, 30.0] {
                    let agreement = ServiceAgreement::of_deepcog(alpha, peak);
                    let wanted = exhaustive(&agreement, &forecasts[day..], &demand[day..]);
                    let found = best_in_hindsight(&agreement, &forecasts[day..], &demand[day..]);
                    assert_eq!(found, wanted, "{} at alpha {alpha}", service.as_str());
                }
            }
        }
    }

    #[test]
    fn the_hindsight_margin_is_no_worse_than_a_dense_search() {
        let demand: Vec<f64> = (0..60).map(|i| 5.0 + f64::from((i * 37) % 60) / 30.0).collect();
        let forecasts = vec![5.5; 60];
        let agreement =
            ServiceAgreement { revenue: 1.0, penalty: 2.0, overprovisioning_price: 0.7 };
        let total = |margin: f64| -> f64 {
            let reserved = with(&forecasts, margin);
            reserved.iter().zip(&demand).map(|(c, y)| agreement.cost(*c, *y)).sum()
        };
        let best = total(best_in_hindsight(&agreement, &forecasts, &demand));
        for step in -200..300 {
            assert!(best <= total(0.01 * f64::from(step)) + 1e-6, "margin {step}");
        }
    }

    #[test]
    fn a_covering_margin_covers_its_share() {
        let demand: Vec<f64> = (1..=100).map(f64::from).collect();
        let margin = covering(&vec![0.0; 100], &demand, 0.95);
        assert_eq!(margin, 95.0);
        assert_eq!(covering(&[], &[], 0.95), 0.0);
    }
}
