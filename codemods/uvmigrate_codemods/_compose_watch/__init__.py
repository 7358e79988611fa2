"""The parts of ``compose-watch``: what a mount of sources becomes, and whether that is certain."""
