//! The Thrift compact protocol, as far as it takes to walk what a Parquet file says of itself before anybody believes it.
//!
//! Source: Apache Thrift, "Thrift compact protocol encoding" (thrift-compact-protocol.md).

use super::thrift_fields::{Fields, Kind};

/// Types of the compact protocol.
pub(super) const YES: u8 = 1;
pub(super) const NO: u8 = 2;
const BYTE: u8 = 3;
const DOUBLE: u8 = 7;
const BINARY: u8 = 8;
const LIST: u8 = 9;
const SET: u8 = 10;
const MAP: u8 = 11;
pub(super) const STRUCT: u8 = 12;

/// Structures within structures that there may be.
pub(super) const DEPTH: u32 = 16;

/// Bytes read as the Thrift compact protocol writes them. `None` from any of it: they are something else.
pub(super) struct Compact<'a> {
    pub(super) bytes: &'a [u8],
}

impl Compact<'_> {
    fn byte(&mut self) -> Option<u8> {
        let (first, rest) = self.bytes.split_first()?;
        self.bytes = rest;
        Some(*first)
    }

    fn skip_bytes(&mut self, count: u64) -> Option<()> {
        self.bytes = self.bytes.get(usize::try_from(count).ok()?..)?;
        Some(())
    }

    fn varint(&mut self) -> Option<u64> {
        let mut value = 0u64;
        for shift in (0..64).step_by(7) {
            let byte = self.byte()?;
            value |= u64::from(byte & 0x7f).checked_shl(shift)?;
            if byte & 0x80 == 0 {
                return Some(value);
            }
        }
        None
    }

    /// A whole number, stored zigzag.
    pub(super) fn integer(&mut self) -> Option<i64> {
        let value = self.varint()?;
        i64::try_from(value >> 1).ok().map(|half| if value & 1 == 0 { half } else { !half })
    }

    /// Number and type of the next field of a structure; `Some(None)` at its end.
    pub(super) fn field(&mut self, before: i64) -> Option<Option<(i64, u8)>> {
        let byte = self.byte()?;
        if byte == 0 {
            return Some(None);
        }
        let step = i64::from(byte >> 4);
        let number = if step == 0 { self.integer()? } else { before.checked_add(step)? };
        Some(Some((number, byte & 0x0f)))
    }

    /// Steps over a value of this type.
    pub(super) fn skip(&mut self, kind: u8, depth: u32) -> Option<()> {
        let depth = depth.checked_sub(1)?;
        match kind {
            YES | NO => Some(()),
            BYTE => self.skip_bytes(1),
            4..=6 => self.varint().map(|_| ()),
            DOUBLE => self.skip_bytes(8),
            BINARY => {
                let length = self.varint()?;
                self.skip_bytes(length)
            }
            LIST | SET => {
                let byte = self.byte()?;
                let count = if byte >> 4 == 15 { self.varint()? } else { u64::from(byte >> 4) };
                self.skip_items(count, &[byte & 0x0f], depth)
            }
            MAP => {
                let count = self.varint()?;
                if count == 0 {
                    return Some(());
                }
                let kinds = self.byte()?;
                self.skip_items(count, &[kinds >> 4, kinds & 0x0f], depth)
            }
            STRUCT => {
                let mut number = 0;
                while let Some((next, kind)) = self.field(number)? {
                    number = next;
                    self.skip(kind, depth)?;
                }
                Some(())
            }
            _ => None,
        }
    }

    fn skip_items(&mut self, count: u64, kinds: &[u8], depth: u32) -> Option<()> {
        for _ in 0..count {
            for kind in kinds {
                // In a list a boolean is a byte; there is a reader that takes it for none, so that a list of two thousand million has no end for it.
                // Nothing that is not known to the format holds any. Every other item takes a byte at least, and the loop ends with the bytes.
                self.skip(if matches!(*kind, YES | NO) { return None } else { *kind }, depth)?;
            }
        }
        Some(())
    }

    /// Steps over a structure whose fields are of the kinds that the format gives them; those that it does not know may be of any.
    pub(super) fn structure(&mut self, fields: Fields) -> Option<()> {
        let mut number = 0;
        while let Some((next, kind)) = self.field(number)? {
            // Larger ones would be cut to 16 bits by some.
            number = i64::from(u16::try_from(next).ok().filter(|number| *number < 1 << 15)?);
            match fields.iter().find(|(known, _)| *known == number) {
                Some((_, expected)) => self.value(kind, expected)?,
                None => self.skip(kind, DEPTH)?,
            }
        }
        Some(())
    }

    /// Steps over a value that must be of this kind.
    fn value(&mut self, kind: u8, expected: &Kind) -> Option<()> {
        match expected {
            Kind::Plain(plain) => {
                let same = kind == *plain || (*plain == YES && kind == NO);
                same.then_some(())?;
                self.skip(kind, DEPTH)
            }
            Kind::Structure(fields) => {
                (kind == STRUCT).then_some(())?;
                self.structure(fields)
            }
            Kind::List(items) => {
                (kind == LIST).then_some(())?;
                let byte = self.byte()?;
                let count = if byte >> 4 == 15 { self.varint()? } else { u64::from(byte >> 4) };
                // Every item takes a byte at least: room for more is asked for by nobody.
                (count <= u64::try_from(self.bytes.len()).ok()?).then_some(())?;
                for _ in 0..count {
                    self.value(byte & 0x0f, items)?;
                }
                Some(())
            }
        }
    }
}
