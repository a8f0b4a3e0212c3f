public import DriverModel

extension Configuration {
  /// Reads the configuration as `ConfigurationFiles` finds it.
  ///
  /// - Parameters:
  ///   - root: what stands for /.
  ///   - file: the only file to read instead; a path from the working directory, not below `root`.
  ///   - patterns: the names and ids that `Patterns=` can hold.
  /// - Throws: all that is wrong, in all files.
  public static func load(root: Directory, file: String? = nil, patterns: [String])
    throws(ConfigurationErrors) -> Configuration
  {
    let files = file.map { ConfigurationFiles(file: $0) } ?? ConfigurationFiles(root: root)
    var check = ConfigurationCheck(patterns: patterns)
    for text in files.texts { check.read(text) }
    check.finish()
    var errors = files.errors
    errors.add(check.errors)
    guard errors.isEmpty else { throw errors }
    return check.configuration
  }
}
