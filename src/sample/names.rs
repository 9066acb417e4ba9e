//! Names of places that are not on any map.

use std::collections::BTreeSet;

use super::random::Random;

const FIRST: &[&str] = &[
    "Abber", "Brindle", "Cawth", "Drell", "Eskel", "Fenna", "Gristh", "Hathel", "Irth", "Jorr", "Kelda", "Lorrim", "Mardle", "Nethel",
    "Orrin", "Pellan", "Quor", "Rethel", "Skirr", "Tarnel", "Ulver", "Venn", "Wraith", "Yarl", "Zeal",
];
const MIDDLE: &[&str] = &["", "en", "ing", "er", "ack", "ow"];
const LAST: &[&str] = &[
    "bridge", "bury", "by", "combe", "dale", "den", "field", "ford", "ham", "hurst", "ley", "mere", "minster", "mouth", "stead", "stoke",
    "thwaite", "ton", "well", "worth",
];

/// Names that a careless reader of files trips over: accents, an apostrophe, a comma, a quotation mark.
const AWKWARD: &[&str] = &["Llanfêr-y-Môr", "King's Quorley", "Mardleham, Upper", "Venn \"Old Town\" Liberty"];

/// Gives out names, none of them twice.
#[derive(Debug)]
pub(super) struct Names {
    random: Random,
    taken: BTreeSet<String>,
    awkward: std::slice::Iter<'static, &'static str>,
}

impl Names {
    pub(super) fn new(seed: u64) -> Self {
        Self { random: Random::new(seed, 2), taken: BTreeSet::new(), awkward: AWKWARD.iter() }
    }

    /// A new name; every fifth of the first twenty is an awkward one.
    pub(super) fn next(&mut self) -> String {
        if self.taken.len() % 5 == 3
            && let Some(awkward) = self.awkward.next()
        {
            self.taken.insert((*awkward).to_owned());
            return (*awkward).to_owned();
        }
        let mut round = 0;
        loop {
            let mut name = format!("{}{}{}", self.pick(FIRST), self.pick(MIDDLE), self.pick(LAST));
            // 3,000 names can be made; a country that needs more gets numbered ones rather than an endless loop.
            if round > 1000 {
                name = format!("{name} {}", self.taken.len());
            }
            if self.taken.insert(name.clone()) {
                return name;
            }
            round += 1;
        }
    }

    fn pick(&mut self, words: &[&'static str]) -> &'static str {
        let last = i64::try_from(words.len()).unwrap_or(1) - 1;
        let index = self.random.between(0, last);
        usize::try_from(index).ok().and_then(|index| words.get(index)).copied().unwrap_or("")
    }
}
