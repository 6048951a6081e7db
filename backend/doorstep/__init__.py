"""Doorstep (到家): home-care visits for elders, recorded at the door so that everybody can believe the record."""

__version__ = "0.1.0"
