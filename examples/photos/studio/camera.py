"""The camera: rays through sub-pixels, bands over two processes, tone curve, dither, files."""

import os
from multiprocessing import get_context

import numpy as np
from PIL import Image

from .light import unit

F = np.float32
GRID = 4  # sub-pixels along a side


class Camera:
    """A view camera: the film stays upright and shifts, so upright edges stay parallel.

    `tall` is the height in cm that fits the frame at the distance of the target.
    """

    def __init__(self, eye, target, tall, width, height):
        self.eye, self.size = np.array(eye, F), (width, height)
        look = np.array(target, F) - self.eye
        self.far = float(np.hypot(look[0], look[2]))
        self.w = np.array([look[0], 0, look[2]], F) / F(self.far)
        self.u, self.v = unit(np.cross(self.w, [0, 1, 0])), np.array([0, 1, 0], F)
        self.shift, self.scale = look[1] / self.far, tall / self.far / height

    def rays(self, top, rows, grid):
        w, h = self.size
        x = (np.arange(w * grid) + 0.5) / grid - w / 2
        y = h / 2 - top - (np.arange(rows * grid) + 0.5) / grid
        gx, gy = np.meshgrid(x.astype(F) * self.scale, (y * self.scale + self.shift).astype(F))
        d = self.w + gx.reshape(-1, 1) * self.u + gy.reshape(-1, 1) * self.v
        return np.broadcast_to(self.eye, d.shape).astype(F), unit(d)


_job = None


def _band(args):
    top, rows = args
    camera, shade, grid = _job
    o, d = camera.rays(top, rows, grid)
    out = shade(o, d, np.random.default_rng(1000 + top))
    channels = out.shape[1]
    w = camera.size[0]
    return out.reshape(rows, grid, w, grid, channels).mean((1, 3)).astype(F)


def expose(camera, shade, grid=GRID):
    """Run `shade(o, d, rng) -> (n, k)` for every sub-pixel and average."""
    global _job
    _job = (camera, shade, grid)
    w, h = camera.size
    rows = max(2, 900_000 // (w * grid * grid))
    bands = [(y, min(rows, h - y)) for y in range(0, h, rows)]
    with get_context("fork").Pool(min(2, os.cpu_count() or 1)) as pool:
        return np.concatenate(pool.map(_band, bands, chunksize=1), 0)


def tone(x):
    """A gentle shoulder above 0.8, then the sRGB curve."""
    x = np.maximum(x, 0)
    x = np.where(x > 0.75, 0.75 + 0.25 * (1 - np.exp(-(x - 0.75) / 0.25)), x)
    return np.where(x <= 0.0031308, 12.92 * x, 1.055 * x ** (1 / 2.4) - 0.055)


def to_bytes(x, grain=0.7, seed=3):
    """Eight bits with a seeded triangular dither, so that no gradient shows steps."""
    rng = np.random.default_rng(seed)
    noise = (rng.random(x.shape[:2]) + rng.random(x.shape[:2]) - 1)[..., None] * grain
    return np.clip(x * 255 + noise + 0.5, 0, 255).astype(np.uint8)


def save_photo(path, linear):
    Image.fromarray(to_bytes(tone(linear))).save(path, quality=92, subsampling=0, optimize=True, progressive=True)


def save_cutout(path, rgba):
    """Straight alpha: colour is divided by coverage, and the edge colour runs on under the clear pixels."""
    alpha = np.clip(rgba[..., 3:], 0, 1)
    colour = tone(rgba[..., :3] / np.maximum(alpha, 1e-4))
    known = (alpha[..., 0] > 0.02)
    colour = np.where(known[..., None], colour, 0)
    for _ in range(6):
        total, weight = np.zeros_like(colour), np.zeros(known.shape)
        for dy, dx in ((0, 1), (0, -1), (1, 0), (-1, 0)):
            k = np.roll(known, (dy, dx), (0, 1))
            total += np.roll(colour, (dy, dx), (0, 1)) * k[..., None]
            weight += k
        grow = ~known & (weight > 0)
        colour[grow] = total[grow] / weight[grow][:, None]
        known = known | grow
    pixels = np.concatenate([to_bytes(colour, 0.5), (alpha * 255 + 0.5).astype(np.uint8)], -1)
    pixels[~known] = 0
    Image.fromarray(pixels).save(path, optimize=True)


def blur(image, radius):
    """A disc-shaped blur (the bokeh of a round aperture), edges mirrored."""
    if radius < 0.4:
        return image
    pad = int(radius) + 2
    big = np.pad(image, ((pad, pad), (pad, pad), (0, 0)), mode="symmetric")
    h, w = big.shape[:2]
    y, x = np.minimum(np.arange(h), h - np.arange(h)), np.minimum(np.arange(w), w - np.arange(w))
    disc = np.clip(radius + 0.5 - np.hypot(y[:, None], x[None]), 0, 1)
    k = np.fft.rfft2(disc / disc.sum())
    out = np.stack([np.fft.irfft2(np.fft.rfft2(big[..., c]) * k, (h, w)) for c in range(big.shape[2])], -1)
    return out[pad:-pad, pad:-pad].astype(F)


def defocus(image, spread, radii=(1.5, 3, 6, 10)):
    """Blur each pixel by its own circle of confusion, `spread` px, from a ladder of blurred copies."""
    rungs, out = [image] + [blur(image, r) for r in radii], np.zeros_like(image)
    ladder = (0.0,) + tuple(radii)
    at = np.interp(spread, ladder, np.arange(len(ladder)))
    for i, rung in enumerate(rungs):
        out += rung * np.clip(1 - np.abs(at - i), 0, 1)[..., None]
    return out
