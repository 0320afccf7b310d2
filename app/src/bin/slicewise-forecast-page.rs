//! The Forecast planner's page.

fn main() {
    slicewise_app::open_forecast();
}
