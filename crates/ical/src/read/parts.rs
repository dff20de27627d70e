//! The components of a file: which properties belong to which event or zone.

use std::collections::BTreeMap;

use super::line::Property;
use super::zones::{OwnChange, OwnZone};
use super::{COMPONENT_DEPTH_MAX, EVENTS_MAX, PROPERTIES_MAX, ReadRefusal};

/// One `VCALENDAR` of a file.
#[derive(Debug, Default)]
pub(super) struct Part {
    /// What it says of itself.
    pub(super) properties: Vec<Property>,
    /// The zones that it defines, by their names.
    pub(super) zones: BTreeMap<String, OwnZone>,
    /// Its events.
    pub(super) events: Vec<RawEvent>,
    /// Where there is something else that a person may miss: tasks and journals.
    pub(super) others: Vec<u32>,
    /// Whether it ends.
    pub(super) is_whole: bool,
}

/// One `VEVENT`.
#[derive(Debug, Default)]
pub(super) struct RawEvent {
    /// Where it begins.
    pub(super) line: u32,
    /// Its properties in order, without those of its alarms.
    pub(super) properties: Vec<Property>,
    /// Whether there were more than are kept.
    pub(super) has_too_many: bool,
    /// Whether it ends.
    pub(super) is_whole: bool,
}

impl RawEvent {
    fn add(&mut self, property: Property) {
        if self.properties.len() < PROPERTIES_MAX {
            self.properties.push(property);
        } else {
            self.has_too_many = true;
        }
    }
}

/// Reads all components of a file.
pub(super) fn parts(properties: Vec<Property>) -> Result<Vec<Part>, ReadRefusal> {
    let mut reading = Reading::default();
    for property in properties {
        let value = property.value.trim().to_ascii_uppercase();
        match property.name.as_str() {
            "BEGIN" => reading.begin(value, property.line)?,
            "END" => reading.end(&value),
            _ => reading.add(property),
        }
    }
    if reading.parts.is_empty() {
        return Err(ReadRefusal::NotICalendar);
    }
    Ok(reading.parts)
}

/// What lies within a calendar and nothing else.
const WITHIN_CALENDAR: &[&str] = &["VEVENT", "VTODO", "VJOURNAL", "VFREEBUSY", "VTIMEZONE"];

#[derive(Default)]
struct Reading {
    parts: Vec<Part>,
    /// The components that are open, by name.
    open: Vec<String>,
    zone: (String, OwnZone),
    events: usize,
}

impl Reading {
    fn begin(&mut self, name: String, line: u32) -> Result<(), ReadRefusal> {
        self.leave_for(&name);
        if self.open.len() >= COMPONENT_DEPTH_MAX {
            return Err(ReadRefusal::TooDeep);
        }
        let is_in_calendar = self.is_in(&["VCALENDAR"]);
        if name == "VCALENDAR" {
            self.parts.push(Part::default());
        }
        let is_in_zone = self.is_in(&["VCALENDAR", "VTIMEZONE"]);
        let part = self.parts.last_mut();
        match (name.as_str(), part) {
            ("VEVENT", Some(part)) if is_in_calendar => {
                self.events += 1;
                if self.events > EVENTS_MAX {
                    return Err(ReadRefusal::TooManyEvents);
                }
                part.events.push(RawEvent {
                    line,
                    ..RawEvent::default()
                });
            }
            ("VTODO" | "VJOURNAL", Some(part)) if is_in_calendar => part.others.push(line),
            ("VTIMEZONE", _) if is_in_calendar => self.zone = (String::new(), OwnZone::default()),
            ("STANDARD" | "DAYLIGHT", _) if is_in_zone => {
                self.zone.1.changes.push(OwnChange::default());
            }
            _ => {}
        }
        self.open.push(name);
        Ok(())
    }

    /// What cannot lie within another begins after it, even if that was not closed: it is
    /// the other that is not whole.
    fn leave_for(&mut self, name: &str) {
        if name == "VCALENDAR" {
            self.open.clear();
        } else if WITHIN_CALENDAR.contains(&name)
            && self.open.first().is_some_and(|it| it == "VCALENDAR")
        {
            self.open.truncate(1);
        }
    }

    /// Closes the latest component of this name, and what was left open in it.
    fn end(&mut self, name: &str) {
        let Some(at) = self.open.iter().rposition(|it| it == name) else {
            return;
        };
        let is_direct = at == 1;
        let was_within_nothing_else = at + 1 == self.open.len();
        self.open.truncate(at);
        let Some(part) = self.parts.last_mut() else {
            return;
        };
        match name {
            "VCALENDAR" if at == 0 => part.is_whole = true,
            "VEVENT" if is_direct => {
                if let Some(event) = part.events.last_mut() {
                    event.is_whole = was_within_nothing_else;
                }
            }
            "VTIMEZONE" if is_direct => {
                let (id, zone) = std::mem::take(&mut self.zone);
                part.zones.insert(id, zone);
            }
            _ => {}
        }
    }

    fn is_in(&self, path: &[&str]) -> bool {
        self.open
            .iter()
            .map(String::as_str)
            .eq(path.iter().copied())
    }

    /// Gives a property to the component that is open.
    fn add(&mut self, property: Property) {
        let Some(part) = self.parts.last_mut() else {
            return;
        };
        let open: Vec<&str> = self.open.iter().map(String::as_str).collect();
        match (open.as_slice(), property.name.as_str()) {
            (["VCALENDAR"], _) if part.properties.len() < PROPERTIES_MAX => {
                part.properties.push(property);
            }
            (["VCALENDAR", "VEVENT"], _) => {
                if let Some(event) = part.events.last_mut() {
                    event.add(property);
                }
            }
            (["VCALENDAR", "VTIMEZONE"], "TZID") => {
                // A text here, and a parameter where it is used: only here commas are escaped.
                self.zone.0 = super::value::text(&property.value);
            }
            (["VCALENDAR", "VTIMEZONE"], "X-LIC-LOCATION") => {
                self.zone.1.location = Some(property.value.trim().to_owned());
            }
            (["VCALENDAR", "VTIMEZONE", "STANDARD" | "DAYLIGHT"], _) => {
                if let Some(change) = self.zone.1.changes.last_mut() {
                    change.add(&property);
                }
            }
            _ => {}
        }
    }
}
