"""Light: soft boxes with analytic penumbrae, a sky, and diffuse light baked by gathering."""

import numpy as np

F = np.float32


def unit(v):
    v = np.asarray(v, F)
    return v / np.linalg.norm(v, axis=-1, keepdims=True)


class SoftBox:
    """A glowing rectangle that looks at `target`; `size` is width and height in cm, `feather` the soft share of its edge."""

    def __init__(self, centre, target, size, colour, feather=0.12):
        self.c = np.array(centre, F)
        self.n = unit(np.array(target, F) - self.c)
        self.u = unit(np.cross([0, 1, 0], self.n))
        self.v = np.cross(self.n, self.u).astype(F)
        self.half, self.colour, self.feather = np.array(size, F) / 2, np.array(colour, F), feather

    def seen(self, o, d, rough, reach=np.inf):
        """Radiance along rays no longer than `reach` whose cone opens by `rough` (tangent of the half angle)."""
        facing = -(d @ self.n)
        t = ((o - self.c) @ self.n) / np.maximum(facing, 1e-4)
        q = o + d * t[:, None] - self.c
        ok = (facing > 1e-3) & (t > 0) & (t < reach)
        out = ok.astype(F)
        for axis, half in ((self.u, self.half[0]), (self.v, self.half[1])):
            x = q @ axis
            soft = half * self.feather + t * rough
            k = F(1.2) / np.maximum(soft, 1e-4)
            out *= 0.5 * (np.tanh(np.clip((x + half) * k, -12, 12)) - np.tanh(np.clip((x - half) * k, -12, 12)))
        return out[:, None] * self.colour


class Rig:
    """All light that comes from outside the scene: a sky `sky(d)`, soft boxes, and cards that only reflections see."""

    def __init__(self, sky, boxes, cards=()):
        self.sky, self.boxes, self.cards = sky, list(boxes), list(cards)

    def lamps(self, o, d, rough, reach, cards):
        out = np.zeros((len(o), 3), F)
        for box in self.boxes:
            out += box.seen(o, d, rough, reach)
        for card in self.cards if cards else ():
            out += card.seen(o, d, rough)  # through the ground, so that an edge light runs down to the foot
        return out


def cosine_directions(count, seed):
    """A stratified fan of `count` directions about +y, denser towards the pole as the cosine law asks."""
    rng = np.random.default_rng(seed)
    k = np.arange(count)
    r = np.sqrt((k + 0.5) / count)
    phi = k * np.pi * (3 - np.sqrt(5)) + rng.uniform(0, 0.2, count)
    return np.stack([r * np.cos(phi), np.sqrt(1 - r * r), r * np.sin(phi)], 1).astype(F)


def frame(n):
    """Two tangents for each normal."""
    up = np.where(np.abs(n[:, 1:2]) < 0.9, np.array([[0, 1, 0]], F), np.array([[1, 0, 0]], F))
    t = unit(np.cross(up, n))
    return t, np.cross(n, t).astype(F)


class Bake:
    """Diffuse light on a turned solid and the ground about it, as two small smooth maps.

    The solid's map runs over (outline sample, angle), the ground's over (radius, angle), its rings closer near the axis.
    """

    ANGLES, RINGS, REACH = 72, 72, 70.0

    def __init__(self, solid, rig, solid_albedo, ground_albedo, rays=240, bounces=2, seed=7):
        self.solid, self.rig = solid, rig
        self.solid_albedo, self.ground_albedo = solid_albedo, np.array(ground_albedo, F)
        self.fan = cosine_directions(rays, seed)
        total = solid.arc[-1]
        self.knots = np.unique(np.concatenate([np.linspace(0, total, 80), solid.arc])).astype(F)
        keep = np.concatenate([[True], np.diff(self.knots) > 0.012])
        self.knots = self.knots[keep]
        seg = np.clip(np.searchsorted(solid.arc, self.knots, side="right") - 1, 0, len(solid.a) - 1)
        at = ((self.knots - solid.arc[seg]) / np.sqrt(solid.len2[seg]))[:, None]
        ring = solid.a[seg] + solid.ab[seg] * at
        nrm = solid.n0[seg] * (1 - at) + solid.n1[seg] * at
        self.base = float(solid.points[:, 0].max())
        self.rings = (np.sinh(np.linspace(0, 1, self.RINGS) * 4.0) / np.sinh(4.0) * self.REACH).astype(F)
        phi = np.arange(self.ANGLES) * 2 * np.pi / self.ANGLES
        c, s = np.cos(phi).astype(F), np.sin(phi).astype(F)

        def spin(rr, yy):
            return np.stack([rr[:, None] * c, np.repeat(yy[:, None], len(phi), 1), rr[:, None] * s], -1).reshape(-1, 3)

        points, normals = spin(ring[:, 0], ring[:, 1]), unit(spin(nrm[:, 0], nrm[:, 1]) + 1e-9)
        floor = spin(self.rings, np.zeros_like(self.rings))
        up = np.tile(np.array([[0, 1, 0]], F), (len(floor), 1))
        self.on_solid = np.zeros((len(self.knots), self.ANGLES, 3), F)
        self.on_ground = np.zeros((self.RINGS, self.ANGLES, 3), F)
        for _ in range(bounces):
            ground = self._gather(floor + up * F(0.004), up, seed + 1).reshape(self.on_ground.shape)
            body = self._gather(points + normals * F(0.012), normals, seed + 2).reshape(self.on_solid.shape)
            self.on_ground, self.on_solid = _calm(_smooth(ground), self.rings, self.base), _smooth(body)

    def _gather(self, p, n, seed):
        rng, out = np.random.default_rng(seed), np.empty((len(p), 3), F)
        chunk = max(1, 600_000 // len(self.fan))
        for i in range(0, len(p), chunk):
            q, m = p[i:i + chunk], n[i:i + chunk]
            t, b = frame(m)
            w = rng.uniform(0, 2 * np.pi, len(q)).astype(F)
            t, b = t * np.cos(w)[:, None] + b * np.sin(w)[:, None], b * np.cos(w)[:, None] - t * np.sin(w)[:, None]
            f = self.fan
            d = (f[None, :, 0, None] * t[:, None] + f[None, :, 1, None] * m[:, None] + f[None, :, 2, None] * b[:, None])
            o = np.repeat(q, len(f), 0)
            out[i:i + chunk] = self.incoming(o, d.reshape(-1, 3).astype(F)).reshape(len(q), len(f), 3).mean(1)
        return out

    def incoming(self, o, d, rough=0.0, steps=60, lift=0.0, cards=False):
        """What rays bring back: the solid's or the ground's diffuse light, or the lamps."""
        t = self.solid.trace(o, d, steps, lift)
        with np.errstate(divide="ignore", invalid="ignore"):
            down = np.where(d[:, 1] < -1e-5, -o[:, 1] / d[:, 1], np.inf).astype(F)
        out = np.zeros((len(o), 3), F)
        hit, fell = t < down, down <= t
        fell &= np.isfinite(down)
        if hit.any():
            p = o[hit] + d[hit] * t[hit, None]
            _, arc, part = self.solid.surface(p)
            out[hit] = self.solid_albedo[part] * self.solid_light(arc, p)
        if fell.any():
            p = o[fell] + d[fell] * down[fell, None]
            out[fell] = self.ground_albedo * self.ground_light(p)
        sky = ~hit & ~fell
        out[sky] = self.rig.sky(d[sky])
        free = ~hit
        rough = rough[free] if isinstance(rough, np.ndarray) else rough
        out[free] += self.rig.lamps(o[free], d[free], rough, down[free], cards)
        return out

    def solid_light(self, arc, p):
        return _polar(self.on_solid, np.interp(arc, self.knots, np.arange(len(self.knots))), p)

    def ground_light(self, p):
        r = np.sqrt(p[:, 0] ** 2 + p[:, 2] ** 2)
        return _polar(self.on_ground, np.interp(r, self.rings, np.arange(self.RINGS)), p)


def _polar(table, row, p):
    n = table.shape[1]
    col = np.arctan2(p[:, 2], p[:, 0]) * (n / (2 * np.pi)) % n
    i, j = np.clip(row.astype(np.int32), 0, len(table) - 2), col.astype(np.int32) % n
    fi, fj = (row - i)[:, None].astype(F), (col - np.floor(col))[:, None].astype(F)
    fj = fj * fj * (3 - 2 * fj)
    k = (j + 1) % n
    return (table[i, j] * (1 - fj) + table[i, k] * fj) * (1 - fi) + (table[i + 1, j] * (1 - fj) + table[i + 1, k] * fj) * fi


def _smooth(table):
    for _ in range(3):
        table = 0.25 * np.roll(table, 1, 1) + 0.5 * table + 0.25 * np.roll(table, -1, 1)
    return table.astype(F)


def _calm(table, rings, base, passes=10):
    """Smooth the ground outwards too, where no contact shadow has detail to lose."""
    keep = np.clip(1 - (rings - base - 0.4) / 1.6, 0, 1)[:, None, None].astype(F)
    for _ in range(passes):
        soft = table.copy()
        soft[1:-1] = 0.25 * table[:-2] + 0.5 * table[1:-1] + 0.25 * table[2:]
        soft = 0.25 * np.roll(soft, 1, 1) + 0.5 * soft + 0.25 * np.roll(soft, -1, 1)
        table = soft * (1 - keep) + table * keep
    return table.astype(F)
