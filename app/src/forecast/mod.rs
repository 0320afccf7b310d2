//! The Forecast planner's view: how much to reserve for the next interval, when the cost of a decision
//! is only seen afterwards.

mod admission;
mod admission_panel;
mod answer;
mod charts;
mod controls;
mod exchange;
mod explorer;
mod imported;
mod learn_panel;
mod link;
mod loss_panel;
mod methods_panel;
mod networks;
mod opened_networks;
pub mod page;
mod planner;
mod reservation_panel;
mod session;
mod state;
mod tour;
mod views;
mod words;
