"""Vendors' messages to Reads: one file per vendor, pure (bytes in, records out), registered by the name in its path."""

from platematch.cameras import hikvision, openalpr, platerecognizer
from platematch.cameras.message import Answer, Message, Vendor

VENDORS: dict[str, Vendor] = {
    vendor.name: vendor for vendor in (hikvision.VENDOR, openalpr.VENDOR, platerecognizer.VENDOR)
}

__all__ = ["VENDORS", "Answer", "Message", "Vendor"]
