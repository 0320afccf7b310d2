//! Networks over burn and their fused evaluators, weight files and normalisation.
