//! The page of the Slice planner.

fn main() {
    slicewise_app::open_slice();
}
