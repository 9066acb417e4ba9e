//! The geometry column of a row group, page by page.
//!
//! It is nearly all of a file, so it is written where it will be compressed, into memory that is used again for the next one: the library's column
//! writer copied it four times into memory of its own, and took 27 % of the CPU of an overlay with polygons, of which compressing was 13. Page headers
//! and the footer are the library's.

use std::path::Path;

use bytes::Bytes;
use parquet::basic::{Compression, Encoding, EncodingMask, PageType};
use parquet::column::page::{CompressedPage, Page as DataPage, PageWriter as _};
use parquet::column::writer::ColumnCloseResult;
use parquet::errors::{ParquetError, Result as ParquetResult};
use parquet::file::metadata::{ColumnChunkMetaData, PageEncodingStats};
use parquet::file::page_index::offset_index::{OffsetIndexMetaData, PageLocation};
use parquet::file::writer::{SerializedPageWriter, TrackedWrite};
use parquet::schema::types::ColumnDescPtr;

use super::super::parquet_out::failed;
use crate::error::Result;

/// Bytes of geometry in a page, about: what a processor's own cache holds while it is written and compressed.
pub(in crate::io) const PAGE: usize = 256 << 10;

/// Bytes that are written one after the other, in memory that is touched once and used again.
#[derive(Default)]
pub(super) struct Page {
    bytes: Vec<u8>,
    len: usize,
}

impl Page {
    /// The next so many bytes, which hold anything at first.
    pub(super) fn room(&mut self, more: usize) -> &mut [u8] {
        let start = self.len;
        self.len = start.saturating_add(more);
        if self.len > self.bytes.len() {
            self.bytes.resize(self.len.max(self.bytes.len().saturating_mul(2)), 0);
        }
        self.bytes.get_mut(start..self.len).unwrap_or_default()
    }

    /// Adds bytes.
    #[inline]
    pub(super) fn push(&mut self, more: &[u8]) {
        self.room(more.len()).copy_from_slice(more);
    }

    /// What was written.
    pub(super) fn bytes(&self) -> &[u8] {
        self.bytes.get(..self.len).unwrap_or(&[])
    }

    /// Begins again.
    pub(super) fn clear(&mut self) {
        self.len = 0;
    }
}

/// What writes columns, one after the other, in memory that is used again.
pub(super) struct Press {
    page: Page,
    compressed: Vec<u8>,
    encoder: snap::raw::Encoder,
}

/// A column chunk: its bytes as they go to the file, and what the file says of them.
pub(super) struct Chunk {
    pub(super) bytes: Bytes,
    pub(super) close: ColumnCloseResult,
}

/// Bytes that the definition levels of a page take at most, for its length and for each row.
const LEVELS: usize = 4;
const LEVEL: usize = 6;

impl Default for Press {
    fn default() -> Self {
        Self { page: Page::default(), compressed: Vec::new(), encoder: snap::raw::Encoder::new() }
    }
}

impl Press {
    /// A column of pages of so many rows each, in `memory`; `value` writes the value of the next row and says whether there is one.
    ///
    /// # Errors
    /// [`crate::Error::Publish`] if a page is too large; those of `value`.
    pub(super) fn chunk(
        &mut self,
        path: &Path,
        column: &ColumnDescPtr,
        pages: impl Iterator<Item = usize>,
        mut memory: Vec<u8>,
        mut value: impl FnMut(&mut Page) -> Result<bool>,
    ) -> Result<Chunk> {
        memory.clear();
        let mut chunk = Pages { sink: TrackedWrite::new(memory), offsets: Vec::new(), rows: 0, uncompressed: 0, compressed: 0 };
        for rows in pages {
            let start = self.fill(rows, &mut value)?;
            self.add_page(start, rows, &mut chunk).map_err(|error| failed(path, error))?;
        }
        chunk.close(column).map_err(|error| failed(path, error))
    }

    /// Fills a page: definition levels, and each value behind its length. Answers where it begins.
    fn fill(&mut self, rows: usize, value: &mut impl FnMut(&mut Page) -> Result<bool>) -> Result<usize> {
        let page = &mut self.page;
        page.clear();
        // What stands first is known last.
        let reserved = rows.saturating_mul(LEVEL).saturating_add(LEVELS);
        page.room(reserved);
        let mut runs: Vec<(bool, usize)> = Vec::new();
        for _ in 0..rows {
            let start = page.len;
            page.room(size_of::<u32>());
            let values = page.len;
            let is_there = value(page)?;
            if is_there {
                // That a page is not longer than can be told is seen when it is whole.
                let length = u32::try_from(page.len.saturating_sub(values)).unwrap_or(u32::MAX);
                page.bytes.get_mut(start..values).unwrap_or_default().copy_from_slice(&length.to_le_bytes());
            } else {
                page.len = start;
            }
            match runs.last_mut() {
                Some((same, count)) if *same == is_there => *count = count.saturating_add(1),
                _ => runs.push((is_there, 1)),
            }
        }
        let levels = levels(&runs);
        let start = reserved.saturating_sub(levels.len());
        page.bytes.get_mut(start..reserved).unwrap_or_default().copy_from_slice(&levels);
        Ok(start)
    }

    /// Compresses the page, which begins at `start`, and adds it.
    fn add_page(&mut self, start: usize, rows: usize, chunk: &mut Pages) -> ParquetResult<()> {
        let page = self.page.bytes().get(start..).unwrap_or(&[]);
        let too_large = || ParquetError::General(format!("{} bytes of geometry in one page, more than Parquet can hold", page.len()));
        let (Ok(_), Ok(num_values)) = (i32::try_from(page.len()), u32::try_from(rows)) else { return Err(too_large()) };
        let most = snap::raw::max_compress_len(page.len());
        if self.compressed.len() < most {
            self.compressed.resize(most, 0);
        }
        let length = self.encoder.compress(page, &mut self.compressed).map_err(|_| too_large())?;
        let memory = Bytes::from(std::mem::take(&mut self.compressed));
        let data = DataPage::DataPage {
            buf: memory.slice(..length),
            num_values,
            encoding: Encoding::PLAIN,
            def_level_encoding: Encoding::RLE,
            rep_level_encoding: Encoding::RLE,
            statistics: None,
        };
        chunk.add(CompressedPage::new(data, page.len()), rows)?;
        self.compressed = memory.into();
        Ok(())
    }
}

/// Definition levels, 0 and 1, as the format has them: the number of their bytes, and each run as its length, doubled, and its level.
///
/// Source: Apache Parquet, Encodings, "Run Length Encoding / Bit-Packing Hybrid (RLE = 3)".
fn levels(runs: &[(bool, usize)]) -> Vec<u8> {
    let mut levels = vec![0; LEVELS];
    for (level, count) in runs {
        let mut rest = count.saturating_mul(2);
        while let [low, ..] = rest.to_le_bytes()
            && rest > 0x7f
        {
            levels.push(low | 0x80);
            rest >>= 7;
        }
        levels.push(rest.to_le_bytes().first().copied().unwrap_or(0));
        levels.push(u8::from(*level));
    }
    let length = u32::try_from(levels.len().saturating_sub(LEVELS)).unwrap_or(u32::MAX);
    levels.get_mut(..LEVELS).unwrap_or_default().copy_from_slice(&length.to_le_bytes());
    levels
}

/// The pages of a column chunk so far.
struct Pages {
    sink: TrackedWrite<Vec<u8>>,
    offsets: Vec<PageLocation>,
    rows: i64,
    uncompressed: i64,
    compressed: i64,
}

impl Pages {
    fn add(&mut self, page: CompressedPage, rows: usize) -> ParquetResult<()> {
        let written = SerializedPageWriter::new(&mut self.sink).write_page(page)?;
        let signed = |number: usize| i64::try_from(number).unwrap_or(i64::MAX);
        self.offsets.push(PageLocation {
            offset: i64::try_from(written.offset).unwrap_or(i64::MAX),
            compressed_page_size: i32::try_from(written.compressed_size).unwrap_or(i32::MAX),
            first_row_index: self.rows,
        });
        self.rows = self.rows.saturating_add(signed(rows));
        self.uncompressed = self.uncompressed.saturating_add(signed(written.uncompressed_size));
        self.compressed = self.compressed.saturating_add(signed(written.compressed_size));
        Ok(())
    }

    fn close(self, column: &ColumnDescPtr) -> ParquetResult<Chunk> {
        let pages = PageEncodingStats {
            page_type: PageType::DATA_PAGE,
            encoding: Encoding::PLAIN,
            count: i32::try_from(self.offsets.len()).unwrap_or(i32::MAX),
        };
        let metadata = ColumnChunkMetaData::builder(column.clone())
            .set_compression(Compression::SNAPPY)
            .set_encodings_mask(EncodingMask::new_from_encodings([Encoding::PLAIN, Encoding::RLE].iter()))
            .set_page_encoding_stats(vec![pages])
            .set_total_uncompressed_size(self.uncompressed)
            .set_total_compressed_size(self.compressed)
            .set_num_values(self.rows)
            .set_data_page_offset(0)
            .build()?;
        let close = ColumnCloseResult {
            bytes_written: self.compressed.cast_unsigned(),
            rows_written: self.rows.cast_unsigned(),
            metadata,
            bloom_filter: None,
            column_index: None,
            offset_index: Some(OffsetIndexMetaData { page_locations: self.offsets, unencoded_byte_array_data_bytes: None }),
        };
        Ok(Chunk { bytes: self.sink.into_inner()?.into(), close })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels_are_runs() {
        assert_eq!(levels(&[]), [0, 0, 0, 0]);
        assert_eq!(levels(&[(true, 1)]), [2, 0, 0, 0, 2, 1]);
        // 200 rows: 400 is 0b11 0010000, seven bits at a time, the low ones first.
        assert_eq!(levels(&[(false, 63), (true, 200), (false, 1)]), [7, 0, 0, 0, 126, 0, 0x90, 3, 1, 2, 0]);
        let most = levels(&[(true, u32::MAX as usize / 2)]);
        assert!(most.len() <= LEVELS + LEVEL, "{}", most.len());
    }

    #[test]
    fn a_page_is_written_over_what_was_there() {
        let mut page = Page::default();
        page.push(&[1; 900]);
        page.clear();
        page.push(b"ab");
        page.room(3).copy_from_slice(b"cde");
        assert_eq!(page.bytes(), b"abcde");
    }
}
