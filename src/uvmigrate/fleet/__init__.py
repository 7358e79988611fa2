"""Many repositories: where they are, what was found out about each, and the work on them one by one."""
