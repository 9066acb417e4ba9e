//! The cluster as its user has it: processes on one machine, killed and otherwise, and the same bytes whatever happens.

mod faults;
mod same;
mod skew;
mod support;
