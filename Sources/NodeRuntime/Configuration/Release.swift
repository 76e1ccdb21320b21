/// Which release this is: told by `version`, by identify and in every report.
public enum Release {
    public static let version = "0.1.0"
    public static let agent = "inferix/" + version
}
