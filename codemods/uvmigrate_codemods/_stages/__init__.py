"""The build stage: what an install needs, what stays where it was, and the edits that part them."""
