"""A certificate for 127.0.0.1 that nobody else believes, and the two sides' TLS settings."""

import ipaddress
import ssl
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

SINCE = datetime(2020, 1, 1, tzinfo=UTC)


def make_tls(folder: Path) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """(the server's settings, those of a client that believes it)."""
    key = ec.generate_private_key(ec.SECP256R1())
    certificate = _certificate(key)
    chain, private = folder / "certificate.pem", folder / "key.pem"
    chain.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    private.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )  # fmt: skip
    server = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    server.load_cert_chain(chain, private)
    return server, ssl.create_default_context(cafile=chain)


def _certificate(key: ec.EllipticCurvePrivateKey) -> x509.Certificate:
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "test")])
    address = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
    usage = x509.ExtendedKeyUsage([x509.oid.ExtendedKeyUsageOID.SERVER_AUTH])
    builder = x509.CertificateBuilder(name, name, key.public_key(), 1, SINCE, SINCE + timedelta(days=365 * 80))
    authority = x509.BasicConstraints(ca=True, path_length=None)
    signs = builder.add_extension(authority, critical=True).add_extension(address, critical=False)
    return signs.add_extension(usage, critical=False).sign(key, hashes.SHA256())
