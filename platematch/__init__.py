"""platematch: which listed vehicle could this camera's read be, how probable is it, and why."""

__version__ = "0.1.0"
