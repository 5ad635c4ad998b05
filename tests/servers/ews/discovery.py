"""Autodiscover by SOAP (MS-OXWSADISC §3.1.4.2): where the EWS of a mailbox is, or who else knows."""

from dataclasses import dataclass

from lxml import etree
from lxml.builder import ElementMaker

from tests.servers.ews.soap import SOAP, Element

A = "http://schemas.microsoft.com/exchange/2010/Autodiscover"
XSI = "http://www.w3.org/2001/XMLSchema-instance"
NAMES = {"s": SOAP, "a": A}
ACTION = "http://schemas.microsoft.com/exchange/2010/Autodiscover/Autodiscover/GetUserSettings"

a = ElementMaker(namespace=A, nsmap={"a": A, "i": XSI})


@dataclass(slots=True)
class Directory:
    """What autodiscover answers: the address of EWS, or a redirection to another URL or mail address."""

    ews_url: str
    redirect_url: str = ""
    redirect_address: str = ""
    asked: int = 0

    def answer(self, body: bytes) -> bytes:
        """The answer to a GetUserSettings request, which must be complete."""
        self.asked += 1
        request = etree.fromstring(body)
        assert request.findtext("s:Header/{http://www.w3.org/2005/08/addressing}Action", namespaces=NAMES) == ACTION
        assert request.findtext("s:Header/a:RequestedServerVersion", namespaces=NAMES)
        message = request.find("s:Body/a:GetUserSettingsRequestMessage/a:Request", NAMES)
        assert message is not None
        assert [etree.QName(each).localname for each in message] == ["Users", "RequestedSettings"]
        assert message.findtext("a:Users/a:User/a:Mailbox", namespaces=NAMES)
        wanted = [each.text for each in message.iterfind("a:RequestedSettings/a:Setting", NAMES)]
        assert "ExternalEwsUrl" in wanted
        return etree.tostring(self._envelope(self._user()), xml_declaration=True, encoding="utf-8")

    def _user(self) -> Element:
        code, target = "NoError", ""
        if self.redirect_address:
            code, target = "RedirectAddress", self.redirect_address
        elif self.redirect_url:
            code, target = "RedirectUrl", self.redirect_url
        user = a.UserResponse(a.ErrorCode(code), a.ErrorMessage("No error."))
        if target:
            user.append(a.RedirectTarget(target))
        settings = a.UserSettings()
        if not target:
            value = a.UserSetting(a.Name("ExternalEwsUrl"), a.Value(self.ews_url))
            value.set(f"{{{XSI}}}type", "StringSetting")
            settings.append(value)
        user.extend([a.UserSettingErrors(), settings])
        return user

    def _envelope(self, user: Element) -> Element:
        envelope = etree.Element(f"{{{SOAP}}}Envelope", nsmap={"s": SOAP})
        version = a.ServerVersionInfo(a.MajorVersion("15"), a.MinorVersion("1"), a.MajorBuildNumber("2507"),
                                      a.MinorBuildNumber("6"), a.Version("Exchange2016"))  # fmt: skip
        etree.SubElement(envelope, f"{{{SOAP}}}Header").append(version)
        body = etree.SubElement(envelope, f"{{{SOAP}}}Body")
        response = a.Response(a.ErrorCode("NoError"), a.ErrorMessage(), a.UserResponses(user))
        body.append(a.GetUserSettingsResponseMessage(response))
        return envelope
