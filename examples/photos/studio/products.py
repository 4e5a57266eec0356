"""The two products and the studio they stand in."""

import numpy as np

from . import marks
from .camera import Camera
from .light import Bake, Rig, SoftBox
from .look import Stuff, lit
from .solid import Lathe

F = np.float32


def sample(table, u, v):
    """Bilinear look-up; u and v in pixels, inside the table."""
    h, w = table.shape[:2]
    i, j = np.clip(u.astype(np.int32), 0, w - 2), np.clip(v.astype(np.int32), 0, h - 2)
    fu, fv = np.clip(u - i, 0, 1), np.clip(v - j, 0, 1)
    if table.ndim == 3:
        fu, fv = fu[:, None], fv[:, None]
    return (table[j, i] * (1 - fu) + table[j, i + 1] * fu) * (1 - fv) + (table[j + 1, i] * (1 - fu) + table[j + 1, i + 1] * fu) * fv


def linear(srgb):
    return np.where(srgb <= 0.04045, srgb / 12.92, ((srgb + 0.055) / 1.055) ** 2.4).astype(F)


def tint(*rgb):
    return linear(np.array(rgb, float) / 255)


GOLD = (0.86, 0.62, 0.30)


class Tin:
    """A tall round tea tin, 7.7 cm across and 12 cm high, lacquered green with a brass bead under the lid."""

    PARTS = ["base", "body", "seam", "bead", "lid", "top"]
    RADIUS, LABEL_FOOT = 3.8, 0.78
    TALL = 12.0

    def __init__(self):
        self.solid = Lathe([
            (0, 0.10, 0, "base"), (3.45, 0.10, 0.05, "base"), (3.55, 0, 0.06, "base"), (3.86, 0, 0.10, "bead"),
            (3.87, 0.26, 0.11, "bead"), (3.80, 0.30, 0.04, "body"), (3.80, 8.88, 0.04, "seam"), (3.72, 8.92, 0.03, "seam"),
            (3.72, 9.00, 0.03, "bead"), (3.92, 9.04, 0.08, "bead"), (3.92, 9.26, 0.09, "bead"), (3.85, 9.31, 0.04, "lid"),
            (3.85, 11.98, 0.22, "lid"), (3.46, 12.0, 0.05, "top"), (3.40, 11.88, 0.05, "top"), (2.62, 11.88, 0.06, "top"),
            (2.54, 11.96, 0.06, "top"), (0, 12.02, 0, "top"),
        ], self.PARTS)
        green = tint(14, 62, 44)
        self.stuffs = [
            Stuff((0.05, 0.05, 0.05), 0.3, 0.3), Stuff(green, 0.055, 0.085), Stuff((0.01, 0.01, 0.01), 0.03, 0.2),
            Stuff((0, 0, 0), GOLD, 0.10), Stuff(green, 0.055, 0.085), Stuff(green, 0.055, 0.10),
        ]
        label, self.gold = marks.tin_label()
        self.label = linear(label)

    def paint(self, p, part, colour, f0, rough):
        across = np.arctan2(p[:, 0], p[:, 2]) * self.RADIUS * marks.DPC
        h, w = self.gold.shape
        u, v = across + w / 2, h - 1 - (p[:, 1] - self.LABEL_FOOT) * marks.DPC
        edge = np.minimum(np.minimum(u, w - 1 - u), np.minimum(v, h - 1 - v))
        body = part == 1
        # A thin dark line where the label's edge lifts the lacquer's light.
        colour *= np.where(body & (edge <= 0) & (edge > -9), 0.55 + 0.45 * np.clip(-edge / 9, 0, 1), 1)[:, None]
        on = np.flatnonzero(body & (edge > 0))
        ink, foil = sample(self.label, u[on], v[on]), sample(self.gold, u[on], v[on])[:, None]
        colour[on] = ink * (1 - foil) * 0.92
        f0[on] = 0.03 * (1 - foil) + np.array(GOLD, F) * foil
        rough[on] = 0.34 * (1 - foil[:, 0]) + 0.13 * foil[:, 0]
        # Mountains in a shade of the lacquer run round the body and show beside the label.
        free = np.flatnonzero(body & (edge <= 0))
        x = (np.arctan2(p[free, 0], p[free, 2]) / (2 * np.pi)) % 1
        for level, swing, seed, gain in ((3.7, 0.9, 41, 1.22), (2.6, 0.8, 42, 1.28), (1.5, 0.6, 43, 1.35)):
            line = level + swing * np.interp(x, np.linspace(0, 1, 1025), marks.ridge(np.linspace(0, 1, 1025), seed, 0.8))
            below = np.clip((line - p[free, 1]) * 40, 0, 1)
            fade = np.exp(-np.maximum(line - p[free, 1], 0) / 0.9)
            colour[free] *= (1 + (gain - 1) * 1.6 * below * fade)[:, None]
        # A gold seal of three peaks would crowd the lid; one hair line is enough.
        hair = (part == 4) & (np.abs(p[:, 1] - 11.42) < 0.018)
        f0[hair], colour[hair], rough[hair] = np.array(GOLD, F), 0, 0.12
        return colour, f0, rough


class Bottle:
    """An insulated bottle, 7.3 cm across and 26 cm high: powder-coated body, brushed steel neck, cap and foot."""

    PARTS = ["foot", "body", "neck", "cap", "cap top", "groove"]
    RADIUS, TALL = 3.65, 26.4

    def __init__(self):
        self.solid = Lathe([
            (0, 0.18, 0, "foot"), (2.9, 0.18, 0.1, "foot"), (3.1, 0, 0.08, "foot"), (3.50, 0, 0.16, "foot"),
            (3.56, 0.62, 0.05, "groove"), (3.52, 0.66, 0.02, "groove"), (3.52, 0.70, 0.02, "body"), (3.65, 0.72, 0.05, "body"),
            (3.65, 18.4, 6.0, "body"), (2.42, 21.05, 3.2, "body"), (2.42, 21.60, 0.05, "neck"), (2.30, 21.62, 0.02, "neck"),
            (2.30, 22.02, 0.02, "neck"), (2.62, 22.04, 0.09, "cap"), (2.62, 24.96, 0.05, "groove"), (2.56, 24.99, 0.02, "groove"),
            (2.56, 25.06, 0.02, "cap"), (2.62, 25.09, 0.05, "cap"), (2.62, 26.0, 0.34, "cap"), (1.95, 26.06, 0.06, "cap top"),
            (1.85, 25.94, 0.06, "cap top"), (0, 25.94, 0, "cap top"),
        ], self.PARTS)
        sage = tint(126, 147, 126)
        steel = (0.66, 0.65, 0.63)
        self.stuffs = [
            Stuff((0, 0, 0), steel, 0.08, 0.16, 1), Stuff(sage, 0.045, 0.27, 0.22), Stuff((0, 0, 0), steel, 0.07),
            Stuff((0, 0, 0), steel, 0.07, 0.15, 1), Stuff((0, 0, 0), steel, 0.10, 0.10, 1), Stuff((0.01, 0.01, 0.01), 0.2, 0.3),
        ]
        self.print = marks.bottle_print()

    def paint(self, p, part, colour, f0, rough):
        h, w = self.print.shape
        u = np.arctan2(p[:, 0], p[:, 2]) * self.RADIUS * marks.DPC + w / 2
        v = h - 1 - (p[:, 1] - 2.3) * marks.DPC
        on = np.flatnonzero((part == 1) & (u > 0) & (u < w - 1) & (v > 0) & (v < h - 1))
        ink = sample(self.print, u[on], v[on])[:, None]
        colour[on] = colour[on] * (1 - ink) + np.array((0.90, 0.89, 0.85), F) * ink
        rough[on] = rough[on] * (1 - ink[:, 0]) + 0.22 * ink[:, 0]
        return colour, f0, rough


def studio(tall):
    """A soft key at the front left, a strip behind each side for the edges, a broad box above; scaled to `tall` cm."""
    s = tall / 12.0

    def sky(d):
        up, behind = np.clip(d[:, 1:2], 0, 1), np.clip(-d[:, 2:3], 0, 1)
        return (0.13 + 0.25 * up + 0.30 * behind ** 2 * (1 - up)) * np.array([[1.0, 1.0, 1.01]])

    mid, low = (0, 6 * s, 0), (0, 9 * s, 0)
    return Rig(sky, [
        SoftBox((-36 * s, 26 * s, 46 * s), mid, (26 * s, 34 * s), (8.6, 8.45, 8.2), 0.25),
        SoftBox((46 * s, 24 * s, 20 * s), mid, (14 * s, 40 * s), (1.3, 1.33, 1.36), 0.25),
        SoftBox((4 * s, 60 * s, -6 * s), mid, (74 * s, 50 * s), (1.9, 1.9, 1.9), 0.4),
    ], [
        SoftBox((-15.5 * s, 9 * s, -6.0 * s), low, (4.6 * s, 30 * s), (3.8, 3.8, 3.75), 0.10),
        SoftBox((15.5 * s, 9 * s, -7.0 * s), low, (2.2 * s, 30 * s), (4.2, 4.25, 4.35), 0.12),
    ])


SWEEP = (0.80, 0.79, 0.775)


def bake_in_studio(product, rays=600):
    return Bake(product.solid, studio(product.TALL), np.array([s.colour + s.f0 * 0.5 for s in product.stuffs], F), SWEEP, rays)


def on_sweep(product, bake, level=0.78):
    """A shader for the product on its sweep; `level` is the linear brightness of the open ground."""
    probe = np.array([[0, 0, -4.0 * product.RADIUS], [-3.5 * product.RADIUS, 0, 0]], F)
    gain = level / float((bake.ground_albedo * bake.ground_light(probe)).mean())

    def shade(o, d, rng):
        t = product.solid.trace(o, d)
        down = np.where(d[:, 1] < -1e-4, -o[:, 1] / np.minimum(d[:, 1], -1e-4), 1e5).astype(F)
        p = o + d * down[:, None]
        far = np.clip((-p[:, 2] - product.TALL * 0.3) / (product.TALL * 2.6), 0, 1)[:, None]
        far = far * far * (3 - 2 * far)
        q = p * np.minimum(1, 60 / np.maximum(np.hypot(p[:, 0], p[:, 2]), 1e-3))[:, None]
        floor = bake.ground_albedo * bake.ground_light(q) * gain
        back = np.array([[0.80, 0.80, 0.795]]) * (level / 0.78) * (1.0 - 0.10 * np.clip(far - 0.6, 0, 1))
        out = (floor * (1 - far) + back * far).astype(F)
        hit = np.isfinite(t)
        out[hit] = _skin(product, bake, o[hit], d[hit], t[hit]) * gain
        return out

    return shade, gain


def cutout(product, bake, gain):
    """A shader for the product alone: colour times coverage, and coverage."""

    def shade(o, d, rng):
        t = product.solid.trace(o, d)
        hit = np.isfinite(t)
        out = np.zeros((len(o), 4), F)
        out[hit, :3] = _skin(product, bake, o[hit], d[hit], t[hit]) * gain
        out[hit, 3] = 1
        return out

    return shade


def _skin(product, bake, o, d, t):
    p = o + d * t[:, None]
    if not len(p):
        return np.zeros((0, 3), F)
    n, arc, part = product.solid.surface(p)
    return lit(bake, product.stuffs, p, d, n, arc, part, product.paint)


def portrait(product, width, height, fill, lift=0.18, aim=0.5):
    """A long lens a little above the product, which takes `fill` of the frame's height."""
    far = product.TALL * 6.5
    return Camera((0, product.TALL * 0.5 + far * lift, far), (0, product.TALL * aim, 0), product.TALL / fill, width, height)
