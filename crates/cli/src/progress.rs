//! Progress bars on standard error, where that is a terminal.

use indicatif::{ProgressBar, ProgressStyle};
use slicewise_core::slice::SliceNews;
use slicewise_core::slice::training::TrainingMoment;
use slicewise_optim::Progress;

/// A bar of that template, in the words of `indicatif`.
pub fn bar(length: usize, template: &str) -> anyhow::Result<ProgressBar> {
    let bar = ProgressBar::new(length as u64);
    bar.set_style(ProgressStyle::with_template(template)?);
    Ok(bar)
}

/// A bar that moves with the epochs of a training.
#[derive(Clone)]
pub struct EpochBar(ProgressBar);

impl EpochBar {
    /// A bar of that many epochs.
    pub fn new(epochs: usize) -> anyhow::Result<Self> {
        let template = "{wide_bar} epoch {pos}/{len}  {msg}  {elapsed} of {duration}";
        Ok(Self(bar(epochs, template)?))
    }

    /// Tells what came of an epoch.
    pub fn show(&self, epoch: usize, message: String) {
        self.0.set_position(epoch as u64);
        self.0.set_message(message);
    }

    /// Tells the losses after an epoch.
    pub fn learned(&self, moment: TrainingMoment) {
        let (training, held_back) = (moment.training_loss, moment.held_back_loss);
        self.show(moment.epoch, format!("loss {training:.4}, held back {held_back:.4}"));
    }

    /// Leaves the bar as it is.
    pub fn finish(&self) {
        self.0.finish();
    }
}

impl Progress<SliceNews> for EpochBar {
    fn news(&mut self, news: SliceNews) {
        if let SliceNews::Epoch(moment) = news {
            self.learned(moment);
        }
    }
}
