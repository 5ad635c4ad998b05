"""SOAP as Exchange speaks it: envelopes, response messages, faults."""

from collections.abc import Callable, Iterable, Mapping

from lxml import etree
from lxml.builder import ElementMaker

SOAP = "http://schemas.xmlsoap.org/soap/envelope/"
M = "http://schemas.microsoft.com/exchange/services/2006/messages"
T = "http://schemas.microsoft.com/exchange/services/2006/types"
E = "http://schemas.microsoft.com/exchange/services/2006/errors"
NAMES = {"s": SOAP, "m": M, "t": T}

Element = etree._Element  # lxml's class for elements has no public name
m = ElementMaker(namespace=M, nsmap=NAMES)
t = ElementMaker(namespace=T, nsmap=NAMES)
s = ElementMaker(namespace=SOAP, nsmap=NAMES)


class EwsError(Exception):
    """One response message fails; the others of the request don't."""

    def __init__(self, code: str, text: str = "It failed.") -> None:
        super().__init__(code)
        self.code, self.text = code, text


class SoapFault(Exception):
    """The whole request fails."""

    def __init__(self, code: str, text: str, values: Mapping[str, str] | None = None) -> None:
        super().__init__(code)
        self.code, self.text, self.values = code, text, values or {}


def local(element: Element) -> str:
    """An element's name without its namespace."""
    return etree.QName(element).localname


def only(element: Element, path: str) -> Element:
    """The one element there; the schema has made sure of it."""
    found = element.find(path, NAMES)
    assert found is not None, path
    return found


def text_of(element: Element, path: str) -> str:
    return element.findtext(path, "", NAMES)


def response(operation: str, messages: Iterable[Element]) -> Element:
    """An operation's response with a message for each thing that was asked."""
    return m(f"{operation}Response", m.ResponseMessages(*messages))


def message(operation: str, work: Callable[[], Iterable[Element]], on_error: Iterable[Element] = ()) -> Element:
    """What ``work`` yields as a successful response message, or the error that it raises."""
    name = f"{operation}ResponseMessage"
    try:
        parts = list(work())
    except EwsError as error:
        return m(name, m.MessageText(error.text), m.ResponseCode(error.code), m.DescriptiveLinkKey("0"), *on_error,
                 ResponseClass="Error")  # fmt: skip
    return m(name, m.ResponseCode("NoError"), *parts, ResponseClass="Success")


def envelope(body: Element, build: tuple[int, int, int, int]) -> bytes:
    """An answer, with the server's version in the header as Exchange gives it."""
    names = ("MajorVersion", "MinorVersion", "MajorBuildNumber", "MinorBuildNumber")
    version = t.ServerVersionInfo(**dict(zip(names, map(str, build), strict=True)), Version="V2017_07_11")
    return etree.tostring(s.Envelope(s.Header(version), s.Body(body)), xml_declaration=True, encoding="utf-8")


def fault(error: SoapFault) -> bytes:
    """A fault, which Exchange sends with the status 500 and without a header."""
    values = [t.Value(value, Name=name) for name, value in error.values.items()]
    detail = etree.Element("detail")
    for name, text in (("ResponseCode", error.code), ("Message", error.text)):
        etree.SubElement(detail, f"{{{E}}}{name}").text = text
    if values:
        detail.append(t.MessageXml(*values))
    found = s.Fault()
    etree.SubElement(found, "faultcode").text = f"a:{error.code}"
    etree.SubElement(found, "faultstring").text = error.text
    found.append(detail)
    return etree.tostring(s.Envelope(s.Body(found)), xml_declaration=True, encoding="utf-8")
