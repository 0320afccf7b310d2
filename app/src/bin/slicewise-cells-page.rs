//! The page of the Cells planner.

fn main() {
    slicewise_app::open_cells();
}
