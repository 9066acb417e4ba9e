//! The one coordinate reference system the program computes in, and how a .prj says it.

/// EPSG:27700 as ESRI writes it, and as the ONS ships it beside its shapefiles.
pub const BRITISH_NATIONAL_GRID_WKT: &str = concat!(
    r#"PROJCS["British_National_Grid",GEOGCS["GCS_OSGB_1936",DATUM["D_OSGB_1936",SPHEROID["Airy_1830",6377563.396,299.3249646]],"#,
    r#"PRIMEM["Greenwich",0.0],UNIT["Degree",0.0174532925199433]],PROJECTION["Transverse_Mercator"],PARAMETER["False_Easting",400000.0],"#,
    r#"PARAMETER["False_Northing",-100000.0],PARAMETER["Central_Meridian",-2.0],PARAMETER["Scale_Factor",0.9996012717],"#,
    r#"PARAMETER["Latitude_Of_Origin",49.0],UNIT["Meter",1.0]]"#
);
