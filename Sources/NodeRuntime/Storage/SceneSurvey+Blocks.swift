internal import RenderModel
internal import Roles
internal import Store
internal import Wire

extension SceneSurvey {
    /// Looks for the blocks of a scene in a store, reading its manifest only.
    ///
    /// - Returns: the survey, and the blocks of the scene that are there.
    static func make(root: CID, in blocks: BlockStore) throws(StoreError) -> (survey: SceneSurvey, present: [CID]) {
        guard let rootSize = blocks.size(of: root), case .found(let manifest) = try blocks.read(root) else { return (.missing([root]), []) }
        let names: [CID]
        do {
            names = try SceneManifest.blockIDs(of: manifest)
        } catch {
            return (.failed(.malformed), [])
        }
        guard names.count <= SceneSurvey.blocksMax else { return (.failed(.tooLarge), []) }
        var present = [root]
        var missing: [CID] = []
        var bytes = UInt64(rootSize)
        for name in names {
            if let size = blocks.size(of: name) {
                present.append(name)
                bytes += UInt64(size)
            } else {
                missing.append(name)
            }
        }
        return (missing.isEmpty ? .complete(bytes: bytes) : .missing(missing), present)
    }
}
