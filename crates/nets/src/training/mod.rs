//! What the trainings of all blocks share.

pub(crate) mod epochs;
