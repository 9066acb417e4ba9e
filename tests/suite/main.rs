//! Every test that is not a unit test: one binary, one module per subject.

// What tests share.
mod support;

// Files in: boundaries, tables, what is in a file, configs.
mod shapefile;
mod boundaries;
mod table_input;
mod published_files;
mod recodes;
mod inspect;
mod profiles;
mod config;

// Land and people: layers, overlay, weights, classes, who is on the wrong side of a line.
mod layers;
mod overlay;
mod geo_oracle;
mod tiles;
mod weights;
mod shapeless;
mod alignment;
mod nesting;

// Change: mergers, proposals, and the search for them.
mod succession;
mod mergers;
mod proposals;
mod planner;
mod plan_command;

// Money.
mod budgets;
mod budget_input;
mod measures;
mod schemes;

// Rules and places.
mod obstructions;
mod obstructions_crossing;
mod obstructions_each;
mod obstructions_joint;
mod exposure_and_certainty;
mod own_rules;
mod messages;
mod thresholds;
mod places;

// What people and machines read: words, tables, report, sentences, differences, help, logs.
mod words;
mod tables;
mod report;
mod explain;
mod diff;
mod cli_help;
mod machine_output;

// Publishing, and what can go wrong meanwhile.
mod publish;
mod publish_faults;
mod system_faults;
mod real_disks;
mod signals;
mod repeatable;

// Whole runs against known answers.
mod sample;
mod kings_fund;
mod truth;
mod pipeline;
mod real_data;

// Hostile input, and the shape of the tree.
mod hostile;
mod fuzzed;
mod wrong;
mod architecture;
