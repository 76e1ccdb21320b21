"""Makes inputs of the fuzz targets from what was captured between our node and py-libp2p.

Usage: INTEROP_CAPTURE=DIR swift test --filter Interop; seeds.py DIR OUTPUT
Writes OUTPUT/NAMEFuzz/… files: copy them to .build/fuzz-corpus, then `.ci/fuzz keep`.
"""

import hashlib
import os
import pathlib
import struct
import sys

# Nothing larger tells the fuzzer more.
SIZE_MAX = 4096


def varint(data, at):
    value = shift = 0
    while at < len(data):
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        shift += 7
        if byte < 0x80:
            return value, at
    raise EOFError


def framed(message):
    return struct.pack(">H", len(message)) + message


def fields(message):
    """Numbers and bytes of the fields with a length of a protobuf message."""
    at = 0
    while at < len(message):
        tag, at = varint(message, at)
        if tag & 7 == 0:
            _, at = varint(message, at)
        elif tag & 7 == 2:
            size, at = varint(message, at)
            yield tag >> 3, message[at : at + size]
            at += size
        else:
            return


class Corpus:
    def __init__(self, output):
        self.output = pathlib.Path(output)

    def add(self, target, data):
        if 0 < len(data) <= SIZE_MAX:
            folder = self.output / f"{target}Fuzz"
            folder.mkdir(parents=True, exist_ok=True)
            (folder / hashlib.sha1(data).hexdigest()).write_bytes(data)

    def session(self, data, inbound):
        """Plaintext behind the handshake of one direction: perhaps a negotiation, then Yamux."""
        if data[1:2] == b"/":
            end = data.find(b"/yamux/1.0.0\n")
            if end < 0:
                return
            end += len(b"/yamux/1.0.0\n")
            self.add("Multistream", b"\x00\x0c" + data[:end])
            self.add("Multistream", b"\x01\x0c" + data[:end])
            data = data[end:]
        for start in (0, 1):
            self.add("Yamux", bytes([start | 4]) + data[:SIZE_MAX - 1])
        streams = {}
        frames = []
        at = 0
        while at + 12 <= len(data):
            _, kind, _, stream, length = struct.unpack(">BBHII", data[at : at + 12])
            size = length if kind == 0 else 0
            body = data[at + 12 : at + 12 + size]
            frames.append(data[at : at + 12 + size])
            at += 12 + size
            if kind == 0:
                streams[stream] = streams.get(stream, b"") + body
        # One step of the script for each frame: the swarm may need the time between them.
        self.add("Swarm", b"".join(b"\x00\x00" + framed(f) for f in frames if len(f) < 1500)[:SIZE_MAX])
        for body in streams.values():
            try:
                self.stream(body)
            except EOFError:
                pass

    def stream(self, data):
        lines = []
        at = 0
        while data[at + 1 : at + 2] == b"/" or data[at + 1 : at + 4] == b"na\n":
            size, start = varint(data, at)
            lines.append(data[start : start + size - 1].decode())
            at = start + size
        self.add("Multistream", b"\x00\x3f" + data[:at])
        self.add("Multistream", b"\x01\x05" + data[:at])
        self.add("Multistream", b"\x02\x05" + data[at:at + 1024])
        while lines and at < len(data):
            size, at = varint(data, at)
            self.message(lines[-1], data[at : at + size])
            at += size

    def message(self, protocol, message):
        if not message or len(message) > 0xFFFF:
            return
        if protocol.startswith("/ipfs/id/"):
            self.identify(message)
        elif protocol.endswith("/kad/1.0.0"):
            self.add("Kademlia", b"\x00" + b"\x00\x01" + framed(message))
            # A question of ours, then this answer to it.
            self.add("Kademlia", b"\x00" + b"\x03\x01\x00\x00" + b"\x04\x01" + framed(b"key") + b"\x01\x00" + framed(message))
        elif protocol.startswith("/meshsub/"):
            self.add("GossipSub", b"\x00" + b"\x00\x01" + framed(message))
        elif protocol.startswith("/ipfs/bitswap/"):
            self.add("Bitswap", b"\x00\x01" + framed(message))

    def identify(self, message):
        self.add("Envelope", b"\x00" + message)
        for number, value in fields(message):
            if number == 1:
                self.add("Envelope", b"\x05" + value)
            elif number in (2, 4):
                self.add("Multiformats", value)
            elif number == 8:
                self.add("Envelope", b"\x01" + value)
                for inner, payload in fields(value):
                    if inner == 3:
                        self.add("Envelope", b"\x02" + payload)

    def payload(self, data):
        self.add("Noise", b"\x00" + data)
        for side in b"\x00\x01":
            self.add("Noise", bytes([2, side]) + framed(data) + b"\x13/multistream/1.0.0\n\x0d/yamux/1.0.0\n")


def main():
    source, output = sys.argv[1:]
    corpus = Corpus(output)
    for path in sorted(pathlib.Path(source).iterdir()):
        data = path.read_bytes()
        if path.suffix == ".payload":
            corpus.payload(data)
        else:
            corpus.session(data, path.suffix == ".in")
    for folder in sorted(os.listdir(output)):
        print(folder, len(os.listdir(os.path.join(output, folder))))


main()
