"""Pure functions that compare what was found before and after, and yield rows."""
