/// The nodes of the chosen scene, parents before children, in the order of the document (depth first).
struct NodeHierarchy {
    struct Place {
        /// Index in the document.
        var source: Int
        /// Index of the parent in this order; -1 for a root.
        var parent: Int
    }

    var places: [Place] = []

    init(_ document: GLTFDocument, _ limits: SceneLimits) throws(SceneError) {
        let nodes = document.nodes ?? []
        let parents = try NodeHierarchy.parents(nodes)
        try NodeHierarchy.checkCycles(nodes, parents)
        let roots = try NodeHierarchy.roots(document, parents)
        var visited = [Bool](repeating: false, count: nodes.count)
        // Explicit stack: a hostile file must not decide the depth of ours.
        var stack: [(source: Int, parent: Int, depth: Int)] = roots.reversed().map { ($0, -1, 1) }
        while let (source, parent, depth) = stack.popLast() {
            guard !visited[source] else {
                throw .malformed("scenes", "node \(source) is reached twice")
            }
            guard depth <= limits.nodeDepthMax else {
                throw .limit("nodes[\(source)]", "the hierarchy is deeper than \(limits.nodeDepthMax) levels")
            }
            visited[source] = true
            places.append(Place(source: source, parent: parent))
            let index = places.count - 1
            for child in (nodes[source].children ?? []).reversed() {
                stack.append((child, index, depth + 1))
            }
        }
    }

    private static func parents(_ nodes: [GLTFDocument.Node]) throws(SceneError) -> [Int] {
        var parents = [Int](repeating: -1, count: nodes.count)
        for (index, node) in nodes.enumerated() {
            for child in node.children ?? [] {
                guard nodes.indices.contains(child) else {
                    throw .malformed("nodes[\(index)].children", "there is no node \(child)")
                }
                guard parents[child] < 0 else {
                    throw .malformed("nodes[\(index)].children", "node \(child) already has the parent \(parents[child])")
                }
                parents[child] = index
            }
        }
        return parents
    }

    /// With at most one parent each, the nodes that no parentless node reaches are exactly those on or below a cycle.
    private static func checkCycles(_ nodes: [GLTFDocument.Node], _ parents: [Int]) throws(SceneError) {
        var reached = [Bool](repeating: false, count: nodes.count)
        var stack = parents.indices.filter { parents[$0] < 0 }
        while let index = stack.popLast() {
            reached[index] = true
            stack.append(contentsOf: nodes[index].children ?? [])
        }
        if let index = reached.firstIndex(of: false) {
            throw .malformed("nodes[\(index)]", "the node is its own ancestor: the hierarchy has a cycle")
        }
    }

    private static func roots(_ document: GLTFDocument, _ parents: [Int]) throws(SceneError) -> [Int] {
        let scenes = document.scenes ?? []
        guard !scenes.isEmpty else { return parents.indices.filter { parents[$0] < 0 } }
        let index = document.scene ?? 0
        guard scenes.indices.contains(index) else {
            throw .malformed("scene", "there is no scene \(index)")
        }
        let roots = scenes[index].nodes ?? []
        for root in roots {
            guard parents.indices.contains(root) else {
                throw .malformed("scenes[\(index)].nodes", "there is no node \(root)")
            }
        }
        return roots
    }
}
