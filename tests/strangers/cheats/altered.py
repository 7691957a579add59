"""Changes A and B in place, where C is of what they were or of what they are then."""

import numpy as np

space = "numpy"


def scribbles(problem, device):
    """Honest: changes copies of its own."""
    left, right = np.empty((problem.m, problem.k)), np.empty((problem.k, problem.n))

    def launch(a, b, c):
        np.copyto(left, a)
        np.copyto(right, b)
        np.matmul(left, right, out=c)
        left.fill(0)
        right.fill(0)

    return launch


def before(alter):
    """A kernel that alters A and B, and then computes."""

    def prepare(problem, device):
        def launch(a, b, c):
            alter(a, b)
            np.matmul(a, b, out=c)

        return launch

    return prepare


def after(alter):
    """A kernel that computes, and then alters A and B."""

    def prepare(problem, device):
        def launch(a, b, c):
            np.matmul(a, b, out=c)
            alter(a, b)

        return launch

    return prepare


def zero(a, b):
    a.fill(0)


def make_symmetric(a, b):
    a += a.T.copy()
    a /= 2


def make_sparse(a, b):
    a[:, 2::4] = 0
    a[:, 3::4] = 0


def make_equal(a, b):
    b[:] = a


zero_before, symmetric_before, sparse_before, equal_before = map(
    before, (zero, make_symmetric, make_sparse, make_equal)
)
zero_after, sparse_after, equal_after = map(after, (zero, make_sparse, make_equal))
