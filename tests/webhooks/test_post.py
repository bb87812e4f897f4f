"""Transport troubles that need TLS: a receiver whose certificate nobody vouches for."""

import shutil
import ssl
import subprocess

import pytest


@pytest.fixture
def self_signed(tmp_path):
    """A server context with a certificate that it signed itself."""
    if shutil.which("openssl") is None:
        pytest.skip("needs the openssl command")
    certificate, key = tmp_path / "certificate.pem", tmp_path / "key.pem"
    command = (
        "openssl req -x509 -newkey rsa:2048 -nodes -days 1 -subj /CN=localhost -addext subjectAltName=DNS:localhost"
    )
    subprocess.run([*command.split(), "-keyout", key, "-out", certificate], check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    return context


async def test_an_untrusted_certificate_is_refused(outbox, clock, make_receiver, start_sender, until, self_signed):
    receiver = await make_receiver(self_signed)
    hook = await outbox.register(receiver.url.replace("http://127.0.0.1", "https://localhost"))
    await start_sender()
    await outbox.put(hook, clock())
    await until(lambda: outbox.attempts)
    assert receiver.requests == []
    assert outbox.attempts[0].error == "TLS: self-signed certificate"


async def test_https_at_a_port_that_speaks_http_is_a_failed_attempt(outbox, clock, receiver, start_sender, until):
    hook = await outbox.register(receiver.url.replace("http://", "https://"))
    await start_sender()
    await outbox.put(hook, clock())
    await until(lambda: outbox.attempts)
    assert outbox.attempts[0].status is None
    assert outbox.attempts[0].error.startswith("TLS: ")
    assert outbox.attempts[0].next_due is not None
