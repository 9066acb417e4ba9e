//! Parts that move and mergers proposed: against the geometry made again, conserving everybody, and what is wrong named.

use std::collections::BTreeMap;
use std::path::Path;

use coterminous::alignment::{Alignment, Side, align};
use coterminous::config::{Config, Merge, Move, Tolerances, WhatIfPlan};
use coterminous::domain::{Basis, Body, Grid, Layer, People, Relation, Role};
use coterminous::pipeline::{self, Unwatched};
use coterminous::succession::{ChangeType, Parts, Proposal, WhatIf, what_if};
use coterminous::weights::{Overlays, Population, relate};
use proptest::prelude::*;

use crate::support::{self, Random, Shape};

/// Blocks of a country, the bodies built from them and the councils they are held against.
struct Country {
    grid: Grid,
    blocks: Layer,
    councils: Layer,
    groups: Vec<usize>,
    tolerances: Tolerances,
}

const COLUMNS: usize = 4;
const ROWS: usize = 3;

impl Country {
    /// 4 x 3 blocks of a kilometre in three bodies of at least two blocks; two councils that cut through blocks.
    fn new(random: &mut Random) -> Self {
        let grid = Grid { origin_x: 0.0, origin_y: 0.0, per_metre: 1e6 };
        let shapes: Vec<Shape> = (0..COLUMNS * ROWS)
            .map(|at| {
                let (x, y) = ((at % COLUMNS) as f64 * 1000.0, (at / COLUMNS) as f64 * 1000.0);
                support::square(&format!("B{at:02}"), x, y, 1000.0, 1000.0).people(&random.between(0, 900).to_string())
            })
            .collect();
        let cut = 250.0 * random.between(5, 11) as f64;
        let edge = 250.0 * random.between(0, 1) as f64;
        // The councils leave a strip at the west uncovered, or reach beyond the east.
        let councils = [support::square("C1", edge, 0.0, cut - edge, 3000.0), support::square("C2", cut, 0.0, 4500.0 - cut, 3000.0)];
        let groups = (0..COLUMNS * ROWS).map(|at| if at < 6 { at % 3 } else { random.below(3) as usize }).collect();
        Self {
            blocks: support::built("blocks", Role::Blocks, &shapes, &grid).layer,
            councils: support::built("council", Role::Council, &councils, &grid).layer,
            grid,
            groups,
            tolerances: Tolerances::default(),
        }
    }

    fn relation(&self, left: &Layer, right: &Layer) -> Relation {
        let people = Population::Blocks { layer: &self.blocks, field: "POP" };
        relate(&Overlays::default(), &self.grid, left, right, &people, &self.tolerances).unwrap().relation
    }

    /// The bodies that these groups of blocks make: G0, G1, ...
    fn bodies(&self, groups: &[usize]) -> Layer {
        let count = groups.iter().max().unwrap() + 1;
        support::dissolved(&self.blocks, &groups.iter().map(|group| Some(*group)).collect::<Vec<_>>(), count, &self.grid)
    }

    /// The alignment of these bodies, as health or as council side.
    fn aligned(&self, groups: &[usize], side: Side) -> Alignment {
        let bodies = self.bodies(groups);
        match side {
            Side::Health => align("a", &bodies, &self.councils, self.relation(&bodies, &self.councils), &self.tolerances),
            Side::Council => align("a", &self.councils, &bodies, self.relation(&self.councils, &bodies), &self.tolerances),
        }
    }

    fn parts(&self) -> Parts {
        Parts { relation: self.relation(&self.blocks, &self.councils), owner: self.groups.iter().map(|group| Some(*group)).collect() }
    }

    fn evaluate(&self, before: &Alignment, plan: &WhatIfPlan) -> coterminous::Result<WhatIf> {
        let layer = self.bodies(&self.groups);
        let parts = self.parts();
        let config = Path::new("c.toml");
        what_if(Proposal { plan, config, layer: &layer, before, tolerances: &self.tolerances, parts: Some(&parts) })
    }
}

fn part(from: &str, to: &str, blocks: &[usize]) -> Move {
    let name = (to == "NEW").then(|| "Born of a part".to_owned());
    Move { from: from.to_owned(), to: to.to_owned(), name, blocks: blocks.iter().map(|at| format!("B{at:02}")).collect() }
}

fn proposal(merge: Vec<Merge>, moves: Vec<Move>) -> WhatIfPlan {
    WhatIfPlan { id: "p".to_owned(), layer: 0, merge, moves, line: 9 }
}

fn merge(into: &str, codes: &[&str]) -> Merge {
    Merge { into: into.to_owned(), name: None, codes: codes.iter().map(|code| (*code).to_owned()).collect() }
}

/// Every figure of an alignment that geometry gives exactly: people to the millionth, areas and shares to a billionth.
fn figures(alignment: &Alignment) -> Vec<String> {
    let round = |value: f64| (value * 1e6).round() / 1e6;
    let share = |value: Option<f64>| value.map(|value| (value * 1e9).round() / 1e9);
    let body = |body: &Body| format!("{} {} {:?}", body.code, round(body.area_m2), body.people);
    let mut lines: Vec<String> = alignment.relation.left.iter().chain(&alignment.relation.right).map(body).collect();
    for pair in &alignment.relation.pairs {
        let amounts = pair.amounts;
        lines.push(format!("{} {} {} {:?} {}", pair.left, pair.right, round(amounts.area_m2), amounts.people, pair.sliver));
    }
    for outside in alignment.relation.left_outside.iter().chain(&alignment.relation.right_outside) {
        lines.push(format!("outside {} {:?}", round(outside.area_m2), outside.people));
    }
    for row in &alignment.bodies {
        let shares = (share(row.main_share), share(row.best_jaccard), share(row.n_effective), share(row.share_outside));
        lines.push(format!("{:?} {} {:?} {:?} {:?}", row.side, row.body, row.basis, row.class, shares));
    }
    lines
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    /// Relabelling equals making the layer again from its blocks and overlaying it: for moves, for a part that becomes a body of its own, and
    /// for mergers, on either side of an alignment.
    #[test]
    fn relabelling_equals_the_geometry_made_again(seed in any::<u64>(), what in 0usize..4, council in any::<bool>()) {
        let mut random = Random::new(seed);
        let country = Country::new(&mut random);
        let side = if council { Side::Council } else { Side::Health };
        let of = |group: usize| -> Vec<usize> { (0..country.groups.len()).filter(|at| country.groups[*at] == group).collect() };
        let mut after = country.groups.clone();
        let plan = match what {
            // Some blocks of G0 to G1, and where there are enough some of G2 to G0.
            0 | 1 => {
                let mut moves = Vec::new();
                for (from, to) in [(0, 1), (2, 0)].into_iter().take(1 + what) {
                    let mut blocks = of(from);
                    blocks.truncate(1 + random.below(blocks.len() as u64 - 1) as usize);
                    blocks.iter().for_each(|at| after[*at] = to);
                    moves.push(part(&format!("G{from}"), &format!("G{to}"), &blocks));
                }
                proposal(Vec::new(), moves)
            }
            // A part of G1 becomes a body, which is called G3 in the layer made again.
            2 => {
                let blocks = of(1)[..1].to_vec();
                blocks.iter().for_each(|at| after[*at] = 3);
                let mut born = part("G1", "G3", &blocks);
                born.name = Some("Born of a part".to_owned());
                proposal(Vec::new(), vec![born])
            }
            // G2 into G0.
            _ => {
                after.iter_mut().for_each(|group| if *group == 2 { *group = 0 });
                proposal(vec![merge("G0", &["G2", "G0"])], Vec::new())
            }
        };
        let before = country.aligned(&country.groups, side);
        let evaluated = country.evaluate(&before, &plan).unwrap();
        let again = country.aligned(&after, side);
        prop_assert_eq!(figures(&evaluated.after), figures(&again));
        // The succession's people are those that the geometry of both layers gives, link by link.
        let both = country.relation(&country.bodies(&country.groups), &country.bodies(&after));
        let carried: Vec<_> =
            evaluated.succession.relation.pairs.iter().map(|pair| (pair.left, pair.right, pair.amounts.people)).collect();
        prop_assert_eq!(carried, both.pairs.iter().map(|pair| (pair.left, pair.right, pair.amounts.people)).collect::<Vec<_>>());
    }

    /// The identity changes nothing; a part split off and merged back leaves everything as it was; everybody is in exactly one successor.
    #[test]
    fn splitting_and_merging_again_is_the_identity(seed in any::<u64>(), council in any::<bool>()) {
        let mut random = Random::new(seed);
        let country = Country::new(&mut random);
        let side = if council { Side::Council } else { Side::Health };
        let before = country.aligned(&country.groups, side);
        let same = country.evaluate(&before, &proposal(vec![merge("G0", &["G0"])], Vec::new())).unwrap();
        prop_assert_eq!(figures(&same.after), figures(&before));
        prop_assert!(same.succession.links.iter().all(|link| link.kind == ChangeType::Unchanged));
        prop_assert!(same.succession.effects.iter().all(|effect| effect.crossing_change().is_none_or(|change| change == 0.0)
            && !effect.pair_lost && !effect.pair_won && effect.partners_before == effect.partners_after));
        let blocks: Vec<usize> = (0..country.groups.len()).filter(|at| country.groups[*at] == 1).take(1).collect();
        let split = country.evaluate(&before, &proposal(Vec::new(), vec![part("G1", "NEW", &blocks)])).unwrap();
        let people = |bodies: &[Body]| bodies.iter().filter_map(|body| body.people).sum::<People>();
        let moved: People = split.succession.relation.pairs.iter().filter_map(|pair| pair.amounts.people).sum();
        prop_assert_eq!(people(&split.succession.relation.left), moved);
        prop_assert_eq!(people(&split.succession.relation.right), moved);
        // The layer after is known by the proposal's id.
        let mut layer = country.bodies(&country.groups);
        layer.id = "p".to_owned();
        let plan = WhatIfPlan { id: "back".to_owned(), ..proposal(vec![merge("G1", &["G1", "NEW"])], Vec::new()) };
        let config = Path::new("c.toml");
        let joined =
            what_if(Proposal { plan: &plan, config, layer: &layer, before: &split.after, tolerances: &country.tolerances, parts: None });
        prop_assert_eq!(figures(&joined.unwrap().after), figures(&before));
    }
}

#[test]
fn a_part_that_moves_reads_like_a_succession() {
    // Six blocks in a row of 100 people each: G0 has three, G1 three; the councils part after the fourth.
    let grid = Grid { origin_x: 0.0, origin_y: 0.0, per_metre: 1e6 };
    let shapes: Vec<Shape> =
        (0..6).map(|at| support::square(&format!("B{at:02}"), f64::from(at) * 1000.0, 0.0, 1000.0, 1000.0).people("100")).collect();
    let councils = [support::square("C1", 0.0, 0.0, 4000.0, 1000.0), support::square("C2", 4000.0, 0.0, 2000.0, 1000.0)];
    let country = Country {
        blocks: support::built("blocks", Role::Blocks, &shapes, &grid).layer,
        councils: support::built("council", Role::Council, &councils, &grid).layer,
        grid,
        groups: vec![0, 0, 0, 1, 1, 1],
        tolerances: Tolerances::default(),
    };
    let before = country.aligned(&country.groups, Side::Health);
    let evaluated = country.evaluate(&before, &proposal(Vec::new(), vec![part("G1", "G0", &[3])])).unwrap();
    // One of G1's three blocks: f = 1/3, b = 1/4, a main link, so the two are one knot of two and two.
    let links: Vec<_> = evaluated.succession.links.iter().map(|link| (link.from, link.to, link.people, link.kind)).collect();
    assert_eq!(
        links,
        [
            (Some(0), Some(0), Some(People::whole(300)), ChangeType::Complex),
            (Some(1), Some(0), Some(People::whole(100)), ChangeType::Complex),
            (Some(1), Some(1), Some(People::whole(200)), ChangeType::Complex),
        ]
    );
    let by_people: BTreeMap<_, _> = evaluated
        .succession
        .effects
        .iter()
        .filter(|effect| effect.basis == Basis::People)
        .map(|effect| ((effect.side, effect.code.as_str()), (effect.jaccard_before, effect.jaccard_after, effect.pair_won)))
        .collect();
    // Before: G0 is 300 of C1's 400 (J = 3/4); G1 has 200 of its 300 in C2, which has no more (J = 2/3). After, both are one to one.
    assert_eq!(by_people[&(Side::Council, "C1")], (Some(0.75), Some(1.0), true));
    assert_eq!(by_people[&(Side::Council, "C2")], (Some(2.0 / 3.0), Some(1.0), true));
    // G0 after came from G0 (300) and G1 (100): 3/4 * 3/4 + 1/4 * 2/3.
    let (Some(jaccard_before), jaccard_after, won) = by_people[&(Side::Health, "G0")] else { panic!("known") };
    assert!((jaccard_before - (0.75 * 0.75 + 0.25 * 2.0 / 3.0)).abs() < 1e-12);
    assert_eq!((jaccard_after, won), (Some(1.0), true));
    // A part too small for a link is told, not lost: here one of a hundred and one times as many people.
    assert!(evaluated.findings.is_empty());
    let mut crowded = shapes.clone();
    crowded[3] = support::square("B03", 3000.0, 0.0, 1000.0, 1000.0).people("2");
    let crowded = Country { blocks: support::built("blocks", Role::Blocks, &crowded, &country.grid).layer, ..country };
    let before = crowded.aligned(&crowded.groups, Side::Health);
    let evaluated = crowded.evaluate(&before, &proposal(Vec::new(), vec![part("G1", "G0", &[3])])).unwrap();
    assert_eq!(evaluated.findings.iter().map(|finding| (finding.id, finding.value)).collect::<Vec<_>>(), [("DQ-15", Some(1.0))]);
    assert!(evaluated.findings[0].detail.contains("2 people"), "{}", evaluated.findings[0].detail);
}

#[test]
fn a_wrong_move_is_one_sentence_with_its_line() {
    let country = Country { groups: vec![0, 1, 2, 0, 1, 2, 0, 1, 2, 0, 1, 2], ..Country::new(&mut Random::new(5)) };
    let before = country.aligned(&country.groups, Side::Health);
    for (moves, said) in [
        (vec![part("G7", "G1", &[0])], "code G7 of the move to G1 is not in the layer; did you mean G"),
        (vec![part("G0", "G7", &[0])], "code G7 of the move from G0 is not in the layer; did you mean G"),
        (vec![Move { name: Some("Two".to_owned()), ..part("G0", "G1", &[0]) }], "code G1 of the move from G0 is there already"),
        (vec![part("G0", "G1", &[77])], "block B77 of the move from G0 to G1 is not among the blocks; did you mean B"),
        (vec![part("G0", "G1", &[1])], "block B01 of the move from G0 to G1 is a block of G1; name a block of G0"),
        (vec![part("G0", "G1", &[0]), part("G1", "G2", &[0])], "block B00 of the move from G1 to G2 moves twice"),
        (vec![part("G0", "G1", &[0, 3, 6, 9])], "every block of G0 moves to G1; propose a merger instead"),
    ] {
        let error = country.evaluate(&before, &proposal(Vec::new(), moves)).unwrap_err();
        let message = error.to_string();
        assert!(message.starts_with("c.toml:9: what_if p: ") && message.contains(said), "{message}");
        assert_eq!(error.exit_code(), 2);
    }
    let (layer, plan) = (country.bodies(&country.groups), proposal(Vec::new(), vec![part("G0", "G1", &[0])]));
    let config = Path::new("c.toml");
    let without = Proposal { plan: &plan, config, layer: &layer, before: &before, tolerances: &country.tolerances, parts: None };
    assert!(what_if(without).unwrap_err().to_string().contains("layer dissolved is not built from blocks"));
}

/// The sample's config with more behind it.
fn sample(more: &str) -> coterminous::Result<coterminous::config::Plan> {
    let config = Path::new(env!("CARGO_MANIFEST_DIR")).join("config/sample.toml");
    let text = std::fs::read_to_string(&config).unwrap();
    Config::parse(&config, &format!("{text}\n{more}"), &pipeline::rules(), &|_| None)
}

#[test]
fn a_config_moves_blocks_of_a_block_built_layer() {
    // Two blocks of one body of pct-2002, from the lookup that the layer is built from.
    let lookup = Path::new(env!("CARGO_MANIFEST_DIR")).join("data/sample/block_lookup.csv");
    let mut by_area: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let mut reader = csv::Reader::from_path(lookup).unwrap();
    let header = reader.headers().unwrap().clone();
    let column = |name: &str| header.iter().position(|column| column == name).unwrap();
    let (block, area) = (column("BLK99CD"), column("PCT02CD"));
    for record in reader.records() {
        let record = record.unwrap();
        by_area.entry(record[area].to_owned()).or_default().push(record[block].to_owned());
    }
    by_area.retain(|code, blocks| !code.is_empty() && blocks.len() > 2);
    let codes: Vec<&String> = by_area.keys().collect();
    let (from, to) = (codes[0], codes[1]);
    let moved = &by_area[from][..2];
    let text = format!(
        "[[what_if]]\nid = \"part\"\nlayer = \"pct-2002\"\nmove = [{{ from = \"{from}\", to = \"{to}\", blocks = [\"{}\", \"{}\"] }}]\n",
        moved[0], moved[1]
    );
    let plan = sample(&text).unwrap();
    let results = pipeline::compute(&plan, pipeline::read(&plan, &Unwatched).unwrap(), &Unwatched).unwrap();
    let succession = results.successions.iter().find(|known| known.id == "part").unwrap();
    let blocks = results.ground.layers.iter().find(|layer| layer.id == "block-1999").unwrap();
    let people = |code: &String| blocks.populations["POP99"][blocks.position(code).unwrap()].unwrap();
    let (left, right) = (succession.relation.position_left(from).unwrap(), succession.relation.position_right(to).unwrap());
    let carried = succession.relation.pair(left, right).unwrap().amounts.people;
    // Some of a block may live on land of neither layer: no more than all of both moves, and everybody before is there after.
    assert!(carried.unwrap() <= moved.iter().map(people).sum() && carried.unwrap() > People(0), "{carried:?}");
    let all = |bodies: &[Body]| bodies.iter().filter_map(|body| body.people).sum::<People>();
    assert_eq!(all(&succession.relation.left), all(&succession.relation.right));
    assert!(succession.effects.iter().any(|effect| effect.side == Side::Council));
}

#[test]
fn a_config_that_proposes_nonsense_is_refused_with_its_line() {
    let with = |rest: &str| sample(&format!("[[what_if]]\nid = \"w\"\n{rest}\n")).unwrap_err();
    let merger = "merge = [{ into = \"N\", codes = [\"A\"] }]";
    for (rest, said) in [
        ("layer = \"pct-2002\"".to_owned(), "neither merge nor move says anything"),
        ("layer = \"pcg-1999\"\nmove = [{ from = \"A\", to = \"B\", blocks = [\"1\"] }]".to_owned(), "is read from polygons"),
        ("layer = \"pct-2002\"\nmove = [{ from = \"A\", to = \"A\", blocks = [\"1\"] }]".to_owned(), "from and to are both \"A\""),
        ("layer = \"pct-2002\"\nmove = [{ from = \"A\", to = \"B\", blocks = [] }]".to_owned(), "nothing moves from \"A\""),
        (
            "layer = \"pct-2002\"\nmove = [{ from = \"A\", to = \"B\", blocks = [\"1\", \"1\"] }]".to_owned(),
            "block \"1\" moves twice, first in move number 1",
        ),
        (
            format!("layer = \"pct-2002\"\n{merger}\nmove = [{{ from = \"A\", to = \"B\", blocks = [\"1\"] }}]"),
            "\"A\" is part of the merger into \"N\" and of a move",
        ),
        (
            "layer = \"pct-2002\"\nmerge = [{ into = \"N\", codes = [\"A\", \"B\"] }, { into = \"M\", codes = [\"B\"] }]".to_owned(),
            "code \"B\" merges into both \"N\" and \"M\"",
        ),
    ] {
        let error = with(&rest);
        let message = error.to_string();
        assert!(message.contains(said) && message.contains("sample.toml:"), "{message}");
        assert_eq!(error.exit_code(), 2);
    }
}

#[test]
fn a_check_names_an_unknown_code_before_anything_is_overlaid() {
    for (text, said) in [
        ("merge = [{ into = \"N\", codes = [\"P02X\"] }]", "code P02X of the merger into N is not in the layer"),
        ("move = [{ from = \"P02X\", to = \"P02Y\", blocks = [\"1\"] }]", "code P02X of the move to P02Y is not in the layer"),
    ] {
        let plan = sample(&format!("[[what_if]]\nid = \"w\"\nlayer = \"pct-2002\"\n{text}\n")).unwrap();
        let checked = pipeline::check(&plan, pipeline::read(&plan, &Unwatched).unwrap(), &Unwatched).unwrap_err();
        let run = pipeline::compute(&plan, pipeline::read(&plan, &Unwatched).unwrap(), &Unwatched).unwrap_err();
        assert!(checked.to_string().contains(said) && run.to_string().contains(said), "{checked}\n{run}");
    }
}
