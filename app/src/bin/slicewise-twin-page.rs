//! The Twin planner's page.

fn main() {
    slicewise_app::open_twin();
}
