"""speed.py [--rounds 5] [--samples 32] [--node .build/release/node] [--scenes scenes] [--only NAME,…] [--roulette]

Speed beside other renderers, as far as they are installed: Cycles (`pip install bpy`), Mitsuba 3 (`pip install mitsuba pillow`, with Debian's
libllvm19), Embree 3 (Debian's libembree-dev). 256², depth 8, two threads; no Russian roulette, or, with `--roulette`, on all sides. Runs take
turns; medians and their ratios are printed, loading excluded. Paths a second are told by the clock and, in brackets, by processor time as if
two processors had been free: where a machine does other work as well only these can be compared. Exits with 77 where nothing could be
compared.
"""
import argparse
import importlib.util
import json
import os
import resource
import statistics
import struct
import subprocess
import sys
import tempfile

from process_time import spent

here = os.path.dirname(os.path.abspath(__file__))
root = os.path.dirname(os.path.dirname(here))
THREADS = 2


class Scene:
    """`sky`: radiance of a white sky. `targets`: ours over Cycles, over Mitsuba, and rays over Embree's. `cutouts`: has masks."""

    def __init__(self, file, sky, cycles, mitsuba, embree=None, cutouts=False):
        self.file, self.sky, self.cutouts = file, sky, cutouts
        self.targets = {"cycles": cycles, "mitsuba": mitsuba, "embree": embree}


SCENES = {
    "cornell": Scene("cornell.glb", 0, 3.0, 1.0),
    "terrain": Scene("terrain.glb", 1, 1.5, 0.9, 0.5),
    "helmet": Scene("flighthelmet.glb", 1, 2.0, 0.8, 0.55),
    "courtyard": Scene("courtyard.glb", 1, 2.0, 1.0, cutouts=True)}


def rates(paths, wall, processor):
    return paths / wall / 1e6, THREADS * paths / processor / 1e6


def ours(options, path, sky):
    command = [options.node, "render", path, "--size", "256x256", "--depth", "8", "--threads", str(THREADS), "--device", "native", "--json"]
    if options.roulette:
        command += ["--roulette", "1"]
    if sky:
        command += ["--sky", f"{sky},{sky},{sky}"]

    def run(samples):
        before = spent(resource.RUSAGE_CHILDREN)
        report = json.loads(subprocess.run(
            command + ["--samples", str(samples)], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=True).stdout)
        return report, spent(resource.RUSAGE_CHILDREN)[1] - before[1]

    # As for the others, what loading and building take is the difference of a long and a short render.
    (short, little), (long, much) = run(1), run(1 + 2 * options.samples)
    return rates(long["paths"] - short["paths"], long["seconds_render"] - short["seconds_render"], much - little)


def peer(script, flags, options, path, sky):
    flags = flags + ["--roulette"] if options.roulette else flags
    result = subprocess.run(
        [sys.executable, os.path.join(here, script), path, "--samples", str(options.samples), "--sky", str(sky), "--threads", str(THREADS),
         *flags], capture_output=True, text=True)
    line = result.stdout.strip().splitlines()[-1:]
    if result.returncode != 0 or not line or not line[0].startswith("{"):
        raise RuntimeError(f"{script}: {(result.stderr or result.stdout).strip().splitlines()[-1:]}")
    report = json.loads(line[0])
    return rates(report["paths"], report["wall"], report["processor"])


def build_rays(folder):
    """The program that shoots the same rays through both trees."""
    kernels = os.path.join(root, "Sources", "CRenderKernels")
    sources = [os.path.join(kernels, "kernel_text.c"), os.path.join(here, "rays.c")]
    for part in ("native", "scene"):
        sources += [os.path.join(kernels, part, name) for name in sorted(os.listdir(os.path.join(kernels, part))) if name.endswith((".c", ".cpp"))]
    swiftc = os.path.realpath(subprocess.check_output(["which", "swiftc"], text=True).strip())
    program = os.path.join(folder, "rays")
    subprocess.run(
        [os.path.join(os.path.dirname(swiftc), "clang"), "-O2", "-ffp-contract=off", "-fno-math-errno", "-fno-exceptions", "-Wno-c23-extensions",
         "-I", kernels, "-I", os.path.join(kernels, "include"), *sources, "-o", program, "-lembree3", "-lm", "-lpthread"], check=True)
    return program


def rays(program, folder, path):
    import numpy
    from scene_frame import SceneFrame

    corners = numpy.concatenate([m["positions"][m["faces"]].reshape(-1, 9) for m in SceneFrame(path).meshes]).astype("<f4")
    data = os.path.join(folder, "triangles")
    with open(data, "wb") as file:
        file.write(struct.pack("<I", len(corners)))
        file.write(corners.tobytes())
    return subprocess.check_output([program, data], text=True).split()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--samples", type=int, default=32)
    parser.add_argument("--node", default=os.path.join(root, ".build", "release", "node"))
    parser.add_argument("--scenes", default=os.path.join(root, "scenes"))
    parser.add_argument("--only", default="")
    parser.add_argument("--roulette", action="store_true")
    options = parser.parse_args()
    peers = {"cycles": ("cycles_speed.py", []), "mitsuba": ("mitsuba_speed.py", [])}
    for name, module in (("cycles", "bpy"), ("mitsuba", "mitsuba")):
        if importlib.util.find_spec(module) is None:
            print(f"{name}: the Python package {module} is not installed, so it is not compared")
            del peers[name]
    has_embree = os.path.exists("/usr/include/embree3/rtcore.h") and importlib.util.find_spec("numpy") is not None
    if not has_embree:
        print("embree: libembree-dev or the Python package numpy is not installed, so it is not compared")
    if not os.path.exists(options.node):
        print(f"not compared: {options.node} is not built")
        return 77
    if not peers and not has_embree:
        return 77
    wanted = options.only.split(",") if options.only else list(SCENES)
    with tempfile.TemporaryDirectory() as folder:
        program = build_rays(folder) if has_embree else None
        for name in wanted:
            scene = SCENES[name]
            path = os.path.join(options.scenes, scene.file)
            if not os.path.exists(path):
                print(f"{name}: there is no {path}, so it is not compared")
                continue
            rivals = dict(peers)
            if scene.cutouts and "mitsuba" in peers:
                rivals["mitsuba through cutouts"] = ("mitsuba_speed.py", ["--through-cutouts"])
            runs = {"ours": []} | {who: [] for who in rivals}
            for _ in range(options.rounds):
                runs["ours"].append(ours(options, path, scene.sky))
                for who, (script, flags) in rivals.items():
                    runs[who].append(peer(script, flags, options, path, scene.sky))
            middle = {who: [statistics.median(r[k] for r in all) for k in (0, 1)] for who, all in runs.items()}
            print(f"{name:10s} ours {middle['ours'][0]:.2f} ({middle['ours'][1]:.2f}) Mpaths/s", flush=True)
            for who in rivals:
                ratio = [middle["ours"][k] / middle[who][k] for k in (0, 1)]
                print(f"{'':10s} {who} {middle[who][0]:.2f} ({middle[who][1]:.2f}), ratio {ratio[0]:.2f} ({ratio[1]:.2f}), "
                      f"target {scene.targets.get(who, 'none')}", flush=True)
            if program and scene.targets["embree"]:
                mine, theirs, ratio, hits, their_hits = rays(program, folder, path)
                print(f"{'':10s} incoherent rays: ours {mine}, embree {theirs} Mrays/s a core, ratio {ratio}, "
                      f"target {scene.targets['embree']}; hits {hits} and {their_hits}", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
