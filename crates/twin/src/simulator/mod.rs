//! The network packet by packet, by discrete events.

pub mod port;
