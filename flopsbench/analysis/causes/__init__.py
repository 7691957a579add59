"""Finds why a case is slow, by what its document says: the instructions used, the cores, the shape, the board."""
