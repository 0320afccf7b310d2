//! Tests that span crates: browser tests, paper tables, damaged inputs.
