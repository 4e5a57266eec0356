"""Draws what reference work I is made of, the same every time: hero.jpg (2048 × 2048, a product shot with grain), logo.png
(512 × 512 with alpha), font.otf (the Chinese face of Noto Sans CJK Bold, for engines that read no collections) and fits.json
(sizes of fitted text for engines that cannot measure; it costs them nothing). usage: assets.py FOLDER"""

import json
import sys
from pathlib import Path

import numpy as np
from fontTools.ttLib import TTCollection
from PIL import Image, ImageDraw, ImageFilter

HERE, OUT = Path(__file__).resolve().parent, Path(sys.argv[1])
sys.path.insert(0, str(HERE / "peers"))
from fit import Fonts, fit  # noqa: E402

N = 2048
rng = np.random.default_rng(20261123)
y, x = np.mgrid[0:N, 0:N].astype(np.float32) / N


def fractal(start, octaves, seed, gain=0.5):
    """Noise of several sizes, 0 to 1."""
    out, amplitude, total = np.zeros((N, N), np.float32), 1.0, 0.0
    for n in range(octaves):
        cells = start * 2**n
        if cells > N:
            break
        grid = np.random.default_rng(seed + n).random((cells + 1, cells + 1)).astype(np.float32)
        out += amplitude * np.asarray(Image.fromarray(grid).resize((N, N), Image.BICUBIC))
        total += amplitude
        amplitude *= gain
    return out / total


def smooth(low, high, value):
    t = np.clip((value - low) / (high - low), 0, 1)
    return t * t * (3 - 2 * t)


def lay(picture, top, mask):
    mask = mask[..., None]
    return picture * (1 - mask) + top * mask


def grey(shade, *tint):
    return np.stack([shade * t for t in tint], -1)


def hero():
    haze = fractal(4, 4, 10) - 0.5
    ground = np.stack([0.78 - 0.35 * y + 0.25 * haze, 0.62 - 0.10 * y + 0.30 * haze, 0.50 + 0.18 * y + 0.22 * haze], -1)
    image = Image.fromarray((np.clip(ground, 0, 1) * 255).astype(np.uint8))
    lights = Image.new("RGBA", (N, N), (0, 0, 0, 0))
    draw = ImageDraw.Draw(lights)
    for _ in range(70):
        cx, cy, r = rng.integers(0, N), rng.integers(0, int(N * 0.62)), int(rng.integers(25, 150))
        color = [(255, 226, 170), (255, 200, 150), (200, 240, 225), (255, 245, 220)][rng.integers(0, 4)]
        draw.ellipse([cx - r, cy - r, cx + r, cy + r], fill=color + (int(rng.integers(18, 70)),))
    lights = lights.filter(ImageFilter.GaussianBlur(5))
    image.paste(lights, (0, 0), lights)
    picture = np.asarray(image).astype(np.float32) / 255
    # A marble table.
    veins = np.abs(fractal(3, 7, 80, 0.6) - 0.5) * 2
    marble = 0.90 - 0.45 * np.exp(-veins * 26) - 0.22 * (fractal(8, 8, 40, 0.62) - 0.5)
    table = grey(marble, 0.98, 0.95, 0.92) * (0.75 + 0.35 * (y[..., None] - 0.6))
    picture = lay(picture, table, np.clip((y - 0.60) / 0.02, 0, 1))
    # Leaves on both sides.
    leaf = fractal(24, 6, 120, 0.7)
    where = np.clip((leaf - 0.53) * 14, 0, 1) * np.clip(1 - 3.2 * np.minimum(x, 1 - x), 0, 1)
    where *= np.clip((y - 0.1) * 3, 0, 1) * np.clip((0.72 - y) * 12, 0, 1)
    picture = lay(picture, np.stack([0.16 + 0.35 * leaf, 0.34 + 0.35 * leaf, 0.20 + 0.2 * leaf], -1), where)
    # A bottle with a label and a ribbed cap, and its shadow.
    across = (x - 0.56) / 0.115
    inside = (1 - smooth(0.985, 1.0, np.abs(across))) * smooth(0.300, 0.306, y) * (1 - smooth(0.845, 0.851, y))
    shade = 0.35 + 0.55 * np.sqrt(np.clip(1 - across**2, 0, 1))
    glass = np.stack([0.86 * shade + 0.1, 0.52 * shade + 0.06, 0.22 * shade + 0.05], -1)
    shine = np.exp(-(((across + 0.55) / 0.07) ** 2)) * 0.75 + np.exp(-(((across - 0.72) / 0.04) ** 2)) * 0.35
    label = ((np.abs(across) < 0.82) & (y > 0.50) & (y < 0.74)).astype(np.float32)
    paper = np.stack([0.95 * shade + 0.05] * 3, -1) * 0.97
    picture = lay(picture, lay(np.clip(glass + shine[..., None], 0, 1), paper, label), inside)
    round_cap = (x - 0.56) / 0.05
    cap = (1 - smooth(0.985, 1.0, np.abs(round_cap))) * smooth(0.175, 0.178, y) * (1 - smooth(0.300, 0.303, y))
    metal = (0.15 + 0.6 * np.exp(-(((round_cap + 0.4) / 0.18) ** 2))) * (0.9 + 0.1 * np.sin(x * N * 1.2))
    picture = lay(picture, grey(metal, 1, 0.95, 0.9), cap)
    shadow = np.exp(-(((x - 0.56) / 0.22) ** 2 + ((y - 0.86) / 0.035) ** 2)) * 0.55
    picture = picture * (1 - shadow[..., None])
    picture += rng.normal(0, 0.0135, (N, N, 1)).astype(np.float32) + rng.normal(0, 0.005, (N, N, 3)).astype(np.float32)
    image = Image.fromarray((np.clip(picture, 0, 1) * 255 + 0.5).astype(np.uint8))
    draw = ImageDraw.Draw(image)
    for n in range(9):
        top, long = int(N * (0.57 + 0.016 * n)), 0.12 * (0.6 + 0.4 * ((n * 37) % 10) / 10)
        draw.rectangle([int(N * 0.50), top, int(N * (0.50 + long)), top + 7], fill=(70, 62, 58))
    return image


def logo():
    s = 4
    image = Image.new("RGBA", (512 * s, 512 * s), (0, 0, 0, 0))
    draw = ImageDraw.Draw(image)
    draw.ellipse([20 * s, 20 * s, 492 * s, 492 * s], fill=(255, 255, 255, 235))
    draw.ellipse([60 * s, 60 * s, 452 * s, 452 * s], fill=(17, 94, 89, 255))
    draw.polygon([(256 * s, 110 * s), (380 * s, 330 * s), (132 * s, 330 * s)], fill=(250, 204, 21, 255))
    draw.rounded_rectangle([170 * s, 350 * s, 342 * s, 390 * s], 20 * s, fill=(255, 255, 255, 255))
    return image.resize((512, 512), Image.LANCZOS)


def face():
    collection = TTCollection("/usr/share/fonts/opentype/noto/NotoSansCJK-Bold.ttc")
    next(f for f in collection.fonts if f["name"].getDebugName(1).startswith("Noto Sans CJK SC")).save(OUT / "font.otf")


def fits():
    work, fonts, found = json.loads((HERE / "work.json").read_text()), Fonts(str(OUT / "font.otf")), {}
    for size in work["sizes"]:
        (_, _, w, h), (_, _, cw, ch) = size["head"], size["cta"]
        px, lines = fit(fonts, work["headline"], w, h, work["lines"], work["line_height"])
        call, _ = fit(fonts, work["cta"], cw - 0.6 * ch, ch * 0.5, 1, 1.2, 6)
        found[size["name"]] = dict(px=px, lines=lines, cta_px=call)
    (OUT / "fits.json").write_text(json.dumps(found, ensure_ascii=False))


if __name__ == "__main__":
    hero().save(OUT / "hero.jpg", quality=95, subsampling=0)
    logo().save(OUT / "logo.png")
    face()
    fits()
    (OUT / "work.json").write_text((HERE / "work.json").read_text())
