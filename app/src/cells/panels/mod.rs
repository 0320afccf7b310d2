//! The panels below the answer, one per tab.

mod cell;
mod city;
mod network;
mod schemes;
mod table;

pub use cell::CellPanel;
pub use city::CityPanel;
pub use network::NetworkPanel;
pub use schemes::SchemesPanel;
pub use table::TablePanel;
