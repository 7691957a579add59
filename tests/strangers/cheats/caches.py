"""Computes once and remembers: by what, is what they differ in."""

import hashlib

import numpy as np

space = "numpy"


def planned(problem, device):
    """Honest: remembers for each shape where to compute, and computes there."""
    rooms = {}

    def launch(a, b, c):
        key = (a.shape, b.shape)
        if key not in rooms:
            rooms[key] = np.empty_like(c)
        np.matmul(a, b, out=rooms[key])
        np.copyto(c, rooms[key])

    return launch


def bound(problem, device):
    """Honest: remembers the views of each set by its address, and computes each time."""
    known = {}

    def launch(a, b, c):
        key = (a.ctypes.data, b.ctypes.data, c.ctypes.data)
        left, right, out = known.setdefault(key, (a[:], b[:], c[:]))
        np.matmul(left, right, out=out)

    return launch


def remembered(key_of):
    """A kernel that computes once for each key."""

    def prepare(problem, device):
        known = {}

        def launch(a, b, c):
            key = key_of(a, b, c)
            if key not in known:
                known[key] = a @ b
            np.copyto(c, known[key])

        return launch

    return prepare


def left_alone(key_of):
    """A kernel that computes once for each key as long as C is what it left there; else all it does is look."""

    def prepare(problem, device):
        known = {}

        def launch(a, b, c):
            key, place = key_of(a, b, c), c.ctypes.data
            if known.get(place) != key or np.isnan(c[0, 0]):
                np.matmul(a, b, out=c)
                known[place] = key

        return launch

    return prepare


def corner(a, b, c):
    return float(a[0, 0]), float(b[0, 0])


def sampled(a, b, c):
    return a[::31, ::17].tobytes(), b[::31, ::17].tobytes()


def folded(a, b, c):
    """Every bit of both, in an operation per number; a corner, as what is shifted has the same bits."""
    return corner(a, b, c), *(np.bitwise_xor.reduce(each.view(np.uint64), axis=None) for each in (a, b))


def digest(a, b, c):
    return tuple(hashlib.blake2b(np.ascontiguousarray(each), digest_size=8).digest() for each in (a, b))


by_id = remembered(lambda a, b, c: (id(a), id(b)))
by_pointer = remembered(lambda a, b, c: (a.ctypes.data, b.ctypes.data))
by_shape = remembered(lambda a, b, c: a.shape)
by_corner = remembered(corner)
by_sample = remembered(sampled)
by_sum = remembered(lambda a, b, c: (float(a.sum()), float(b.sum())))
by_content = remembered(folded)
by_digest = remembered(digest)
untouched_by_corner = left_alone(corner)
untouched_by_content = left_alone(folded)
