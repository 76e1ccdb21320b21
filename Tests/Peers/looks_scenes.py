"""The scenes of the comparison of looks: one feature each, small, made here. Each function returns a `SceneFile`."""
import numpy

from scene_file import SceneFile, look, quad, sphere

WHITE, ROSE, MOSS = (0.75, 0.75, 0.75), (0.7, 0.25, 0.2), (0.2, 0.5, 0.25)


def stage(eye=(0, 1.6, 4.2), target=(0, 0.75, 0), lamp=True):
    """A floor, a wall in two colours and a wide lamp above."""
    scene = SceneFile()
    scene.camera(eye, target, 0.62)
    points, faces = quad(3)
    scene.node(mesh=scene.mesh(points, faces, scene.matte(WHITE)))
    for color, side in ((ROSE, -1.5), (MOSS, 1.5)):
        wall = points * [0.5, 1, 0.5]
        turn = [2**-0.5, 0, 0, 2**-0.5]
        scene.node(mesh=scene.mesh(wall, faces, scene.matte(color)), translation=[side, 1.5, -1.6], rotation=turn)
    if lamp:
        lamp_points, lamp_faces = quad(1)
        panel = scene.material((0, 0, 0), emission=(4, 3.8, 3.4), double_sided=False, specular={"specularFactor": 0.0})
        scene.node(mesh=scene.mesh(lamp_points, lamp_faces, panel), translation=[0, 3.4, 0.6], rotation=[1, 0, 0, 0])
    return scene


def balls(scene, materials, normals=False, rings=48):
    """A row of spheres. Without normals each side shades the same facets."""
    points, faces = sphere(rings, 2 * rings)
    for k, material in enumerate(materials):
        x = (k - (len(materials) - 1) / 2) * 1.15
        radius = 0.52 if len(materials) > 1 else 0.75
        scene.node(mesh=scene.mesh(points, faces, material, points if normals else None), translation=[x, radius + 0.05, 0],
                   scale=[radius] * 3)
    return scene


def glass(scene, roughness, color=(1, 1, 1), ior=1.5, **volume):
    extensions = {"transmission": {"transmissionFactor": 1.0}, "ior": {"ior": ior}}
    if volume is not None:
        extensions["volume"] = {"thicknessFactor": 1.0, **volume}
    return scene.material(color, roughness=roughness, double_sided=False, **extensions)


def pane(scene, roughness, color):
    return scene.material(color, roughness=roughness, transmission={"transmissionFactor": 0.85})


def smooth_glass():
    scene = stage()
    return balls(scene, [glass(scene, 0), glass(scene, 0, (0.9, 0.95, 1), 1.33)], rings=24)


def rough_glass():
    scene = stage()
    return balls(scene, [glass(scene, 0.35), glass(scene, 0.6, (1, 0.9, 0.8), 1.33)], rings=24)


def tinted_glass():
    scene = stage()
    tint = {"attenuationColor": [0.8, 0.5, 0.4], "attenuationDistance": 0.8}
    return balls(scene, [glass(scene, 0.3, **tint)], rings=24)


def exact_fresnel():
    """For Mitsuba's own dielectrics, whose Fresnel term is that of real glass."""
    scene = stage()
    return balls(scene, [glass(scene, 0), glass(scene, 0.35)], rings=24)


def panes():
    scene = stage()
    points, faces = quad(0.45)
    turn = [2**-0.5 * 0.98, 0, 0, 2**-0.5 * 1.02]
    for x, roughness, color in ((-0.55, 0, (0.9, 0.7, 0.4)), (0.55, 0.4, (0.5, 0.8, 0.9))):
        scene.node(mesh=scene.mesh(points, faces, pane(scene, roughness, color)), translation=[x, 0.8, 0.3], rotation=turn)
    return scene


def clear_coat():
    scene = stage()
    coats = [
        scene.material((0.6, 0.1, 0.1), roughness=0.6, clearcoat={"clearcoatFactor": 1.0, "clearcoatRoughnessFactor": 0.15}),
        scene.material((0.9, 0.6, 0.3), metallic=1.0, roughness=0.45,
                       clearcoat={"clearcoatFactor": 0.6, "clearcoatRoughnessFactor": 0.35})]
    return balls(scene, coats)


def sheen():
    scene = stage()
    cloths = [
        scene.material((0.15, 0.05, 0.2), specular={"specularFactor": 0.0},
                       sheen={"sheenColorFactor": [0.9, 0.5, 0.6], "sheenRoughnessFactor": 0.5}),
        scene.material((0.3, 0.3, 0.1), roughness=0.7,
                       sheen={"sheenColorFactor": [0.3, 0.6, 0.9], "sheenRoughnessFactor": 0.8})]
    return balls(scene, cloths)


def area_lights():
    scene = stage(lamp=False)
    balls(scene, [scene.material(WHITE, roughness=0.4), scene.material((0.9, 0.8, 0.6), metallic=1.0, roughness=0.3)])
    scene.area_light("rectangle", (1.4, 0.7), (6, 5, 4), translation=[-1.2, 2.6, 1.0], rotation=look((-1.2, 2.6, 1.0), (-0.3, 0.3, 0)))
    scene.area_light("disc", (0.9, 0.9), (3, 5, 8), translation=[1.3, 1.4, 1.2], rotation=look((1.3, 1.4, 1.2), (0.3, 0.4, 0)))
    return scene


def image_sky():
    scene = stage(lamp=False)
    return balls(scene, [scene.material(WHITE, roughness=0.5), scene.material((0.95, 0.9, 0.8), metallic=1.0, roughness=0.2)])


def skinned():
    """A column bent and twisted by three joints, each with an animation of another interpolation."""
    scene = stage()
    rings, segments, height = 60, 48, 1.7
    y, phi = numpy.meshgrid(numpy.linspace(0, height, rings + 1), numpy.linspace(0, 2 * numpy.pi, segments + 1), indexing="ij")
    shape = numpy.stack([numpy.sin(phi), 0 * y, numpy.cos(phi)], -1).reshape(-1, 3)
    points = shape * 0.3 + numpy.stack([0 * y, y, 0 * y], -1).reshape(-1, 3)
    at = numpy.arange(rings * (segments + 1)).reshape(rings, segments + 1)[:, :-1].ravel()
    faces = numpy.concatenate([
        numpy.stack([at, at + 1, at + segments + 1], -1), numpy.stack([at + 1, at + segments + 2, at + segments + 1], -1)])
    position = y.ravel() / height * 2
    weights = numpy.stack([numpy.clip(1 - abs(position - k), 0, 1) for k in range(3)] + [0 * position], -1)
    joints = numpy.tile([0, 1, 2, 0], (len(points), 1))
    bones, above = [], None
    for k in range(3):
        above = scene.node(above, translation=[0, 0.06 if k == 0 else height / 2, 0])
        bones.append(above)
    binds = []
    for k in range(3):
        bind = numpy.eye(4)
        bind[1, 3] = -k * height / 2
        binds.append(bind)
    turn = lambda axis, angle: [*(numpy.array(axis) * numpy.sin(angle / 2)), numpy.cos(angle / 2)]
    scene.animate(bones[1], "rotation", [0, 1], [turn((0, 0, 1), 0), turn((0, 0.6, 0.8), 1.5)])
    spline = [[0, 0, 0, 0], turn((1, 0, 0), 0), [0.5, 0, 0, 0], [0, 0.3, 0, 0], turn((1, 0, 0), 1.2), [0, 0, 0, 0]]
    scene.animate(bones[2], "rotation", [0, 1], spline, "CUBICSPLINE")
    scene.animate(bones[0], "scale", [0, 0.5], [[1, 1, 1], [1.2, 0.9, 0.8]], "STEP")
    surface = scene.material((0.8, 0.5, 0.3), roughness=0.5)
    scene.node(mesh=scene.mesh(points, faces, surface, shape, joints, weights), skin=scene.skin(bones, binds))
    return scene


def animated():
    """A camera on a turning arm, a falling sphere that grows spikes, a tipping box-like slab."""
    scene = SceneFile()
    arm = scene.node()
    scene.camera((0, 1.6, 4.2), (0, 0.75, 0), 0.62, arm)
    scene.animate(arm, "rotation", [0, 2], [[0, 0, 0, 1], [0, 0.38268343, 0, 0.92387953]])
    points, faces = quad(3)
    scene.node(mesh=scene.mesh(points, faces, scene.matte(WHITE)))
    lamp_points, lamp_faces = quad(1)
    panel = scene.material((0, 0, 0), emission=(5, 5, 5), double_sided=False, specular={"specularFactor": 0.0})
    scene.node(mesh=scene.mesh(lamp_points, lamp_faces, panel), translation=[0, 3.2, 0.6], rotation=[1, 0, 0, 0])
    ball, ball_faces = sphere(24, 48)
    spikes = ball * (0.35 * numpy.cos(6 * ball[:, :1]) * numpy.cos(5 * ball[:, 1:2]))
    shape = scene.mesh(ball, ball_faces, scene.material((0.8, 0.3, 0.3), roughness=0.5), targets=[spikes])
    node = scene.node(mesh=shape, scale=[0.5, 0.5, 0.5], weights=[0.0])
    scene.animate(node, "translation", [0, 0.4, 1], [[-0.6, 1.6, 0], [-0.6, 0.9, 0.2], [-0.2, 0.6, 0]])
    scene.animate(node, "weights", [0, 1], [[0], [1]])
    slab = scene.node(mesh=scene.mesh(*quad(0.5), scene.material((0.3, 0.4, 0.8), roughness=0.3)), translation=[0.7, 0.55, 0])
    scene.animate(slab, "rotation", [0, 1], [[0, 0, 0, 1], [0.5, 0.5, 0.5, 0.5]])
    return scene


def sky_radiance(direction):
    """Of unit directions, the last axis x, y, z: a gradient with a bright, soft spot."""
    x, y, z = direction[..., 0], direction[..., 1], direction[..., 2]
    base = 0.3 + 0.5 * numpy.clip(y, -0.2, 1)
    spot = numpy.exp(-8 * (1 - (0.6 * x + 0.64 * y + 0.48 * z)))
    side = 0.25 * (1 + x)
    return numpy.stack([base * 0.6 + 9 * spot + side, base * 0.8 + 8 * spot, base + 6 * spot + 0.1 * (1 + z)], -1).astype(numpy.float32)


class Look:
    """`factor`: times the samples that Mitsuba takes, where its noise is the larger. `exact`: with its own dielectrics, for information."""

    def __init__(self, make, what, sky=False, frame=1, factor=1, exact=False):
        self.make, self.what, self.sky, self.frame, self.factor, self.exact = make, what, sky, frame, factor, exact
        self.name = make.__name__.replace("_", "-")


LOOKS = [
    Look(smooth_glass, "transmission, smooth, with a volume"),
    Look(rough_glass, "transmission, rough, with a volume"),
    Look(tinted_glass, "volume with absorption", factor=4),
    Look(panes, "transmission, thin-walled, smooth and rough"),
    Look(clear_coat, "clear coat over plastic and metal"),
    Look(sheen, "sheen alone and over plastic"),
    Look(area_lights, "area lights, rectangle and disc"),
    Look(image_sky, "image sky", sky=True),
    Look(skinned, "skin, frame 19", frame=19),
    Look(animated, "nodes, camera, morph weights, frame 16", frame=16),
    Look(exact_fresnel, "smooth and rough glass against exact Fresnel equations", exact=True),
]
