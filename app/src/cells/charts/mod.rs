//! The charts of the Cells view.

pub mod cell;
pub mod city;
pub mod day;
pub mod map;
pub mod schemes;

/// Classes of the slices' patches in keys.
pub const SLICE_PATCHES: [&str; 8] = [
    "k-patch-0",
    "k-patch-1",
    "k-patch-2",
    "k-patch-3",
    "k-patch-4",
    "k-patch-5",
    "k-patch-6",
    "k-patch-7",
];
