"""Early muxer negotiation (libp2p/specs, noise) for py-libp2p, which can carry the extension but neither sends nor heeds it.

Both sides name their multiplexers in the handshake's payload. Where both name Yamux no negotiation follows: the first bytes
behind the handshake are Yamux frames.
"""

import contextvars

from libp2p.security.noise import patterns
from libp2p.security.noise.messages import NoiseExtensions
from libp2p.stream_muxer.muxer_multistream import MuxerMultistream
from libp2p.stream_muxer.yamux.yamux import PROTOCOL_ID, Yamux

# What the other side of the handshake that this task is in has named.
remote_muxers = contextvars.ContextVar("remote_muxers", default=())


def record():
    """Notes what peers name, without acting on it."""
    verify = patterns.verify_handshake_payload_sig

    def verify_and_note(payload, key):
        extensions = payload.extensions
        remote_muxers.set(tuple(extensions.stream_muxers) if extensions is not None else ())
        return verify(payload, key)

    patterns.verify_handshake_payload_sig = verify_and_note


def enable(settled):
    """Names Yamux to every peer; `settled` hears of every peer whose multiplexer was settled by the handshake alone."""
    make = patterns.BasePattern.make_handshake_payload
    negotiate = MuxerMultistream.new_conn

    def make_with_muxers(self, extensions=None):
        return make(self, extensions or NoiseExtensions(stream_muxers=[str(PROTOCOL_ID)]))

    async def new_conn(self, conn, peer_id):
        if str(PROTOCOL_ID) not in remote_muxers.get():
            return await negotiate(self, conn, peer_id)
        settled(conn.get_remote_peer())

        async def on_close():
            pass

        muxed = Yamux(conn, peer_id, is_initiator=conn.is_initiator, on_close=on_close)
        return self._annotate_connection(muxed, conn, PROTOCOL_ID)

    patterns.BasePattern.make_handshake_payload = make_with_muxers
    MuxerMultistream.new_conn = new_conn
