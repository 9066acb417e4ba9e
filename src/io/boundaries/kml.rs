//! KML: placemarks with polygons, in degrees of WGS84. Source: OGC 12-007r2.
//!
//! The code is usually in `name`; further attributes are ExtendedData. A description that is a web page is left out.

use std::path::Path;

use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};

use super::builder::Builder;
use super::one_layer;
use crate::config::Limits;
use crate::domain::Finding;
use crate::error::{Error, InputProblem, Result};
use crate::io::crs::Declared;
use crate::io::encoding::{TextEncoding, UTF8};

/// Elements in elements beyond which a file is no KML (real ones reach 12).
const DEEPEST: usize = 100;

/// Bytes of one text that are kept: coordinates are read as they come, and the rest is names and values.
const LONGEST: usize = 1 << 20;

/// The text of a KML file.
fn text(path: &Path, bytes: &[u8]) -> Result<String> {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let head = String::from_utf8_lossy(bytes.get(..200).unwrap_or(bytes)).into_owned();
    let label = head.split_once("encoding=").and_then(|(_, rest)| rest.split(['"', '\'']).nth(1).map(str::to_owned));
    let encoding = label.as_deref().and_then(TextEncoding::of_label).unwrap_or(UTF8);
    match encoding.decode(bytes) {
        Some(text) => Ok(text.into_owned()),
        None => Err(InputProblem::new(path, format!("is not text in {}", encoding.name()), "KML", "save it as UTF-8").into()),
    }
}

/// What is asked of a file.
#[derive(Clone, Copy, PartialEq)]
enum Wanted<'a> {
    /// The names of its folders that have areas.
    Folders,
    /// The areas of one folder; of all of them where it is empty.
    Areas(Option<&'a str>),
}

/// Folders that have areas, in order, each once; empty where areas are in no folder with a name.
pub(super) fn layers(path: &Path, bytes: &[u8], limits: &Limits) -> Result<Vec<String>> {
    let text = text(path, bytes)?;
    let mut reading = Reading::new(path, limits, Wanted::Folders);
    reading.all(&text)?;
    Ok(reading.folders)
}

/// Reads the placemarks of the folder `layer`, or of the only one that has areas.
pub(super) fn read<'a>(
    path: &Path,
    bytes: &[u8],
    layer: Option<&str>,
    limits: &'a Limits,
) -> Result<(Builder<'a>, Declared, Vec<Finding>)> {
    let text = text(path, bytes)?;
    let folders = layers(path, bytes, limits)?;
    let folder = if folders.len() == 1 && layer.is_none() { None } else { Some(one_layer(path, layer, &folders)?) };
    let mut reading = Reading::new(path, limits, Wanted::Areas(folder));
    reading.all(&text)?;
    let mut findings = Vec::new();
    let mut told = |count: u64, what: &str, unit: &'static str| {
        if count > 0 {
            findings.push(Finding::new("DQ-25", format!("{count} {what}"), "left out").value(count as f64, unit));
        }
    };
    told(reading.pages, "descriptions are web pages, whose values are not attributes", "records");
    told(reading.no_areas, "placemarks have no polygon", "records");
    told(reading.long_texts, "texts are longer than a megabyte", "cells");
    Ok((reading.builder, Declared::Degrees("WGS 84 (as KML always is)".to_owned()), findings))
}

struct Reading<'w, 'a> {
    wanted: Wanted<'w>,
    builder: Builder<'a>,
    folders: Vec<String>,
    /// Names of the open elements.
    open: Vec<String>,
    /// Names of the open folders and documents, `None` until they are told.
    names: Vec<Option<String>>,
    /// Text of the element that is open.
    text: String,
    /// The placemark that is open.
    placemark: Option<Placemark>,
    pages: u64,
    no_areas: u64,
    long_texts: u64,
}

#[derive(Default)]
struct Placemark {
    cells: Vec<(String, String)>,
    /// Name of the Data or SimpleData that is open.
    data: Option<String>,
    polygons: u64,
    page: bool,
}

impl<'w, 'a> Reading<'w, 'a> {
    fn new(path: &Path, limits: &'a Limits, wanted: Wanted<'w>) -> Self {
        Self {
            wanted,
            builder: Builder::new(path, limits),
            folders: Vec::new(),
            open: Vec::new(),
            names: Vec::new(),
            text: String::new(),
            placemark: None,
            pages: 0,
            no_areas: 0,
            long_texts: 0,
        }
    }

    fn broken(&self, problem: impl std::fmt::Display) -> Error {
        let found = format!("is not KML that can be read: {problem}");
        InputProblem::new(self.builder.path(), found, "a whole KML file", "copy or download it again").into()
    }

    fn all(&mut self, text: &str) -> Result<()> {
        let mut reader = Reader::from_str(text);
        let mut is_kml = false;
        loop {
            let event = reader.read_event().map_err(|error| self.broken(format!("{error} at byte {}", reader.error_position())))?;
            match event {
                Event::Start(element) => {
                    is_kml |= element.local_name().as_ref() == "kml" || element.local_name().as_ref() == "Placemark";
                    self.start(&element)?;
                }
                Event::Empty(element) => {
                    self.start(&element)?;
                    self.end()?;
                }
                Event::End(_) => self.end()?,
                Event::Text(text) => self.add(&text.xml10_content())?,
                Event::CData(text) => self.add(&text.xml10_content())?,
                Event::GeneralRef(reference) => {
                    let name = reference.clone().into_inner();
                    let text = match reference.resolve_char_ref() {
                        Ok(Some(c)) => c.to_string(),
                        _ => match name.as_ref() {
                            "amp" => "&".to_owned(),
                            "lt" => "<".to_owned(),
                            "gt" => ">".to_owned(),
                            "quot" => "\"".to_owned(),
                            "apos" => "'".to_owned(),
                            "nbsp" => " ".to_owned(),
                            other => return Err(self.broken(format!("the entity &{};", other.escape_debug()))),
                        },
                    };
                    self.add(&text)?;
                }
                Event::Eof => break,
                _ => {}
            }
        }
        if !self.open.is_empty() {
            return Err(self.broken(format!("it ends inside <{}>", self.open.last().map_or("", String::as_str).escape_debug())));
        }
        if !is_kml {
            return Err(InputProblem::new(
                self.builder.path(),
                "is XML without a <kml> element",
                "KML",
                "give the layer as KML, GeoJSON or a shapefile",
            )
            .into());
        }
        Ok(())
    }

    /// Whether the folder that is open is the one asked for.
    fn is_wanted(&self) -> bool {
        match self.wanted {
            Wanted::Folders => false,
            Wanted::Areas(None) => true,
            Wanted::Areas(Some(folder)) => self.folder() == folder,
        }
    }

    /// The innermost folder with a name.
    fn folder(&self) -> &str {
        self.names.iter().rev().flatten().next().map_or("", String::as_str)
    }

    fn parent(&self) -> &str {
        self.open.len().checked_sub(2).and_then(|at| self.open.get(at)).map_or("", String::as_str)
    }

    fn start(&mut self, element: &BytesStart<'_>) -> Result<()> {
        let name = element.local_name().as_ref().to_owned();
        if self.open.len() >= DEEPEST {
            return Err(self.broken(format!("it is nested more than {DEEPEST} deep")));
        }
        self.text.clear();
        match name.as_str() {
            "Folder" | "Document" => self.names.push(None),
            "Placemark" if self.placemark.is_some() => return Err(self.broken("a placemark in a placemark")),
            "Placemark" => self.placemark = Some(Placemark::default()),
            "Data" | "SimpleData" => {
                let named = element.try_get_attribute("name").map_err(|error| self.broken(error))?;
                let named = named
                    .map(|value| value.normalized_value(quick_xml::XmlVersion::Implicit1_0).map(|text| text.into_owned()))
                    .transpose()
                    .map_err(|error| self.broken(error))?;
                if let Some(placemark) = &mut self.placemark {
                    placemark.data = named;
                }
            }
            _ => {}
        }
        self.open.push(name);
        Ok(())
    }

    fn add(&mut self, text: &str) -> Result<()> {
        let is_coordinates = self.open.last().is_some_and(|name| name == "coordinates");
        // Coordinates are as long as they are; what is longer than any name or value is not kept.
        if !is_coordinates && self.text.len().saturating_add(text.len()) > LONGEST {
            self.long_texts = self.long_texts.saturating_add(1);
            return Ok(());
        }
        self.text.push_str(text);
        Ok(())
    }

    fn end(&mut self) -> Result<()> {
        let Some(name) = self.open.last().cloned() else { return Err(self.broken("an end without a beginning")) };
        let parent = self.parent().to_owned();
        match (name.as_str(), parent.as_str()) {
            ("name", "Folder" | "Document") => {
                if let Some(own) = self.names.last_mut() {
                    *own = Some(self.text.trim().to_owned()).filter(|name| !name.is_empty());
                }
            }
            ("name", "Placemark") => self.cell("name"),
            ("description", "Placemark") => {
                if self.text.contains('<') {
                    if let Some(placemark) = &mut self.placemark {
                        placemark.page = true;
                    }
                } else {
                    self.cell("description");
                }
            }
            ("value", "Data") | ("SimpleData", _) => {
                if let Some(data) = self.placemark.as_mut().and_then(|placemark| placemark.data.take()) {
                    self.cell(&data);
                }
            }
            ("coordinates", "LinearRing") if self.is_in_polygon() => self.ring()?,
            ("Polygon", _) => {
                if let Some(placemark) = &mut self.placemark {
                    placemark.polygons = placemark.polygons.saturating_add(1);
                }
            }
            ("Placemark", _) => self.end_placemark()?,
            ("Folder" | "Document", _) => {
                self.names.pop();
            }
            _ => {}
        }
        self.open.pop();
        self.text.clear();
        Ok(())
    }

    fn cell(&mut self, name: &str) {
        if let Some(placemark) = &mut self.placemark {
            placemark.cells.push((name.to_owned(), self.text.trim().to_owned()));
        }
    }

    fn is_in_polygon(&self) -> bool {
        self.placemark.is_some() && self.open.iter().rev().take(4).any(|name| name == "outerBoundaryIs" || name == "innerBoundaryIs")
    }

    /// Longitude, latitude and perhaps height with commas between, points with blanks.
    fn ring(&mut self) -> Result<()> {
        if !self.is_wanted() {
            return Ok(());
        }
        let text = std::mem::take(&mut self.text);
        for point in text.split_ascii_whitespace() {
            let mut numbers = point.split(',').map(str::parse::<f64>);
            let (Some(Ok(x)), Some(Ok(y))) = (numbers.next(), numbers.next()) else {
                let found = format!("has the coordinates \"{}\"", point.chars().take(40).collect::<String>().escape_debug());
                return Err(self.builder.problem(found, "longitude,latitude", "write the layer again from the tool that made it").into());
            };
            self.builder.point(x, y)?;
        }
        self.builder.end_ring()
    }

    fn end_placemark(&mut self) -> Result<()> {
        let Some(placemark) = self.placemark.take() else { return Ok(()) };
        if placemark.polygons > 0 && self.wanted == Wanted::Folders {
            let folder = self.folder().to_owned();
            if !self.folders.contains(&folder) {
                // Looked through for each: few, or the file is no map.
                if self.folders.len() >= 1000 {
                    return Err(self.broken("more than 1,000 folders have areas"));
                }
                self.folders.push(folder);
            }
        }
        if !self.is_wanted() {
            return Ok(());
        }
        if placemark.polygons == 0 {
            self.no_areas = self.no_areas.saturating_add(1);
            return Ok(());
        }
        self.pages = self.pages.saturating_add(u64::from(placemark.page));
        for (name, text) in placemark.cells {
            let field = self.builder.field(&name)?;
            self.builder.set_if_free(field, &text)?;
        }
        self.builder.end_record()
    }
}
