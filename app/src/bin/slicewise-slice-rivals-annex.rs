//! The tab Rivals of the Slice planner's page.

fn main() {
    slicewise_app::open_slice_rivals();
}
