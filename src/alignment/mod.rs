//! Coterminosity: how each body relates to the other layer, which bodies are locked together, and how often boundaries match.

mod result;

pub use result::*;
