"""Makes the example photos and logos: `python render.py [name ...]`; see README.md."""

import argparse
import time
from pathlib import Path

import numpy as np

from studio import marks, places, products
from studio.camera import blur, defocus, expose, save_cutout, save_photo

EXAMPLES = Path(__file__).resolve().parent.parent
FOLDERS = {"tin": "spring-tea", "table": "spring-tea", "bottle": "steel-bottle", "trail": "steel-bottle"}


def tin(out, size, _example):
    product = products.Tin()
    bake = products.bake_in_studio(product)
    shade, gain = products.on_sweep(product, bake)
    w = int(1600 * size)
    save_photo(out / "tea-tin.jpg", expose(products.portrait(product, w, w, 0.66, aim=0.46), shade))
    save_cutout(out / "tea-tin.png", expose(products.portrait(product, w, w, 0.80), products.cutout(product, bake, gain)))


def bottle(out, size, _example):
    product = products.Bottle()
    bake = products.bake_in_studio(product)
    shade, gain = products.on_sweep(product, bake)
    w, h = int(1600 * size), int(2000 * size)
    save_photo(out / "bottle.jpg", expose(products.portrait(product, w, h, 0.70, lift=0.12, aim=0.48), shade))
    w, h = int(1200 * size), int(1800 * size)
    save_cutout(out / "bottle.png", expose(products.portrait(product, w, h, 0.88, lift=0.12), products.cutout(product, bake, gain)))


def table(out, size, _example):
    w, h = int(1600 * size), int(1200 * size)
    camera, shade = places.tea_table(w, h)
    shot = expose(camera, shade, 3)
    spread = np.abs(1 / camera.focus - 1 / shot[..., 3]) * 900 * size
    save_photo(out / "tea-leaves.jpg", defocus(shot[..., :3], spread))


def trail(out, size, _example):
    w, h = int(1920 * size), int(1280 * size)
    camera, shade = places.trail(w, h)
    shot = expose(camera, shade, 3)
    front = defocus(shot[..., :4], np.abs(1 / camera.focus - shot[..., 4]) * 2200 * size * (shot[..., 3] > 0.5))
    picture = front[..., :3] + places.hills(w, h, size) * (1 - front[..., 3:])
    picture = picture * 0.93 + blur(picture, 60 * size) * 0.07  # a lens against the light blooms a little
    save_photo(out / "bottle-trail.jpg", picture)


def logos(out, _size, example):
    marks.logos(out, example)


PICTURES = {"tin": tin, "bottle": bottle, "table": table, "trail": trail, "logos": logos}

if __name__ == "__main__":
    ask = argparse.ArgumentParser(description=__doc__)
    ask.add_argument("names", nargs="*", metavar="name", help=f"any of: {', '.join(PICTURES)} (all when none is named)")
    ask.add_argument("--out", type=Path, help="folder to write to; without it, the photos of the two examples")
    ask.add_argument("--size", type=float, default=1.0, help="scale, for a quick look")
    args = ask.parse_args()
    for name in args.names or PICTURES:
        start = time.monotonic()
        for folder in [FOLDERS[name]] if name in FOLDERS else ["spring-tea", "steel-bottle"]:
            out = args.out or EXAMPLES / folder / "photos"
            out.mkdir(parents=True, exist_ok=True)
            PICTURES[name](out, args.size, folder)
        print(f"{name}: {time.monotonic() - start:.0f} s")
