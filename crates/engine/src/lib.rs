//! Runs jobs in a web worker: progress, cancel, faults.
