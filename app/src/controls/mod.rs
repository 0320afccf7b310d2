//! The kit that every planner's controls are made of.

pub mod explanation;
pub mod number_field;
pub mod number_text;
pub mod table_preview;
