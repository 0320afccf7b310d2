//! Set-up, build, serve, test and bench of the workspace.
fn main() {}
