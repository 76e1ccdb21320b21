"""cycles_speed.py SCENE --samples N [--sky RADIANCE] [--roulette] …

Renders with Cycles (`pip install bpy`) on the processor and prints one JSON object: paths, and the wall and processor seconds that they took.
Nothing that changes the estimate is on: no adaptive sampling, denoising, clamping, blurred reflections or light tree. Cycles ends paths by
roulette unless it is told how many bounces are sure: all of them, but with `--roulette`. Loading and building are left out by taking
the difference of a long and a short render.
"""
import json
import os
import tempfile

import speed_options
from process_time import spent


def main():
    options = speed_options.parse(__doc__)
    import bpy

    bpy.ops.wm.read_factory_settings(use_empty=True)
    bpy.ops.import_scene.gltf(filepath=os.path.abspath(options.scene))
    scene = bpy.context.scene
    scene.camera = next(o for o in scene.objects if o.type == "CAMERA")
    scene.world = world = bpy.data.worlds.new("sky")
    world.use_nodes = True
    background = world.node_tree.nodes.get("Background") or world.node_tree.nodes.new("ShaderNodeBackground")
    background.inputs["Color"].default_value = (1, 1, 1, 1)
    background.inputs["Strength"].default_value = options.sky

    scene.render.engine = "CYCLES"
    # Cycles counts bounces, we count segments: the last one, to a light, is not a bounce.
    bounces = options.depth - 1
    sure = 0 if options.roulette else bounces
    settings = {
        "device": "CPU", "use_adaptive_sampling": False, "use_denoising": False, "use_light_tree": False, "max_bounces": bounces,
        "diffuse_bounces": bounces, "glossy_bounces": bounces, "transmission_bounces": bounces, "transparent_max_bounces": 64,
        "min_light_bounces": sure, "min_transparent_bounces": 0 if options.roulette else 64, "sample_clamp_direct": 0, "sample_clamp_indirect": 0, "blur_glossy": 0,
        "caustics_reflective": True, "caustics_refractive": True, "pixel_filter_type": "BOX", "filter_width": 1.0}
    for name, value in settings.items():
        setattr(scene.cycles, name, value)
    scene.render.resolution_x = scene.render.resolution_y = options.size
    scene.render.resolution_percentage = 100
    scene.render.threads_mode, scene.render.threads = "FIXED", options.threads
    scene.render.use_persistent_data = True
    scene.render.image_settings.file_format = "OPEN_EXR"

    with tempfile.TemporaryDirectory() as folder:
        def render(samples, seed):
            scene.cycles.samples, scene.cycles.seed = samples, seed
            # Not for the name: settings of Cycles alone do not tell Blender that the scene has changed.
            scene.render.filepath = os.path.join(folder, f"picture{seed}.exr")
            before = spent()
            bpy.ops.render.render(write_still=True)
            after = spent()
            return after[0] - before[0], after[1] - before[1]

        short = 2
        render(1, 0)
        first, second = render(short, 1), render(short + options.samples, 2)
    print(json.dumps({
        "paths": options.size**2 * options.samples, "wall": second[0] - first[0], "processor": second[1] - first[1]}))


main()
