//! Every test that is not a unit test: one binary, one module a subject.

mod support;
mod shapefile;
mod table_input;
mod config;
mod layers;
mod overlay;
mod weights;
mod alignment;
mod succession;
mod mergers;
mod planner;
mod budgets;
mod budget_input;
mod schemes;
mod obstructions;
mod obstructions_each;
mod obstructions_joint;
mod own_rules;
mod places;
mod tables;
mod publish;
mod sample;
mod truth;
mod pipeline;
mod real_data;
mod architecture;
