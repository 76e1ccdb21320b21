"""Reads a glTF 2.0 binary file at one moment: triangles in world space, camera, area lights. Written from the specification alone,
so that it says what a frame should look like independently of the program."""
import json
import struct

import numpy

TYPES = {5121: "<u1", 5123: "<u2", 5125: "<u4", 5126: "<f4"}
WIDTHS = {"SCALAR": 1, "VEC2": 2, "VEC3": 3, "VEC4": 4, "MAT4": 16}


class SceneFrame:
    """`meshes`: dicts of positions, normals and uvs or None, faces, material. `camera`: matrix and yfov."""

    def __init__(self, path, seconds=0.0):
        with open(path, "rb") as file:
            data = file.read()
        length = struct.unpack_from("<I", data, 12)[0]
        self.document = json.loads(data[20:20 + length])
        self.binary = data[28 + length:]
        self.nodes = [dict(n) for n in self.document["nodes"]]
        self._animate(seconds)
        self.world = {}
        for root in self.document["scenes"][self.document.get("scene", 0)]["nodes"]:
            self._place(root, numpy.eye(4))
        self.meshes, self.area_lights, self.camera = [], [], None
        for index in sorted(self.world):
            self._collect(index)

    def accessor(self, index):
        entry = self.document["accessors"][index]
        view = self.document["bufferViews"][entry["bufferView"]]
        offset = view.get("byteOffset", 0) + entry.get("byteOffset", 0)
        kind, width = numpy.dtype(TYPES[entry["componentType"]]), WIDTHS[entry["type"]]
        stride = view.get("byteStride", kind.itemsize * width)
        rows = numpy.ndarray((entry["count"], width), kind, self.binary, offset, (stride, kind.itemsize))
        return rows.astype(numpy.float64 if kind.kind == "f" else numpy.int64)

    def material(self, index):
        return self.document["materials"][index]

    def image(self, index):
        """The bytes of an embedded image."""
        view = self.document["bufferViews"][self.document["images"][index]["bufferView"]]
        offset = view.get("byteOffset", 0)
        return self.binary[offset:offset + view["byteLength"]]

    def _animate(self, seconds):
        for animation in self.document.get("animations", []):
            for channel in animation["channels"]:
                sampler = animation["samplers"][channel["sampler"]]
                node, path = self.nodes[channel["target"]["node"]], channel["target"]["path"]
                times, values = self.accessor(sampler["input"])[:, 0], self.accessor(sampler["output"])
                values = values.reshape(len(times), -1)
                node[path] = interpolate(times, values, sampler.get("interpolation", "LINEAR"), seconds, path == "rotation")

    def _place(self, index, above):
        node = self.nodes[index]
        if "matrix" in node:
            local = numpy.reshape(node["matrix"], (4, 4)).T
        else:
            local = numpy.eye(4)
            local[:3, :3] = rotation(node.get("rotation", (0, 0, 0, 1))) * numpy.asarray(node.get("scale", (1, 1, 1)))
            local[:3, 3] = node.get("translation", (0, 0, 0))
        self.world[index] = above @ local
        for child in node.get("children", []):
            self._place(child, self.world[index])

    def _collect(self, index):
        node = self.nodes[index]
        if "camera" in node and self.camera is None:
            self.camera = self.world[index], self.document["cameras"][node["camera"]]["perspective"]["yfov"]
        light = node.get("extensions", {}).get("INFERIX_area_light")
        if light:
            self.area_lights.append((self.document["extensions"]["INFERIX_area_light"]["lights"][light["light"]], self.world[index]))
        if "mesh" not in node:
            return
        for primitive in self.document["meshes"][node["mesh"]]["primitives"]:
            attributes = primitive["attributes"]
            positions = self.accessor(attributes["POSITION"])
            weights = node.get("weights", self.document["meshes"][node["mesh"]].get("weights", []))
            for weight, target in zip(weights, primitive.get("targets", [])):
                positions = positions + weight * self.accessor(target["POSITION"])
            normals = self.accessor(attributes["NORMAL"]) if "NORMAL" in attributes else None
            matrices = self._matrices(node, index, attributes, len(positions))
            positions = numpy.einsum("nij,nj->ni", matrices[:, :3, :3], positions) + matrices[:, :3, 3]
            if normals is not None:
                inverse = numpy.linalg.inv(matrices[:, :3, :3])
                normals = numpy.einsum("nji,nj->ni", inverse, normals)
                normals /= numpy.linalg.norm(normals, axis=1, keepdims=True)
            uvs = self.accessor(attributes["TEXCOORD_0"]) if "TEXCOORD_0" in attributes else None
            faces = self.accessor(primitive["indices"]).reshape(-1, 3)
            self.meshes.append({"positions": positions, "normals": normals, "uvs": uvs, "faces": faces, "material": primitive["material"]})

    def _matrices(self, node, index, attributes, count):
        """One for each vertex: that of the node, or of its joints weighted."""
        if "skin" not in node:
            return numpy.broadcast_to(self.world[index], (count, 4, 4))
        skin = self.document["skins"][node["skin"]]
        inverse = self.accessor(skin["inverseBindMatrices"]).reshape(-1, 4, 4).transpose(0, 2, 1)
        joints = numpy.array([self.world[j] @ b for j, b in zip(skin["joints"], inverse)])
        which, weights = self.accessor(attributes["JOINTS_0"]), self.accessor(attributes["WEIGHTS_0"])
        weights = weights / weights.sum(1, keepdims=True)
        return numpy.einsum("nk,nkij->nij", weights, joints[which])


def rotation(q):
    x, y, z, w = numpy.asarray(q, float) / numpy.linalg.norm(q)
    return numpy.array([
        [1 - 2 * (y * y + z * z), 2 * (x * y - z * w), 2 * (x * z + y * w)],
        [2 * (x * y + z * w), 1 - 2 * (x * x + z * z), 2 * (y * z - x * w)],
        [2 * (x * z - y * w), 2 * (y * z + x * w), 1 - 2 * (x * x + y * y)]])


def interpolate(times, values, kind, seconds, is_rotation):
    """`values`: a row for each time; for CUBICSPLINE in-tangent, value and out-tangent in it."""
    width = values.shape[1] // 3 if kind == "CUBICSPLINE" else values.shape[1]
    key = values[:, width:2 * width] if kind == "CUBICSPLINE" else values
    if seconds <= times[0]:
        return key[0]
    if seconds >= times[-1]:
        return key[-1]
    k = int(numpy.searchsorted(times, seconds, side="right")) - 1
    span = times[k + 1] - times[k]
    t = (seconds - times[k]) / span
    a, b = key[k], key[k + 1]
    if kind == "STEP":
        return a
    if kind == "CUBICSPLINE":
        out, into = values[k, 2 * width:] * span, values[k + 1, :width] * span
        mixed = ((2 * t**3 - 3 * t**2 + 1) * a + (t**3 - 2 * t**2 + t) * out + (3 * t**2 - 2 * t**3) * b + (t**3 - t**2) * into)
        return mixed / numpy.linalg.norm(mixed) if is_rotation else mixed
    if not is_rotation:
        return a + (b - a) * t
    cosine = float(a @ b)
    b = -b if cosine < 0 else b
    angle = numpy.arccos(min(abs(cosine), 1.0))
    if angle < 1e-6:
        return a
    return (numpy.sin((1 - t) * angle) * a + numpy.sin(t * angle) * b) / numpy.sin(angle)
