//! The single-page app: views, controls, charts.
fn main() {}
