"""The demonstration: the real service, an invented city that posts to it, a receiver that checks every webhook."""

from platematch.demo.run import run_demo

__all__ = ["run_demo"]
