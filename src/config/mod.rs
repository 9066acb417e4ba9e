//! The config: TOML in, a [`Plan`] out in which every reference is resolved and every value is within its bounds.

mod budget;
pub mod condition;
mod layers;
mod limits;
mod load;
mod own_rules;
mod pairs;
mod paths;
mod places;
mod plan;
mod plan_money;
mod plan_table;
mod raw;
mod raw_money;
mod raw_table;
mod recode;
mod scheme;
mod shapeless;
mod shapes;
mod source;
mod stated;
mod tables;
mod what_ifs;

pub use limits::Limits;
pub use load::{Config, Rules};
pub use own_rules::{OwnRule, RuleColumns, SideOf};
pub use places::{Places, is_remote};
pub use plan::*;
pub use plan_money::*;
pub use plan_table::*;
pub use recode::RecodePlan;
pub use stated::StatedPaths;
pub use tables::SHIPPED;
pub(crate) use what_ifs::published_ids;
pub use what_ifs::{Merge, Move, WhatIfPlan};
