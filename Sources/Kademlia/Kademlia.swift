// Kademlia
