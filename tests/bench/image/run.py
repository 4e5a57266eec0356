#!/usr/bin/env python3
"""Reference work I: eight channel images of one hero and one logo, by the studio and by the engines that people use.

Peers are installed into a folder of their own (HANDBILL_BENCH_DIR, else one under the system's temporary folder) and kept
there; one that cannot be installed is printed as absent. All run in turns, `--repeats` times, with 1 set and with several:
warm = (T(several) − T(1)) / (several − 1). CPU is the least of the repeats (others on the machine only add), user and
system time of the whole process tree; wall is the median; memory is the peak of anonymous and shared pages of the tree.
The last line is JSON."""

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[2]
DIR = Path(os.environ.get("HANDBILL_BENCH_DIR") or Path(tempfile.gettempdir()) / "handbill-bench-image")
PYTHON, PEERS = DIR / "venv/bin/python", DIR / "peers"
TICKS = os.sysconf("SC_CLK_TCK")


def quietly(argv, **more):
    done = subprocess.run(argv, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, **more)
    return done.returncode == 0, done.stdout.strip().splitlines()[-1:] or [""]


def install():
    """What is there to compare with: name → why not, or None."""
    absent = {}
    DIR.mkdir(parents=True, exist_ok=True)
    shutil.copytree(HERE / "peers", PEERS, dirs_exist_ok=True, ignore=shutil.ignore_patterns("__pycache__"))
    if not PYTHON.exists():
        subprocess.run([sys.executable, "-m", "venv", DIR / "venv"], check=True)
    ok, said = quietly([PYTHON, "-m", "pip", "install", "-q", "pillow", "numpy", "fonttools"])
    if not ok:
        sys.exit(f"bench: Pillow, numpy and fonttools are needed to draw the inputs: {said[0]}")
    ok, said = quietly([PYTHON, "-m", "pip", "install", "-q", "pyvips[binary]"])
    absent["pyvips"] = None if ok else said[0]
    node = shutil.which("npm")
    ok, said = quietly(["npm", "ci", "--no-audit", "--no-fund"], cwd=PEERS) if node else (False, ["no npm"])
    for name in ("sharp", "satori", "chromium"):
        absent[name] = None if ok else said[0]
    browser = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
    if ok and not browser:
        absent["chromium"] = "no chromium on the PATH"
    os.environ["CHROMIUM"] = browser or ""
    return {name: why for name, why in absent.items() if why}


def studio():
    """Builds our side and says where it is."""
    own = os.environ.get("HANDBILL_BENCH_STUDIO")
    if own:
        return own
    build = ["cargo", "build", "--release", "--locked", "-p", "handbill-media", "--example", "bench-image"]
    subprocess.run(build, cwd=ROOT, check=True)
    target = os.environ.get("CARGO_TARGET_DIR") or ROOT / "target"
    return str(Path(target) / "release/examples/bench-image")


def targets(binary, absent):
    """Name → (argv for an output folder and a number of sets, environment)."""
    def ours(mode, formats="jpg,webp", threads=1):
        given = [f"hero={DIR}/hero.jpg", f"logo={DIR}/logo.png", f"formats={formats}", f"threads={threads}"]
        return lambda out, sets: [binary, mode, f"out={out}", f"sets={sets}", *given], {}

    def peer(script, **env):
        command = ["node"] if script.endswith(".mjs") else [str(PYTHON)]
        return lambda out, sets: [*command, str(PEERS / script), out, str(sets)], env

    both, jpeg = {}, {}
    for formats, into in (("jpg,webp", both), ("jpg", jpeg)):
        into["studio"] = ours("sets", formats)
        into["studio-floor"] = ours("encode", formats)
        into["studio-2t"] = ours("sets", formats, 2)
        into["pillow"] = peer("pillow_set.py", FORMATS=formats)
        into["sharp"] = peer("sharp_set.mjs", FORMATS=formats, SERIAL="1", UV_THREADPOOL_SIZE="1")
        into["pyvips"] = peer("pyvips_set.py", FORMATS=formats)
        into["satori"] = peer("satori_set.mjs", FORMATS=formats)
        into["chromium"] = peer("chromium_set.mjs", FORMATS=formats)
        for name in absent:
            into.pop(name)
    both["studio-compose"] = ours("compose")
    return {**both, **{f"{name} (jpeg)": target for name, target in jpeg.items()}}


def tree(pid, children):
    return [pid] + [q for child in children.get(pid, []) for q in tree(child, children)]


class Watch(threading.Thread):
    """Samples processor time and memory of a process and all below it."""

    def __init__(self, pid):
        super().__init__(daemon=True)
        self.pid, self.peak, self.cpu, self.over = pid, 0, {}, threading.Event()

    def run(self):
        while not self.over.is_set():
            self.look()
            self.over.wait(0.02)

    def look(self):
        children, spent = {}, {}
        for pid in filter(str.isdigit, os.listdir("/proc")):
            try:
                stat = Path(f"/proc/{pid}/stat").read_text()
            except OSError:
                continue
            fields = stat[stat.rindex(")") + 2 :].split()
            children.setdefault(int(fields[1]), []).append(int(pid))
            spent[int(pid)] = (int(fields[11]) + int(fields[12])) / TICKS
        total = 0
        for pid in tree(self.pid, children):
            self.cpu[pid] = max(self.cpu.get(pid, 0), spent.get(pid, 0))
            try:
                lines = Path(f"/proc/{pid}/status").read_text().splitlines()
            except OSError:
                continue
            total += sum(int(line.split()[1]) for line in lines if line.startswith(("RssAnon", "RssShmem")))
        self.peak = max(self.peak, total)


def run(argv, env):
    started = time.monotonic()
    given = {**os.environ, "BENCH": str(DIR), **env}
    with tempfile.TemporaryFile() as errors:
        process = subprocess.Popen(argv, env=given, stdout=subprocess.DEVNULL, stderr=errors)
        watch = Watch(process.pid)
        watch.start()
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        wall = time.monotonic() - started
        watch.over.set()
        watch.join()
        if status:
            errors.seek(0)
            raise RuntimeError(errors.read()[-300:].decode(errors="replace"))
    # Times of children that were waited for are in the usage; those of a browser's processes only in the samples.
    cpu = max(usage.ru_utime + usage.ru_stime, sum(watch.cpu.values()))
    return wall, cpu, watch.peak / 1024


def measure(all_targets, repeats, several):
    runs = {name: {1: [], several: []} for name in all_targets}
    for turn in range(repeats):
        for name, (argv, env) in [(n, (t[0], t[1])) for n, t in all_targets.items()]:
            out = DIR / "out" / name.replace(" ", "-")
            out.mkdir(parents=True, exist_ok=True)
            for sets in (1, several):
                try:
                    runs[name][sets].append(run(argv(str(out), sets), env))
                except RuntimeError as error:
                    print(f"bench: {name}: {error}", file=sys.stderr)
        print(f"bench: turn {turn + 1} of {repeats}", file=sys.stderr, flush=True)
    found = {}
    for name, (once, many) in ((n, (r[1], r[several])) for n, r in runs.items()):
        if not once or not many:
            continue
        least = lambda rows, n: min(row[n] for row in rows)
        middle = lambda rows, n: statistics.median(row[n] for row in rows)
        out = DIR / "out" / name.replace(" ", "-")
        sizes = {e: sum(f.stat().st_size for f in out.glob(f"*.{e}")) / 1000 for e in ("jpg", "webp")}
        found[name] = dict(
            cold=middle(once, 0),
            wall=(least(many, 0) - least(once, 0)) / (several - 1),
            cpu=(least(many, 1) - least(once, 1)) / (several - 1),
            peak=max(row[2] for row in many),
            **sizes,
        )
    return found


def table(found):
    ours = found["studio"]
    print(f"\n{'per set of 8 images':24} {'cold s':>7} {'wall s':>7} {'CPU s':>7} {'× ours':>7} {'peak MB':>8} {'JPEG kB':>8} {'WebP kB':>8}")
    for name, row in found.items():
        base = found.get("studio (jpeg)", ours) if "(jpeg)" in name else ours
        webp = 0 if "(jpeg)" in name else row["webp"]
        print(f"{name:24} {row['cold']:7.2f} {row['wall']:7.3f} {row['cpu']:7.3f} {row['cpu'] / base['cpu']:7.2f} {row['peak']:8.0f} {row['jpg']:8.0f} {webp:8.0f}")


def avif(binary):
    out = DIR / "out/avif"
    out.mkdir(parents=True, exist_ok=True)
    argv = [binary, "avif", f"out={out}", "sets=10", f"hero={DIR}/hero.jpg", f"logo={DIR}/logo.png"]
    said = subprocess.run(argv, check=True, stdout=subprocess.PIPE, text=True).stdout.strip().splitlines()
    print("\n1080 × 1080, AVIF at the likeness of WebP q80:", *said[:-1], sep="\n  ")
    return json.loads(said[-1])


def catalogue(binary, count):
    """Many products: does memory stay, does the pace stay? JPEG, as most channels take it."""
    argv = [binary, "skus", f"out={DIR}/out/skus", f"sets={count}", "formats=jpg", "threads=2"]
    argv += [f"hero={DIR}/hero.jpg", f"logo={DIR}/logo.png"]
    rows = []
    with subprocess.Popen(argv, stdout=subprocess.PIPE, text=True) as process:
        for line in process.stdout:
            rows.append(json.loads(line))
            print("  {skus:5} products: {wall_s:.1f} s, {cpu_s:.1f} s CPU, {rss_mb:.0f} MB".format(**rows[-1]), flush=True)
    first, later = rows[0], rows[1:] or rows
    return dict(
        skus=count,
        skus_per_s=round(100 / statistics.median(r["wall_s"] for r in rows), 2),
        skus_pace=round(first["cpu_s"] / max(statistics.median(r["cpu_s"] for r in later), 1e-9), 3),
        skus_growth_mb=round(rows[-1]["rss_mb"] - first["rss_mb"], 1),
    )


def main():
    ask = argparse.ArgumentParser()
    ask.add_argument("--repeats", type=int, default=5)
    ask.add_argument("--sets", type=int, default=4, help="sets of a warm run")
    ask.add_argument("--skus", type=int, default=1000, help="products of the long run, 0 for none")
    ask.add_argument("--only", nargs="*", help="beginnings of names")
    asked = ask.parse_args()
    absent = install()
    for name, why in absent.items():
        print(f"bench: {name} is absent: {why}")
    if not (DIR / "fits.json").exists():
        subprocess.run([PYTHON, HERE / "assets.py", DIR], check=True)
    binary = studio()
    chosen = targets(binary, absent)
    if asked.only:
        chosen = {n: t for n, t in chosen.items() if any(n.startswith(o) for o in asked.only)}
    found = measure(chosen, asked.repeats, asked.sets)
    table(found)
    still = avif(binary)
    print(f"\n{asked.skus} products × 8 sizes:") if asked.skus else None
    long_run = catalogue(binary, asked.skus) if asked.skus else {}

    def beside(suffix):
        peers = [row["cpu"] for name, row in found.items() if not name.startswith("studio") and name.endswith(suffix) and ("(jpeg)" in name) == bool(suffix)]
        return found["studio" + suffix]["cpu"] / min(peers) if peers else None

    rounded = lambda value: None if value is None else round(value, 3)
    result = dict(
        cpu_vs_best_peer=rounded(beside("")),
        jpeg_cpu_vs_best_peer=rounded(beside(" (jpeg)")),
        cpu_vs_encode_floor=rounded(found["studio"]["cpu"] / found["studio-floor"]["cpu"]),
        wall_vs_cpu=rounded(found["studio-2t"]["wall"] / found["studio-2t"]["cpu"]),
        peak_mb=round(max(found["studio"]["peak"], found["studio-2t"]["peak"]), 1),
        avif_1080_cpu_s=still["avif_cpu_s"],
        avif_vs_webp_bytes=rounded(still["avif_bytes"] / still["webp_bytes"]),
        **long_run,
        absent=sorted(absent),
        load=round(os.getloadavg()[0], 2),
    )
    print(json.dumps(result))


if __name__ == "__main__":
    main()
