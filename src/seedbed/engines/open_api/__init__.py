"""The engine `open_api`: another service of the documented contract makes the videos."""
