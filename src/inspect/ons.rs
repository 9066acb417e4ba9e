//! How the Office for National Statistics and the Scottish Government name things: fields, codes, files.
//!
//! Sources: domain notes on conventions (field `<ENTITY><yy>CD/NM`, `...CDH` and `...CDO` for the code of the Organisation Data Service, first
//! three characters of a code for the kind of area, suffix BFC/BFE/BGC/BSC/BUC for the linework); field names of files published on the Open
//! Geography Portal and on spatialdata.gov.scot (`HBCode`). What is not known here is not guessed at.

use crate::domain::Role;

/// A kind of area by the letters that field names begin with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Entity {
    /// The letters.
    pub letters: &'static str,
    /// What it is, for `kind` in the config.
    pub kind: &'static str,
    /// Its role in an alignment.
    pub role: Role,
    /// How its layers are called: `pct` for "pct-2011".
    pub id: &'static str,
}

const fn entity(letters: &'static str, kind: &'static str, role: Role, id: &'static str) -> Entity {
    Entity { letters, kind, role, id }
}

/// Kinds of area that field names tell. Longer letters stand before those that they begin with.
pub const ENTITIES: [Entity; 26] = [
    entity("PCT", "PCT", Role::Health, "pct"),
    entity("PCO", "primary care organisation", Role::Health, "pct"),
    entity("PCG", "PCG", Role::Health, "pcg"),
    entity("CCG", "CCG", Role::Health, "ccg"),
    entity("SICBL", "Sub-ICB location", Role::Health, "sicbl"),
    entity("LOC", "Sub-ICB location", Role::Health, "sicbl"),
    entity("ICB", "ICB", Role::Health, "icb"),
    entity("STP", "sustainability and transformation partnership", Role::Health, "stp"),
    entity("SHA", "strategic health authority", Role::Health, "sha"),
    entity("LHB", "local health board", Role::Health, "lhb"),
    entity("HIA", "integration authority", Role::Health, "ia"),
    entity("HSCP", "integration authority", Role::Health, "ia"),
    entity("HB", "health board", Role::Health, "hb"),
    entity("HA", "health authority", Role::Health, "ha"),
    entity("CTYUA", "council with social services", Role::Council, "council"),
    entity("UTLA", "upper-tier council", Role::Council, "council"),
    entity("CTY", "county", Role::Council, "county"),
    entity("LAD", "district, unitary or borough", Role::Council, "lad"),
    entity("LTLA", "district, unitary or borough", Role::Council, "lad"),
    entity("CA", "council area", Role::Council, "council"),
    entity("OA", "census output area", Role::Blocks, "oa"),
    entity("LSOA", "lower layer super output area", Role::Blocks, "lsoa"),
    entity("MSOA", "middle layer super output area", Role::Blocks, "msoa"),
    entity("DZ", "data zone", Role::Blocks, "dz"),
    entity("WD", "ward", Role::Blocks, "ward"),
    entity("BLK", "block", Role::Blocks, "block"),
];

/// What a field of the conventions holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// The code of nine characters.
    Code,
    /// The code of the Organisation Data Service, or an older one (`...CDH`, `...CDO`).
    OtherCode,
    /// The name.
    Name,
    /// The name in Welsh.
    WelshName,
}

/// A field name of the conventions, taken apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FieldName {
    /// Kind of area.
    pub entity: &'static Entity,
    /// Year of the vintage; `None` where the name has none.
    pub year: Option<i16>,
    /// What it holds.
    pub part: Part,
}

/// Takes a field name apart: `PCT11CD`, `ctyua23nm`, `CCG19CDH`, `HBCode`. `None` where it follows no convention known here.
pub fn field(name: &str) -> Option<FieldName> {
    let upper = name.to_ascii_uppercase();
    let (stem, part) = [
        ("CDH", Part::OtherCode),
        ("CDO", Part::OtherCode),
        ("CODE", Part::Code),
        ("NAME", Part::Name),
        ("NMW", Part::WelshName),
        ("CD", Part::Code),
        ("NM", Part::Name),
    ]
    .into_iter()
    .find_map(|(end, part)| Some((upper.strip_suffix(end)?, part)))?;
    let letters = stem.trim_end_matches(|c: char| c.is_ascii_digit());
    let year = match stem.get(letters.len()..)? {
        "" => None,
        digits => Some(year(digits)?),
    };
    let entity = ENTITIES.iter().find(|entity| entity.letters == letters)?;
    Some(FieldName { entity, year, part })
}

/// The year that two or four digits mean: 74 and later are of the last century, when today's counties began.
fn year(digits: &str) -> Option<i16> {
    let number: i16 = digits.parse().ok()?;
    match digits.len() {
        2 => Some(number.saturating_add(if number >= 74 { 1900 } else { 2000 })),
        4 if (1974..=2099).contains(&number) => Some(number),
        _ => None,
    }
}

/// What the first three characters of a code say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Prefix {
    /// The characters.
    pub text: &'static str,
    /// What they stand for.
    pub kind: &'static str,
    /// Role in an alignment.
    pub role: Role,
}

const fn prefix(text: &'static str, kind: &'static str, role: Role) -> Prefix {
    Prefix { text, kind, role }
}

/// Beginnings of codes that are known. Source: domain notes, and the register of geographic codes as files published with them show it.
pub const PREFIXES: [Prefix; 21] = [
    prefix("E00", "census output area", Role::Blocks),
    prefix("E01", "lower layer super output area", Role::Blocks),
    prefix("E02", "middle layer super output area", Role::Blocks),
    prefix("E06", "unitary authority", Role::Council),
    prefix("E07", "non-metropolitan district", Role::Council),
    prefix("E08", "metropolitan district", Role::Council),
    prefix("E09", "London borough", Role::Council),
    prefix("E10", "county", Role::Council),
    prefix("E16", "primary care trust", Role::Health),
    prefix("E38", "clinical commissioning group or Sub-ICB location", Role::Health),
    prefix("E54", "integrated care board", Role::Health),
    prefix("W00", "census output area of Wales", Role::Blocks),
    prefix("W06", "unitary authority of Wales", Role::Council),
    prefix("W11", "local health board", Role::Health),
    prefix("S00", "census output area of Scotland", Role::Blocks),
    prefix("S01", "data zone", Role::Blocks),
    prefix("S02", "intermediate zone", Role::Blocks),
    prefix("S08", "health board", Role::Health),
    prefix("S12", "council area", Role::Council),
    prefix("S37", "integration authority", Role::Health),
    prefix("N09", "local government district", Role::Council),
];

/// Whether a text has the form of a code of nine characters: a letter and eight digits.
pub fn is_nine(text: &str) -> bool {
    let bytes = text.as_bytes();
    bytes.len() == 9 && bytes.first().is_some_and(u8::is_ascii_uppercase) && bytes.iter().skip(1).all(u8::is_ascii_digit)
}

/// Whether a text has the form of a code of the Organisation Data Service: three to five capitals and digits, and one digit at least or a Q in
/// front (5NE, TAK, 15N, QDK; practices A81001 have six).
pub fn is_ods(text: &str) -> bool {
    let form = (3..=6).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit());
    let letters = text.bytes().filter(u8::is_ascii_uppercase).count();
    form && letters > 0 && (letters < text.len() || text.starts_with('Q') || text.starts_with('T'))
}

const MONTHS: [&str; 12] =
    ["JANUARY", "FEBRUARY", "MARCH", "APRIL", "MAY", "JUNE", "JULY", "AUGUST", "SEPTEMBER", "OCTOBER", "NOVEMBER", "DECEMBER"];

/// Month (from 1, where it says one) and year in a file's name: `LAD_DEC_2011_EN_BGC`, `Integrated_Care_Boards_April_2023_EN_BGC`.
pub fn date(file_name: &str) -> Option<(Option<i8>, i16)> {
    let upper = file_name.to_ascii_uppercase();
    let words: Vec<&str> = upper.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty()).collect();
    let month = |word: &str| {
        let place = MONTHS.iter().position(|name| *name == word || (word.len() == 3 && name.starts_with(word)))?;
        i8::try_from(place.saturating_add(1)).ok()
    };
    let mut years = words.iter().enumerate().filter_map(|(place, word)| Some((place, year(word).filter(|_| word.len() == 4)?)));
    let (place, found) = years.next()?;
    let before = place.checked_sub(1).and_then(|before| words.get(before)).and_then(|word| month(word));
    Some((before, found))
}

/// A fiscal year as tables write them: 2007-08, 2007/08, 2007-2008.
pub fn is_fiscal_year(text: &str) -> bool {
    let Some((first, second)) = text.split_once(['-', '/']) else { return false };
    let (Ok(from), Ok(to)) = (first.trim().parse::<i32>(), second.trim().parse::<i32>()) else { return false };
    first.trim().len() == 4
        && match second.trim().len() {
            2 => from.saturating_add(1).rem_euclid(100) == to,
            4 => from.saturating_add(1) == to,
            _ => false,
        }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_taken_apart() {
        let told = |name: &str| field(name).map(|field| (field.entity.id, field.year, field.part));
        assert_eq!(told("PCT11CD"), Some(("pct", Some(2011), Part::Code)));
        assert_eq!(told("ctyua23nm"), Some(("council", Some(2023), Part::Name)));
        assert_eq!(told("LAD24CD"), Some(("lad", Some(2024), Part::Code)));
        assert_eq!(told("SICBL23CD"), Some(("sicbl", Some(2023), Part::Code)));
        assert_eq!(told("ICB23CDH"), Some(("icb", Some(2023), Part::OtherCode)));
        assert_eq!(told("CCG19CDH"), Some(("ccg", Some(2019), Part::OtherCode)));
        assert_eq!(told("LAD23NMW"), Some(("lad", Some(2023), Part::WelshName)));
        assert_eq!(told("PCTCD"), Some(("pct", None, Part::Code)));
        assert_eq!(told("HBCode"), Some(("hb", None, Part::Code)));
        assert_eq!(told("PCG99CD"), Some(("pcg", Some(1999), Part::Code)));
        assert_eq!((told("CODE"), told("NAME"), told("XYZ11CD"), told("PCT111CD"), told("")), (None, None, None, None, None));
    }

    #[test]
    fn codes_by_their_form() {
        assert!(is_nine("E06000001") && is_nine("X30000011") && !is_nine("e06000001") && !is_nine("E0600001") && !is_nine("E06OOOOO1"));
        assert!(["5NE", "TAK", "15N", "QDK", "QK1", "A81001"].iter().all(|code| is_ods(code)));
        assert!(!["NHS", "5", "123", "Kent", "E06000001", ""].iter().any(|code| is_ods(code)));
    }

    #[test]
    fn dates_in_names() {
        assert_eq!(date("LAD_DEC_2011_EN_BGC.shp"), Some((Some(12), 2011)));
        assert_eq!(date("Integrated_Care_Boards_April_2023_EN_BGC_-2874981933571631596.zip"), Some((Some(4), 2023)));
        assert_eq!(date("UTLA_2019_EN_BGC.zip"), Some((None, 2019)));
        assert_eq!(date("councils.zip"), None);
        assert!(is_fiscal_year("2007-08") && is_fiscal_year("2007/08") && is_fiscal_year("1999-00") && is_fiscal_year("2007-2008"));
        assert!(!is_fiscal_year("2007-09") && !is_fiscal_year("2007") && !is_fiscal_year("01-02"));
    }
}
