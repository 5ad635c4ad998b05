// Reads calendars with ical.js, Thunderbird's parser: JSON in, JSON out. The first argument is the module.
const ICAL = require(process.argv[2]);
const { calendars, clocks } = JSON.parse(require("fs").readFileSync(0, "utf8"));

function instant(time) {
  if (time.isDate) return time.toString();
  return new Date(time.toUnixTime() * 1000).toISOString().replace(".000Z", "+00:00");
}

function person(property) {
  const parameters = {};
  for (const name of Object.keys(property.jCal[1])) parameters[name] = property.getParameter(name);
  return { address: property.getFirstValue(), parameters };
}

function event(component) {
  const read = new ICAL.Event(component);
  const dates = [];
  if (read.isRecurring()) {
    const each = read.iterator();
    for (let next = each.next(); next && dates.length < 20; next = each.next()) dates.push(instant(next));
  }
  const id = component.getFirstPropertyValue("recurrence-id");
  return {
    uid: read.uid,
    sequence: read.sequence,
    dtstamp: instant(component.getFirstPropertyValue("dtstamp")),
    start: instant(read.startDate),
    end: instant(read.endDate),
    summary: read.summary,
    description: read.description,
    location: read.location,
    status: component.getFirstPropertyValue("status"),
    recurrence_id: id && instant(id),
    organizer: component.getFirstProperty("organizer") && person(component.getFirstProperty("organizer")),
    attendees: component.getAllProperties("attendee").map(person),
    dates,
  };
}

function calendar(text) {
  const root = new ICAL.Component(ICAL.parse(text));
  ICAL.TimezoneService.reset();
  root.getAllSubcomponents("vtimezone").forEach((each) => ICAL.TimezoneService.register(each));
  return { method: root.getFirstPropertyValue("method"), events: root.getAllSubcomponents("vevent").map(event) };
}

function offsets({ zone, walls }) {
  const found = new ICAL.Timezone({ component: new ICAL.Component(ICAL.parse(zone)) });
  return walls.map((wall) => found.utcOffset(ICAL.Time.fromDateTimeString(wall)));
}

process.stdout.write(JSON.stringify({ calendars: calendars.map(calendar), clocks: clocks.map(offsets) }));
