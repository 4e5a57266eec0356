"""The two places: a tea table by a window, and a rock at golden hour. Grounds are height maps marched by each ray."""

import numpy as np

from . import marks
from .camera import Camera, blur
from .light import Bake, Rig, SoftBox, unit
from .look import Stuff, lit
from .products import Bottle, sample, tint
from .solid import Lathe

F = np.float32


class Relief:
    """A square of ground about the origin: height in cm, colour and gloss, `dpc` samples per cm."""

    def __init__(self, height, colour, gloss, dpc):
        self.height, self.colour, self.gloss, self.dpc = height.astype(F), colour.astype(F), gloss.astype(F), dpc
        gy, gx = np.gradient(self.height, 1 / dpc)
        n = np.stack([-gx, np.ones_like(gx), -gy], -1)
        self.normal = (n / np.linalg.norm(n, axis=-1, keepdims=True)).astype(F)
        self.top, self.low = float(height.max()) + 1e-3, float(height.min()) - 1e-3

    def at(self, table, p):
        """Look a table up at points; beyond the square it goes on as its mirror image."""
        n = table.shape[0] - 2
        u, v = (np.abs((p[:, k] * self.dpc + n / 2 - n) % (2 * n) - n) for k in (0, 2))
        return sample(table, u, v)

    def trace(self, o, d, steps=18):
        """Distance at which falling rays meet the relief: even steps between its top and bottom, then halving."""
        out = np.full(len(o), np.inf, F)
        falls = np.flatnonzero(d[:, 1] < -1e-3)
        o, d = o[falls], d[falls]
        t0, t1 = np.maximum((self.top - o[:, 1]) / d[:, 1], 0), (self.low - o[:, 1]) / d[:, 1]
        lo, hi, left = t0.copy(), t1.copy(), np.arange(len(o))
        for k in range(1, steps + 1):
            t = t0[left] + (t1[left] - t0[left]) * F(k / steps)
            p = o[left] + d[left] * t[:, None]
            under = p[:, 1] < self.at(self.height, p)
            hi[left[under]], lo[left[~under]] = t[under], t[~under]
            left = left[~under]
        for _ in range(6):
            t = (lo + hi) / 2
            p = o + d * t[:, None]
            under = p[:, 1] < self.at(self.height, p)
            hi, lo = np.where(under, t, hi), np.where(under, lo, t)
        out[falls] = (lo + hi) / 2
        return out

    def sunlit(self, p, l, steps=14, reach=None, soft=0.05):
        """Share of light from direction `l` that the relief lets through at points on it."""
        if reach is None:
            reach = (self.top - self.low) / max(float(np.mean(l[:, 1])), 0.1)
        worst = np.zeros(len(p), F)
        for k in range(1, steps + 1):
            s = reach * (k / steps) ** 1.6
            q = p + l * s
            worst = np.maximum(worst, (self.at(self.height, q) - q[:, 1]) / (soft * s + 0.006))
        return 1 - np.clip(worst, 0, 1)


def oak(n, dpc):
    """Warm oak: plain-sawn growth rings, pores along the grain, three boards."""
    y, x = np.mgrid[0:n, 0:n] / dpc
    board = np.floor(y / 13.0 + 0.35)
    along = x + board * 37.0
    bend, stretch = _grain(n, 0.0045, 0.020, 21), _grain(n, 0.02, 0.20, 22)
    rings = np.sin((y * 1.7 + bend * 1.5 + 0.22 * stretch + board * 2.3) * 2.0 + 0.25 * np.sin(along * 0.21))
    fibre, pores = _grain(n, 0.05, 0.55, 23), _grain(n, 0.13, 1.1, 24)
    tone = 0.55 + 0.13 * rings + 0.10 * stretch + 0.12 * fibre - 0.24 * np.clip(pores - 1.2, 0, 2)
    tone += 0.10 * np.sin(board * 5.1)
    seam = np.abs((y / 13.0 + 0.35) - np.round(y / 13.0 + 0.35)) * 13.0
    groove = np.exp(-(seam / 0.035) ** 2)
    t = np.clip(tone, 0, 1)[..., None]
    colour = tint(112, 74, 46) * (1 - t) + tint(186, 138, 92) * t
    colour *= (1 - 0.8 * groove)[..., None]
    height = 0.0007 * fibre - 0.004 * np.clip(pores - 1.2, 0, 2) - 0.10 * groove
    gloss = np.full((n, n), 0.5) * (1 - groove)
    return np.clip(height, -0.11, 0.02), colour, gloss


def _grain(n, slow, fast, seed):
    """Noise drawn out along x: cut-offs in cycles per sample along and across."""
    rng = np.random.default_rng(seed)
    fy, fx = np.fft.fftfreq(n)[:, None], np.fft.rfftfreq(n)[None]
    k = np.fft.rfft2(rng.standard_normal((n, n))) * np.exp(-(fx / (slow * 0.12)) ** 2 - (fy / (fast * 0.25)) ** 2)
    out = np.fft.irfft2(k, (n, n))
    return (out / out.std()).astype(F)


def strew(height, colour, gloss, dpc, heaps, seed=5):
    """Lay dry Longjing leaves: flat, straight, pointed blades, yellow-green, some with a paler fold. Later ones lie on top."""
    rng = np.random.default_rng(seed)
    n = len(height)
    greens = [tint(122, 128, 58), tint(98, 110, 46), tint(146, 142, 72), tint(80, 96, 44), tint(160, 148, 86)]
    for cx, cz, spread, count in heaps:
        for _ in range(count):
            x, z = rng.normal(cx, spread), rng.normal(cz, spread * 0.72)
            if np.hypot(x, z) < 7.1:
                continue
            length, wide = rng.uniform(1.5, 2.5), rng.uniform(0.17, 0.27)
            turn, bow = rng.uniform(0, np.pi), rng.normal(0, 0.10)
            reach = int((length * 0.55 + 0.2) * dpc)
            j, i = int(z * dpc + n / 2), int(x * dpc + n / 2)
            if not (reach < i < n - reach and reach < j < n - reach):
                continue
            v, u = np.mgrid[-reach:reach, -reach:reach] / dpc
            a, b = u * np.cos(turn) + v * np.sin(turn), v * np.cos(turn) - u * np.sin(turn)
            s = a / length + 0.5
            b = b - bow * (4 * (s - 0.5) ** 2)
            inside = (s > 0) & (s < 1)
            ss = np.clip(s, 0, 1)
            half = wide * (np.sin(np.pi * ss ** 0.8) ** 0.75) * (0.92 + 0.08 * np.sin(17 * ss + x)) + 1e-3
            across = b / half
            cover = np.clip((1 - np.abs(across)) * half * dpc * 0.9, 0, 1) * inside
            if not cover.any():
                continue
            patch = np.s_[j - reach:j + reach, i - reach:i + reach]
            under = height[patch]
            seat = min(np.percentile(under[cover > 0.5], 60), 0.36) if (cover > 0.5).any() else 0
            tilt = rng.normal(0, 0.03)
            fold = rng.uniform(0.2, 0.6) * rng.choice([-1, 1])
            dome = 0.055 * np.clip(1 - across ** 2, 0, 1) - 0.022 * np.exp(-((across - fold) / 0.16) ** 2)
            rise = max(seat, 0) + 0.022 + dome + tilt * (ss - 0.5) + 0.06 * abs(rng.normal()) * (ss - 0.5) ** 2
            streak = 0.10 * np.sin(across * 11 + 3 * np.sin(ss * 4 + z)) + 0.06 * np.sin(ss * 31 + across * 5) + 0.05 * rng.standard_normal(u.shape)
            base = greens[rng.integers(len(greens))] * rng.uniform(0.95, 1.45)
            shade = base * (1 + streak - 0.30 * np.exp(-((across - fold) / 0.14) ** 2) + 0.18 * np.clip(np.abs(across) - 0.6, 0, 0.4) / 0.4)[..., None]
            on = (cover > 0.5) & (rise > under - 0.02)
            height[patch] = np.where(on, np.maximum(rise, under), under)
            m = (cover * (rise > under - 0.02))[..., None]
            colour[patch] = colour[patch] * (1 - m) + shade * m
            gloss[patch] = gloss[patch] * (1 - m[..., 0]) + 0.35 * m[..., 0]
    # A height map cannot undercut: where a leaf's edge would stand as a wall there is the dark under the leaf.
    height = _soften(height, 2)
    gy, gx = np.gradient(height, 1 / dpc)
    wall = _soften(np.exp(-(np.clip(np.hypot(gx, gy) - 1.0, 0, None) / 0.8) ** 2), 3)
    colour = _soften(colour, 1) * 0.35 + colour * 0.65
    colour *= wall[..., None] + (1 - wall[..., None]) * np.array([0.30, 0.24, 0.19])
    gloss *= wall
    return height, colour, gloss


def _soften(table, passes):
    for _ in range(passes):
        for axis in (0, 1):
            table = 0.25 * np.roll(table, 1, axis) + 0.5 * table + 0.25 * np.roll(table, -1, axis)
    return table


class Cup:
    """A thin white porcelain cup on its saucer, tea poured; one turned outline."""

    PARTS = ["china", "tea", "lip"]

    def __init__(self):
        self.solid = Lathe([
            (0, 0.05, 0, "china"), (3.1, 0.05, 0.05, "china"), (3.25, 0.0, 0.05, "china"), (3.5, 0.0, 0.06, "china"),
            (3.7, 0.24, 0.3, "china"), (5.9, 0.92, 2.5, "china"), (6.25, 1.16, 0.05, "lip"), (6.18, 1.24, 0.05, "china"),
            (5.5, 0.98, 1.5, "china"), (3.4, 0.42, 1.0, "china"), (2.14, 0.42, 0.30, "china"), (2.06, 1.12, 0.4, "china"),
            (3.75, 2.05, 2.2, "china"), (4.35, 4.3, 4.0, "china"), (4.78, 5.42, 0.05, "lip"), (4.68, 5.47, 0.05, "china"),
            (4.23, 4.35, 4.0, "china"), (4.16, 4.1, 0.02, "tea"), (0, 4.1, 0, "tea"),
        ], self.PARTS)
        white = (0.86, 0.855, 0.835)
        self.stuffs = [Stuff(white, 0.05, 0.03), Stuff((0.5, 0.5, 0.1), 0.022, 0.004), Stuff((0.10, 0.24, 0.16), 0.06, 0.05)]

    def paint(self, p, part, colour, f0, rough):
        tea = part == 1
        r = np.hypot(p[tea, 0], p[tea, 2])[:, None] / 4.2
        depth = np.clip(1 - r ** 3.2, 0, 1) * 2.4
        # Beer's law over the bowl's depth on white china.
        colour[tea] = 0.80 * np.exp(-depth * np.array([[0.135, 0.098, 0.72]]))
        return colour, f0, rough


def tea_table(width, height):
    """A shader and a camera for the cup, the leaves and the table, lit by a four-pane window at the left."""
    dpc, n = 64, 2816
    relief = Relief(*strew(*oak(n, dpc), dpc, [(9.6, 5.2, 2.3, 190), (-7.5, 8.2, 2.6, 16), (12, -3, 3.0, 24), (2, 10.5, 3.4, 26)]), dpc)
    cup = Cup()

    def sky(d):
        up, left = np.clip(d[:, 1:2], 0, 1), np.clip(-d[:, :1], 0, 1)
        return 0.10 + (0.16 + 0.22 * up + 0.10 * left) * np.array([[1.0, 0.93, 0.84]])

    panes = [SoftBox((-46, 22 + 22 * j, -26 + 24 * i), (-20, 22 + 22 * j - 6, -26 + 24 * i + 10), (21, 20), (11.5, 10.9, 9.8), 0.05)
             for i in (0, 1) for j in (0, 1)]
    glints = [SoftBox((x, 35, -62), (x * 0.6, 6, 0), (7.5, 21), (4.2, 4.1, 3.9), 0.06) for x in (-13, -4)]
    rig = Rig(sky, panes, glints)
    bake = Bake(cup.solid, rig, np.array([s.colour for s in cup.stuffs], F), (0.24, 0.15, 0.085), 320, 3)
    window = np.array((-46, 33, -14), F)
    gain = 0.95

    def shade(o, d, rng):
        t, g = cup.solid.trace(o, d), relief.trace(o, d)
        out = np.zeros((len(o), 4), F)
        on = np.isfinite(t) & (t < g)
        p = o[on] + d[on] * t[on, None]
        if len(p):
            nrm, arc, part = cup.solid.surface(p)
            out[on, :3] = lit(bake, cup.stuffs, p, d[on], nrm, arc, part, cup.paint)
        p = o[~on] + d[~on] * g[~on, None]
        out[~on, :3] = _ground(relief, bake, p, d[~on], window, rng, 0.80, 6.0)
        out[..., 3] = np.where(on, t, g)
        out[:, :3] *= gain
        return out

    camera = Camera((3.5, 25, 46), (3.0, 1.7, 0.5), 18.4, width, height)
    camera.focus = 48.5  # cm along the ray: the near lip of the cup and the heap of leaves
    return camera, shade


def _ground(relief, bake, p, d, lamp, rng, share, jitter):
    """Ground seen by a ray: baked light, steered by the relief's slope and its own small shadows towards the lamp."""
    if not len(p):
        return np.zeros((0, 3), F)
    n, colour, gloss = relief.at(relief.normal, p), relief.at(relief.colour, p), relief.at(relief.gloss, p)[:, None]
    n = unit(n)
    l = unit(lamp + rng.normal(0, jitter, p.shape).astype(F) - p)
    slope = np.clip((n * l).sum(1), 0, None) / np.maximum(l[:, 1], 0.05)
    local = slope * relief.sunlit(p + n * F(0.01), l)
    light = bake.ground_light(p) * ((1 - share) * (0.6 + 0.4 * n[:, 1]) + share * local)[:, None]
    r = unit(d - 2 * (d * n).sum(1, keepdims=True) * n)
    r[:, 1] = np.maximum(r[:, 1], 0.02)
    cos = np.clip(-(d * n).sum(1), 0, 1)[:, None]
    fres = (0.035 + 0.965 * (1 - cos) ** 5) * gloss
    start = np.stack([p[:, 0], np.maximum(p[:, 1], 0) + F(0.01), p[:, 2]], 1).astype(F)
    return colour * light + fres * bake.incoming(start, unit(r), 0.16, 40)


def slab(n, dpc):
    """A weathered granite slab: nearly level where the bottle stands, broken at its edges, speckled, lichen here and there."""
    z, x = (np.mgrid[0:n, 0:n] - n / 2) / dpc
    broad, middle, fine = (marks.noise((n, n), s, k) for s, k in ((5.5 * dpc, 61), (1.3 * dpc, 62), (0.28 * dpc, 63)))
    grit, speck = marks.noise((n, n), 0.06 * dpc, 64), marks.noise((n, n), 0.09 * dpc, 65)
    level = np.clip((np.hypot(x, z) - 4.2) / 9, 0, 1)
    height = 0.55 * broad * level + 0.20 * middle * level + 0.055 * fine * (0.25 + 0.75 * level) + 0.012 * grit
    for k, (angle, off) in enumerate([(0.32, 6.2), (-0.12, -8.0), (1.25, 12.0)]):
        line = x * np.sin(angle) + z * np.cos(angle) - off + 0.5 * middle + 0.25 * fine
        height -= 0.55 * np.exp(-(line / 0.13) ** 2) + 0.35 * np.clip(np.tanh(line / 0.2), 0, 1) * (k != 1) * level
    front = np.clip(z - 17 - 1.5 * broad - 0.6 * middle, 0, None)
    back = np.clip(-z - 13 - 1.2 * broad - 0.5 * middle, 0, None)
    height -= np.minimum(0.9 * front ** 1.2, 7) + np.minimum(0.8 * back ** 1.2, 7)
    height -= height[n // 2 - dpc * 3:n // 2 + dpc * 3, n // 2 - dpc * 3:n // 2 + dpc * 3].max() - 0.03
    grey = 0.36 * (1 + 0.16 * speck + 0.10 * fine + 0.10 * middle + 0.12 * broad)
    grey *= np.where(speck > 1.7, 0.55, 1) * np.where(grit > 2.0, 1.35, 1)
    colour = grey[..., None] * np.array([1.0, 0.955, 0.89])
    moss = np.clip(marks.noise((n, n), 1.1 * dpc, 66) + 0.5 * fine - 1.35, 0, 0.8)[..., None]
    colour = colour * (1 - moss) + np.array([0.23, 0.24, 0.10]) * (1 + 0.3 * speck[..., None]) * moss
    return np.maximum(height, -8), np.clip(colour, 0.02, 0.8), np.full((n, n), 0.25)


def hills(width, height, scale):
    """Far ridges against a low sun on the right, out of focus: linear light, drawn flat."""
    y, x = np.mgrid[0:height, 0:width] / height
    aspect = width / height
    sun = np.hypot(x - 0.80 * aspect, (y - 0.33))
    up = np.clip((0.46 - y) / 0.46, 0, 1)[..., None]
    sky = np.array([1.02, 0.74, 0.46]) * (1 - up) ** 1.6 + np.array([0.40, 0.50, 0.62]) * (1 - (1 - up) ** 1.6)
    glow = np.exp(-sun / 0.30)[..., None] * np.array([0.85, 0.56, 0.26]) + np.exp(-(sun / 0.065) ** 2)[..., None] * np.array([4, 3.2, 2.0])
    out = sky + glow
    haze = np.array([0.98, 0.68, 0.40])
    across = np.linspace(0, 1, width)
    for i in range(6):
        far = 1 - i / 5
        rough = 0.006 + 0.012 * (1 - far)
        line = 0.415 + 0.085 * i + (0.050 + 0.008 * i) * ridge_line(across, 71 + i, i)
        line = line + rough * marks.noise((4, width), (3 + 9 * (1 - far)) * scale, 90 + i)[0]
        depth = np.clip((y - line[None]) * height, 0, 1)[..., None]
        below = np.clip((y - line[None]) / 0.16, 0, 1)[..., None]
        tree = marks.noise((height, width), (4 + 10 * (1 - far)) * scale, 80 + i)[..., None]
        body = np.array([0.060, 0.085, 0.045]) * (1 + 0.30 * tree * (1 - far)) + np.array([0.10, 0.06, 0.02]) * np.exp(-below * 5) * (1 + 0.5 * tree)
        veil = np.clip(0.92 * far ** 1.25 + 0.05 + 0.22 * far * below, 0, 0.95)
        near_sun = 0.62 + 0.75 * np.exp(-np.abs(x - 0.80 * aspect) / 0.55)[..., None]
        ground = body * (1 - veil) + haze * near_sun * 0.72 * veil
        out = out * (1 - depth) + ground * depth
    rng = np.random.default_rng(97)
    for _ in range(26):
        cx, cy = int(rng.uniform(0.42, 1.0) * width), int(rng.uniform(0.66, 0.82) * height)
        r = max(1, int(rng.uniform(1.5, 3.2) * scale))
        out[cy:cy + r, cx:cx + r] += np.array([1.0, 0.72, 0.36]) * rng.uniform(4, 16)
    return blur(out.astype(F), 13 * scale)


def ridge_line(x, seed, i):
    return marks.ridge(x * 0.62 + 0.07 * i, seed, 0.55)


def trail(width, height):
    """A shader (light, cover, depth) and a camera for the bottle on the rock, and the hills behind it."""
    dpc, n = 52, 2600
    relief = Relief(*slab(n, dpc), dpc)
    product = Bottle()
    sun = np.array((150, 74, -120), F)

    def sky(d):
        up = np.clip(d[:, 1:2], 0, 1)
        near = np.clip((d @ unit(sun))[:, None], 0, 1)
        dome = np.array([[0.62, 0.56, 0.50]]) * (1 - up) ** 3 + np.array([[0.34, 0.43, 0.56]]) * (1 - (1 - up) ** 3)
        low = np.clip(-d[:, 1:2] * 4, 0, 1)
        return dome * (1 - 0.7 * low) + np.array([[1.0, 0.62, 0.30]]) * 1.5 * near ** 6

    rig = Rig(sky, [SoftBox(sun, (0, 10, 0), (64, 56), (38, 26, 14.0), 0.3), SoftBox((-90, 60, 110), (0, 10, 0), (110, 90), (4.6, 4.5, 4.3), 0.5)],
              [SoftBox((28, 14, -13), (0, 14, 0), (7, 60), (9.0, 6.4, 3.7), 0.25), SoftBox((-30, 14, -10), (0, 14, 0), (12, 60), (1.3, 1.4, 1.55), 0.25)])
    bake = Bake(product.solid, rig, np.array([s.colour + s.f0 * 0.5 for s in product.stuffs], F), (0.27, 0.25, 0.22), 700)
    gain = 0.72

    def shade(o, d, rng):
        t, g = product.solid.trace(o, d), relief.trace(o, d, 56)
        half = relief.height.shape[0] / 2 / dpc
        p = o + d * np.where(np.isfinite(g), g, 0)[:, None]
        g = np.where((p[:, 1] > -7.6) & (p[:, 2] < half) & (p[:, 2] > -22), g, np.inf)
        out = np.zeros((len(o), 5), F)
        out[:, 4] = 1 / np.minimum(np.minimum(t, g), 400)
        on = np.isfinite(t) & (t < g)
        if on.any():
            p = o[on] + d[on] * t[on, None]
            nrm, arc, part = product.solid.surface(p)
            out[on, :3] = lit(bake, product.stuffs, p, d[on], nrm, arc, part, product.paint)
        rock = ~on & np.isfinite(g)
        out[rock, :3] = _ground(relief, bake, o[rock] + d[rock] * g[rock, None], d[rock], sun, rng, 0.72, 5.0)
        out[:, :3] *= gain
        out[on | rock, 3] = 1
        return out

    camera = Camera((7.5, 15.5, 92), (7.5, 12.0, 0), 36, width, height)
    camera.focus = 90.0
    return camera, shade
