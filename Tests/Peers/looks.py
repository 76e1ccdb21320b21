"""looks.py [--samples 1024] [--size 128] [--node .build/release/node] [--only NAME,…] [--keep DIR]

Compares the pictures of this project with those of Mitsuba 3 (`pip install mitsuba openexr`, with Debian's libllvm19), scene by scene: ratio of
the means for each channel, and relMSE over blocks of 8×8 pixels. Limits: 0.5 % and 2e-4. Exits with 1 where one is exceeded, with 77
(nothing was compared) where a package or the program is missing.
"""
import argparse
import importlib.util
import json
import os
import subprocess
import sys
import tempfile

here = os.path.dirname(os.path.abspath(__file__))
root = os.path.dirname(os.path.dirname(here))
RATIO_MAX, ERROR_MAX = 0.005, 2e-4
DEPTH = 12
FRAMES_PER_SECOND = 24


def missing(node):
    for module, package in (("numpy", "numpy"), ("mitsuba", "mitsuba"), ("OpenEXR", "openexr")):
        if importlib.util.find_spec(module) is None:
            return f"the Python package {package} is not installed"
    return None if os.path.exists(node) else f"{node} is not built"


def read(path):
    import numpy
    import OpenEXR

    channels = OpenEXR.File(path).channels()
    pixels = channels["RGB" if "RGB" in channels else "RGBA"].pixels
    return pixels[..., :3].astype(numpy.float64)


def directions(u, v):
    """Of an equirectangular picture with y up, by our convention: the centre lies along −z, x to its right."""
    import numpy

    u, v = numpy.meshgrid(u, v)
    angle = 2 * numpy.pi * (u - 0.5)
    return numpy.stack([numpy.sin(numpy.pi * v) * numpy.sin(angle), numpy.cos(numpy.pi * v),
                        -numpy.sin(numpy.pi * v) * numpy.cos(angle)], -1)


def skies(folder, radiance, width=256, height=128):
    """One sky, sampled where each side's convention has its texels: Mitsuba's rows reach from pole to pole, its columns begin at −z."""
    import mitsuba
    import numpy
    import OpenEXR

    u = (numpy.arange(width) + 0.5) / width
    ours = radiance(directions(u, (numpy.arange(height) + 0.5) / height))
    path = os.path.join(folder, "sky.exr")
    header = {"compression": OpenEXR.ZIP_COMPRESSION, "type": OpenEXR.scanlineimage}
    OpenEXR.File(header, {"RGB": ours}).write(path)
    theirs = radiance(directions(u + 0.5, numpy.arange(height) / (height - 1)))
    return path, {"type": "envmap", "bitmap": mitsuba.Bitmap(theirs)}


def compare(ours, theirs):
    blocks = lambda x: x.reshape(x.shape[0] // 8, 8, x.shape[1] // 8, 8, 3).mean((1, 3))
    a, b = blocks(ours), blocks(theirs)
    return (ours.mean((0, 1)) / theirs.mean((0, 1))).tolist(), float(((a - b) ** 2 / (b**2 + 1e-2)).mean())


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--samples", type=int, default=1024)
    parser.add_argument("--size", type=int, default=128)
    parser.add_argument("--node", default=os.path.join(root, ".build", "release", "node"))
    parser.add_argument("--only", default="")
    parser.add_argument("--keep", help="folder for scenes and pictures; they are removed otherwise")
    options = parser.parse_args()
    reason = missing(options.node)
    if reason:
        print(f"not compared: {reason}")
        return 77
    import mitsuba_gltf
    from looks_scenes import LOOKS, sky_radiance
    from scene_frame import SceneFrame

    failed = False
    with tempfile.TemporaryDirectory() as temporary:
        folder = options.keep or temporary
        os.makedirs(folder, exist_ok=True)
        for look in LOOKS:
            if options.only and look.name not in options.only.split(","):
                continue
            scene, picture = (os.path.join(folder, look.name + end) for end in (".glb", ".exr"))
            look.make().write(scene)
            sky, their_sky = skies(folder, sky_radiance) if look.sky else ("0.2,0.25,0.3", {
                "type": "constant", "radiance": {"type": "rgb", "value": [0.2, 0.25, 0.3]}})
            command = [options.node, "render", scene, "-o", picture, "--size", f"{options.size}x{options.size}", "--depth", str(DEPTH),
                       "--samples", str(options.samples), "--frame", str(look.frame), "--sky", sky, "--data", temporary, "--json"]
            ran = subprocess.run(command, capture_output=True, text=True)
            if ran.returncode != 0:
                print(f"{look.name}: {ran.stderr.strip()}")
                return 1
            seconds = (look.frame - 1) / FRAMES_PER_SECOND
            frame = SceneFrame(scene, seconds)
            own = mitsuba_gltf.exact_dielectric if look.exact else None
            their_scene = mitsuba_gltf.load(frame, options.size, DEPTH, their_sky, own)
            theirs = mitsuba_gltf.render(their_scene, options.samples * look.factor, 1)
            if options.keep:
                mitsuba_gltf.mi.Bitmap(theirs.astype("float32")).write(os.path.join(folder, look.name + "-mitsuba.exr"))
            ratios, error = compare(read(picture), theirs)
            good = all(abs(r - 1) <= RATIO_MAX for r in ratios) and error <= ERROR_MAX
            verdict = "for information" if look.exact else "ok" if good else "DIFFERS"
            failed |= verdict == "DIFFERS"
            shown = ", ".join(f"{r:.4f}" for r in ratios)
            rate = json.loads(ran.stdout)["mpaths_per_second"]
            print(f"{look.name:13s} ratio {shown}   relMSE {error:.1e}   {verdict}   {look.what} ({rate:.2f} Mpaths/s)",
                  flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.path.insert(0, here)
    sys.exit(main())
