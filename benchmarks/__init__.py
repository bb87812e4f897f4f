"""Measurements of speed and accuracy, each beside its floor or rival in the same run; they only print."""
