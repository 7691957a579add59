"""Shows on a terminal what is wrong with a machine: what is noisy, and what holds a case down."""
