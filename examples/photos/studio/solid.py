"""Solids turned on a lathe: an outline (radius, height) in centimetres, spun about the y axis."""

import numpy as np

F = np.float32
CELL = 0.0125  # of the distance grid, cm


def outline(corners):
    """Round a list of corners (r, y, fillet, part), axis to axis, anticlockwise.

    `part` names the stretch that starts at the corner. Returns points, exact outward normals and a part per segment.
    """
    pts = np.array([c[:2] for c in corners], float)
    points, normals, parts = [], [], []

    def put(p, n, part):
        points.append(p), normals.append(n), parts.append(part)

    def unit(v):
        return v / np.hypot(*v)

    def outward(d):
        return np.array([d[1], -d[0]])

    put(pts[0], outward(unit(pts[1] - pts[0])), corners[0][3])
    for i in range(1, len(pts) - 1):
        a, b, c = pts[i - 1], pts[i], pts[i + 1]
        d0, d1 = unit(b - a), unit(c - b)
        turn = np.arctan2(d0[0] * d1[1] - d0[1] * d1[0], d0 @ d1)
        room = 0.49 * min(np.hypot(*(b - a)), np.hypot(*(c - b)))
        cut = min(max(corners[i][2], 1e-3) * abs(np.tan(turn / 2)), room)
        n = max(2, int(abs(turn) / 0.09) + 1)
        radius = cut / max(abs(np.tan(turn / 2)), 1e-6)
        start, n0 = b - d0 * cut, outward(d0)
        centre = start - n0 * radius * np.sign(turn)
        for k in range(n + 1):
            w = turn * k / n
            m = np.array([n0[0] * np.cos(w) - n0[1] * np.sin(w), n0[0] * np.sin(w) + n0[1] * np.cos(w)])
            put(centre + m * radius * np.sign(turn), m, corners[i - 1][3] if k < n // 2 else corners[i][3])
    put(pts[-1], outward(unit(pts[-1] - pts[-2])), corners[-1][3])
    return np.array(points), np.array(normals), parts[:-1]


class Lathe:
    """A turned solid that rays can be shot at."""

    def __init__(self, corners, parts):
        p, n, names = outline(corners)
        self.a, self.n0, self.n1 = p[:-1].astype(F), n[:-1].astype(F), n[1:].astype(F)
        self.ab = (p[1:] - p[:-1]).astype(F)
        self.len2 = np.maximum((self.ab ** 2).sum(1), 1e-12)
        self.arc = np.concatenate([[0], np.cumsum(np.sqrt(self.len2))]).astype(F)
        self.part = np.array([parts.index(x) for x in names], np.int16)
        self.points, self.normals = p.astype(F), n.astype(F)
        pad = 4 * CELL
        self.rmax, self.ymin, self.ymax = F(p[:, 0].max() + pad), F(p[:, 1].min() - pad), F(p[:, 1].max() + pad)
        self._grid()

    def _grid(self):
        nr, ny = int(self.rmax / CELL) + 3, int((self.ymax - self.ymin) / CELL) + 3
        r, y = np.meshgrid(np.arange(nr) * CELL, self.ymin + np.arange(ny) * CELL, indexing="xy")
        best, seg, crossed = np.full(r.shape, 1e9), np.zeros(r.shape, np.int16), np.zeros(r.shape, bool)
        for i, (a, d, l2) in enumerate(zip(self.a, self.ab, self.len2)):
            t = np.clip(((r - a[0]) * d[0] + (y - a[1]) * d[1]) / l2, 0, 1)
            q = (r - a[0] - t * d[0]) ** 2 + (y - a[1] - t * d[1]) ** 2
            near = q < best
            best[near], seg[near] = q[near], i
            crosses = (a[1] > y) != (a[1] + d[1] > y)
            with np.errstate(divide="ignore", invalid="ignore"):
                crossed ^= crosses & (r > a[0] + (y - a[1]) * d[0] / d[1])
        # The way left to the axis meets the wall an even number of times from inside, where the axis itself is inside.
        axis_inside = (y > self.points[0, 1]) & (y < self.points[-1, 1])
        solid = crossed ^ axis_inside
        self.dist = np.where(solid, -np.sqrt(best), np.sqrt(best)).astype(F)
        self.seg = seg

    def distance(self, r, y):
        u, v = r * F(1 / CELL), (y - self.ymin) * F(1 / CELL)
        h, w = self.dist.shape
        i, j = np.clip(u.astype(np.int32), 0, w - 2), np.clip(v.astype(np.int32), 0, h - 2)
        fu, fv = u - i, v - j
        k, g = j * w + i, self.dist.ravel()
        lo = g[k] + (g[k + 1] - g[k]) * fu
        hi = g[k + w] + (g[k + w + 1] - g[k + w]) * fu
        return lo + (hi - lo) * fv

    def trace(self, o, d, steps=160, lift=0.0):
        """Distance along each ray to the solid; infinity where it passes."""
        hit = np.full(len(o), np.inf, F)
        a = d[:, 0] ** 2 + d[:, 2] ** 2 + F(1e-9)
        b = o[:, 0] * d[:, 0] + o[:, 2] * d[:, 2]
        disc = b * b - a * (o[:, 0] ** 2 + o[:, 2] ** 2 - self.rmax ** 2)
        root = np.sqrt(np.maximum(disc, 0))
        dy = np.where(np.abs(d[:, 1]) < 1e-7, F(1e-7), d[:, 1])
        s0, s1 = (self.ymin - o[:, 1]) / dy, (self.ymax - o[:, 1]) / dy
        t0 = np.maximum(np.maximum((-b - root) / a, np.minimum(s0, s1)), F(lift))
        t1 = np.minimum((-b + root) / a, np.maximum(s0, s1))
        live = np.flatnonzero((disc > 0) & (t1 > t0))
        o, d, t, end = o[live], d[live], t0[live].astype(F), t1[live]
        for _ in range(steps):
            if not len(live):
                break
            x, y, z = o[:, 0] + t * d[:, 0], o[:, 1] + t * d[:, 1], o[:, 2] + t * d[:, 2]
            gap = self.distance(np.sqrt(x * x + z * z), y)
            found = gap < 8e-4
            hit[live[found]] = t[found]
            t = t + np.maximum(gap, F(6e-4))
            on = ~found & (t < end)
            if on.sum() < 0.8 * len(on) or found.any():
                live, o, d, t, end = live[on], o[on], d[on], t[on], end[on]
        return hit

    def surface(self, p):
        """What is at points on the solid: normal, arc length along the outline, part number."""
        r, y = np.sqrt(p[:, 0] ** 2 + p[:, 2] ** 2), p[:, 1]
        h, w = self.seg.shape
        i = np.clip((r / CELL + 0.5).astype(np.int32), 0, w - 1)
        j = np.clip(((y - self.ymin) / CELL + 0.5).astype(np.int32), 0, h - 1)
        guess = self.seg[j, i].astype(np.int32)
        best, seg, at = np.full(len(p), 1e9, F), guess.copy(), np.zeros(len(p), F)
        for k in (-2, -1, 0, 1, 2):
            s = np.clip(guess + k, 0, len(self.a) - 1)
            a, ab = self.a[s], self.ab[s]
            t = np.clip(((r - a[:, 0]) * ab[:, 0] + (y - a[:, 1]) * ab[:, 1]) / self.len2[s], 0, 1)
            q = (r - a[:, 0] - t * ab[:, 0]) ** 2 + (y - a[:, 1] - t * ab[:, 1]) ** 2
            near = q < best
            best[near], seg[near], at[near] = q[near], s[near], t[near]
        n = self.n0[seg] * (1 - at[:, None]) + self.n1[seg] * at[:, None]
        rr = np.maximum(r, 1e-6)
        n3 = np.stack([n[:, 0] * p[:, 0] / rr, n[:, 1], n[:, 0] * p[:, 2] / rr], 1)
        n3 /= np.linalg.norm(n3, axis=1, keepdims=True)
        return n3.astype(F), self.arc[seg] + at * np.sqrt(self.len2[seg]).astype(F), self.part[seg]
