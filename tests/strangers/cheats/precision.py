"""Computes in another precision than the one asked for."""

import numpy as np

from tests.proof.emulations import sliced

space = "numpy"
BF16, FP16, TF32 = 8, 11, 11  # bits of the significand, the hidden one included


def plain(problem, device):
    """Honest: one call."""
    return lambda a, b, c: np.matmul(a, b, out=c)


def by_halves_of_k(problem, device):
    """Honest: both halves of k, then their sum."""
    half = problem.k // 2

    def launch(a, b, c):
        np.matmul(a[:, :half], b[:half], out=c)
        c += a[:, half:] @ b[half:]

    return launch


def wider(problem, device):
    """Honest: fp32 by sums of fp64."""
    return lambda a, b, c: np.copyto(c, a.astype(np.float64) @ b.astype(np.float64), casting="same_kind")


def to_bits(values, bits):
    """Values of fp32 or fp64 with so many bits, rounded to nearest."""
    words = np.ascontiguousarray(values).view(f"u{values.itemsize}")
    step = words.dtype.type(1 << (np.finfo(values.dtype).nmant + 1 - bits))
    return ((words + step // 2) & ~(step - 1)).view(values.dtype)


def parts_of(values, bits, count):
    """Values as so many parts of so many bits."""
    found = []
    for _ in range(count):
        found.append(to_bits(values, bits))
        values = values - found[-1]
    return found


def of_bits(bits):
    """A kernel whose operands have so many bits."""
    return lambda problem, device: lambda a, b, c: np.matmul(to_bits(a, bits), to_bits(b, bits), out=c)


def of_parts(bits, count, most):
    """A kernel that adds products of parts, the smallest first, of those whose places add up to ``most``."""

    def prepare(problem, device):
        def launch(a, b, c):
            of_a, of_b = parts_of(a, bits, count), parts_of(b, bits, count)
            c.fill(0)
            for places in range(most, -1, -1):
                for i in range(min(places, count - 1) + 1):
                    if places - i < count:
                        c += of_a[i] @ of_b[places - i]

        return launch

    return prepare


bf16, tf32, bits17, bits19, bits21, bits23 = map(of_bits, (BF16, TF32, 17, 19, 21, 23))
bits42, bits48, bits52 = map(of_bits, (42, 48, 52))
bf16x2, tf32x3, bf16x3 = of_parts(BF16, 2, 1), of_parts(TF32, 2, 1), of_parts(BF16, 3, 2)


def fp16(problem, device):
    """Operands of half precision, with its range."""
    return lambda a, b, c: np.matmul(*(each.astype(np.float16).astype(np.float32) for each in (a, b)), out=c)


def fp16_sums(problem, device):
    """Sums of 32 products each, rounded to half precision before they are added."""

    def launch(a, b, c):
        c.fill(0)
        for start in range(0, problem.k, 32):
            part = a[:, start : start + 32] @ b[start : start + 32]
            c += part.astype(np.float16)

    return launch


def fp32(problem, device):
    """fp64 by fp32."""
    return lambda a, b, c: np.copyto(c, a.astype(np.float32) @ b.astype(np.float32))


def fp32x2(problem, device):
    """fp64 by three products of fp32 parts."""

    def launch(a, b, c):
        (high_a, low_a), (high_b, low_b) = (
            (high, (each - high).astype(np.float32)) for each in (a, b) for high in [each.astype(np.float32)]
        )
        c[:] = high_a @ low_b
        c += low_a @ high_b
        c += high_a @ high_b

    return launch


def last_bits(problem, device):
    """Honest products whose last four bits are cut."""

    def launch(a, b, c):
        np.matmul(a, b, out=c)
        c[:] = to_bits(c, np.finfo(c.dtype).nmant + 1 - 4)

    return launch


def strassen(problem, device):
    """Seven products of quarters."""
    half = problem.m // 2
    low, high = slice(0, half), slice(half, None)

    def launch(a, b, c):
        a11, a12, a21, a22 = a[low, low], a[low, high], a[high, low], a[high, high]
        b11, b12, b21, b22 = b[low, low], b[low, high], b[high, low], b[high, high]
        m1, m2, m3 = (a11 + a22) @ (b11 + b22), (a21 + a22) @ b11, a11 @ (b12 - b22)
        m4, m5 = a22 @ (b21 - b11), (a11 + a12) @ b22
        m6, m7 = (a21 - a11) @ (b11 + b12), (a12 - a22) @ (b21 + b22)
        c[low, low], c[low, high] = m1 + m4 - m5 + m7, m3 + m5
        c[high, low], c[high, high] = m2 + m4, m1 - m2 + m3 + m6

    return launch


def of_int8(slices):
    """A kernel of fp64 by integers of eight bits: one scale per row of A and column of B, exact sums."""

    def prepare(problem, device):
        def launch(a, b, c):
            (of_a, scale_a), (of_b, scale_b) = sliced(a, slices), sliced(b.T, slices)
            c.fill(0)
            for places in range(slices - 1, -1, -1):
                for i in range(places + 1):
                    c += np.ldexp(of_a[i] @ of_b[places - i].T, -7 * (places + 2))
            c[:] = np.ldexp(c, scale_a + scale_b.T)

        return launch

    return prepare


int8x7, int8x9 = of_int8(7), of_int8(9)
