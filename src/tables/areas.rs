//! Areas of every layer.

use super::{ColumnSpec, Table, TableSpec, Value};
use crate::domain::Layer;

/// Table `area`.
pub static AREA: TableSpec = TableSpec {
    name: "area",
    description: "One row an area of a layer: a PCT, a council, a district, a building block.",
    key: 2,
    columns: &[
        ColumnSpec::text("layer", "Layer id from the config; it carries the vintage."),
        ColumnSpec::text("code", "Code of the area, as text, as its file has it."),
        ColumnSpec::text("role", "What the layer's areas are: health, council, blocks or other."),
        ColumnSpec::text("kind", "Kind of body, such as PCT or CTYUA, from the config."),
        ColumnSpec::text("name", "Name of the area; null where the layer has no names.").or_null(),
        ColumnSpec::number("area_m2", "m2", "Whole area on the British National Grid, holes left out; null for a layer without shapes.").or_null(),
        ColumnSpec::number(
            "people",
            "people",
            "The layer's own people field; null where the layer has none or the cell is not a number. People counted by blocks are in table overlap.",
        )
        .or_null(),
        ColumnSpec::integer("parts", "rings", "Number of separate parts (outer rings); null without shapes.").or_null(),
        ColumnSpec::integer("holes", "rings", "Number of holes (inner rings); null without shapes.").or_null(),
        ColumnSpec::integer("vertices", "points", "Number of points of its rings, closing points not counted; null without shapes.").or_null(),
        ColumnSpec::date("valid_from", "First day the layer was in force; null where the config does not say.").or_null(),
        ColumnSpec::date("valid_to", "Last day the layer was in force; null where the config does not say.").or_null(),
        ColumnSpec::boolean(
            "repaired",
            "Whether the rings as read bounded no valid polygon and were read by the even-odd rule (finding DQ-03 says how much area that moved); null without shapes.",
        )
        .or_null(),
        ColumnSpec::number("label_x", "m", LABEL).or_null(),
        ColumnSpec::number("label_y", "m", "Northing of the point of label_x; null where that is.").or_null(),
    ],
};

const LABEL: &str = "Easting of a point inside the area's largest part, for its name on a map; null for layers of role blocks and layers without shapes, and for an area so thin that no such point was found.";

/// Keys of `geo/area`.
pub static GEO_AREA: TableSpec = TableSpec {
    name: "geo/area",
    description: "One row an area, with its outline as the run measured it: snapped to the grid, repaired where it was not valid. Layers of role blocks are left out: they are an input, looked up by code, and many times the size of the rest. So are layers without shapes.",
    key: 2,
    columns: &[ColumnSpec::text("layer", "Layer id, as in table area."), ColumnSpec::text("code", "Code of the area, as in table area.")],
};

/// Table `area` of every layer.
pub fn area(layers: &[&Layer]) -> Table {
    let mut table = Table::new(&AREA);
    for layer in layers {
        let drawn = layer.has_shapes();
        for area in &layer.areas {
            table.push([
                Value::from(&layer.id),
                Value::from(&area.code),
                layer.role.as_str().into(),
                Value::from(&layer.kind),
                area.name.as_deref().into(),
                drawn.then_some(area.area_m2).into(),
                area.people.into(),
                drawn.then_some(area.parts).into(),
                drawn.then_some(area.holes).into(),
                drawn.then_some(area.vertices).into(),
                layer.valid_from.into(),
                layer.valid_to.into(),
                drawn.then_some(area.repaired).into(),
                area.label.map(|[x, _]| x).into(),
                area.label.map(|[_, y]| y).into(),
            ]);
        }
    }
    table.sorted()
}
