//! Small plans for the tests of the charts.

use slicewise_core::Origin;
use slicewise_core::forecast::admission_plan::{AdmissionPlan, AdmittedSlice};
use slicewise_core::forecast::reservation::{
    MethodPlan, ReservationMethod, ReservationPlan, Rivals,
};
use slicewise_core::forecast::{ReservationScore, ServiceAgreement, ServiceName};

/// Two days of six steps each; the promise is broken in the fourth step.
pub fn reservation() -> ReservationPlan {
    let agreement = ServiceAgreement { revenue: 10.0, penalty: 20.0, overprovisioning_price: 1.0 };
    let demand: Vec<f64> =
        vec![10.0, 12.0, 20.0, 32.0, 24.0, 14.0, 11.0, 13.0, 21.0, 28.0, 22.0, 12.0];
    let ours: Vec<f64> = demand.iter().map(|demand: &f64| (demand + 3.0).min(30.0)).collect();
    let naive = vec![36.0; 12];
    let method = |method, reserved: Vec<f64>| MethodPlan {
        method,
        score: ReservationScore::of(&agreement, &reserved, &demand),
        reserved,
    };
    ReservationPlan {
        name: "cell".to_owned(),
        unit: "Mbit/s".to_owned(),
        step_minutes: 240,
        start_minute: 4 * 1440,
        training_steps: 24,
        peak: 34.0,
        agreement,
        methods: vec![
            method(ReservationMethod::Learned, ours),
            method(ReservationMethod::HoltWinters, naive),
        ],
        demand: demand.clone(),
        rivals: Rivals::HoltWinters,
        next: 15.0,
        last_sample_factor: 1.25,
        moved: 0.0,
        transferred: false,
        network_step_minutes: 5,
        by_time_of_day: false,
        decision_ms: 0.1,
        origin: Origin::new("0123456789abcdef", 7),
    }
}

/// One day of six steps for two slices that share 30 units; the second one is rejected twice.
pub fn admission() -> AdmissionPlan {
    let slice = |service, demand: [f64; 6], reserved: [f64; 6]| AdmittedSlice {
        service,
        scale: 20.0,
        demand: demand.to_vec(),
        reserved: reserved.to_vec(),
        profit: 0.8,
        admitted: 1.0,
        avst_hours: 12.0,
    };
    AdmissionPlan {
        slices: vec![
            slice(
                ServiceName::VideoStreaming,
                [8.0, 9.0, 15.0, 20.0, 16.0, 9.0],
                [9.0, 10.0, 16.0, 21.0, 17.0, 10.0],
            ),
            slice(
                ServiceName::CloudGaming,
                [5.0, 6.0, 12.0, 14.0, 12.0, 6.0],
                [6.0, 7.0, 13.0, -1.0, -1.0, 7.0],
            ),
        ],
        capacity: 30.0,
        unit: "Mbit/s".to_owned(),
        step_minutes: 240,
        start_minute: 4 * 1440,
        profit: 0.8,
        admissions: 0.83,
        violations: 0.0,
        starved: 0.0,
        origin: Origin::new("0123456789abcdef", 7),
    }
}
