//! Training a slice model in the tab: the visitor's table, what its columns mean, and the training.

mod dialog;
mod form;
mod loss_chart;
mod session;

pub use dialog::{TrainingDialog, TrainingOpener};
