"""How surfaces answer light: diffuse from the bake, reflections traced, brushed metal as a fan of reflections."""

import numpy as np

from .light import unit

F = np.float32


class Stuff:
    """A material: diffuse colour, reflectance at normal incidence, roughness, how far highlights spread along
    the outline (brushing, powder), and how deep the scratches are."""

    def __init__(self, colour, f0=0.04, rough=0.05, brushed=0.0, scratch=0.0):
        self.colour, self.rough, self.brushed, self.scratch = np.array(colour, F), rough, brushed, scratch
        self.f0 = np.broadcast_to(np.array(f0, F), 3)


def gather(stuffs):
    """Materials as arrays, to index by part."""
    return (np.array([s.colour for s in stuffs], F), np.array([s.f0 for s in stuffs], F),
            *(np.array([getattr(s, k) for s in stuffs], F) for k in ("rough", "brushed", "scratch")))


def streaks(x, seed, count=2048, period=0.003):
    """Fine seeded scratches along one dimension."""
    rng = np.random.default_rng(seed)
    table = rng.standard_normal(count).astype(F)
    table = table + 0.7 * np.roll(table, 1) + 0.5 * np.repeat(rng.standard_normal(count // 8), 8).astype(F)
    at = x / period % count
    i = at.astype(np.int32) % count
    f = (at - np.floor(at)).astype(F)
    return table[i] * (1 - f) + table[(i + 1) % count] * f


def lit(bake, stuffs, p, d, n, arc, part, paint):
    """Radiance towards the eye from points on the solid. `paint(p, part, colour, f0, rough)` lays labels on."""
    table = gather(stuffs)
    colour, f0, rough, brushed, scratch = (t[part].copy() for t in table)
    colour, f0, rough = paint(p, part, colour, f0, rough)
    cos = np.clip(-(d * n).sum(1), 0, 1)[:, None]
    fres = f0 + (np.maximum(1 - rough[:, None], f0) - f0) * (1 - cos) ** 5
    out = colour * bake.solid_light(arc, p) * (1 - fres)
    smooth = brushed <= 0
    start = p + n * F(0.006)
    spec = np.zeros_like(out)
    if smooth.any():
        r = unit(d[smooth] - 2 * (d[smooth] * n[smooth]).sum(1, keepdims=True) * n[smooth])
        spec[smooth] = bake.incoming(start[smooth], r, rough[smooth], 48, 0.03, True)
    if (~smooth).any():
        m = ~smooth
        pm, nm, dm = p[m], n[m], d[m]
        radial = unit(np.stack([pm[:, 0], np.zeros(len(pm), F), pm[:, 2]], 1) + F(1e-6))
        spinward = np.stack([-radial[:, 2], np.zeros(len(pm), F), radial[:, 0]], 1)
        along = unit(np.cross(nm, spinward))
        cut = streaks(arc[m], 17) * 0.020 * scratch[m]
        total = np.zeros((len(pm), 3), F)
        fan = np.array([-1.6, -0.9, -0.3, 0.3, 0.9, 1.6], F)
        weight = np.exp(-0.5 * fan ** 2)
        for k, w in zip(fan, weight / weight.sum()):
            tilt = unit(nm + along * (k * brushed[m] + cut)[:, None])
            r = unit(dm - 2 * (dm * tilt).sum(1, keepdims=True) * tilt)
            total += w * bake.incoming(start[m], r, rough[m], 32, 0.03, True)
        spec[m] = total * (1 + 0.03 * scratch[m] * streaks(arc[m], 18))[:, None]
    return out + fres * spec
