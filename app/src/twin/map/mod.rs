//! The map of a network: its places, its links by colour, what is under the pointer, and the same as a
//! table and as a file.

mod camera;
mod canvas;
mod colour;
#[cfg(test)]
mod examples;
mod geometry;
mod labels;
mod layout;
mod links;
mod network_map;
mod painting;
mod picked;
mod picture;
mod places;
mod pointing;
mod readings;
mod saved;
mod search;
mod view;

pub use colour::MapColour;
pub use network_map::NetworkMap;
pub use picked::Picked;
pub use saved::map_svg;
