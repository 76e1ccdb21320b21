/// What a browser or a monitor asks for. There is no body: nothing is changed by HTTP.
public struct HTTPRequest: Equatable, Sendable {
    /// Without the query.
    public var path: String
    /// After `Bearer`, where the request has such an authorisation.
    public var bearer: String?

    public init(path: String, bearer: String? = nil) {
        self.path = path
        self.bearer = bearer
    }
}

public struct HTTPResponse: Equatable, Sendable {
    public enum Status: Int32, Sendable {
        case ok = 200
        case unauthorised = 401
        case notFound = 404
        case methodNotAllowed = 405
        case unavailable = 503
    }

    public var status: Status
    public var contentType: String
    public var body: [UInt8]

    public init(_ status: Status, _ contentType: String, _ body: [UInt8]) {
        self.status = status
        self.contentType = contentType
        self.body = body
    }

    public init(_ status: Status, text: String) {
        self.init(status, "text/plain; charset=utf-8", Array((text + "\n").utf8))
    }
}
