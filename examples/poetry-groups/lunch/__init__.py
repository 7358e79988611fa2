"""What there is for lunch."""
