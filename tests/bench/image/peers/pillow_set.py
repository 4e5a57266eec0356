"""Reference work I with Pillow. usage: pillow_set.py OUT SETS"""

import json
import os
import sys

from PIL import Image, ImageDraw, ImageOps

from fit import Fonts, fit

BENCH, (OUT, SETS) = os.environ["BENCH"], sys.argv[1:3]
WORK = json.load(open(f"{BENCH}/work.json"))
COLORS, FORMATS = WORK["colors"], os.environ.get("FORMATS", "jpg,webp").split(",")
fonts = Fonts(f"{BENCH}/font.otf")
for _ in range(int(SETS)):
    hero = Image.open(f"{BENCH}/hero.jpg").convert("RGB")
    logo = Image.open(f"{BENCH}/logo.png").convert("RGBA")
    for size in WORK["sizes"]:
        width, height, scrim = size["w"], size["h"], size["scrim"]
        image = ImageOps.fit(hero, (width, height), Image.LANCZOS)
        down = scrim["dir"] == "down"
        steps, rise = height if down else width, scrim["a1"] - scrim["a0"]
        share = lambda n: min(1, max(0, ((n + 0.5) / steps - scrim["start"]) / (scrim["end"] - scrim["start"])))
        ramp = bytes(int(255 * (scrim["a0"] + rise * share(n)) + 0.5) for n in range(steps))
        mask = Image.frombytes("L", (1, steps) if down else (steps, 1), ramp).resize((width, height), Image.NEAREST)
        image.paste(COLORS["scrim"], (0, 0, width, height), mask)
        x, y, w, h = size["logo"]
        small = logo.resize((w, h), Image.LANCZOS)
        image.paste(small, (x, y), small)
        x, y, w, h = size["cta"]
        pill = Image.new("L", (w * 4, h * 4), 0)
        ImageDraw.Draw(pill).rounded_rectangle([0, 0, w * 4 - 1, h * 4 - 1], h * 2, fill=255)
        image.paste(COLORS["cta_bg"], (x, y, x + w, y + h), pill.resize((w, h), Image.BOX))
        draw = ImageDraw.Draw(image)
        px, _ = fit(fonts, WORK["cta"], w - 0.6 * h, h * 0.5, 1, 1.2, 6)
        draw.text((x + w / 2, y + h / 2), WORK["cta"], font=fonts.get(px), fill=COLORS["cta_fg"], anchor="mm")
        x, y, w, h = size["head"]
        px, lines = fit(fonts, WORK["headline"], w, h, WORK["lines"], WORK["line_height"])
        step = px * WORK["line_height"]
        for n, line in enumerate(lines):
            at = (x, y + h - step * (len(lines) - n) + step * 0.8)
            draw.text(at, line, font=fonts.get(px), fill=COLORS["head"], anchor="ls")
        if "jpg" in FORMATS:
            image.save(f"{OUT}/{size['name']}.jpg", quality=WORK["jpeg_q"], optimize=True)
        if "webp" in FORMATS:
            image.save(f"{OUT}/{size['name']}.webp", quality=WORK["webp_q"], method=4)
