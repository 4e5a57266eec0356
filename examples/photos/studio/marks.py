"""Everything that is drawn flat: type, the seal, the frond, labels and logos."""

import glob

import numpy as np
from PIL import Image, ImageDraw, ImageFilter, ImageFont

DPC = 220  # label pixels per centimetre
CINNABAR, PINE, INK = (178, 40, 30), (22, 66, 50), (38, 44, 38)


def font(name, size, index=0):
    """A font by file name, wherever the distribution keeps it."""
    found = sorted(glob.glob(f"/usr/share/fonts/**/{name}", recursive=True))
    if not found:
        raise SystemExit(f"render.py needs the font {name}; README.md names the packages")
    return ImageFont.truetype(found[0], int(size), index=index)


def serif(size, bold=True):
    return font(f"NotoSerifCJK-{'Bold' if bold else 'Regular'}.ttc", size, index=2)


def inter(size, weight="Medium", display=False):
    return font(f"Inter{'Display' if display else ''}-{weight}.otf", size)


def glyph(text, face, stretch=1.0, size=None):
    """The ink of a text as a tight grey picture, if wanted scaled to `size`."""
    box = face.getbbox(text)
    pad = 8
    im = Image.new("L", (box[2] - box[0] + 2 * pad, box[3] - box[1] + 2 * pad))
    ImageDraw.Draw(im).text((pad - box[0], pad - box[1]), text, font=face, fill=255)
    im = im.crop(im.getbbox())
    if size:
        im = im.resize((int(size[0]), int(size[1])), Image.LANCZOS)
    return im


def spaced(draw, centre, text, face, fill, gap):
    """One line of letter-spaced type about `centre`."""
    widths = [face.getlength(c) for c in text]
    x = centre[0] - (sum(widths) + gap * (len(text) - 1)) / 2
    for c, w in zip(text, widths):
        draw.text((x, centre[1]), c, font=face, fill=fill, anchor="ls")
        x += w + gap


def column(draw, x, top, text, face, fill, pitch):
    """Type set from top to bottom, each character centred on `x`."""
    for i, c in enumerate(text):
        draw.text((x, top + pitch * (i + 0.5)), c, font=face, fill=fill, anchor="mm")


def noise(shape, scale, seed):
    """Smooth noise of feature size `scale` px, mean 0, deviation 1."""
    rng = np.random.default_rng(seed)
    f = np.hypot(np.fft.fftfreq(shape[0])[:, None], np.fft.rfftfreq(shape[1])[None])
    k = np.fft.rfft2(rng.standard_normal(shape)) * np.exp(-(f * scale * 2.5) ** 2)
    out = np.fft.irfft2(k, shape)
    return (out / out.std()).astype(np.float32)


def seal(px, round_corner=0.12):
    """Coverage of a cut seal, 山前 on the right and 雾 on the left, edges worn as stone wears."""
    n = px * 3
    im = Image.new("L", (n, n))
    draw = ImageDraw.Draw(im)
    m = n * 0.045
    draw.rounded_rectangle((m, m, n - m, n - m), n * round_corner, fill=255)
    inner = n * 0.085
    draw.rounded_rectangle((inner, inner, n - inner, n - inner), n * (round_corner - 0.035), outline=0, width=int(n * 0.016))
    face = serif(n * 0.5)
    lo, hi, mid = n * 0.145, n * 0.855, n * 0.5
    g = n * 0.022
    cells = {"山": (mid + g, lo, hi, mid - g * 0.6), "前": (mid + g, mid + g * 0.6, hi, hi), "雾": (lo, lo, mid - g, hi)}
    for c, (x0, y0, x1, y1) in cells.items():
        ink = glyph(c, face, size=(x1 - x0, y1 - y0))
        # Stretched strokes thin out across; a carver would cut them all alike.
        ink = ink.filter(ImageFilter.MaxFilter(2 * int(n * 0.003) + 1))
        im.paste(0, (int(x0), int(y0)), ink)
    a = np.asarray(im.filter(ImageFilter.GaussianBlur(n * 0.0035)), float) / 255
    a = a + 0.10 * noise(a.shape, n * 0.006, 5) + 0.05 * noise(a.shape, n * 0.02, 6)
    a = np.clip((a - 0.5) * n * 0.02 + 0.5, 0, 1)
    return Image.fromarray((a * 255).astype(np.uint8)).resize((px, px), Image.LANCZOS)


def ridge(x, seed, rough=1.0):
    """A mountain line in -1..1 that closes over x in 0..1: a few broad peaks, finer ones upon them."""
    rng = np.random.default_rng(seed)
    y = np.zeros_like(x)
    for k in range(1, 40):
        a = rng.normal() / k ** 1.35 * (1 if k < 6 else rough)
        y += a * np.sin(2 * np.pi * (k * x + rng.random()))
    return y / np.abs(y).max()


def tin_label(width=6.3, height=7.5):
    """The cream label of the tin: RGB, and a map of where it is gold foil."""
    w, h = int(width * DPC), int(height * DPC)
    base = np.ones((h, w, 3)) * np.array([244, 238, 222.0])
    base += noise((h, w), 3, 11)[..., None] * 1.6 + noise((h, w), 60, 12)[..., None] * 1.2
    yy = np.arange(h)[:, None]
    x = np.linspace(0, 1, w)
    for i, (level, amp, tint, depth) in enumerate([
        (0.72, 0.055, (176, 198, 182), 0.17), (0.775, 0.050, (126, 164, 142), 0.17), (0.835, 0.032, (52, 100, 78), 0.42),
    ]):
        top = (level - amp * ridge(x * 0.55 + 0.13 * i, 31 + i, 0.8)) * h
        under = np.clip(yy - top[None] + 0.5, 0, 1)
        fade = np.exp(-np.maximum(yy - top[None], 0) / (depth * h * 0.42))
        a = (under * (0.12 + 0.88 * fade) * 0.92)[..., None]
        base = base * (1 - a) + np.array(tint) * a
    im = Image.fromarray(np.clip(base, 0, 255).astype(np.uint8))
    gold = Image.new("L", (w, h))
    draw, foil = ImageDraw.Draw(im), ImageDraw.Draw(gold)
    m = int(0.20 * DPC)
    foil.rectangle((m, m, w - m, h - m), outline=255, width=int(0.035 * DPC))
    m = int(0.29 * DPC)
    foil.rectangle((m, m, w - m, h - m), outline=255, width=int(0.014 * DPC))
    column(draw, w * 0.565, 0.62 * DPC, "山前雾", serif(1.42 * DPC), INK, 1.52 * DPC)
    column(draw, w * 0.29, 0.82 * DPC, "明前龙井", serif(0.50 * DPC, False), PINE, 0.60 * DPC)
    stamp = seal(int(0.62 * DPC))
    im.paste(CINNABAR, (int(w * 0.29 - 0.31 * DPC), int(3.50 * DPC)), stamp)
    spaced(draw, (w / 2, h - 0.92 * DPC), "SHANQIANWU", inter(0.27 * DPC, "SemiBold"), (250, 247, 236), 0.10 * DPC)
    spaced(draw, (w / 2, h - 0.56 * DPC), "MISTFORE TEA", inter(0.18 * DPC, "Medium"), (250, 247, 236), 0.075 * DPC)
    return np.asarray(im, np.float32) / 255, np.asarray(gold, np.float32) / 255


def frond(px, lean=0.13):
    """Coverage of a fern frond: a bowed stem with leaflets that shorten to a curled tip."""
    n = px * 3
    im = Image.new("L", (n, n))
    draw = ImageDraw.Draw(im)
    t = np.linspace(0, 1, 400)
    sx, sy = 0.46 + lean * t ** 2 - 0.05 * np.sin(np.pi * t), 0.96 - 0.90 * t
    for k in range(len(t) - 1):
        width = n * (0.020 * (1 - t[k]) + 0.006)
        draw.ellipse((sx[k] * n - width / 2, sy[k] * n - width / 2, sx[k] * n + width / 2, sy[k] * n + width / 2), fill=255)
    for i in range(10):
        at = 0.17 + 0.79 * (i / 9.6)
        k = int(at * 399)
        tangent = np.array([sx[min(k + 1, 399)] - sx[k - 1], sy[min(k + 1, 399)] - sy[k - 1]])
        tangent /= np.hypot(*tangent)
        length = 0.36 * (1 - at) ** 0.62 * (0.70 + 0.30 * min(1, at / 0.34)) + 0.020
        for side in (-1, 1):
            normal = np.array([-tangent[1], tangent[0]]) * side
            axis = normal * np.cos(0.5) + tangent * np.sin(0.5)
            across = np.array([-axis[1], axis[0]])
            u = np.linspace(0, 1, 40)
            half = (0.074 * length + 0.0045) * np.sin(np.pi * u ** 0.72) ** 0.9
            bow = 0.16 * length * u * u
            root = np.array([sx[k], sy[k]])
            spine = root + np.outer(u, axis) * length + np.outer(bow, tangent)
            shape = np.concatenate([spine + np.outer(half, across), (spine - np.outer(half, across))[::-1]])
            draw.polygon([tuple(p * n) for p in shape], fill=255)
    return im.resize((px, px), Image.LANCZOS)


def bottle_print(width=3.6, height=15.0):
    """The bottle's print, coverage only: the frond above the wordmark that climbs the body."""
    w, h = int(width * DPC), int(height * DPC)
    im = Image.new("L", (w, h))
    word = glyph("Fernway", inter(2.05 * DPC, "SemiBold", display=True)).rotate(90, expand=True)
    leaf = frond(int(1.75 * DPC))
    im.paste(word, ((w - word.width) // 2, h - word.height - int(1.2 * DPC)))
    im.paste(leaf, ((w - leaf.width) // 2 + int(0.04 * DPC), h - word.height - leaf.height - int(1.75 * DPC)))
    return np.asarray(im, np.float32) / 255


def _flat(coverage, colour):
    im = Image.new("RGBA", coverage.size, colour + (0,))
    im.putalpha(coverage)
    return im


def logos(folder, example):
    """The two logos of an example, each flat colour on clear ground."""
    {"spring-tea": tea_logos, "steel-bottle": bottle_logos}[example](folder)


def tea_logos(folder):
    """The seal, alone and with the name."""
    side = Image.new("L", (512, 512))
    side.paste(seal(488), (12, 12))
    _flat(side, CINNABAR).save(f"{folder}/logo-shanqianwu.png", optimize=True)

    wide = Image.new("RGBA", (1200, 400), PINE + (0,))
    ink = Image.new("L", (3600, 1200))
    draw = ImageDraw.Draw(ink)
    spaced(draw, (2340, 690), "山前雾", serif(600), 255, 90)
    spaced(draw, (2340, 985), "MISTFORE TEA", inter(150, "Medium"), 255, 64)
    wide.paste(Image.new("RGBA", wide.size, PINE + (255,)), (0, 0), ink.resize((1200, 400), Image.LANCZOS))
    stamp = _flat(seal(320), CINNABAR)
    wide.alpha_composite(stamp, (40, 40))
    wide.save(f"{folder}/logo-shanqianwu-wide.png", optimize=True)


def bottle_logos(folder):
    """The frond, alone and with the name."""
    sage = (47, 84, 68)
    disc = Image.new("L", (2048, 2048))
    ImageDraw.Draw(disc).ellipse((48, 48, 2000, 2000), fill=255)
    leaf = frond(1440)
    disc.paste(0, (304, 280), leaf)
    disc = disc.resize((512, 512), Image.LANCZOS)
    _flat(disc, sage).save(f"{folder}/logo-fernway.png", optimize=True)

    ink = Image.new("L", (3600, 1200))
    leaf = frond(1000)
    ink.paste(leaf, (60, 90))
    word = glyph("Fernway", inter(640, "SemiBold", display=True))
    ink.paste(word, (1020, 1200 // 2 - 250))
    _flat(ink.resize((1200, 400), Image.LANCZOS), sage).save(f"{folder}/logo-fernway-wide.png", optimize=True)
