//! The map of a network: its places, its links by colour, what is under the pointer, and the same as a
//! table and as a file.

mod camera;
mod colour;
#[cfg(test)]
mod examples;
mod geometry;
mod labels;
mod layout;
mod links;
mod picked;
mod picture;
mod places;
mod pointing;
mod search;

pub use colour::MapColour;
pub use picked::Picked;
