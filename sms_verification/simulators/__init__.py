"""The vendors' servers, played on this machine: for tests and for a demo.

They check signatures, parameters, templates and frequencies as the vendors do, keep
what they accepted instead of sending it, and fail in the ways that they are told to.
"""
