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
    let errors = sorted_errors(forecasts, demand);
    let cost = |margin: f64| -> f64 {
        let steps = forecasts.iter().zip(demand);
        steps
            .map(|(forecast, demand)| agreement.cost(served(*forecast, *demand, margin), *demand))
            .sum()
    };
    let costs = errors.iter().map(|margin| (cost(*margin), *margin));
    costs.min_by(|one, other| one.0.total_cmp(&other.0)).map_or(0.0, |(_, margin)| margin)
}

/// `forecast + margin`, but exactly the demand where only rounding keeps it below.
fn served(forecast: f64, demand: f64, margin: f64) -> f64 {
    let reserved = forecast + margin;
    if (reserved - demand).abs() <= 1e-12 * demand.abs() { demand } else { reserved }
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
    use super::*;

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
