"""Writes down what passes between this host and its peers inside the encryption: real input for the fuzz targets (`Tests/Fuzz`).

Every connection and direction gets a file, `NUMBER.in` and `NUMBER.out`, of plaintext that begins behind the handshake; handshake
payloads are `NUMBER.payload`. `Tests/Fuzz/seeds.py` makes inputs of them.
"""

import itertools
import os

from libp2p.security.noise import io

numbers = itertools.count()


def enable(directory):
    os.makedirs(directory, exist_ok=True)

    def watch(kind, name, suffix, result_counts):
        method = getattr(kind, name)

        def write_down(self, data):
            result = method(self, data)
            if not hasattr(self, "capture_number"):
                self.capture_number = f"{os.getpid()}-{next(numbers)}"
            with open(os.path.join(directory, f"{self.capture_number}.{suffix}"), "ab") as file:
                file.write(result if result_counts else data)
            return result

        setattr(kind, name, write_down)

    watch(io.NoiseTransportReadWriter, "encrypt", "out", False)
    watch(io.NoiseTransportReadWriter, "decrypt", "in", True)
    watch(io.NoiseHandshakeReadWriter, "encrypt", "payload", False)
    watch(io.NoiseHandshakeReadWriter, "decrypt", "payload", True)
