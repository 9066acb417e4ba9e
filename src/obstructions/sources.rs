//! Where rules come from: papers, acts, orders and published data, cited so that a reader can look them up (docs/sources.md).

use std::fmt::Write;

/// One source.
#[derive(Debug, Clone, Copy)]
pub struct Source {
    /// Key that rules name it by; it is never published.
    pub key: &'static str,
    /// Authors, or the body that published it.
    pub authors: &'static str,
    /// Title. Square brackets mark a description where the title is not known.
    pub title: &'static str,
    /// Journal, publisher or series, with year, volume and page, or act and section.
    pub published: &'static str,
    /// DOI without its resolver; empty without one.
    pub doi: &'static str,
    /// Address; empty where the source has none that lasts.
    pub url: &'static str,
    /// What the rules take from it.
    pub takes: &'static str,
}

impl Source {
    /// The citation in words: authors, title, where it was published, DOI.
    pub fn citation(&self) -> String {
        let mut text = format!("{}. {}. {}", self.authors, self.title, self.published);
        if !self.doi.is_empty() {
            // Writing to a String cannot fail.
            let _ = write!(text, ". doi:{}", self.doi);
        }
        text
    }
}

/// Every source that a rule names.
pub const SOURCES: &[Source] = &[
    Source {
        key: "glendinning-1998",
        authors: "Glendinning C, Rummery K, Clarke R",
        title: "From collaboration to commissioning: developing relationships between primary health and social services",
        published: "BMJ 1998;317:122",
        doi: "10.1136/bmj.317.7151.122",
        url: "https://www.bmj.com/content/317/7151/122",
        takes: "Many practice lists are smaller than the population of a social services area office; work at practice level serves some patients of a council and not others.",
    },
    Source {
        key: "glendinning-2001",
        authors: "Glendinning C, Coleman A, Shipman C, Malbon G",
        title: "Progress in partnerships",
        published: "BMJ 2001;323:28",
        doi: "10.1136/bmj.323.7303.28",
        url: "https://www.bmj.com/content/323/7303/28",
        takes: "Boundary changes were nearly as likely to add problems as to remove them; few seats for a second council or for districts; joint plans, priorities, seats on boards, the Health Act 1999 powers, and mergers that disturb partnerships.",
    },
    Source {
        key: "goodwin-2001",
        authors: "Goodwin N",
        title: "The long term importance of English primary care groups for integration in primary health care and deinstitutionalisation of hospital care",
        published: "International Journal of Integrated Care, 1 March 2001",
        doi: "10.5334/ijic.20",
        url: "https://www.ijic.org/articles/10.5334/ijic.20/",
        takes: "Primary care groups were meant to match councils and mostly did not; levels 1 to 4, sizes of 50,000 to 250,000, and many separate initiatives that cut across each other.",
    },
    Source {
        key: "poxton",
        authors: "Poxton R",
        title: "[Briefing for primary care groups on joint commissioning with social services, with five sites]",
        published: "King's Fund, London, about 1999",
        doi: "",
        url: "",
        takes: "Budgets that cannot be aligned at practice or locality level, planning cycles that differ, joint money that is small and short-term, weak links between levels of decision; the five sites of config/kings-fund-sites.toml.",
    },
    Source {
        key: "patient-led-2005",
        authors: "Department of Health",
        title: "Commissioning a patient-led NHS",
        published: "London, 28 July 2005",
        doi: "",
        url: "",
        takes: "A clear relationship with councils rather than one to one: a large council may hold several trusts, and several small ones may share a trust.",
    },
    Source {
        key: "golding-2006",
        authors: "Golding N",
        title: "Unitaries lose out in PCT boundary shift",
        published: "Local Government Chronicle, May 2006",
        doi: "",
        url: "https://www.lgcplus.com/unitaries-lose-out-in-pct-boundary-shift/507434.article",
        takes: "Councils that had one trust to themselves lost it in the mergers of 2006.",
    },
    Source {
        key: "ics-boundaries-2021",
        authors: "Department of Health and Social Care",
        title: "[Written statement on the boundaries of integrated care systems]",
        published: "Hansard, House of Commons, 22 July 2021",
        doi: "",
        url: "",
        takes: "The problem is a council with social services that works across more than one NHS body.",
    },
    Source {
        key: "health-act-1999",
        authors: "United Kingdom Parliament",
        title: "Health Act 1999, section 31 (arrangements between NHS bodies and local authorities)",
        published: "1999 c. 8; now National Health Service Act 2006 (c. 41), section 75",
        doi: "",
        url: "https://www.legislation.gov.uk/ukpga/1999/8/section/31",
        takes: "Pooled budgets, lead commissioning and integrated provision.",
    },
    Source {
        key: "order-2006",
        authors: "Secretary of State for Health",
        title: "The Primary Care Trusts (Establishment and Dissolution) (England) Order 2006",
        published: "Statutory Instrument 2006/2072, article 1 and schedules 1 to 3",
        doi: "",
        url: "https://www.legislation.gov.uk/uksi/2006/2072/note/made",
        takes: "Which trust became which, and which were divided by wards and parishes: what an order declares can be compared with the map.",
    },
    Source {
        key: "hansard-2006",
        authors: "House of Commons",
        title: "[Written answer on health care funding of visitors and registered patients]",
        published: "Hansard, 6 July 2006",
        doi: "",
        url: "",
        takes: "Money of trusts followed patients registered with their practices, and residents who are registered with none.",
    },
    Source {
        key: "key-health-data-1999",
        authors: "University of Birmingham, Department of Public Health and Epidemiology",
        title: "Key Health Data for the West Midlands 1999, chapter 1",
        published: "Birmingham, 1999",
        doi: "",
        url: "",
        takes: "Primary care groups are defined by practices whose catchments overlap: a drawn boundary is an approximation.",
    },
    Source {
        key: "means-to-an-end-2009",
        authors: "Audit Commission",
        title: "Means to an end: joint financing across health and social care",
        published: "London, October 2009",
        doi: "",
        url: "",
        takes: "Formal joint money was 3.4% of health and social care spending in 2007/08: the default of BUD-05.",
    },
    Source {
        key: "north-yorkshire-2025",
        authors: "North Yorkshire Health and Wellbeing Board",
        title: "[Better Care Fund 2025-26: papers on sign-off by three integrated care boards and the council]",
        published: "North Yorkshire Council, 2025",
        doi: "",
        url: "",
        takes: "One council, three NHS bodies, and sign-offs that fell two weeks apart.",
    },
    Source {
        key: "overlaps",
        authors: "mySociety",
        title: "2025 constituencies: geographic overlaps, version 0.2.1",
        published: "mySociety data repository",
        doi: "",
        url: "https://github.com/mysociety/2025-constituencies",
        takes: "Measured on its tables: the largest partner by land is not the largest by people in 5% to 9% of areas.",
    },
    Source {
        key: "openprescribing-408",
        authors: "Bennett Institute for Applied Data Science",
        title: "[A merged body's code is used again for a larger area]",
        published: "OpenPrescribing, issue 408",
        doi: "",
        url: "https://github.com/ebmdatalab/openprescribing/issues/408",
        takes: "A code that is kept for another area breaks every series that follows it.",
    },
    Source {
        key: "method",
        authors: "Coterminous",
        title: "Methods: classes, crossing parts and their bounds",
        published: "docs/methods.md of this program",
        doi: "",
        url: "",
        takes: "Definitions of this program's own: no publication states the rule.",
    },
];

/// A source by its key.
pub(super) fn source(key: &str) -> Option<&'static Source> {
    SOURCES.iter().find(|source| source.key == key)
}

/// The citations of several sources, in one line.
pub(super) fn cited(keys: &[&str]) -> String {
    let citations: Vec<String> = keys.iter().filter_map(|key| source(key)).map(Source::citation).collect();
    citations.join("; ")
}

/// Every source as Markdown: docs/sources.md, which a test compares with this.
pub fn sources_markdown() -> String {
    let mut text = String::from(
        "# Sources\n\nPrinted from `src/obstructions/sources.rs`; do not edit by hand. Each rule of [obstructions.md](obstructions.md) names its sources, and \
         column `source` of table `obstruction` carries them as cited here. Square brackets mark a description where we do not know the title.\n\n",
    );
    for source in SOURCES {
        let rules: Vec<&str> = super::RULES.iter().filter(|rule| rule.source.contains(&source.key)).map(|rule| rule.id).collect();
        // Writing to a String cannot fail.
        let _ = writeln!(text, "- {}.{}", source.citation(), link(source));
        let _ = writeln!(text, "  {} Rules: {}.", source.takes, rules.join(", "));
    }
    text
}

fn link(source: &Source) -> String {
    match (source.url, source.doi) {
        ("", "") => String::new(),
        ("", doi) => format!(" <https://doi.org/{doi}>"),
        (url, _) => format!(" <{url}>"),
    }
}
