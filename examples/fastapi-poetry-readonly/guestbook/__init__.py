"""A guestbook that renders its page from a template."""
