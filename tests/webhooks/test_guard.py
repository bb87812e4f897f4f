"""The address guard: the judgement of addresses, of URLs, and of connections as they are really made."""

import pytest
from aiohttp.abc import AbstractResolver

from platematch.errors import InvalidInput
from platematch.webhooks.guard import check_url, refusal

OWN = [
    "127.0.0.1",
    "127.255.255.254",
    "10.1.2.3",
    "172.16.0.1",
    "172.31.255.255",
    "192.168.1.1",
    "169.254.1.1",
    "100.64.0.1",
    "100.127.255.255",
    "::1",
    "fc00::1",
    "fdff::1",
    "fe80::1",
    "fe80::1%eth0",
    "::ffff:127.0.0.1",
    "::ffff:10.0.0.1",
    "64:ff9b::7f00:1",
    "64:ff9b:1::1",
    "2002:7f00:1::",
    "2002:c0a8:101::1",
]
NOWHERE = [
    "0.0.0.0",
    "0.1.2.3",
    "169.254.169.254",
    "168.63.129.16",
    "100.100.100.200",
    "192.0.0.192",
    "fd00:ec2::254",
    "::ffff:169.254.169.254",
    "2002:a9fe:a9fe::",
    "224.0.0.1",
    "239.255.255.255",
    "240.0.0.1",
    "255.255.255.255",
    "192.0.2.1",
    "198.18.0.1",
    "198.51.100.7",
    "203.0.113.9",
    "::",
    "::7f00:1",
    "ff02::1",
    "2001:0:1::1",
    "2001:db8::1",
    "4000::1",
    "fec0::1",
]
PUBLIC = [
    "1.1.1.1",
    "11.0.0.1",
    "172.32.0.1",
    "100.128.0.1",
    "169.253.1.1",
    "2606:4700::1111",
    "::ffff:8.8.8.8",
    "64:ff9b::808:808",
    "2002:808:808::1",
]


@pytest.mark.parametrize("address", OWN)
def test_ones_own_networks_need_the_setting(address):
    assert refusal(address, allow_private=False)
    assert refusal(address, allow_private=True) is None


@pytest.mark.parametrize("address", NOWHERE)
def test_where_no_receiver_can_be_is_refused_in_any_case(address):
    assert refusal(address, allow_private=False)
    assert refusal(address, allow_private=True)


@pytest.mark.parametrize("address", PUBLIC)
def test_public_addresses_pass(address):
    assert refusal(address, allow_private=False) is None


LOOPBACK = ["127.0.0.1", "[::ffff:127.0.0.1]", "①②⑦.⓪.⓪.①", "localhost"]
LOOPBACK_UNUSUAL = ["127.1", "2130706433", "0x7f000001", "0177.0.0.1", "0x7f.0.0.1"]


@pytest.mark.parametrize("host", [*LOOPBACK, "[::1]", "LOCALHOST.", "a.localhost", "db.internal"])
def test_a_private_host_cannot_be_registered_without_the_setting(host):
    with pytest.raises(InvalidInput, match="PLATEMATCH_WEBHOOK_ALLOW_PRIVATE") as caught:
        check_url(f"https://{host}/hook", False)
    assert caught.value.field == "url"
    check_url(f"https://{host}:8443/hook", True)


@pytest.mark.parametrize("host", LOOPBACK_UNUSUAL)
@pytest.mark.parametrize("allow_private", [False, True])
def test_an_unusual_spelling_of_an_address_is_refused_with_the_plain_one(host, allow_private):
    with pytest.raises(InvalidInput, match=r"write 127\.0\.0\.1"):
        check_url(f"https://{host}/hook", allow_private)


@pytest.mark.parametrize("allow_private", [False, True])
@pytest.mark.parametrize(
    "url",
    [
        "",
        "hook",
        "//hooks.example/x",
        "ftp://hooks.example/",
        "file:///etc/passwd",
        "javascript:alert(1)",
        "https://",
        "https:///path",
        "https://user@hooks.example/",
        "https://user:word@hooks.example/",
        "https://:word@hooks.example/",
        "https://hooks.example:0/",
        "https://hooks.example:65536/",
        "https://hooks.example:port/",
        "https://[::1/",
        "https://hooks.example/a b",
        "https://hooks.example/\r\nx: y",
        "https://hooks.example\\@127.0.0.1/",
        "https://169.254.169.254/latest/meta-data",
        "https://0xa9fea9fe/",
        "https://0x08080808/",
        "https://0.0.0.0/",
        "https://hooks.example/" + "x" * 2000,
        "https://" + "x" * 300 + "\ud800.example/",
    ],
)
def test_what_is_no_receivers_url_is_refused_in_any_case(url, allow_private):
    with pytest.raises(InvalidInput) as caught:
        check_url(url, allow_private)
    assert caught.value.field == "url"
    assert "ALLOW_PRIVATE" not in caught.value.message


@pytest.mark.parametrize(
    "url",
    [
        "https://hooks.example/in?key=1#x",
        "HTTPS://Hooks.Example:8443/a%20b",
        "http://1.1.1.1/",
        "https://[2606:4700::1111]/",
        "https://поліція.example/хук",
        "https://localhost.example/",
        "https://dead.beef/",
    ],
)
def test_ordinary_urls_pass(url):
    check_url(url, False)


class Names(AbstractResolver):
    """A name server that says what the test wants."""

    def __init__(self, *addresses: str) -> None:
        self.addresses = addresses

    async def resolve(self, host, port=0, family=0):
        return [
            {"hostname": host, "host": address, "port": port, "family": 2, "proto": 6, "flags": 4}
            for address in self.addresses
        ]

    async def close(self):
        pass


async def deliver(host, outbox, clock, receiver, start_sender, until, **options):
    hook = await outbox.register(f"http://{host}:{receiver.port}/hook")
    await start_sender(**options)
    await outbox.put(hook, clock())
    await until(lambda: outbox.attempts)
    return outbox.attempts[0]


@pytest.mark.parametrize("host", [*LOOPBACK, "0x7f000001", "0x7f.0.0.1"])
@pytest.mark.parametrize("allowed", [False, True])
async def test_no_spelling_of_loopback_connects_without_the_setting(
    host, allowed, outbox, clock, receiver, start_sender, until
):
    attempt = await deliver(host, outbox, clock, receiver, start_sender, until, allow_private=allowed)
    if allowed:
        assert attempt.delivered, "the spelling does reach loopback, so the refusal means something"
    else:
        assert (attempt.status, receiver.requests) == (None, [])
        assert "is loopback" in attempt.error
        assert attempt.next_due is not None


@pytest.mark.parametrize("host", LOOPBACK_UNUSUAL)
async def test_no_unusual_spelling_gets_through(host, outbox, clock, receiver, start_sender, until):
    attempt = await deliver(host, outbox, clock, receiver, start_sender, until, allow_private=False)
    assert (attempt.delivered, receiver.requests) == (False, [])


@pytest.mark.parametrize("allowed", [False, True])
async def test_a_public_name_that_leads_to_loopback_is_refused_at_the_connection(
    allowed, outbox, clock, receiver, start_sender, until
):
    check_url("http://hooks.example/hook", False)
    options = {"allow_private": allowed, "resolver": Names("127.0.0.1")}
    attempt = await deliver("hooks.example", outbox, clock, receiver, start_sender, until, **options)
    assert attempt.delivered == allowed
    assert len(receiver.requests) == int(allowed)


async def test_a_name_with_several_addresses_connects_to_none_that_is_refused(
    outbox, clock, receiver, start_sender, until
):
    options = {"allow_private": False, "resolver": Names("10.0.0.1", "127.0.0.1", "192.0.2.1")}
    attempt = await deliver("hooks.example", outbox, clock, receiver, start_sender, until, **options)
    assert receiver.requests == []
    assert "address refused" in attempt.error


async def test_the_setting_does_not_open_metadata_services(outbox, clock, receiver, start_sender, until):
    attempt = await deliver("169.254.169.254", outbox, clock, receiver, start_sender, until, allow_private=True)
    assert "metadata" in attempt.error


async def test_an_unknown_name_is_told(outbox, clock, receiver, start_sender, until):
    attempt = await deliver("hooks.invalid", outbox, clock, receiver, start_sender, until)
    assert attempt.error.startswith("name look-up failed: ")
