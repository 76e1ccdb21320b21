"""A py-libp2p host that the interoperation tests drive: one JSON command a line on stdin, one JSON answer a line on stdout.

Usage: peer.py [PROTOCOL_PREFIX] [--early-muxer]

Every command is {"id": n, "op": name, ...}; its answer is {"id": n, "ok": ...} or {"id": n, "error": text}. Unasked lines are
{"event": name, ...}. The process ends when its standard input does.
"""

import hashlib
import json
import logging
import os
import sys

import capture
import early_muxer
import multiaddr
import trio
from libp2p import create_new_ed25519_key_pair, new_host
from libp2p.bitswap.cid import compute_cid_v1
from libp2p.bitswap.client import BitswapClient
from libp2p.custom_types import TProtocol
from libp2p.host.exceptions import StreamFailure
from libp2p.host.ping import PingService
from libp2p.identity.identify.identify import ID as IDENTIFY, parse_identify_response
from libp2p.kad_dht.kad_dht import DHTMode, KadDHT
from libp2p.peer.id import ID
from libp2p.peer.peerinfo import info_from_p2p_addr
from libp2p.pubsub.gossipsub import GossipSub
from libp2p.pubsub.pb import rpc_pb2
from libp2p.pubsub.pubsub import PUBSUB_SIGNING_PREFIX, Pubsub
from libp2p.records.validator import Validator
from libp2p.tools.anyio_service import background_trio_service
from libp2p.utils.varint import read_length_prefixed_protobuf

GOSSIP = TProtocol("/meshsub/1.1.0")
ECHO = TProtocol("/interop/echo/1.0.0")
PERF = TProtocol("/perf/1.0.0")
JOB = TProtocol("/ipfs/job/1")
# An operation that has not ended by then has failed. Full sizes take longer.
SECONDS_MAX = 600 if "INTEROP_FULL" in os.environ else 80


def say(value):
    sys.stdout.write(json.dumps(value) + "\n")
    sys.stdout.flush()


class AnyRecord(Validator):
    """Records of the tests: whatever is not empty is valid, and the greater value is the better one."""

    def validate(self, key, value):
        if not value:
            raise ValueError("empty")

    def select(self, key, values):
        return values.index(max(values))


def watch_arrivals(pubsub):
    """Says of every message that comes over the wire that it came, whatever then becomes of it."""
    push = pubsub.push_msg

    async def push_and_say(forwarder, message):
        for topic in message.topicIDs:
            say({"event": "arrival", "topic": topic, "from": str(ID(message.from_id)), "data": message.data.hex()})
        await push(forwarder, message)

    pubsub.push_msg = push_and_say


class Peer:
    def __init__(self, host, dht, pubsub, bitswap, nursery, settled_early):
        self.host, self.dht, self.pubsub, self.bitswap, self.nursery = host, dht, pubsub, bitswap, nursery
        self.settled_early = settled_early

    async def dial(self, addr):
        info = info_from_p2p_addr(multiaddr.Multiaddr(addr))
        await self.host.connect(info)
        return str(info.peer_id)

    async def connected(self):
        return [str(p) for p in self.host.get_connected_peers()]

    async def forget(self):
        """Drops what it knows of peers that it has no connection to: it would go on asking them."""
        connected = set(self.host.get_connected_peers())
        peerstore = self.host.get_peerstore()
        for peer in peerstore.peer_ids():
            if peer != self.host.get_id() and peer not in connected:
                peerstore.clear_peerdata(peer)
                self.dht.routing_table.remove_peer(peer)
        return True

    async def settled_muxer_early(self, peer):
        return ID.from_string(peer) in self.settled_early

    async def ping(self, peer, count=3):
        service = PingService(self.host)
        return await service.ping(ID.from_string(peer), count)

    async def identify(self, peer):
        stream = await self.host.new_stream(ID.from_string(peer), [IDENTIFY])
        raw = await read_length_prefixed_protobuf(stream, use_varint_format=True)
        await stream.close()
        message = parse_identify_response(raw)
        return {
            "agent": message.agent_version,
            "protocols": sorted(message.protocols),
            "listen": [str(multiaddr.Multiaddr(a)) for a in message.listen_addrs],
            "observed": str(multiaddr.Multiaddr(message.observed_addr)),
            "signed_record": len(message.signedPeerRecord),
        }

    async def opens(self, peer, protocol):
        """Whether the peer takes a stream of that protocol."""
        try:
            stream = await self.host.new_stream(ID.from_string(peer), [TProtocol(protocol)])
        except StreamFailure:
            return False
        await stream.reset()
        return True

    async def echoes(self, peer, count, size):
        """Opens so many streams, then talks on all of them; how many gave back what was said."""
        ready, go, right = [], trio.Event(), []

        async def one(number):
            stream = await self.host.new_stream(ID.from_string(peer), [ECHO])
            ready.append(number)
            if len(ready) == count:
                go.set()
            await go.wait()
            said = number.to_bytes(4, "big") * (size // 4)
            await stream.write(said)
            heard = b""
            while len(heard) < len(said):
                part = await stream.read(len(said) - len(heard))
                if not part:
                    break
                heard += part
            if heard == said:
                right.append(number)
            await stream.close()

        async with trio.open_nursery() as nursery:
            for number in range(count):
                nursery.start_soon(one, number)
        return len(right)

    async def echo_when_all(self, count):
        """From now on what comes by our job protocol is given back as soon as so many streams are open at once."""
        here, go = [], trio.Event()

        async def handle(stream):
            here.append(stream)
            if len(here) == count:
                go.set()
            message = await stream.read(1 << 12)
            await go.wait()
            await stream.write(message)
            await stream.close()

        self.host.set_stream_handler(JOB, handle)
        return True

    async def perf(self, peer, upload, download):
        """One stream of zeros to the peer, then one from it on the same stream; how much came."""
        stream = await self.host.new_stream(ID.from_string(peer), [PERF])
        await stream.write(download.to_bytes(8, "big"))
        piece = bytes(1 << 16)
        while upload > 0:
            await stream.write(piece[:upload])
            upload -= len(piece)
        await stream.close_write()
        came = 0
        while came < download:
            part = await stream.read(1 << 16)
            if not part:
                break
            came += len(part)
        await stream.close()
        return came

    async def block_fill(self, count, size):
        """Keeps blocks that both sides can make: each repeats the hash of its number."""
        for number in range(count):
            data = hashlib.sha256(number.to_bytes(4, "big")).digest() * (size // 32)
            await self.bitswap.add_block(compute_cid_v1(data), data)
        return True

    async def find_peer(self, peer):
        info = await self.dht.find_peer(ID.from_string(peer))
        return None if info is None else [str(a) for a in info.addrs]

    async def closest(self, key):
        found = await self.dht.peer_routing.find_closest_peers_network(bytes.fromhex(key))
        return [str(p) for p in found]

    async def provide(self, key):
        return await self.dht.provide(key)

    async def find_providers(self, key):
        return [
            {"peer": str(info.peer_id), "addresses": [str(a) for a in info.addrs]}
            for info in await self.dht.find_providers(key)
        ]

    async def record_put(self, key, value):
        await self.dht.put_value(key, bytes.fromhex(value))
        return True

    async def record_get(self, key):
        value = await self.dht.get_value(key)
        return None if value is None else value.hex()

    async def record_held(self, key):
        record = self.dht.value_store.get(key.encode())
        return None if record is None else record.value.hex()

    async def providers_held(self, key):
        return [str(info.peer_id) for info in self.dht.provider_store.get_providers(bytes.fromhex(key))]

    async def subscribe(self, topic):
        subscription = await self.pubsub.subscribe(topic)
        self.nursery.start_soon(self.listen_to, topic, subscription)
        return True

    async def listen_to(self, topic, subscription):
        async for message in subscription:
            say({"event": "message", "topic": topic, "from": str(ID(message.from_id)), "data": message.data.hex()})

    async def publish(self, topic, data):
        await self.pubsub.publish(topic, bytes.fromhex(data))
        return True

    async def forge(self, topic, data, flaw, count=1):
        """Sends every peer a message `count` times: one that must not be taken, or a good one where `flaw` is empty."""
        message = rpc_pb2.Message(
            data=bytes.fromhex(data), topicIDs=[topic], from_id=self.pubsub.my_id.to_bytes(), seqno=self.pubsub._next_seqno()
        )
        signed = PUBSUB_SIGNING_PREFIX.encode() + message.SerializeToString()
        stranger = create_new_ed25519_key_pair()
        if flaw != "unsigned":
            signer = stranger.private_key if flaw in ("wrong key", "another's key") else self.pubsub.sign_key
            message.signature = signer.sign(signed)
            owner = stranger.public_key if flaw == "another's key" else self.host.get_public_key()
            message.key = owner.serialize()
        if flaw == "altered":
            message.data = message.data[:-1] + bytes([message.data[-1] ^ 1])
        elif flaw == "another author":
            message.from_id = ID.from_pubkey(stranger.public_key).to_bytes()
            message.ClearField("key")
        for peer in list(self.pubsub.peers):
            for _ in range(count):
                self.pubsub.router.send_rpc(peer, rpc_pb2.RPC(publish=[message]))
        return len(self.pubsub.peers)

    async def mesh(self, topic):
        return [str(p) for p in self.pubsub.router.mesh.get(topic, set())]

    async def topic_peers(self, topic):
        return [str(p) for p in self.pubsub.peer_topics.get(topic, set())]

    async def block_put(self, data):
        data = bytes.fromhex(data)
        cid = compute_cid_v1(data)
        await self.bitswap.add_block(cid, data)
        return cid.hex()

    async def block_get(self, cid, peer):
        data = await self.bitswap.new_session().get_block(bytes.fromhex(cid), ID.from_string(peer), 20)
        return data.hex()


async def answer(peer, command):
    number = command.pop("id", None)
    operation = command.pop("op", "")
    try:
        if operation not in OPERATIONS:
            raise ValueError(f"no operation {operation!r}")
        with trio.fail_after(SECONDS_MAX):
            say({"id": number, "ok": await getattr(peer, operation)(**command)})
    except Exception as error:
        say({"id": number, "error": f"{type(error).__name__}: {error}"})


OPERATIONS = {
    "dial", "connected", "forget", "settled_muxer_early", "ping", "identify", "opens", "find_peer", "closest", "provide",
    "find_providers", "providers_held", "record_put", "record_get", "record_held", "subscribe", "publish", "forge", "mesh",
    "topic_peers", "block_put", "block_get", "block_fill", "echoes", "echo_when_all", "perf",
}  # fmt: skip


async def main():
    arguments = [a for a in sys.argv[1:] if not a.startswith("--")]
    prefix = arguments[0] if arguments else "/ipfs"
    settled_early = set()
    early_muxer.record()
    if "INTEROP_CAPTURE" in os.environ:
        capture.enable(os.environ["INTEROP_CAPTURE"])
    if "--early-muxer" in sys.argv:
        early_muxer.enable(settled_early.add)
    listen = multiaddr.Multiaddr("/ip4/127.0.0.1/tcp/0")
    host = new_host(key_pair=create_new_ed25519_key_pair(), muxer_preference="YAMUX")
    async with host.run(listen_addrs=[listen]), trio.open_nursery() as nursery:
        nursery.start_soon(host.get_peerstore().start_cleanup_task, 60)
        dht = KadDHT(host, DHTMode.SERVER, protocol_prefix=TProtocol(prefix))
        dht.set_namespace_validator("interop", AnyRecord())
        router = GossipSub(protocols=[GOSSIP], degree=6, degree_low=4, degree_high=12, heartbeat_interval=1)
        pubsub = Pubsub(host, router)
        watch_arrivals(pubsub)
        bitswap = BitswapClient(host)
        bitswap.set_nursery(nursery)
        await bitswap.start()
        async with background_trio_service(dht), background_trio_service(pubsub), background_trio_service(router):
            await pubsub.wait_until_ready()
            say({"event": "listening", "peer": str(host.get_id()), "addresses": [str(a) for a in host.get_addrs()]})
            peer = Peer(host, dht, pubsub, bitswap, nursery, settled_early)
            stdin = trio.wrap_file(sys.stdin)
            async for line in stdin:
                nursery.start_soon(answer, peer, json.loads(line))
            # The services of 0.8.1 do not end when they are cancelled.
            os._exit(0)


logging.disable(logging.CRITICAL)
trio.run(main)
