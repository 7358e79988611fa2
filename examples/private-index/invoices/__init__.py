"""A service that writes invoices."""
