//! The pages of a Parquet file, walked before any is decoded: what they say they unpack to, and whether those compressed by gzip keep to it.
//!
//! The footer says what a file unpacks to, and each page says it again; a decoder believes the page, and of gzip it believes nothing but
//! inflates to the end. Neither is bound by the footer, so both are held against the limits here.
//!
//! Source: Apache Parquet format, parquet.thrift (PageHeader), and the Thrift compact protocol.

use std::io::Read as _;

use parquet::basic::Compression;
use parquet::file::metadata::{ColumnChunkMetaData, ParquetMetaData};

use super::thrift::{Compact, DEPTH, NO, STRUCT, YES};
use super::thrift_fields::PAGE_HEADER;

/// What is wrong with a file's pages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fault {
    /// They do not follow one another as the format says.
    Broken(&'static str),
    /// They unpack to more than the limit.
    TooLarge,
}

/// What the pages come to.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Pages {
    /// Bytes that all of them unpack to.
    pub(super) unpacked: u64,
    /// Bytes of the largest whose bytes may stand for more text than they are: a dictionary, whose every entry may be named by any row, or
    /// values that repeat the beginning of the one before.
    pub(super) largest_repeated: u64,
}

/// The footer of a file, as its last eight bytes say where it is; `None` where they do not say.
pub(super) fn footer(file: &[u8]) -> Option<&[u8]> {
    let (rest, end) = file.split_last_chunk::<8>()?;
    let [l0, l1, l2, l3, b'P', b'A', b'R', b'1'] = *end else { return None };
    let length = usize::try_from(u32::from_le_bytes([l0, l1, l2, l3])).ok()?;
    rest.get(rest.len().checked_sub(length)?..)
}

/// Walks the pages of every column chunk.
///
/// # Errors
/// They are broken, or unpack to more than `limit` bytes together.
pub(super) fn walk(file: &[u8], metadata: &ParquetMetaData, limit: u64) -> Result<Pages, Fault> {
    let chunks = || metadata.row_groups().iter().flat_map(|group| group.columns());
    let lengths = chunks().map(|chunk| u64::try_from(chunk.compressed_size()).unwrap_or(u64::MAX));
    if lengths.fold(0u64, u64::saturating_add) > u64::try_from(file.len()).unwrap_or(u64::MAX) {
        return Err(Fault::Broken("its columns are longer than the file"));
    }
    let mut pages = Pages::default();
    for chunk in chunks() {
        walk_chunk(file, chunk, limit, &mut pages)?;
    }
    Ok(pages)
}

fn walk_chunk(file: &[u8], chunk: &ColumnChunkMetaData, limit: u64, pages: &mut Pages) -> Result<(), Fault> {
    // As the reader has it: at the dictionary, where there is one.
    let start = chunk.dictionary_page_offset().unwrap_or_else(|| chunk.data_page_offset());
    let range = usize::try_from(start).ok().zip(usize::try_from(chunk.compressed_size()).ok());
    let bytes = range.and_then(|(start, length)| file.get(start..start.checked_add(length)?));
    let Some(mut bytes) = bytes else { return Err(Fault::Broken("a column lies outside the file")) };
    while !bytes.is_empty() {
        let mut header = Compact { bytes };
        // As it stands in the format, so that whoever reads it reads the same; then what it says.
        let page = Compact { bytes }
            .structure(PAGE_HEADER)
            .and_then(|()| header.page())
            .ok_or(Fault::Broken("the header of a page makes no sense"))?;
        let Some((content, rest)) = header.bytes.split_at_checked(page.compressed) else {
            return Err(Fault::Broken("a page is longer than its column"));
        };
        bytes = rest;
        pages.unpacked = pages.unpacked.saturating_add(page.unpacked);
        if pages.unpacked > limit {
            return Err(Fault::TooLarge);
        }
        if page.repeats {
            pages.largest_repeated = pages.largest_repeated.max(page.unpacked);
        }
        if matches!(chunk.compression(), Compression::GZIP(_)) && page.is_compressed {
            // The levels of a page of version 2 stand before what is compressed.
            let inflated = content.get(page.levels..).ok_or(Fault::Broken("the levels of a page are longer than it is"))?;
            keeps_to(inflated, page.unpacked)?;
        }
    }
    Ok(())
}

/// Refuses gzip that inflates beyond what its page says.
fn keeps_to(compressed: &[u8], says: u64) -> Result<(), Fault> {
    let mut decoder = flate2::read::MultiGzDecoder::new(compressed).take(says.saturating_add(1));
    let mut buffer = [0u8; 1 << 14];
    let mut inflated = 0u64;
    loop {
        match decoder.read(&mut buffer) {
            Ok(0) => return Ok(()),
            Ok(read) => inflated = inflated.saturating_add(u64::try_from(read).unwrap_or(u64::MAX)),
            // Damage is the decoder's to tell, and it meets no more bytes than were met here.
            Err(_) => return Ok(()),
        }
        if inflated > says {
            return Err(Fault::Broken("a page inflates to more than it says"));
        }
    }
}

/// What a page's header says.
#[derive(Debug, Default)]
struct Page {
    /// Bytes of it in the file, after the header.
    compressed: usize,
    /// Bytes it says it unpacks to.
    unpacked: u64,
    is_compressed: bool,
    /// Bytes of levels before what is compressed.
    levels: usize,
    /// Whether its bytes may stand for more text than they are.
    repeats: bool,
}

/// DICTIONARY_PAGE of enum PageType.
const DICTIONARY: i64 = 2;
/// DELTA_BYTE_ARRAY of enum Encoding.
const DELTA_BYTE_ARRAY: i64 = 7;

/// The number of a field that stands here for the first time: of two, another reader may believe the other.
fn once(number: i64, seen: &mut u32) -> Option<i64> {
    let bit = 1u32.checked_shl(u32::try_from(number).ok()?)?;
    let before = std::mem::replace(seen, *seen | bit);
    (before & bit == 0).then_some(number)
}

impl Compact<'_> {
    /// A page's header.
    fn page(&mut self) -> Option<Page> {
        let mut page = Page { is_compressed: true, ..Page::default() };
        let (mut number, mut seen) = (0, 0u32);
        let (mut unpacked, mut compressed) = (None, None);
        while let Some((next, kind)) = self.field(number)? {
            number = once(next, &mut seen)?;
            match (number, kind) {
                (1, 5) => page.repeats |= self.integer()? == DICTIONARY,
                (2, 5) => unpacked = Some(self.integer()?),
                (3, 5) => compressed = Some(self.integer()?),
                (1..=3, _) => return None,
                (5, STRUCT) => self.data_page(&mut page, 2)?,
                (8, STRUCT) => self.data_page(&mut page, 4)?,
                (_, kind) => self.skip(kind, DEPTH)?,
            }
        }
        page.unpacked = u64::try_from(unpacked?).ok()?;
        page.compressed = usize::try_from(compressed?).ok()?;
        Some(page)
    }

    /// The part of a header that is about data, whose encoding stands in field 2 (version 1) or 4 (version 2).
    fn data_page(&mut self, page: &mut Page, encoding: i64) -> Option<()> {
        let (mut number, mut seen) = (0, 0u32);
        while let Some((next, kind)) = self.field(number)? {
            number = once(next, &mut seen)?;
            match (number, kind) {
                (n, 5) if n == encoding => page.repeats |= self.integer()? == DELTA_BYTE_ARRAY,
                (5 | 6, 5) if encoding == 4 => page.levels = page.levels.checked_add(usize::try_from(self.integer()?).ok()?)?,
                (7, YES | NO) if encoding == 4 => page.is_compressed = kind == YES,
                (_, kind) => self.skip(kind, DEPTH)?,
            }
        }
        Some(())
    }
}
