"""Reference work I with pyvips. usage: pyvips_set.py OUT SETS"""

import json
import os
import sys

os.environ.setdefault("VIPS_CONCURRENCY", os.environ.get("THREADS", "1"))
import pyvips  # noqa: E402  (reads the line above)

BENCH, (OUT, SETS) = os.environ["BENCH"], sys.argv[1:3]
WORK = json.load(open(f"{BENCH}/work.json"))
COLORS, FORMATS = WORK["colors"], os.environ.get("FORMATS", "jpg,webp").split(",")
pyvips.cache_set_max(0)


def rgb(color):
    return [int(color[n : n + 2], 16) for n in (1, 3, 5)]


def text(words, width, height, color):
    """vips fits by itself: it looks for the resolution that fills the box."""
    font = dict(font="Noto Sans CJK SC Bold", fontfile=f"{BENCH}/font.otf")
    mask = pyvips.Image.text(words.replace("&", "&amp;"), width=int(width), height=int(height), align="low", **font)
    return mask.new_from_image(rgb(color)).copy(interpretation="srgb").bandjoin(mask)


for _ in range(int(SETS)):
    for size in WORK["sizes"]:
        width, height, scrim = size["w"], size["h"], size["scrim"]
        image = pyvips.Image.thumbnail(f"{BENCH}/hero.jpg", width, height=height, crop="centre", size="both")
        down, grid = scrim["dir"] == "down", pyvips.Image.xyz(width, height)
        along = ((grid[1] if down else grid[0]) + 0.5) / (height if down else width)
        along = (along - scrim["start"]) / (scrim["end"] - scrim["start"])
        along = (along < 0).ifthenelse(0, (along > 1).ifthenelse(1, along))
        alpha = (255 * (scrim["a0"] + (scrim["a1"] - scrim["a0"]) * along)).cast("uchar")
        shade = alpha.new_from_image(rgb(COLORS["scrim"])).copy(interpretation="srgb").bandjoin(alpha)
        x, y, w, h = size["logo"]
        logo = pyvips.Image.thumbnail(f"{BENCH}/logo.png", w, height=h)
        cx, cy, cw, ch = size["cta"]
        svg = f"<svg xmlns='http://www.w3.org/2000/svg' width='{cw}' height='{ch}'>"
        svg += f"<rect width='{cw}' height='{ch}' rx='{ch // 2}' fill='{COLORS['cta_bg']}'/></svg>"
        pill = pyvips.Image.svgload_buffer(svg.encode())
        call = text(WORK["cta"], cw - 0.6 * ch, ch * 0.5, COLORS["cta_fg"])
        hx, hy, hw, hh = size["head"]
        head = text(WORK["headline"], hw, hh, COLORS["head"])
        layers = [shade, logo, pill, call, head]
        lefts = [0, x, cx, cx + (cw - call.width) // 2, hx]
        tops = [0, y, cy, cy + (ch - call.height) // 2, hy + hh - head.height]
        image = image.composite(layers, "over", x=lefts, y=tops).flatten().cast("uchar").copy_memory()
        if "jpg" in FORMATS:
            image.jpegsave(f"{OUT}/{size['name']}.jpg", Q=WORK["jpeg_q"], optimize_coding=True, strip=True)
        if "webp" in FORMATS:
            image.webpsave(f"{OUT}/{size['name']}.webp", Q=WORK["webp_q"], effort=4, strip=True)
