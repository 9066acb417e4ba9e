//! Every term that a reader may not know, with its meaning: docs/glossary.md, and the tooltips of the report.

use std::fmt::Write;

/// What a term is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Field {
    /// What this program measures and says.
    Measures,
    /// The NHS in England.
    Nhs,
    /// Local government.
    Councils,
    /// Money and agreements.
    Money,
    /// Boundary files and data.
    Data,
}

impl Field {
    /// Every field, in the order of the page.
    pub const ALL: [Self; 5] = [Self::Measures, Self::Nhs, Self::Councils, Self::Money, Self::Data];

    /// Heading of the page.
    pub fn heading(self) -> &'static str {
        match self {
            Self::Measures => "What this program measures and says",
            Self::Nhs => "The NHS in England",
            Self::Councils => "Councils",
            Self::Money => "Money and agreements",
            Self::Data => "Boundary files and data",
        }
    }
}

/// One term.
#[derive(Debug, Clone, Copy)]
pub struct Term {
    /// As a sentence has it: "crossing part", "ICB".
    pub term: &'static str,
    /// Other words for the same: the words in full of an abbreviation, the plural where it is not the term and an s.
    pub also: &'static [&'static str],
    /// What it is about.
    pub field: Field,
    /// What it means, in one or two sentences that stand alone.
    pub meaning: &'static str,
}

const fn term(field: Field, term: &'static str, also: &'static [&'static str], meaning: &'static str) -> Term {
    Term { term, also, field, meaning }
}

use Field::{Councils, Data, Measures, Money, Nhs};

/// Every term, by field and then in the order of the alphabet (a test holds that).
pub const TERMS: &[Term] = &[
    term(
        Measures,
        "aggregate",
        &[],
        "An NHS body made of two or more whole councils. It needs a plan with each of them, and no one in it is on the wrong side of a line.",
    ),
    term(
        Measures,
        "agreements needed",
        &[],
        "How many pairs of an NHS body and a council must work together for joint working everywhere: one for each pair, crossing parts included.",
    ),
    term(
        Measures,
        "alignment",
        &[],
        "The comparison of one layer of NHS bodies with one layer of councils: by land, and by people where their number is known.",
    ),
    term(Measures, "basis", &[], "What shares are shares of: people, or land (also called area)."),
    term(
        Measures,
        "bounds",
        &["low", "high"],
        "The least and the most that a figure can be. A block of people that a boundary cuts may live on either side of it; bounds count it once on each.",
    ),
    term(Measures, "class", &[], "How a body matches the other side: coterminous, aggregate, nested, spanning, fragment or uncovered."),
    term(
        Measures,
        "component",
        &[],
        "The smallest group of NHS bodies and councils whose outer boundary agrees. The report calls it a place.",
    ),
    term(
        Measures,
        "confidence",
        &[],
        "How sure an obstruction is. Stable: it would be the same at the bounds. Unstable: it would not. Declared: a table that you gave says so.",
    ),
    term(
        Measures,
        "coterminous",
        &["coterminosity"],
        "Covering the same area: one NHS body and one council that have each other's people, within the tolerance.",
    ),
    term(
        Measures,
        "crossing part",
        &["crossing"],
        "People or land that an NHS body and a council share and that fits neither. To match, those people would have to change their NHS body or their council.",
    ),
    term(
        Measures,
        "effective number of partners",
        &["n_effective"],
        "How many partners of equal size would divide a body as much as its own partners do: 1 if it has one, 2 if it is split in halves.",
    ),
    term(
        Measures,
        "finding",
        &[],
        "Something imperfect in the input, such as a gap between two areas. It is published, counted and kept apart from obstructions.",
    ),
    term(Measures, "fragment", &[], "A part of a partitioned area, or a body of which no council holds enough to be its main partner."),
    term(
        Measures,
        "high, medium, low, info",
        &["severity"],
        "How much an obstruction matters. High: many people or pounds are concerned. Info: worth knowing, and nothing to put right.",
    ),
    term(
        Measures,
        "main partner",
        &["main council"],
        "The body on the other side that has the largest share of a body's people (of its land, where people are not known).",
    ),
    term(
        Measures,
        "nearest nested arrangement",
        &["nesting"],
        "The way to make every body fit that changes the NHS body or the council of the fewest people. The people it would have to change are those on the wrong side of a line.",
    ),
    term(Measures, "nested", &[], "Lying whole inside one body of the other side, as a trust that is part of one county."),
    term(
        Measures,
        "obstruction",
        &["flag"],
        "Something that stands in the way of joint working, found by one of the program's rules. It shows an obstacle, not an outcome.",
    ),
    term(
        Measures,
        "option",
        &[],
        "A change that would remove obstructions of a place, judged by running every rule again as if it were made.",
    ),
    term(Measures, "overlap", &["pair"], "What one NHS body and one council share: land, and the people who live on it."),
    term(
        Measures,
        "place",
        &[],
        "The smallest group of NHS bodies and councils whose outer boundary agrees. Whatever is decided in it concerns no one outside.",
    ),
    term(
        Measures,
        "proof",
        &[],
        "A check that a figure adds up, such as that the shares of a budget sum to it to the penny. Every run publishes its proofs.",
    ),
    term(
        Measures,
        "significant",
        &["significant pair", "significant partner"],
        "Having 5% or more of either body of a pair (the config can set another share).",
    ),
    term(Measures, "sliver", &[], "A thin overlap where two surveys drew one line differently. It is not treated as a partner."),
    term(Measures, "spanning", &["spanning body"], "Lying in several bodies of the other side and not made of whole ones."),
    term(Measures, "tangled", &[], "Of a place: two or more NHS bodies and two or more councils overlap so that none can match alone."),
    term(Measures, "tolerance", &[], "How far a share may be from the whole and still count as the whole: 2% by default, so 98% counts."),
    term(
        Measures,
        "two-tier gap",
        &[],
        "An NHS body matches one or more districts, but social care there is run by the county, which is larger.",
    ),
    term(Measures, "uncovered", &[], "Land or people of a body that no body of the other side has."),
    term(
        Measures,
        "V-measure",
        &[],
        "One number for how well two sets of boundaries predict each other, 0 to 1 (Rosenberg and Hirschberg 2007; for maps Nowosad and Stepinski 2018).",
    ),
    term(
        Measures,
        "wrong side of a line",
        &[],
        "Where the people of crossing parts live: their NHS body and their council do not belong together.",
    ),
    term(Nhs, "care trust", &[], "An NHS body that also provides the social care of a council, from 2002."),
    term(
        Nhs,
        "CCG",
        &["clinical commissioning group"],
        "Clinical commissioning group: it commissioned most local NHS services in England from 2013 to 2022.",
    ),
    term(Nhs, "commissioning", &["commission"], "Deciding which services a population needs, and paying for them."),
    term(
        Nhs,
        "fundholding",
        &["fundholder", "fundholders"],
        "General practices that held a budget to buy some care for their patients, from 1991 to 1999.",
    ),
    term(Nhs, "health action zone", &["HAZ"], "An area in which NHS bodies and councils worked together against poor health, from 1998."),
    term(
        Nhs,
        "health authority",
        &["HA"],
        "The NHS body above primary care groups and trusts until 2002; it planned and paid for services of an area.",
    ),
    term(
        Nhs,
        "ICB",
        &["integrated care board"],
        "Integrated care board: the NHS body that plans and pays for local services in England since July 2022.",
    ),
    term(Nhs, "ICS", &["integrated care system"], "Integrated care system: the partnership of an ICB, its councils and its providers."),
    term(Nhs, "integrated board", &[], "A body that holds both health and social services, as in Northern Ireland since the 1970s."),
    term(
        Nhs,
        "PCG",
        &["primary care group"],
        "Primary care group: practices of an area that advised a health authority or commissioned for it, from 1999. England had 481.",
    ),
    term(
        Nhs,
        "PCT",
        &["primary care trust"],
        "Primary care trust: it commissioned local NHS services in England from 2000 to 2013. There were 303 before October 2006 and 152 after.",
    ),
    term(
        Nhs,
        "PMS pilot",
        &["personal medical services"],
        "Practices with a local contract (personal medical services) in place of the national one, from 1998.",
    ),
    term(
        Nhs,
        "registered patients",
        &["registered"],
        "People on the list of a practice. They need not live in the area of the NHS body that pays for them.",
    ),
    term(Nhs, "SICBL", &["sub-ICB location"], "Sub-ICB location: a part of an ICB for which figures are published; most were a CCG."),
    term(
        Nhs,
        "total purchasing pilot",
        &["TPP"],
        "Practices that together bought most of the hospital and community care of their patients, from 1995 to 1998.",
    ),
    term(Councils, "borough", &["London borough"], "A London borough: a single-tier council, which provides social care."),
    term(Councils, "combined authority", &[], "Several councils that decide some things together. It does not provide social care."),
    term(
        Councils,
        "council with social services",
        &["upper-tier council"],
        "A county, a unitary, a metropolitan district or a London borough: the council that arranges social care, and so the partner of the NHS.",
    ),
    term(Councils, "county", &["county council"], "The upper tier where there are two: it provides social care, and its districts do not."),
    term(
        Councils,
        "CTYUA",
        &[],
        "Counties and unitary authorities: the layer of the Office for National Statistics that has every council with social services.",
    ),
    term(
        Councils,
        "district",
        &["shire district", "district council"],
        "The lower tier where there are two: housing, leisure and planning, but not social care.",
    ),
    term(
        Councils,
        "LAD",
        &["local authority district"],
        "Local authority district: the layer of the Office for National Statistics that has districts, unitaries, metropolitan districts and London boroughs.",
    ),
    term(Councils, "metropolitan district", &[], "A single-tier council in one of six metropolitan areas; it provides social care."),
    term(
        Councils,
        "social services",
        &["social care", "adult social care"],
        "Help with daily living for people who need it, arranged by a council: home care, care homes, equipment, support for carers.",
    ),
    term(
        Councils,
        "two-tier area",
        &["two-tier"],
        "An area with a county council and district councils: two councils serve each resident.",
    ),
    term(
        Councils,
        "unitary",
        &["unitary authority"],
        "A single-tier council outside the metropolitan areas and London; it provides social care.",
    ),
    term(
        Money,
        "apportioned",
        &["apportion", "apportionment"],
        "Divided over the overlaps of a body by people, to the penny: the shares always sum to the whole.",
    ),
    term(Money, "Better Care Fund", &["BCF"], "The pooled budget of NHS bodies and councils that England requires since 2015."),
    term(
        Money,
        "control total",
        &["control"],
        "A published total that the lines of a budget should add up to. The difference is reported.",
    ),
    term(Money, "counterpart", &[], "The other side's money for the same service. Without one there is nothing to join with."),
    term(Money, "joint finance", &[], "NHS money for joint projects with councils, from 1976: small sums for a limited time."),
    term(Money, "joint investment plan", &["JIP", "joint plan"], "A plan that an NHS body and a council make together for a service."),
    term(Money, "lead commissioning", &[], "One of the two sides commissions a service for both (Health Act 1999, section 31)."),
    term(Money, "level", &[], "Where money is decided: patient, practice, locality, or strategic (the whole body)."),
    term(
        Money,
        "mechanism",
        &[],
        "How money is joined: mainstream (not joined), aligned, pooled, lead commissioning, integrated provision, a grant or joint finance.",
    ),
    term(Money, "on the wrong side", &[], "Of money: the share of a budget that is for people in crossing parts."),
    term(
        Money,
        "pooled budget",
        &["pool", "pooled"],
        "Money of both sides in one pot, spent under one agreement (Health Act 1999, section 31; now the National Health Service Act 2006, section 75).",
    ),
    term(
        Money,
        "section 75",
        &["section 31"],
        "The power to pool budgets, to let one side commission for both, and to provide together: National Health Service Act 2006, section 75, before that Health Act 1999, section 31.",
    ),
    term(
        Money,
        "service",
        &[],
        "What money is for, such as older people or mental health. A crosswalk of services says which NHS line meets which council line.",
    ),
    term(Data, "best fit", &[], "Giving a whole block to the one area where most of it lies, in place of cutting it."),
    term(
        Data,
        "BFC, BFE, BGC, BSC, BUC",
        &[],
        "Letters in names of boundary files. B: boundary; F, G, S and U: full, generalised, super and ultra generalised; C: clipped to the coast, E: to the extent of the realm.",
    ),
    term(
        Data,
        "block",
        &["building block"],
        "A small area with a known number of people, such as an output area. People are counted by blocks.",
    ),
    term(
        Data,
        "British National Grid",
        &["EPSG:27700"],
        "The coordinate system of Great Britain's maps, in metres. The program works in it.",
    ),
    term(Data, "crosswalk", &[], "A table that says how one set of areas, or of services, becomes another."),
    term(
        Data,
        "GSS code",
        &["GSS"],
        "The nine-character code of an area that the Office for National Statistics gives, such as E10000020 for Norfolk.",
    ),
    term(Data, "layer", &[], "The areas of one kind of body at one date, such as the trusts of 2006."),
    term(Data, "lookup", &[], "A table that names the area of every block."),
    term(Data, "LSOA", &["lower layer super output area"], "Lower layer super output area: about 1,500 people; built from output areas."),
    term(Data, "output area", &["OA"], "The smallest area with published census figures: some 300 people."),
    term(Data, "Parquet", &[], "A file format for tables, read by DuckDB, Python, R, Excel (Power Query) and Power BI."),
    term(Data, "run", &[], "One computation of a config, published whole. Every run is kept until you remove it."),
    term(
        Data,
        "succession",
        &["predecessor", "successor"],
        "How the bodies of one layer became those of a later one: unchanged, renamed, merged, split and so on.",
    ),
    term(Data, "vintage", &[], "The date that a layer is of."),
    term(Data, "what-if", &[], "A proposal, such as a merger, judged as if it had been made."),
];

/// The meaning of a word: a term or another word for it, in any case, also with a plural s.
pub fn meaning(word: &str) -> Option<&'static Term> {
    let wanted = word.trim().to_lowercase();
    let is = |known: &str| {
        let known = known.to_lowercase();
        wanted == known || wanted.strip_suffix('s') == Some(known.as_str())
    };
    TERMS.iter().find(|term| is(term.term) || term.also.iter().any(|also| is(also)))
}

/// Every term as Markdown: docs/glossary.md, which a test compares with this.
pub fn markdown() -> String {
    let mut text = String::from(
        "# Glossary\n\nThe words that this program, the NHS and local government use. The report shows the same meanings when you point at a word.\n\n\
         Printed from `src/words/glossary.rs`; do not edit by hand.\n",
    );
    for field in Field::ALL {
        // Writing to a String cannot fail.
        let _ = writeln!(text, "\n## {}\n", field.heading());
        for term in TERMS.iter().filter(|term| term.field == field) {
            let also = if term.also.is_empty() { String::new() } else { format!(" ({})", term.also.join(", ")) };
            let _ = writeln!(text, "- **{}**{also}: {}", term.term, term.meaning);
        }
    }
    text
}
