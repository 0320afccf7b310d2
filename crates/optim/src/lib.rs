//! Optimisers that know no planner: primal-dual, multi-start descent, branch and bound.
