"""JSON logs: a static event name, ids, never a name or an address of a person."""

import logging
import sys
import traceback
from typing import TextIO

import structlog


def configure_logs(level: int = logging.INFO, stream: TextIO = sys.stderr) -> None:
    """Write every log line, ours and the libraries', as one JSON object, on standard error unless told where."""
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        _say_where,
    ]
    structlog.configure(
        processors=[*shared, structlog.processors.JSONRenderer()],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.PrintLoggerFactory(stream),
    )
    handler = logging.StreamHandler(stream)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.JSONRenderer(),
            ],
        )
    )
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)


def _say_where(_logger: object, _name: str, event: structlog.typing.EventDict) -> structlog.typing.EventDict:
    """What kind of error it was and where, in place of its words: they may hold what somebody typed or wrote."""
    found = event.pop("exc_info", None)
    if found is True:
        found = sys.exc_info()
    error = found[1] if isinstance(found, tuple) else found
    if isinstance(error, BaseException):
        frames = traceback.extract_tb(error.__traceback__)
        event["error"] = type(error).__name__
        event["at"] = [f"{each.filename.rpartition('site-packages/')[2]}:{each.lineno} {each.name}" for each in frames]
    return event
