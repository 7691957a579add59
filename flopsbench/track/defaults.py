"""This module holds what ``ab``, ``compare``, ``noise``, ``track`` and the pytest plugin assume where nothing is asked.

It imports nothing, so that the command line can show these values in its help without loading what uses them.
"""

MARGIN = 0.02  # of ab and compare: changes within it are nobody's concern

# A change point is the evidence that something changed; the margin only says which changes are nobody's concern. A
# level is known to a few tenths of a per cent, so half the margin of a single comparison will do: with 2 %, half of
# all true steps of 2 % would be measured as a little less and pass.
HISTORY_MARGIN = MARGIN / 2

SUITE_MARGIN = 0.1  # one process can differ by that from a file of another day with no change in the code

# Pairs of fresh processes that an A/B takes per case: they call a 3 % slowdown against a margin of 2 % nine times of
# ten, one process in ten being slowed.
PAIRS = 14
INSTALL = "python -m pip install ."  # what is run in the tree of a commit that one side of an A/B is
FEWEST_RUNS, USUAL_RUNS = 3, 10  # whole runs that a noise floor is made of: at the least, and unless asked otherwise
