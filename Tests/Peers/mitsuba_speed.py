"""mitsuba_speed.py SCENE --samples N [--sky RADIANCE] [--roulette] [--through-cutouts] …

Renders with Mitsuba 3 (`llvm_ad_rgb`, so with Debian's libllvm19) and prints one JSON object: paths, and the wall and processor seconds that they
took. The first render compiles and is left out. Materials are glTF's metallic-roughness with textures, normal maps and masks.
Its `path` lets no light through the clear parts of masks, and each costs a path one bounce; `volpath`, with `--through-cutouts`, does as we do.
"""
import io
import json
import time

import numpy

import speed_options
from process_time import spent
from mitsuba_gltf import ggx, masking, schlick
import drjit as dr
import mitsuba as mi
from scene_frame import SceneFrame


class GltfTextured(mi.BSDF):
    """Appendix B of the glTF specification, its factors from textures: a dielectric and a metal, mixed."""

    def __init__(self, props):
        mi.BSDF.__init__(self, props)
        self.base, self.rough_metal, self.specular = props["base"], props["rough_metal"], props["specular"]
        flags = mi.BSDFFlags.GlossyReflection | mi.BSDFFlags.DiffuseReflection | mi.BSDFFlags.FrontSide | mi.BSDFFlags.SpatiallyVarying
        self.m_components, self.m_flags = [int(flags)], int(flags)

    def both(self, si, wo, active):
        """Value times cosine, and density: lobes are chosen evenly."""
        wi = si.wi
        base, factors = self.base.eval(si, active), self.rough_metal.eval(si, active)
        alpha, metal = dr.maximum(factors[1] * factors[1], 1e-3), factors[2]
        active = active & (wi.z > 0) & (wo.z > 0)
        half = dr.normalize(wi + wo)
        grazing = schlick(dr.dot(wi, half))
        lobe = ggx(half, alpha) * masking(wi, alpha) * masking(wo, alpha) / (4 * wi.z * wo.z)
        fresnel = self.specular * (0.04 + 0.96 * grazing)
        dielectric = base * dr.inv_pi * (1 - fresnel) + lobe * fresnel
        value = dr.lerp(dielectric, lobe * (base + (1 - base) * grazing), metal) * wo.z
        density = 0.5 * (ggx(half, alpha) * masking(wi, alpha) / (4 * wi.z) + wo.z * dr.inv_pi)
        return dr.select(active, value, 0), dr.select(active, density, 0), alpha

    def sample(self, ctx, si, sample1, sample2, active=True):
        active = mi.Mask(active)
        factors = self.rough_metal.eval(si, active)
        facets = mi.MicrofacetDistribution(mi.MicrofacetType.GGX, dr.maximum(factors[1] * factors[1], 1e-3), True)
        normal, _ = facets.sample(si.wi, sample2)
        wo = dr.select(sample1 < 0.5, mi.reflect(si.wi, normal), mi.warp.square_to_cosine_hemisphere(sample2))
        value, density, _ = self.both(si, wo, active)
        drawn = mi.BSDFSample3f()
        drawn.wo, drawn.pdf, drawn.eta = wo, density, 1.0
        drawn.sampled_type, drawn.sampled_component = mi.UInt32(+mi.BSDFFlags.GlossyReflection), mi.UInt32(0)
        return drawn, dr.select(density > 0, value / density, 0)

    def eval(self, ctx, si, wo, active=True):
        return self.both(si, wo, mi.Mask(active))[0]

    def pdf(self, ctx, si, wo, active=True):
        return self.both(si, wo, mi.Mask(active))[1]

    def eval_pdf(self, ctx, si, wo, active=True):
        value, density, _ = self.both(si, wo, mi.Mask(active))
        return value, density

    def to_string(self):
        return "gltf_textured"


mi.register_bsdf("gltf_textured", lambda props: GltfTextured(props))


def linear(encoded):
    return numpy.where(encoded <= 0.04045, encoded / 12.92, ((encoded + 0.055) / 1.055) ** 2.4)


class Materials:
    """The scene's materials as dicts of Mitsuba."""

    def __init__(self, frame):
        self.frame, self.decoded = frame, {}

    def texels(self, slot):
        """A texture's picture, RGBA from 0 to 1."""
        from PIL import Image

        number = self.frame.document["textures"][slot["index"]]["source"]
        if number not in self.decoded:
            picture = Image.open(io.BytesIO(self.frame.image(number))).convert("RGBA")
            self.decoded[number] = numpy.asarray(picture, dtype=numpy.float32) / 255
        return self.decoded[number]

    @staticmethod
    def bitmap(values, kind="bilinear"):
        return {"type": "bitmap", "bitmap": mi.Bitmap(numpy.ascontiguousarray(values, dtype=numpy.float32)), "raw": True,
                "filter_type": kind}

    def constant(self, *values):
        return self.bitmap(numpy.reshape(values, (1, 1, 3)), "nearest")

    def make(self, number):
        material = self.frame.material(number)
        model = material.get("pbrMetallicRoughness", {})
        color = model.get("baseColorFactor", [1, 1, 1, 1])
        factors = numpy.array([0, model.get("roughnessFactor", 1.0), model.get("metallicFactor", 1.0)])
        base = self.constant(*color[:3])
        if "baseColorTexture" in model:
            base = self.bitmap(linear(self.texels(model["baseColorTexture"])[..., :3]) * color[:3])
        rough_metal = self.constant(*factors)
        if "metallicRoughnessTexture" in model:
            rough_metal = self.bitmap(self.texels(model["metallicRoughnessTexture"])[..., :3] * factors)
        specular = material.get("extensions", {}).get("KHR_materials_specular", {}).get("specularFactor", 1.0)
        if specular == 0 and factors[2] == 0:
            bsdf = {"type": "diffuse", "reflectance": base}
        else:
            bsdf = {"type": "gltf_textured", "base": base, "rough_metal": rough_metal, "specular": specular}
        if "normalTexture" in material:
            bsdf = {"type": "normalmap", "normalmap": self.bitmap(self.texels(material["normalTexture"])[..., :3]), "bsdf": bsdf}
        bsdf = {"type": "twosided", "bsdf": bsdf}
        if material.get("alphaMode") == "MASK" and "baseColorTexture" in model:
            alpha = self.texels(model["baseColorTexture"])[..., 3:] * color[3]
            bsdf = {"type": "mask", "opacity": self.bitmap(alpha >= material.get("alphaCutoff", 0.5), "nearest"), "bsdf": bsdf}
        return mi.load_dict(bsdf)


def build(path, options):
    frame = SceneFrame(path)
    matrix, yfov = frame.camera
    scene = {
        "type": "scene", "integrator": {
            "type": "volpath" if options.through_cutouts else "path", "max_depth": options.depth,
            "rr_depth": 1 if options.roulette else 100000},
        "sensor": {
            "type": "perspective", "fov": float(numpy.degrees(yfov)), "fov_axis": "y", "near_clip": 0.001, "far_clip": 1e4,
            "to_world": mi.ScalarTransform4f(numpy.ascontiguousarray(matrix @ numpy.diag([-1.0, 1, -1, 1]))),
            "sampler": {"type": "independent"},
            "film": {"type": "hdrfilm", "width": options.size, "height": options.size, "pixel_format": "rgb", "rfilter": {"type": "box"}}}}
    if options.sky > 0:
        scene["sky"] = {"type": "constant", "radiance": {"type": "rgb", "value": [options.sky] * 3}}
    materials, made = Materials(frame), {}
    for index, mesh in enumerate(frame.meshes):
        number = mesh["material"]
        if number not in made:
            made[number] = materials.make(number)
        material = frame.material(number)
        props = mi.Properties()
        props["bsdf"] = made[number]
        strength = material.get("extensions", {}).get("KHR_materials_emissive_strength", {}).get("emissiveStrength", 1.0)
        emission = numpy.array(material.get("emissiveFactor", (0, 0, 0)), float) * strength
        if emission.any() and "emissiveTexture" not in material:
            props["emitter"] = mi.load_dict({"type": "area", "radiance": {"type": "rgb", "value": emission.tolist()}})
        attributes = {"vertex_positions": mesh["positions"], "vertex_normals": mesh["normals"], "vertex_texcoords": mesh["uvs"]}
        shape = mi.Mesh(f"mesh{index}", len(mesh["positions"]), len(mesh["faces"]), props=props,
                        has_vertex_normals=mesh["normals"] is not None, has_vertex_texcoords=mesh["uvs"] is not None)
        values = mi.traverse(shape)
        values["faces"] = mesh["faces"].astype(numpy.uint32).ravel()
        for name, rows in attributes.items():
            if rows is not None:
                values[name] = rows.astype(numpy.float32).ravel()
        values.update()
        scene[f"mesh{index}"] = shape
    return mi.load_dict(scene)


def main():
    options = speed_options.parse(__doc__)
    dr.set_thread_count(options.threads)
    scene = build(options.scene, options)

    def render(seed):
        picture = numpy.array(mi.render(scene, spp=options.samples, seed=seed))
        assert numpy.isfinite(picture).all() and picture.mean() > 0

    render(1)
    before = spent()
    render(2)
    after = spent()
    print(json.dumps({
        "paths": options.size**2 * options.samples, "wall": after[0] - before[0], "processor": after[1] - before[1]}))


main()
