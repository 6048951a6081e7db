"""Catalogue of services, programmes, care plans and their dated facts."""
