//! Mergers: who became what, with how many people, and what that did to coterminosity.

mod result;

pub use result::*;
