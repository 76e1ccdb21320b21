// GossipSub
