//! What the map's colours tell.
