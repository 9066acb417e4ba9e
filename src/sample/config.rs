//! The config that runs the sample.

use super::Scale;

/// The config of a sample as TOML. `data` stands before every file name (`""` or a folder with a closing `/`), `output` is the dataset
/// folder. config/sample.toml is this for the sample in data/sample.
pub fn sample_config(scale: Scale, data: &str, output: &str) -> String {
    let (pcgs, pcts, trusts, councils) = match scale {
        Scale::Small => (64, 52, 40, 42),
        Scale::National => (481, 303, 152, 150),
    };
    TEMPLATE
        .replace("{data}", data)
        .replace("{output}", output)
        .replace("{pcgs}", &pcgs.to_string())
        .replace("{pcts}", &pcts.to_string())
        .replace("{trusts}", &trusts.to_string())
        .replace("{councils}", &councils.to_string())
}

const TEMPLATE: &str = include_str!("sample.toml");
