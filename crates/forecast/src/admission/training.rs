//! Learning to admit and to reserve under one capacity.

use burn::tensor::Device;
use slicewise_optim::{Halted, Monitor};

use super::problem::AdmissionSetting;
use crate::model::Size;
use crate::training::{Lesson, Measured, Moment, Objective, Settings, Trained, train};

/// The settings of use case II at reduced size: five layers learn the loss.
pub fn admission_settings(seed: u64) -> Settings {
    Settings {
        size: Size { regressor: vec![16, 16, 8], loss: vec![64, 64, 64, 64, 32] },
        epochs: 24,
        explored: 4,
        loss_steps_before: 1200,
        loss_steps_after: 0,
        ..Settings::reduced(seed)
    }
}

/// Trains both networks on what was measured before the test.
///
/// # Errors
/// As [`train`], or names what is wrong with the terms.
pub async fn train_admission(
    setting: &AdmissionSetting,
    settings: &Settings,
    device: &Device,
    monitor: &impl Monitor,
    observe: &mut impl FnMut(&Moment),
) -> Result<Trained, Halted> {
    setting.terms.validate()?;
    let demands = setting.demands()?;
    let metric = |decision: &[f64], demand: &[f64]| setting.terms.cost(decision, demand);
    let lesson = Lesson { demands: &demands, training: 0..setting.test_from, validation: 0..0 };
    let objective = Objective::Learned {
        measured: Measured::By(&metric),
        start: None,
        capacity: Some(setting.terms.capacity),
    };
    train(&lesson, objective, settings, device, monitor, observe).await
}
