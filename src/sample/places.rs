//! The plan of the country: places, each a small rectangle of land with a story about councils and NHS bodies in three vintages.
//!
//! A place is cut into a grid of units, row by row. Each layer is one letter a unit: units with one letter are one body, `.` is land
//! that no body of that layer has. Reading the strings of a place below one another tells its story.

use super::Scale;

/// The layers of bodies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Kind {
    /// Primary care groups, April 1999.
    Pcg1999,
    /// Primary care trusts, October 2002.
    Pct2002,
    /// Primary care trusts, October 2006.
    Pct2006,
    /// Councils with social services duties, April 1999.
    Council1999,
    /// The same, April 2006.
    Council2006,
    /// Districts, unitaries and boroughs, April 1999.
    District1999,
    /// Health authorities, April 1999.
    Authority1999,
}

impl Kind {
    /// All layers, in the order of [`Kind::index`].
    pub(super) const ALL: [Self; 7] =
        [Self::Pcg1999, Self::Pct2002, Self::Pct2006, Self::Council1999, Self::Council2006, Self::District1999, Self::Authority1999];

    /// Position in [`Kind::ALL`].
    pub(super) fn index(self) -> usize {
        self as usize
    }
}

/// People (per mille of `from`) who live on the other side of the line that the letters draw.
#[derive(Debug, Clone, Copy)]
pub(super) struct Shift {
    /// Layers in which the strip belongs to `to`.
    pub(super) layers: &'static [Kind],
    pub(super) from: char,
    pub(super) to: char,
    pub(super) per_mille: i64,
}

/// What is told of a body beside its land.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mark {
    /// Same land as before, new code.
    Recode(Kind, char),
    /// Same land and code as before, new name.
    Rename(Kind, char),
    /// Code and name of the body with this letter before, though the land is not the same.
    Keep(Kind, char),
}

/// Where the sea comes in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Water {
    /// Only where the country ends.
    Dry,
    /// The place is an island, with an islet of another place beside it.
    Island,
    /// A lake that belongs to nobody.
    Lake,
}

/// One place.
#[derive(Debug, Clone, Copy)]
pub(super) struct Place {
    /// What it is there to show.
    pub(super) story: &'static str,
    /// Columns and rows of units.
    pub(super) grid: (usize, usize),
    /// Relative widths of the columns; empty = equal.
    pub(super) widths: &'static [i64],
    /// People of each unit in steps of 25,000, base 36; empty = 4 (100,000).
    pub(super) people: &'static str,
    pub(super) council: &'static str,
    /// Empty = as `council`.
    pub(super) council_2006: &'static str,
    /// Small letters are shire districts, capitals the council itself; empty = as `council`.
    pub(super) district: &'static str,
    pub(super) pcg: &'static str,
    pub(super) pct_2002: &'static str,
    pub(super) pct_2006: &'static str,
    /// Tier of councils A, B, C: `C`ounty, `U`nitary, `M`etropolitan district, `L`ondon borough.
    pub(super) tiers: &'static str,
    pub(super) shifts: &'static [Shift],
    pub(super) marks: &'static [Mark],
    /// Lines between units run straight (bodies meet at one point), else they wander.
    pub(super) straight: bool,
    pub(super) water: Water,
    /// Reason the orders of 2002 and 2006 state for a merger here.
    pub(super) reason: &'static str,
}

use Kind::{Council1999, Council2006, Pcg1999, Pct2002, Pct2006};

const PLAIN: Place = Place {
    story: "",
    grid: (1, 1),
    widths: &[],
    people: "",
    council: "A",
    council_2006: "",
    district: "",
    pcg: "a",
    pct_2002: "a",
    pct_2006: "a",
    tiers: "UUU",
    shifts: &[],
    marks: &[],
    straight: false,
    water: Water::Dry,
    reason: "management_capacity",
};

/// Stories told once, at every scale.
const ONCE: &[Place] = &[
    Place {
        story: "island outside every council, abolished in 2002",
        council: ".",
        pcg: "a",
        pct_2002: ".",
        pct_2006: ".",
        people: "1",
        water: Water::Island,
        ..PLAIN
    },
    Place { story: "one to one throughout", people: "c", tiers: "M", ..PLAIN },
    Place {
        story: "one to one, renamed, then recoded",
        people: "6",
        tiers: "L",
        marks: &[Mark::Rename(Pct2002, 'a'), Mark::Recode(Pct2006, 'a')],
        ..PLAIN
    },
    Place {
        story: "county of four districts, a PCG each, merged by steps into one PCT",
        grid: (2, 2),
        council: "AAAA",
        district: "abcd",
        pcg: "abcd",
        pct_2002: "aabb",
        pct_2006: "aaaa",
        tiers: "C",
        ..PLAIN
    },
    Place {
        story: "a PCG of two whole boroughs splits, then two others merge",
        grid: (3, 1),
        council: "ABC",
        pcg: "aab",
        pct_2002: "abc",
        pct_2006: "abb",
        tiers: "LLL",
        reason: "policy_deadline",
        ..PLAIN
    },
    Place {
        story: "the middle PCG spans two councils, then is divided between them",
        grid: (4, 1),
        council: "AABB",
        pcg: "abbc",
        pct_2002: "abbc",
        pct_2006: "aabb",
        tiers: "MM",
        ..PLAIN
    },
    Place {
        story: "near miss: a strip of one council under the other's PCG until 2006",
        grid: (2, 1),
        council: "AB",
        pcg: "ab",
        pct_2002: "ab",
        pct_2006: "ab",
        people: "66",
        shifts: &[Shift { layers: &[Pcg1999, Pct2002], from: 'a', to: 'b', per_mille: 35 }],
        marks: &[Mark::Recode(Pct2002, 'a'), Mark::Keep(Pct2006, 'a'), Mark::Keep(Pct2006, 'b')],
        tiers: "UU",
        ..PLAIN
    },
    Place {
        story: "a PCG of the county reaches a little into the unitary beside it",
        grid: (3, 1),
        council: "AAB",
        district: "abB",
        pcg: "abc",
        pct_2002: "aac",
        pct_2006: "aac",
        people: "545",
        shifts: &[Shift { layers: &[Council1999, Council2006, Kind::District1999], from: 'A', to: 'B', per_mille: 17 }],
        tiers: "CU",
        ..PLAIN
    },
    Place {
        story: "a unitary nearly inside a larger PCG, then wholly",
        grid: (3, 1),
        council: "ABC",
        pcg: "aab",
        pct_2002: "aab",
        pct_2006: "aab",
        shifts: &[Shift { layers: &[Pcg1999], from: 'a', to: 'b', per_mille: 18 }],
        marks: &[Mark::Keep(Pct2002, 'a'), Mark::Keep(Pct2002, 'b')],
        tiers: "UUU",
        ..PLAIN
    },
    Place {
        story: "three PCGs across three councils, turned round in 2002",
        grid: (3, 3),
        people: "111111111",
        council: "ABCABCABC",
        pcg: "aaabbbccc",
        pct_2002: "abcabcabc",
        pct_2006: "abcabcabc",
        tiers: "MMM",
        straight: true,
        ..PLAIN
    },
    Place { story: "new town without a PCG until 2002", pcg: ".", people: "5", ..PLAIN },
    Place {
        story: "a PCG half on land of no council, given up in 2002",
        grid: (4, 1),
        council: "AAA.",
        district: "aab.",
        pcg: "aabb",
        pct_2002: "aab.",
        pct_2006: "aaa.",
        marks: &[Mark::Keep(Pct2002, 'b')],
        tiers: "C",
        ..PLAIN
    },
    Place {
        story: "a unitary enclosed by its county; all one from 2006",
        grid: (3, 3),
        people: "222262222",
        council: "AAAABAAAA",
        council_2006: "AAAAAAAAA",
        district: "aaabBbccc",
        pcg: "aaaabaccc",
        pct_2002: "aaaabaaaa",
        pct_2006: "aaaaaaaaa",
        tiers: "CU",
        marks: &[Mark::Keep(Council2006, 'A')],
        ..PLAIN
    },
    Place {
        story: "a county divided into two unitaries that match its PCTs",
        grid: (2, 1),
        council: "AA",
        council_2006: "AB",
        district: "ab",
        pcg: "ab",
        pct_2002: "ab",
        pct_2006: "ab",
        people: "55",
        tiers: "CU",
        ..PLAIN
    },
    Place {
        story: "two matching PCGs merged, to align, and no longer match",
        grid: (2, 1),
        council: "AB",
        pcg: "ab",
        pct_2002: "aa",
        pct_2006: "aa",
        marks: &[Mark::Keep(Pct2002, 'a')],
        tiers: "UU",
        reason: "align_boundaries",
        ..PLAIN
    },
    Place {
        story: "the inner two of four PCGs merge across the border",
        grid: (4, 1),
        council: "AABB",
        pcg: "abcd",
        pct_2002: "abbc",
        pct_2006: "aabb",
        tiers: "MM",
        reason: "independence",
        ..PLAIN
    },
    Place {
        story: "town in one council, moors in the other: land and people disagree",
        grid: (4, 1),
        widths: &[3, 2, 4, 3],
        people: "4914",
        council: "AABB",
        district: "abBB",
        pcg: "abbc",
        pct_2002: "abbc",
        pct_2006: "abbc",
        tiers: "CU",
        ..PLAIN
    },
    Place {
        story: "two PCGs of two quarters each that meet at one point",
        grid: (2, 2),
        council: "AABB",
        pcg: "abba",
        pct_2002: "abba",
        pct_2006: "abba",
        tiers: "LL",
        straight: true,
        ..PLAIN
    },
    Place {
        story: "a strip that is equal at one tolerance and not at another",
        grid: (2, 1),
        council: "AB",
        pcg: "ab",
        pct_2002: "ab",
        pct_2006: "ab",
        people: "66",
        shifts: &[Shift { layers: &[Pcg1999, Pct2002], from: 'a', to: 'b', per_mille: 15 }],
        marks: &[Mark::Keep(Pct2006, 'a'), Mark::Keep(Pct2006, 'b')],
        tiers: "MM",
        ..PLAIN
    },
    Place {
        story: "one PCG becomes two PCTs and one again; a lake",
        grid: (2, 1),
        council: "AA",
        district: "ab",
        pcg: "aa",
        pct_2002: "ab",
        pct_2006: "aa",
        tiers: "C",
        water: Water::Lake,
        reason: "other",
        ..PLAIN
    },
    Place {
        story: "one to one; the council is recoded, later renamed with its border moved",
        grid: (2, 1),
        council: "AB",
        pcg: "ab",
        pct_2002: "ab",
        pct_2006: "ab",
        people: "55",
        shifts: &[Shift { layers: &[Council2006], from: 'A', to: 'B', per_mille: 60 }],
        marks: &[Mark::Recode(Council2006, 'A')],
        tiers: "UU",
        ..PLAIN
    },
];

const UNITARY: Place = Place { story: "one to one", people: "7", ..PLAIN };
const RENAMED_COUNCIL: Place = Place {
    story: "one to one; the council takes another name",
    people: "6",
    tiers: "M",
    marks: &[Mark::Rename(Council2006, 'A')],
    ..PLAIN
};
const RECODED_COUNCIL: Place = Place {
    story: "one to one; the council takes another code",
    people: "5",
    tiers: "L",
    marks: &[Mark::Recode(Council2006, 'A')],
    ..PLAIN
};

const CROSSED: Place = Place {
    grid: (3, 2),
    council: "AAABBB",
    pcg: "abcdef",
    pct_2002: "abcabc",
    pct_2006: "aaabbb",
    tiers: "MU",
    reason: "independence",
    ..PLAIN
};
const CROSSED_ALIGNED: Place = Place { story: "PCGs pair off across a border, then return behind it", ..CROSSED };
const CROSSED_JOINED: Place =
    Place { story: "PCGs pair off across a border, then all become one", pct_2006: "aaaaaa", reason: "management_capacity", ..CROSSED };
const CROSSED_STAYING: Place = Place { story: "PCGs pair off across a border and stay there", pct_2006: "aabaab", ..CROSSED };
const CROSSED_WIDE: Place =
    Place { grid: (4, 2), council: "AAAABBBB", pcg: "abcdefgh", pct_2002: "abcdabcd", pct_2006: "aaaabbbb", ..CROSSED_ALIGNED };

const COUNTY: Place = Place {
    grid: (3, 2),
    people: "343434",
    council: "AAAAAA",
    district: "abcddb",
    pcg: "abcdef",
    pct_2002: "aaabcd",
    pct_2006: "aaaaaa",
    tiers: "C",
    ..PLAIN
};
const COUNTY_TO_ONE: Place = Place { story: "county of six PCGs, four PCTs, one PCT", ..COUNTY };
const COUNTY_TO_TWO: Place = Place { story: "county of six PCGs, four PCTs, two PCTs", pct_2006: "aaabbb", ..COUNTY };
const COUNTY_THREE_TO_ONE: Place = Place { story: "county of six PCGs, three PCTs, one PCT", pct_2002: "aaaabc", ..COUNTY };
const COUNTY_THREE_TO_TWO: Place =
    Place { story: "county of six PCGs, three PCTs, two PCTs", pct_2002: "aaaabc", pct_2006: "aaaabb", ..COUNTY };
const COUNTY_BY_PAIRS: Place = Place { story: "county whose six PCGs merge by pairs, then into one", pct_2002: "aabbcc", ..COUNTY };
const COUNTY_OF_FIVE: Place = Place { story: "county of five PCGs, three PCTs, one PCT", pcg: "abcdee", pct_2002: "aaabcc", ..COUNTY };
const BOROUGH_OF_SIX: Place = Place { story: "large borough of six PCGs, four PCTs, one PCT", district: "", tiers: "M", ..COUNTY };

/// The places of a country with how many of each, in a fixed order.
///
/// National numbers are those of the founding papers and of 2006: 481 PCGs, 303 and 152 PCTs, 150 councils with social services duties.
pub(super) fn plan(scale: Scale) -> Vec<Place> {
    let repeated: &[(Place, usize)] = match scale {
        Scale::Small => &[(RENAMED_COUNCIL, 1), (RECODED_COUNCIL, 1), (CROSSED_JOINED, 1), (COUNTY_OF_FIVE, 1), (COUNTY_THREE_TO_TWO, 1)],
        Scale::National => &[
            (UNITARY, 26),
            (RENAMED_COUNCIL, 2),
            (RECODED_COUNCIL, 2),
            (CROSSED_WIDE, 6),
            (CROSSED_JOINED, 8),
            (CROSSED_STAYING, 4),
            (COUNTY_TO_ONE, 14),
            (COUNTY_TO_TWO, 6),
            (BOROUGH_OF_SIX, 8),
            (COUNTY_THREE_TO_ONE, 8),
            (COUNTY_THREE_TO_TWO, 6),
            (COUNTY_BY_PAIRS, 4),
            (COUNTY_OF_FIVE, 2),
        ],
    };
    let repeated = repeated.iter().flat_map(|(place, times)| std::iter::repeat_n(*place, *times));
    ONCE.iter().copied().chain(repeated).collect()
}

impl Place {
    /// The letters of a layer, one a unit; `None` for health authorities, which are groups of places.
    pub(super) fn letters(&self, kind: Kind) -> Option<&'static str> {
        let or_council = |letters: &'static str| if letters.is_empty() { self.council } else { letters };
        match kind {
            Pcg1999 => Some(self.pcg),
            Pct2002 => Some(self.pct_2002),
            Pct2006 => Some(self.pct_2006),
            Council1999 => Some(self.council),
            Council2006 => Some(or_council(self.council_2006)),
            Kind::District1999 => Some(or_council(self.district)),
            Kind::Authority1999 => None,
        }
    }

    /// Letter of a unit in a layer; `None` where no body has the land.
    pub(super) fn letter(&self, kind: Kind, unit: usize) -> Option<char> {
        self.letters(kind)?.chars().nth(unit).filter(|letter| *letter != '.')
    }

    /// Units of a letter, ascending.
    pub(super) fn units(&self, kind: Kind, letter: char) -> Vec<usize> {
        let letters = self.letters(kind).unwrap_or("");
        letters.chars().enumerate().filter(|(_, other)| *other == letter).map(|(unit, _)| unit).collect()
    }

    /// Letters of a layer, sorted, each once.
    pub(super) fn bodies(&self, kind: Kind) -> Vec<char> {
        let mut letters: Vec<char> = self.letters(kind).unwrap_or("").chars().filter(|letter| *letter != '.').collect();
        letters.sort_unstable();
        letters.dedup();
        letters
    }

    /// People a unit is to have before chance.
    pub(super) fn unit_people(&self, unit: usize) -> i64 {
        i64::from(self.people.chars().nth(unit).and_then(|digit| digit.to_digit(36)).unwrap_or(4)) * 25_000
    }

    /// Tier of a council of this place.
    pub(super) fn tier(&self, council: char) -> &'static str {
        let position = (council as usize).saturating_sub('A' as usize);
        match self.tiers.chars().nth(position) {
            Some('C') => "county",
            Some('M') => "met_district",
            Some('L') => "london_borough",
            _ => "unitary",
        }
    }
}
