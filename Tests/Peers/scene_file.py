"""Writes glTF 2.0 binary files: just what the scenes of these comparisons need."""
import json
import struct

import numpy

COMPONENT = {"f4": 5126, "u4": 5125, "u2": 5123}
WIDTH = {1: "SCALAR", 2: "VEC2", 3: "VEC3", 4: "VEC4", 16: "MAT4"}


class SceneFile:
    def __init__(self):
        self.document = {"asset": {"version": "2.0"}, "scene": 0, "scenes": [{"nodes": []}], "nodes": [], "extensions": {}}
        self.data = bytearray()
        self.used = set()

    def append(self, table, entry):
        self.document.setdefault(table, []).append(entry)
        return len(self.document[table]) - 1

    def accessor(self, values, kind="f4"):
        """`values`: one row for each element."""
        array = numpy.ascontiguousarray(values, dtype="<" + kind)
        rows = array.reshape(len(array), -1)
        self.data += b"\0" * (-len(self.data) % 4)
        view = self.append("bufferViews", {"buffer": 0, "byteOffset": len(self.data), "byteLength": array.nbytes})
        self.data += array.tobytes()
        return self.append("accessors", {
            "bufferView": view, "componentType": COMPONENT[kind], "count": len(array), "type": WIDTH[rows.shape[1]],
            "min": rows.min(0).tolist(), "max": rows.max(0).tolist()})

    def material(self, color=(0.8, 0.8, 0.8), metallic=0.0, roughness=1.0, emission=None, double_sided=True, **extensions):
        """Extensions by their names after `KHR_materials_`."""
        material = {"pbrMetallicRoughness": {
            "baseColorFactor": [*color, 1.0], "metallicFactor": metallic, "roughnessFactor": roughness}, "doubleSided": double_sided}
        if emission is not None:
            strength = max(max(emission), 1.0)
            material["emissiveFactor"] = [e / strength for e in emission]
            extensions["emissive_strength"] = {"emissiveStrength": strength}
        if extensions:
            material["extensions"] = {"KHR_materials_" + name: value for name, value in extensions.items()}
            self.used |= set(material["extensions"])
        return self.append("materials", material)

    def matte(self, color):
        """Lambert's surface: no dielectric reflection."""
        return self.material(color, specular={"specularFactor": 0.0})

    def mesh(self, positions, faces, material, normals=None, joints=None, weights=None, targets=()):
        attributes = {"POSITION": self.accessor(positions)}
        if normals is not None:
            attributes["NORMAL"] = self.accessor(normals)
        if joints is not None:
            attributes["JOINTS_0"] = self.accessor(joints, "u2")
            attributes["WEIGHTS_0"] = self.accessor(weights)
        primitive = {"attributes": attributes, "indices": self.accessor(numpy.ravel(faces), "u4"), "material": material}
        if targets:
            primitive["targets"] = [{"POSITION": self.accessor(t)} for t in targets]
        return self.append("meshes", {"primitives": [primitive]})

    def node(self, parent=None, **members):
        index = self.append("nodes", members)
        if parent is None:
            self.document["scenes"][0]["nodes"].append(index)
        else:
            self.document["nodes"][parent].setdefault("children", []).append(index)
        return index

    def camera(self, eye, target, yfov, parent=None):
        camera = self.append("cameras", {"type": "perspective", "perspective": {"yfov": yfov, "znear": 0.01, "aspectRatio": 1.0}})
        return self.node(parent, camera=camera, translation=list(eye), rotation=look(eye, target))

    def area_light(self, shape, size, radiance, **node):
        lights = self.document["extensions"].setdefault("INFERIX_area_light", {"lights": []})["lights"]
        lights.append({"shape": shape, "size": list(size), "color": list(radiance), "intensity": 1.0})
        self.used.add("INFERIX_area_light")
        return self.node(extensions={"INFERIX_area_light": {"light": len(lights) - 1}}, **node)

    def animate(self, node, path, times, values, interpolation="LINEAR"):
        if "animations" not in self.document:
            self.append("animations", {"samplers": [], "channels": []})
        animation = self.document["animations"][0]
        animation["samplers"].append({
            "input": self.accessor(times), "output": self.accessor(values), "interpolation": interpolation})
        animation["channels"].append({"sampler": len(animation["samplers"]) - 1, "target": {"node": node, "path": path}})

    def skin(self, joints, inverse_binds):
        """`inverse_binds`: 4×4 matrices."""
        columns = numpy.array([m.T.ravel() for m in inverse_binds])
        return self.append("skins", {"joints": joints, "inverseBindMatrices": self.accessor(columns)})

    def write(self, path):
        self.data += b"\0" * (-len(self.data) % 4)
        document = {k: v for k, v in self.document.items() if v}
        document["buffers"] = [{"byteLength": len(self.data)}]
        if self.used:
            document["extensionsUsed"] = sorted(self.used)
        text = json.dumps(document).encode()
        text += b" " * (-len(text) % 4)
        with open(path, "wb") as file:
            file.write(struct.pack("<4sII", b"glTF", 2, 28 + len(text) + len(self.data)))
            file.write(struct.pack("<I4s", len(text), b"JSON") + text)
            file.write(struct.pack("<I4s", len(self.data), b"BIN\0") + self.data)


def look(eye, target, up=(0, 1, 0)):
    """Quaternion of a camera that looks along its −z."""
    z = numpy.subtract(eye, target).astype(float)
    z /= numpy.linalg.norm(z)
    x = numpy.cross(up, z)
    x /= numpy.linalg.norm(x)
    m = numpy.column_stack([x, numpy.cross(z, x), z])
    # By the largest component, which is never small.
    products = numpy.array([
        [m[0, 0] - m[1, 1] - m[2, 2], 0, 0, 0],
        [m[1, 0] + m[0, 1], m[1, 1] - m[0, 0] - m[2, 2], 0, 0],
        [m[2, 0] + m[0, 2], m[2, 1] + m[1, 2], m[2, 2] - m[0, 0] - m[1, 1], 0],
        [m[2, 1] - m[1, 2], m[0, 2] - m[2, 0], m[1, 0] - m[0, 1], m[0, 0] + m[1, 1] + m[2, 2]]])
    _, vectors = numpy.linalg.eigh(products)
    return vectors[:, -1].tolist()


def sphere(rings=32, segments=64):
    """Unit sphere: positions (also its normals) and faces, counter-clockwise from outside."""
    theta = numpy.pi * numpy.arange(rings + 1) / rings
    phi = 2 * numpy.pi * numpy.arange(segments + 1) / segments
    t, p = numpy.meshgrid(theta, phi, indexing="ij")
    points = numpy.stack([numpy.sin(t) * numpy.sin(p), numpy.cos(t), numpy.sin(t) * numpy.cos(p)], -1).reshape(-1, 3)
    faces = []
    for i in range(rings):
        for j in range(segments):
            a, b = i * (segments + 1) + j, (i + 1) * (segments + 1) + j
            if i > 0:
                faces.append((a, b, a + 1))
            if i < rings - 1:
                faces.append((a + 1, b, b + 1))
    return points, numpy.array(faces)


def quad(half=1.0):
    """In the plane y = 0, facing up."""
    positions = numpy.array([[-half, 0, half], [half, 0, half], [half, 0, -half], [-half, 0, -half]])
    return positions, numpy.array([[0, 1, 2], [0, 2, 3]])
