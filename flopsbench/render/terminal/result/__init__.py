"""Shows a Result on a terminal: short, as ``run`` ends with, or whole."""
