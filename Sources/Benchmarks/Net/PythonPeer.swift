internal import Crypto
internal import Wire

/// py-libp2p as a target: a host that answers pings and the perf protocol, relays a topic and serves blocks.
enum PythonPeer {
    /// Arguments: topic, number of blocks, bytes of a block.
    static let script = """
        import logging, os, sys
        import multiaddr, trio
        from libp2p import create_new_ed25519_key_pair, new_host
        from libp2p.bitswap.cid import compute_cid_v1
        from libp2p.bitswap.client import BitswapClient
        from libp2p.custom_types import TProtocol
        from libp2p.host.ping import PingService, ID as PING
        from libp2p.perf.perf_service import PerfService
        from libp2p.pubsub.gossipsub import GossipSub
        from libp2p.pubsub.pubsub import Pubsub
        from libp2p.tools.anyio_service import background_trio_service

        async def drain(subscription):
            async for _ in subscription:
                pass

        async def main(topic, count, size):
            host = new_host(key_pair=create_new_ed25519_key_pair(), muxer_preference="YAMUX")
            listen = multiaddr.Multiaddr("/ip4/127.0.0.1/tcp/0")
            async with host.run(listen_addrs=[listen]), trio.open_nursery() as nursery:
                host.set_stream_handler(PING, PingService(host).handle_ping)
                await PerfService(host).start()
                router = GossipSub(
                    protocols=[TProtocol("/meshsub/1.1.0")], degree=6, degree_low=4, degree_high=12, heartbeat_interval=1,
                    # Otherwise it takes ten messages a second of a peer.
                    spam_protection_enabled=False)
                pubsub = Pubsub(host, router)
                bitswap = BitswapClient(host)
                bitswap.set_nursery(nursery)
                await bitswap.start()
                for number in range(count):
                    data = bytes([number % 251]) * size
                    await bitswap.add_block(compute_cid_v1(data), data)
                async with background_trio_service(pubsub), background_trio_service(router):
                    await pubsub.wait_until_ready()
                    nursery.start_soon(drain, await pubsub.subscribe(topic))
                    print(f"listening {host.get_addrs()[0]}", flush=True)
                    stdin = trio.wrap_file(sys.stdin)
                    async for _ in stdin:
                        pass
                    os._exit(0)

        logging.disable(logging.CRITICAL)
        trio.run(main, sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
        """

    /// The name of one of its blocks.
    static func block(_ number: Int, size: Int) -> CID { Hash.cid(of: [UInt8](repeating: UInt8(number % 251), count: size)) }
}
