"""Shows what is published of compute: what a rate means, one figure in full, and the list of all."""
