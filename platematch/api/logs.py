"""The service's log: one line of JSON per event, or colours on a terminal; never a key."""

from __future__ import annotations

import logging
import sys
from typing import TextIO

import structlog
from aiohttp import web
from aiohttp.http_exceptions import HttpProcessingError
from structlog.typing import EventDict, Processor, WrappedLogger

from platematch.access import redact


def configure(level: str, stream: TextIO = sys.stderr) -> None:
    """Send structlog's and the standard library's events to the stream. level: debug, info, warning or error."""
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    terminal = stream.isatty()
    renderer: Processor = structlog.dev.ConsoleRenderer() if terminal else structlog.processors.JSONRenderer()
    traceback: list[Processor] = [structlog.processors.format_exc_info]
    formatter = structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=shared,
        processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *traceback, _redact, renderer],
    )
    handler = logging.StreamHandler(stream)
    handler.setFormatter(formatter)
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    logging.getLogger("alembic").setLevel(logging.WARNING)
    logging.getLogger("aiohttp.server").addFilter(_blame_senders)
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *shared,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )


def _blame_senders(record: logging.LogRecord) -> bool:
    """Broken HTTP and connections that break are one line of information, not an error of ours with its traceback."""
    error = record.exc_info[1] if record.exc_info else None
    if isinstance(error, HttpProcessingError | web.RequestPayloadError | ConnectionResetError):
        record.levelno, record.levelname = logging.INFO, "INFO"
        record.msg, record.args, record.exc_info = "broken request: %s", (type(error).__name__,), None
    return True


def _redact(logger: WrappedLogger, method: str, event: EventDict) -> EventDict:
    """The event without the secret part of any key, whoever logged it: aiohttp logs paths, and paths may hold keys."""
    return {name: redact(value) if isinstance(value, str) else value for name, value in event.items()}
