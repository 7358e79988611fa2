"""The parts of ``old-manifests``: who still mentions a file."""
