"""glTF materials with layers as a BSDF of Mitsuba 3, and scenes made of them. Written from appendix B of glTF 2.0 and the texts of
KHR_materials_{ior, specular, transmission, volume, clearcoat, sheen}; no code is shared with the program."""
import os

os.environ.setdefault("DRJIT_LIBLLVM_PATH", "/usr/lib/x86_64-linux-gnu/libLLVM.so.19.1")

import numpy
import mitsuba as mi

mi.set_variant("llvm_ad_rgb")
import drjit as dr

FRAME = mi.Frame3f
FLAGS = mi.BSDFFlags
ALPHA_MIN = 1e-3


def ggx(h, alpha):
    """D of appendix B."""
    a2 = alpha * alpha
    t = FRAME.cos_theta_2(h) * (a2 - 1) + 1
    return a2 / (dr.pi * t * t)


def masking(w, alpha):
    """G1 of appendix B; the masking-shadowing of two directions is their product."""
    c = dr.abs(FRAME.cos_theta(w))
    a2 = alpha * alpha
    return 2 * c / (c + dr.sqrt(a2 + (1 - a2) * c * c))


def schlick(cosine):
    return dr.power(dr.clip(1 - cosine, 0, 1), 5)


def largest(color):
    return dr.maximum(dr.maximum(color[0], color[1]), color[2])


def flipped(w, flip):
    return mi.Vector3f(w.x, w.y, dr.select(flip, -w.z, w.z))


def sheen_lambda_fit(x, alpha):
    t = (1 - alpha) ** 2
    mixed = lambda one, zero: zero + (one - zero) * t
    a, b, c = mixed(25.3245, 21.5473), mixed(3.32435, 3.82987), mixed(0.16801, 0.19823)
    d, e = mixed(-1.27393, -1.97760), mixed(-4.85967, -4.32054)
    return a / (1 + b * x**c) + d * x + e


class Sheen:
    """The lobe of KHR_materials_sheen, and its directional albedo by quadrature."""

    def __init__(self, roughness):
        self.alpha = roughness * roughness
        cosines = (numpy.arange(257) / 256) ** 2
        theta = (numpy.arange(400) + 0.5) / 400 * numpy.pi / 2
        phi = (numpy.arange(200) + 0.5) / 200 * numpy.pi
        t, p = numpy.meshgrid(theta, phi, indexing="ij")
        into = numpy.stack([numpy.sin(t) * numpy.cos(p), numpy.sin(t) * numpy.sin(p), numpy.cos(t)])
        measure = numpy.sin(t) * numpy.cos(t) * (numpy.pi / 2 / 400) * (2 * numpy.pi / 200)
        table = []
        for cosine in numpy.maximum(cosines, 1e-4):
            out = numpy.array([numpy.sqrt(1 - cosine**2), 0, cosine])
            half = into + out[:, None, None]
            half /= numpy.linalg.norm(half, axis=0)
            value = self._value(half[2], cosine, into[2], numpy.exp, numpy.where)
            table.append(float((value * measure).sum()))
        self.table = mi.Float(table)

    def _lambda(self, cosine, exp, where):
        low = exp(sheen_lambda_fit(cosine, self.alpha))
        high = exp(2 * sheen_lambda_fit(0.5, self.alpha) - sheen_lambda_fit(1 - cosine, self.alpha))
        return where(cosine < 0.5, low, high)

    def _value(self, half_cosine, out, into, exp, where):
        inverse = 1 / self.alpha
        distribution = (2 + inverse) * abs(1 - half_cosine**2) ** (inverse / 2) / (2 * numpy.pi)
        shadow = 1 + self._lambda(out, exp, where) + self._lambda(into, exp, where)
        return distribution / (shadow * 4 * out * into)

    def value(self, half_cosine, out, into):
        return self._value(half_cosine, out, into, dr.exp, dr.select)

    def albedo(self, cosine):
        x = dr.sqrt(dr.clip(cosine, 0, 1)) * 256
        i = dr.minimum(mi.UInt32(x), 255)
        low, high = dr.gather(mi.Float, self.table, i), dr.gather(mi.Float, self.table, i + 1)
        return low + (high - low) * (x - mi.Float(i))


class GltfLayers(mi.BSDF):
    """One glTF material without textures, by its JSON object."""

    materials = []

    def __init__(self, props):
        mi.BSDF.__init__(self, props)
        material = GltfLayers.materials[int(props["material"])]
        core = material["pbrMetallicRoughness"]
        part = lambda name: material.get("extensions", {}).get("KHR_materials_" + name, {})
        self.base = mi.Color3f(*core["baseColorFactor"][:3])
        self.metallic = core["metallicFactor"]
        self.alpha = max(core["roughnessFactor"] ** 2, ALPHA_MIN)
        self.ior = part("ior").get("ior", 1.5)
        self.specular = part("specular").get("specularFactor", 1.0)
        self.f0 = min(((self.ior - 1) / (self.ior + 1)) ** 2, 1) * self.specular
        self.transmission = part("transmission").get("transmissionFactor", 0.0)
        self.volume = part("volume").get("thicknessFactor", 0.0) > 0
        self.smooth = core["roughnessFactor"] == 0
        self.coat = part("clearcoat").get("clearcoatFactor", 0.0)
        self.coat_alpha = max(part("clearcoat").get("clearcoatRoughnessFactor", 0.0) ** 2, ALPHA_MIN)
        self.sheen_color = mi.Color3f(*part("sheen").get("sheenColorFactor", (0, 0, 0)))
        self.sheen_max = max(part("sheen").get("sheenColorFactor", (0, 0, 0)))
        self.sheen = Sheen(part("sheen").get("sheenRoughnessFactor", 0.0)) if self.sheen_max > 0 else None
        # Chances of drawing from each lobe; any that cover all lobes do.
        chances = {"facet": 1.0, "diffuse": 1.0, "coat": 1.0 if self.coat > 0 else 0.0}
        if self.metallic == 1 or self.transmission == 1:
            chances["diffuse"] = 0.5 if self.sheen else 0.0
        if self.specular == 0 and self.metallic == 0:
            chances["facet"] = 0.0
        total = sum(chances.values())
        self.chances = {name: chance / total for name, chance in chances.items()}
        sides = FLAGS.FrontSide | FLAGS.BackSide
        self.m_components = [int(f | sides) for f in (FLAGS.GlossyReflection, FLAGS.DiffuseReflection, FLAGS.GlossyTransmission)]
        if self.transmission > 0 and self.smooth:
            self.m_components.append(int(FLAGS.DeltaTransmission | sides))
        self.m_flags = 0
        for component in self.m_components:
            self.m_flags |= component

    def fresnel(self, cosine, inside):
        """Schlick's approximation with the cosine in the thinner medium; 1 where all is reflected."""
        f90 = self.specular
        if not self.volume:
            return self.f0 + (f90 - self.f0) * schlick(cosine)
        sine2 = (1 - cosine * cosine) * self.ior**2
        outer = dr.select(inside, dr.sqrt(dr.maximum(1 - sine2, 0)), cosine)
        value = self.f0 + (f90 - self.f0) * schlick(outer)
        return dr.select(inside & (sine2 >= 1), 1, value)

    def passing(self, wi, vh, inside):
        """Chance that a facet is passed instead of mirroring."""
        cosine = wi.z if self.smooth else vh
        return (1 - self.fresnel(cosine, inside)) * self.transmission

    def covered(self, value, wi, wo):
        """What sheen and coat leave of what lies below. `wi` looks at the viewer, both on the upper side."""
        if self.sheen:
            least = dr.minimum(1 - self.sheen_max * self.sheen.albedo(wi.z), 1 - self.sheen_max * self.sheen.albedo(wo.z))
            value = value * least
        if self.coat > 0:
            value = value * (1 - self.coat * (0.04 + 0.96 * schlick(wi.z)))
        return value

    def refraction_half(self, wi, wo, inside):
        into = dr.select(inside, self.ior, 1.0)
        out = dr.select(inside, 1.0, self.ior)
        h = dr.normalize(wi * into + wo * out)
        return dr.select(h.z < 0, -h, h), into, out

    def reflected(self, wi, wo, inside):
        """Value and density for two directions above."""
        h = dr.normalize(wi + wo)
        vh = dr.dot(wi, h)
        f = self.fresnel(vh, inside)
        distribution = ggx(h, self.alpha)
        lobe = distribution * masking(wi, self.alpha) * masking(wo, self.alpha) / (4 * wi.z * wo.z)
        below = self.base * ((1 - f) * (1 - self.transmission) / dr.pi)
        dielectric = below + f * lobe
        metal = (self.base + (1 - self.base) * schlick(vh)) * lobe
        value = self.covered(dielectric * (1 - self.metallic) + metal * self.metallic, wi, wo)
        if self.sheen:
            over = self.sheen_color * self.sheen.value(h.z, wi.z, wo.z)
            value = value + (over * (1 - self.coat * (0.04 + 0.96 * schlick(wi.z))) if self.coat > 0 else over)
        mirror = self.chances["facet"] * (1 - self.passing(wi, vh, inside))
        density = mirror * distribution * masking(wi, self.alpha) / (4 * wi.z) + self.chances["diffuse"] * wo.z / dr.pi
        if self.coat > 0:
            coat = ggx(h, self.coat_alpha)
            shape = coat * masking(wi, self.coat_alpha) * masking(wo, self.coat_alpha) / (4 * wi.z * wo.z)
            value = value + self.coat * (0.04 + 0.96 * schlick(wi.z)) * shape
            density = density + self.chances["coat"] * coat * masking(wi, self.coat_alpha) / (4 * wi.z)
        return value * wo.z, density

    def passed(self, wi, wo, inside):
        """Value and density for a direction below, without smooth refraction."""
        if self.volume:
            h, into, out = self.refraction_half(wi, wo, inside)
        else:
            h, into, out = dr.normalize(wi + mi.Vector3f(wo.x, wo.y, -wo.z)), mi.Float(1), mi.Float(1)
        vh, lh = dr.dot(wi, h), dr.dot(wo, h)
        there = vh > 0
        if self.volume:
            there &= lh < 0
            jacobian = out * out * dr.abs(lh) / dr.square(into * vh + out * lh)
        else:
            jacobian = 1 / (4 * vh)
        seen = ggx(h, self.alpha) * masking(wi, self.alpha) * vh / wi.z
        f = self.fresnel(vh, inside)
        value = self.base * ((1 - self.metallic) * (1 - f) * self.transmission * seen * masking(wo, self.alpha) * jacobian)
        value = self.covered(value, wi, mi.Vector3f(wo.x, wo.y, -wo.z))
        chance = self.chances["facet"] * self.passing(wi, vh, inside)
        return dr.select(there, value, 0), dr.select(there, chance * seen * jacobian, 0)

    def both(self, wi, wo, active):
        back = FRAME.cos_theta(wi) < 0
        inside = back & self.volume
        wi, wo = flipped(wi, back), flipped(wo, back)
        value, density = self.reflected(wi, wo, inside)
        above = active & (wi.z > 0) & (wo.z > 0)
        value, density = dr.select(above, value, 0), dr.select(above, density, 0)
        if self.transmission > 0 and not self.smooth:
            below = active & (wi.z > 0) & (wo.z < 0)
            through, chance = self.passed(wi, wo, inside)
            value, density = dr.select(below, through, value), dr.select(below, chance, density)
        return value, density

    def sample(self, ctx, si, sample1, sample2, active=True):
        active = mi.Mask(active)
        back = FRAME.cos_theta(si.wi) < 0
        inside = back & self.volume
        wi = flipped(si.wi, back)
        first = self.chances["facet"]
        second = first + self.chances["diffuse"]
        h, _ = mi.MicrofacetDistribution(mi.MicrofacetType.GGX, self.alpha, True).sample(wi, sample2)
        coat_h, _ = mi.MicrofacetDistribution(mi.MicrofacetType.GGX, self.coat_alpha, True).sample(wi, sample2)
        wo = dr.select(sample1 < first, mi.reflect(wi, h), mi.warp.square_to_cosine_hemisphere(sample2))
        wo = dr.select(sample1 >= second, mi.reflect(wi, coat_h), wo)
        passing = self.passing(wi, dr.dot(wi, h), inside)
        through = sample1 < first * passing
        below, total = through, mi.Mask(False)
        bs = mi.BSDFSample3f()
        bs.eta, bs.sampled_component = 1.0, mi.UInt32(0)
        bs.sampled_type = mi.UInt32(int(FLAGS.GlossyReflection))
        weight, density = mi.Color3f(0), mi.Float(0)
        if self.transmission > 0:
            facet = mi.Normal3f(0, 0, 1) if self.smooth else h
            ratio = dr.select(inside, self.ior, 1 / self.ior) if self.volume else mi.Float(1)
            c = dr.dot(wi, facet)
            sine2 = ratio * ratio * (1 - c * c)
            refracted = mi.Vector3f(facet) * (ratio * c - dr.sqrt(dr.maximum(1 - sine2, 0))) - wi * ratio
            if not self.volume and not self.smooth:
                refracted = mi.reflect(wi, h)
                refracted = mi.Vector3f(refracted.x, refracted.y, -refracted.z)
            wo = dr.select(through, refracted, wo)
            total = through & (sine2 >= 1)
            if self.smooth:
                f = self.fresnel(c, inside)
                value = self.base * ((1 - self.metallic) * (1 - f) * self.transmission)
                value = self.covered(value, wi, mi.Vector3f(wo.x, wo.y, -wo.z))
                density = dr.select(through, first * passing, 0)
                weight = dr.select(through, value / density, 0)
                bs.sampled_type = dr.select(through, mi.UInt32(int(FLAGS.DeltaTransmission)), bs.sampled_type)
            else:
                through = through & False
        # What leaves on the wrong side of the surface ends, whatever another lobe would make of it.
        active &= ~total & (below == (wo.z < 0))
        wo = flipped(wo, back)
        value, pdf = self.both(si.wi, wo, active & ~through)
        weight = dr.select(through, weight, dr.select(pdf > 0, value / pdf, 0))
        bs.wo, bs.pdf = wo, dr.select(through, density, pdf)
        return bs, dr.select(active & (bs.pdf > 0), weight, 0)

    def eval(self, ctx, si, wo, active=True):
        return self.both(si.wi, wo, mi.Mask(active))[0]

    def pdf(self, ctx, si, wo, active=True):
        return self.both(si.wi, wo, mi.Mask(active))[1]

    def eval_pdf(self, ctx, si, wo, active=True):
        return self.both(si.wi, wo, mi.Mask(active))

    def to_string(self):
        return "gltf_layers"


mi.register_bsdf("gltf_layers", lambda props: GltfLayers(props))


def absorption(material):
    """The medium inside a mesh, or None. Beer's law: sigma = -log(color) / distance."""
    volume = material.get("extensions", {}).get("KHR_materials_volume", {})
    if "attenuationDistance" not in volume:
        return None
    sigma = [-numpy.log(c) / volume["attenuationDistance"] for c in volume["attenuationColor"]]
    # A colour is at most 1.
    return {"type": "homogeneous", "albedo": {"type": "rgb", "value": 0.0}, "scale": float(max(sigma)),
            "sigma_t": {"type": "rgb", "value": [float(s / max(sigma)) for s in sigma]}}


def exact_dielectric(material):
    """Mitsuba's own glass for a transmissive material; None for others."""
    extensions = material.get("extensions", {})
    if "KHR_materials_transmission" not in extensions:
        return None
    roughness = material["pbrMetallicRoughness"]["roughnessFactor"]
    glass = {"int_ior": extensions["KHR_materials_ior"]["ior"], "ext_ior": 1.0}
    if roughness == 0:
        return {"type": "dielectric", **glass}
    return {"type": "roughdielectric", "distribution": "ggx", "alpha": roughness**2, **glass}


def load(frame, size, depth, sky=None, bsdf=None):
    """A scene of Mitsuba for a `SceneFrame`. `sky`: dict of an emitter. `bsdf(material)`: a dict in place of ours, or None."""
    matrix, yfov = frame.camera
    placed = mi.ScalarTransform4f(numpy.ascontiguousarray(matrix @ numpy.diag([-1.0, 1, -1, 1])))
    media = {i: m for i, m in ((i, absorption(m)) for i, m in enumerate(frame.document["materials"])) if m}
    scene = {
        "type": "scene", "integrator": {"type": "volpath" if media else "path", "max_depth": depth, "rr_depth": 100000},
        "sensor": {
            "type": "perspective", "fov": float(numpy.degrees(yfov)), "fov_axis": "y", "to_world": placed, "near_clip": 0.01,
            "far_clip": 1e4, "sampler": {"type": "independent"},
            "film": {
                "type": "hdrfilm", "width": size, "height": size, "pixel_format": "rgb", "component_format": "float32",
                "rfilter": {"type": "box"}}}}
    if sky:
        scene["sky"] = sky
    GltfLayers.materials = frame.document["materials"]
    bsdfs = {}
    for index, mesh in enumerate(frame.meshes):
        number = mesh["material"]
        material = frame.material(number)
        if number not in bsdfs:
            bsdfs[number] = mi.load_dict((bsdf and bsdf(material)) or {"type": "gltf_layers", "material": number})
        props = mi.Properties()
        props["bsdf"] = bsdfs[number]
        if number in media:
            props["interior"] = mi.load_dict(media[number])
        if mesh["normals"] is None:
            props["face_normals"] = True
        emission = numpy.array(material.get("emissiveFactor", (0, 0, 0)), float)
        emission *= material.get("extensions", {}).get("KHR_materials_emissive_strength", {}).get("emissiveStrength", 1.0)
        if emission.any():
            props["emitter"] = mi.load_dict({"type": "area", "radiance": {"type": "rgb", "value": emission.tolist()}})
        shape = mi.Mesh(f"mesh{index}", len(mesh["positions"]), len(mesh["faces"]), props=props,
                        has_vertex_normals=mesh["normals"] is not None)
        values = mi.traverse(shape)
        values["vertex_positions"] = mesh["positions"].astype(numpy.float32).ravel()
        values["faces"] = mesh["faces"].astype(numpy.uint32).ravel()
        if mesh["normals"] is not None:
            values["vertex_normals"] = mesh["normals"].astype(numpy.float32).ravel()
        values.update()
        scene[f"mesh{index}"] = shape
    for index, (light, world) in enumerate(frame.area_lights):
        # Its front looks along -z, Mitsuba's along z.
        turned = world @ numpy.diag([light["size"][0] / 2, -light["size"][1] / 2, -1.0, 1])
        radiance = [c * light["intensity"] for c in light["color"]]
        scene[f"light{index}"] = {
            "type": {"rectangle": "rectangle", "disc": "disk"}[light["shape"]], "to_world": mi.ScalarTransform4f(turned),
            "bsdf": {"type": "diffuse", "reflectance": {"type": "rgb", "value": 0.0}},
            "emitter": {"type": "area", "radiance": {"type": "rgb", "value": radiance}}}
    return mi.load_dict(scene)


def render(scene, samples, seed, at_once=128):
    """Linear RGB, float64."""
    total, done = 0.0, 0
    while done < samples:
        count = min(at_once, samples - done)
        total = total + numpy.array(mi.render(scene, spp=count, seed=seed * 10007 + done)).astype(numpy.float64) * count
        done += count
    return total / samples
