//! Which fields the structures of Parquet's metadata have, and of what kinds they are.
//!
//! Readers take a field that they know for what the format says it is, whatever the file says: of a file that says something else two readers would
//! read different things, and a walk would vouch for nothing.
//!
//! Source: Apache Parquet format 2.11, parquet.thrift.

use Kind::{List, Plain, Structure};

/// What a field holds.
pub(super) enum Kind {
    /// A type of the compact protocol that holds no others; 1 = a boolean, either way.
    Plain(u8),
    Structure(Fields),
    List(&'static Kind),
}

/// Fields by number.
pub(super) type Fields = &'static [(i64, Kind)];

const BOOL: Kind = Plain(1);
const I8: Kind = Plain(3);
const I16: Kind = Plain(4);
const I32: Kind = Plain(5);
const I64: Kind = Plain(6);
const DOUBLE: Kind = Plain(7);
const BINARY: Kind = Plain(8);
const EMPTY: Kind = Structure(&[]);

const TIME_UNIT: Fields = &[(1, EMPTY), (2, EMPTY), (3, EMPTY)];
const TIME: Fields = &[(1, BOOL), (2, Structure(TIME_UNIT))];
const LOGICAL_TYPE: Fields = &[
    (1, EMPTY),
    (2, EMPTY),
    (3, EMPTY),
    (4, EMPTY),
    (5, Structure(&[(1, I32), (2, I32)])),
    (6, EMPTY),
    (7, Structure(TIME)),
    (8, Structure(TIME)),
    (10, Structure(&[(1, I8), (2, BOOL)])),
    (11, EMPTY),
    (12, EMPTY),
    (13, EMPTY),
    (14, EMPTY),
    (15, EMPTY),
    (16, Structure(&[(1, I8)])),
    (17, Structure(&[(1, BINARY)])),
    (18, Structure(&[(1, BINARY), (2, I32)])),
];
const SCHEMA_ELEMENT: Fields =
    &[(1, I32), (2, I32), (3, I32), (4, BINARY), (5, I32), (6, I32), (7, I32), (8, I32), (9, I32), (10, Structure(LOGICAL_TYPE))];
const STATISTICS: Fields = &[(1, BINARY), (2, BINARY), (3, I64), (4, I64), (5, BINARY), (6, BINARY), (7, BOOL), (8, BOOL)];
const KEY_VALUE: Fields = &[(1, BINARY), (2, BINARY)];
const ENCODING_STATISTICS: Fields = &[(1, I32), (2, I32), (3, I32)];
const SIZE_STATISTICS: Fields = &[(1, I64), (2, List(&I64)), (3, List(&I64))];
const BOX: Fields = &[(1, DOUBLE), (2, DOUBLE), (3, DOUBLE), (4, DOUBLE), (5, DOUBLE), (6, DOUBLE), (7, DOUBLE), (8, DOUBLE)];
const GEOSPATIAL_STATISTICS: Fields = &[(1, Structure(BOX)), (2, List(&I32))];
const COLUMN_META_DATA: Fields = &[
    (1, I32),
    (2, List(&I32)),
    (3, List(&BINARY)),
    (4, I32),
    (5, I64),
    (6, I64),
    (7, I64),
    (8, List(&Structure(KEY_VALUE))),
    (9, I64),
    (10, I64),
    (11, I64),
    (12, Structure(STATISTICS)),
    (13, List(&Structure(ENCODING_STATISTICS))),
    (14, I64),
    (15, I32),
    (16, Structure(SIZE_STATISTICS)),
    (17, Structure(GEOSPATIAL_STATISTICS)),
];
const COLUMN_CRYPTO: Fields = &[(1, EMPTY), (2, Structure(&[(1, List(&BINARY)), (2, BINARY)]))];
const COLUMN_CHUNK: Fields = &[
    (1, BINARY),
    (2, I64),
    (3, Structure(COLUMN_META_DATA)),
    (4, I64),
    (5, I32),
    (6, I64),
    (7, I32),
    (8, Structure(COLUMN_CRYPTO)),
    (9, BINARY),
];
const SORTING_COLUMN: Fields = &[(1, I32), (2, BOOL), (3, BOOL)];
const ROW_GROUP: Fields =
    &[(1, List(&Structure(COLUMN_CHUNK))), (2, I64), (3, I64), (4, List(&Structure(SORTING_COLUMN))), (5, I64), (6, I64), (7, I16)];
const COLUMN_ORDER: Fields = &[(1, EMPTY)];
const ENCRYPTION: Fields = &[(1, BINARY), (2, BINARY), (3, BOOL)];

/// The footer of a file.
pub(super) const FILE_META_DATA: Fields = &[
    (1, I32),
    (2, List(&Structure(SCHEMA_ELEMENT))),
    (3, I64),
    (4, List(&Structure(ROW_GROUP))),
    (5, List(&Structure(KEY_VALUE))),
    (6, BINARY),
    (7, List(&Structure(COLUMN_ORDER))),
    (8, Structure(&[(1, Structure(ENCRYPTION)), (2, Structure(ENCRYPTION))])),
    (9, BINARY),
];

/// What stands before a page.
pub(super) const PAGE_HEADER: Fields = &[
    (1, I32),
    (2, I32),
    (3, I32),
    (4, I32),
    (5, Structure(&[(1, I32), (2, I32), (3, I32), (4, I32), (5, Structure(STATISTICS))])),
    (6, EMPTY),
    (7, Structure(&[(1, I32), (2, I32), (3, BOOL)])),
    (8, Structure(&[(1, I32), (2, I32), (3, I32), (4, I32), (5, I32), (6, I32), (7, BOOL), (8, Structure(STATISTICS))])),
];
