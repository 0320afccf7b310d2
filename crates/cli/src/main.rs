//! The slicewise command: plan, train, evaluate, reproduce, generate.
fn main() {}
