//! Builders shared by tests: squares, grids, layers.
