"""An invented city for demo, tests and benchmarks: vehicles, cameras that misread, a list of stolen ones."""

from platematch.simulation.camera import Camera
from platematch.simulation.city import City, Passage
from platematch.simulation.messages import Posting, render
from platematch.simulation.vehicles import Vehicle

__all__ = ["Camera", "City", "Passage", "Posting", "Vehicle", "render"]
