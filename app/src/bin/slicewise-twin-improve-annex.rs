//! The tabs Routing, Growth and Measurements of the Twin planner's page.

fn main() {
    slicewise_app::open_twin_improve();
}
